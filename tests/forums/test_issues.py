"""Issues over HTTP: raised, answered, moved, merged."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from app.forums.values import MOST_ISSUES_A_DAY
from tests.factories.forums import CONSENT, ISSUE, Ground, make_ground
from tests.factories.service import LivePlenary


@pytest.fixture
async def ground(shared: LivePlenary) -> Ground:
    return await make_ground(shared)


async def test_a_forum_raises_an_issue_a_practice_answers_and_everybody_reads_what_was_done(ground: Ground) -> None:
    one, _ = ground.practices
    forum = await ground.forum()
    issue = await ground.issue(forum, practices=[one])
    answer = await ground.answer(issue, one, "planned", text="Callers will hear their place in the queue.")
    intranet = await ground.role("intranet")
    said = (await intranet.get(f"/v1/patient-forums/{forum}/you-said-we-did")).json()["data"]
    assert answer.status_code == 201
    assert (await ground.coordinator.get(issue)).json()["state"] == "answered"
    assert [entry["you_said"] for entry in said] == [ISSUE["title"]]
    assert said[0]["we_did"] == [
        {
            "level": "practice",
            "practice": None,
            "decision": "planned",
            "text": "Callers will hear their place in the queue.",
            "due_on": None,
            "answered_on": "2026-11-22",
        }
    ]
    assert ISSUE["body"] not in json.dumps(said)


async def test_raising_and_answering_are_announced_with_ids_only(ground: Ground) -> None:
    one, _ = ground.practices
    issue = await ground.issue(await ground.forum(), practices=[one])
    await ground.answer(issue, one)
    raised, answered = await ground.events("issue_raised"), await ground.events("issue_answered")
    assert [event["subject"] for event in raised] == [issue.rpartition("/")[2]]
    payload = json.loads(answered[0]["payload"])
    assert (payload["practice"], payload["level"], payload["closes"]) == (one, "practice", True)
    assert "text" not in payload


async def test_an_issue_waits_until_every_practice_asked_has_answered(ground: Ground) -> None:
    one, two = ground.practices
    issue = await ground.issue(await ground.forum())
    await ground.answer(issue, one)
    first = (await ground.coordinator.get(issue)).json()
    await ground.answer(issue, two)
    second = (await ground.coordinator.get(issue)).json()
    assert (first["state"], first["answered_at"]) == ("open", None)
    assert (second["state"], second["answered_at"]) == ("answered", "2026-11-22T10:00:00.123Z")


async def test_two_last_answers_at_once_close_the_issue_once(ground: Ground) -> None:
    issue = await ground.issue(await ground.forum())
    managers = [await ground.role("practice_manager", practice=code) for code in ground.practices]
    body = {"decision": "planned", "text": "From spring on."}
    both = await asyncio.gather(*(manager.post(f"{issue}/responses", json=body) for manager in managers))
    payloads = [json.loads(event["payload"]) for event in await ground.events("issue_answered")]
    assert [answer.status_code for answer in both] == [201, 201]
    assert sorted(payload["closes"] for payload in payloads) == [False, True]
    assert (await ground.coordinator.get(issue)).json()["state"] == "answered"


async def test_the_commissioner_answers_for_all(ground: Ground) -> None:
    issue = await ground.issue(await ground.forum())
    lead = await ground.role("engagement_lead")
    answer = await lead.post(f"{issue}/responses", json={"decision": "agreed", "text": "We pay for it."})
    assert (answer.status_code, answer.json()["level"], answer.json()["practice"]) == (201, "commissioner", None)
    assert (await lead.get(issue)).json()["state"] == "answered"


async def test_a_practice_answers_for_itself_only(ground: Ground) -> None:
    one, two = ground.practices
    issue = await ground.issue(await ground.forum())
    manager = await ground.role("practice_manager", practice=one)
    lead = await ground.role("engagement_lead")
    body = {"practice": two, "decision": "planned", "text": "Yes."}
    assert (await manager.post(f"{issue}/responses", json=body)).status_code == 403
    assert (await lead.post(f"{issue}/responses", json=body)).status_code == 403
    assert await ground.events("issue_answered") == []


async def test_a_practice_that_is_not_asked_does_not_see_the_issue(ground: Ground) -> None:
    one, two = ground.practices
    issue = await ground.issue(await ground.forum(), practices=[one])
    manager = await ground.role("practice_manager", practice=two)
    assert (await manager.get(issue)).status_code == 404
    assert (await ground.answer(issue, two)).status_code == 404
    assert (await manager.get("/v1/issues")).json()["data"] == []


async def test_a_new_answer_takes_the_place_of_the_old_one(ground: Ground) -> None:
    one, _ = ground.practices
    issue = await ground.issue(await ground.forum(), practices=[one])
    await ground.answer(issue, one, "declined")
    await ground.answer(issue, one, "already_done")
    lead = await ground.role("engagement_lead")
    shown = (await lead.get(f"{issue}/responses")).json()["data"]
    kept = await ground.live.fetch("SELECT decision FROM issue_response", tenant=ground.tenant_id)
    assert [row["decision"] for row in shown] == ["already_done"]
    assert len(kept) == 2


async def test_five_answers_are_compared_four_are_not_and_silence_is_never_listed(shared: LivePlenary) -> None:
    ground = await make_ground(shared, practices=6)
    issue = await ground.issue(await ground.forum())
    decisions = ["already_done", "already_done", "planned", "agreed", "declined"]
    for code, decision in zip(ground.practices[:4], decisions, strict=False):
        await ground.answer(issue, code, decision, may_be_named=code == ground.practices[0])
    before = (await ground.coordinator.get(issue)).json()
    await ground.answer(issue, ground.practices[4], decisions[4], may_be_named=True)
    after = (await ground.coordinator.get(issue)).json()
    assert before["comparison"] is None
    assert after["comparison"] == {
        "asked": 6,
        "answered": 5,
        "already_done": 2,
        "planned": 2,
        "declined": 1,
        "named": [{"code": ground.practices[0], "name": f"Surgery {ground.practices[0]}"}],
        "sentence": "Of 6 practices asked, 5 answered: 2 already do this, 2 plan to, 1 declined with a reason.",
    }
    assert after["comparable"] == "All practices asked."
    assert ground.practices[5] not in json.dumps(after)


async def test_a_practice_is_compared_with_its_own_size_and_kind(shared: LivePlenary) -> None:
    ground = await make_ground(shared, practices=0)
    small = await ground.more_practices(5, registered="2500")
    large = await ground.more_practices(1, registered="12000")
    issue = await ground.issue(await ground.forum())
    for code in (*small, *large):
        await ground.answer(issue, code, "already_done")
    one = (await (await ground.role("practice_manager", practice=small[0])).get(issue)).json()
    other = (await (await ground.role("practice_manager", practice=large[0])).get(issue)).json()
    assert one["comparable"].startswith("Practices asked with fewer than 3,000 registered patients")
    assert (one["comparison"]["asked"], one["comparison"]["answered"]) == (5, 5)
    assert "10,000 to 14,999" in other["comparable"]
    assert other["comparison"] is None


async def test_other_practices_answers_are_read_by_the_office_and_only_named_ones_by_practices(ground: Ground) -> None:
    one, two = ground.practices
    issue = await ground.issue(await ground.forum())
    await ground.answer(issue, one, "declined", may_be_named=True)
    other = await ground.role("practice_manager", practice=two)
    lead = await ground.role("engagement_lead")
    hidden = (await other.get(f"{issue}/responses")).json()["data"]
    seen = (await lead.get(f"{issue}/responses")).json()["data"]
    address = f"{issue}/responses/{seen[0]['id']}"
    assert (hidden, [row["practice"] for row in seen]) == ([], [one])
    assert ((await other.get(address)).status_code, (await lead.get(address)).status_code) == (404, 200)
    await ground.answer(issue, one, "already_done", may_be_named=True)
    assert [row["practice"] for row in (await other.get(f"{issue}/responses")).json()["data"]] == [one]


async def test_the_ladder_up_and_down(ground: Ground) -> None:
    one, two = ground.practices
    locality = await ground.add_locality(one, two)
    forum = await ground.forum(level="practice", practice=one)
    issue = await ground.issue(forum)
    lead = await ground.role("engagement_lead")
    up = [(await lead.post(f"{issue}/escalate", json={"reason": "Others ask too."})).json() for _ in range(2)]
    top = await lead.post(f"{issue}/escalate", json={})
    down = [(await lead.post(f"{issue}/return", json={"reason": "For the practice."})).json() for _ in range(2)]
    bottom = await lead.post(f"{issue}/return", json={"reason": "Further."})
    assert [step["level"] for step in up] == ["locality", "commissioner"]
    assert up[0]["locality_id"] == str(locality)
    assert (top.status_code, top.json()["code"]) == (409, "forums.top_of_ladder")
    assert [step["level"] for step in down] == ["locality", "practice"]
    assert (bottom.status_code, bottom.json()["code"]) == (409, "forums.bottom_of_ladder")
    history = (await lead.get(issue)).json()["history"]
    assert [step["action"] for step in history] == ["raised", "escalated", "escalated", "returned", "returned"]
    assert len(await ground.events("issue_moved")) == 4


async def test_an_escalated_issue_is_open_again_and_asks_the_whole_locality(ground: Ground) -> None:
    one, two = ground.practices
    locality = await ground.add_locality(one, two)
    issue = await ground.issue(await ground.forum(level="practice", practice=one))
    neighbour = await ground.role("practice_manager", practice=two)
    assert (await neighbour.get(issue)).status_code == 404
    await ground.answer(issue, one, "declined")
    answered = (await ground.coordinator.get(issue)).json()["state"]
    moved = (await ground.coordinator.post(f"{issue}/escalate", json={})).json()
    assert (answered, moved["state"], moved["answered_at"]) == ("answered", "open", None)
    assert (await ground.answer(issue, two)).status_code == 201
    assert (await ground.coordinator.get(issue)).json()["state"] == "open"
    lead = await ground.role("locality_lead", locality=str(locality))
    await lead.post(f"{issue}/responses", json={"decision": "agreed", "text": "All our practices will."})
    assert (await ground.coordinator.get(issue)).json()["state"] == "answered"


async def test_a_locality_lead_moves_what_lies_in_their_locality_only(ground: Ground) -> None:
    one, two = ground.practices
    await ground.add_locality(one)
    elsewhere = await ground.add_locality(two)
    issue = await ground.issue(await ground.forum(level="practice", practice=one))
    await ground.coordinator.post(f"{issue}/escalate", json={})
    lead = await ground.role("locality_lead", locality=str(elsewhere))
    assert (await lead.post(f"{issue}/escalate", json={})).status_code == 404
    shared_issue = await ground.issue(await ground.forum())
    assert (await lead.post(f"{shared_issue}/escalate", json={})).status_code == 403


async def test_supporting_twice_counts_once(ground: Ground) -> None:
    one, _ = ground.practices
    issue = await ground.issue(await ground.forum())
    manager = await ground.role("practice_manager", practice=one)
    body = {"by": {"type": "practice", "id": one}}
    answers = [await manager.post(f"{issue}/support", json=body) for _ in range(2)]
    assert [(answer.status_code, answer.json()["supporters"]) for answer in answers] == [(200, 1), (200, 1)]


async def test_merging_keeps_everybody_who_asked(ground: Ground) -> None:
    one, two = ground.practices
    first, second = await ground.forum(), await ground.forum()
    issue, target = await ground.issue(first), await ground.issue(second)
    for code, address in ((one, issue), (two, issue), (two, target)):
        manager = await ground.role("practice_manager", practice=code)
        await manager.post(f"{address}/support", json={"by": {"type": "practice", "id": code}})
    merged = await ground.coordinator.post(f"{issue}/merge", json={"into": target.rpartition("/")[2]})
    gone = (await ground.coordinator.get(issue)).json()
    assert merged.status_code == 200
    # The other forum and two practices, of which one supported both.
    assert (merged.json()["id"], merged.json()["supporters"]) == (target.rpartition("/")[2], 3)
    assert (gone["state"], gone["merged_into"]) == ("merged", merged.json()["id"])
    again = await ground.coordinator.post(f"{target}/merge", json={"into": gone["id"]})
    late = await ground.answer(issue, one)
    assert (again.status_code, again.json()["code"]) == (409, "forums.merge_invalid")
    assert (late.status_code, late.json()["code"]) == (409, "forums.issue_merged")
    await ground.answer(target, one, "already_done")
    said = (await ground.coordinator.get(f"/v1/patient-forums/{first}/you-said-we-did")).json()["data"]
    assert [entry["issue"] for entry in said] == [merged.json()["id"]]


async def test_an_issue_is_not_merged_into_itself(ground: Ground) -> None:
    issue = await ground.issue(await ground.forum())
    answer = await ground.coordinator.post(f"{issue}/merge", json={"into": issue.rpartition("/")[2]})
    assert (answer.status_code, answer.json()["code"]) == (409, "forums.merge_invalid")


async def test_another_practices_refusal_is_not_public_and_its_own_forums_is(ground: Ground) -> None:
    one, two = ground.practices
    own, wide = await ground.forum(level="practice", practice=one), await ground.forum()
    mine, broad = await ground.issue(own), await ground.issue(wide)
    await ground.answer(mine, one, "declined")
    await ground.answer(broad, one, "declined")
    await ground.answer(broad, two, "already_done", may_be_named=True)
    said = [
        (await ground.coordinator.get(f"/v1/patient-forums/{forum}/you-said-we-did")).json()["data"][0]["we_did"]
        for forum in (own, wide)
    ]
    assert [(did["practice"], did["decision"]) for did in said[0]] == [(one, "declined")]
    assert [(did["practice"], did["decision"]) for did in said[1]] == [(two, "already_done")]


async def test_a_practice_raises_for_itself_only(ground: Ground) -> None:
    one, two = ground.practices
    member = await ground.role("practice_member", practice=one)
    body = ISSUE | {"practices": None}
    own = await member.post("/v1/issues", json=body | {"raised_by": {"type": "practice", "id": one}})
    other = await member.post("/v1/issues", json=body | {"raised_by": {"type": "practice", "id": two}})
    forum = await ground.forum(level="practice", practice=two)
    foreign = await member.post("/v1/issues", json=body | {"raised_by": {"type": "forum", "id": forum}})
    assert (own.status_code, own.json()["level"], own.json()["practices"]) == (201, "practice", None)
    assert (other.status_code, foreign.status_code) == (403, 403)


async def test_a_patient_speaks_for_their_forum_and_never_for_the_practice(ground: Ground) -> None:
    one, _ = ground.practices
    person = await ground.live.make_person("Joan Ashby", tenant=ground.tenant, email="joan@patients.org")
    forum, stranger = await ground.forum(level="practice", practice=one), await ground.forum()
    await ground.coordinator.post(
        f"/v1/patient-forums/{forum}/members",
        json={"name": "Joan Ashby", "email": "Joan@Patients.org", "practice": one, "consent": CONSENT},
    )
    patient = await ground.role("forum_member", practice=one, person=person)
    found = [
        (await patient.post("/v1/issues", json=ISSUE | {"raised_by": {"type": kind, "id": id_}})).status_code
        for kind, id_ in (("forum", forum), ("forum", stranger), ("practice", one))
    ]
    assert found == [201, 403, 403]


async def test_a_patient_sees_what_forums_ask_everybody_and_not_what_practices_raise(ground: Ground) -> None:
    one, _ = ground.practices
    person = await ground.live.make_person("Joan Ashby", tenant=ground.tenant, email="joan@patients.org")
    forum = await ground.forum(level="practice", practice=one)
    await ground.coordinator.post(
        f"/v1/patient-forums/{forum}/members",
        json={"name": "Joan Ashby", "email": "joan@patients.org", "consent": CONSENT},
    )
    manager = await ground.role("practice_manager", practice=one)
    raised = ISSUE | {"raised_by": {"type": "practice", "id": one}}
    private = (await manager.post("/v1/issues", json=raised)).headers["Location"]
    own, wide = await ground.issue(forum), await ground.issue(await ground.forum())
    patient = await ground.role("forum_member", person=person)
    shown = {f"/v1/issues/{row['id']}" for row in (await patient.get("/v1/issues")).json()["data"]}
    assert shown == {own, wide}
    assert (await patient.get(private)).status_code == 404


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"body": "Patient 943 476 5919 waited."}, "/body"),
        ({"practices": []}, "/practices"),
        ({"raised_by": {"type": "forum", "id": "north"}}, "/raised_by"),
        ({"raised_by": {"type": "somebody", "id": "x"}}, "/raised_by/type"),
        ({"title": ""}, "/title"),
        ({"surprise": 1}, "/surprise"),
    ],
)
async def test_a_bad_issue_is_refused_at_its_member(ground: Ground, members: dict[str, object], pointer: str) -> None:
    body = ISSUE | {"raised_by": {"type": "forum", "id": await ground.forum()}} | members
    answer = await ground.coordinator.post("/v1/issues", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await ground.events("issue_raised") == []


async def test_an_issue_that_asks_an_unknown_practice_is_not_raised(ground: Ground) -> None:
    body = ISSUE | {"raised_by": {"type": "forum", "id": await ground.forum()}, "practices": ["ZZ99999"]}
    answer = await ground.coordinator.post("/v1/issues", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "organisations.practice_not_found")


async def test_the_intranet_reads_no_issue(ground: Ground) -> None:
    issue = await ground.issue(await ground.forum())
    assert (await (await ground.role("intranet")).get(issue)).status_code == 403


async def test_a_stale_version_moves_nothing(ground: Ground) -> None:
    issue = await ground.issue(await ground.forum(level="practice", practice=ground.practices[0]))
    tag = (await ground.coordinator.get(issue)).headers["ETag"]
    first = await ground.coordinator.post(f"{issue}/escalate", json={}, headers={"If-Match": tag})
    second = await ground.coordinator.post(f"{issue}/escalate", json={}, headers={"If-Match": tag})
    assert (first.status_code, second.status_code) == (200, 412)
    assert (await ground.coordinator.get(issue)).headers["ETag"] == first.headers["ETag"]


async def test_whoever_read_an_issue_is_told_of_its_new_supporters_and_answers(ground: Ground) -> None:
    await ground.more_practices(4)
    issue = await ground.issue(await ground.forum())
    for practice in ground.practices[:4]:
        await ground.answer(issue, practice)
    steps: list[Any] = [
        lambda client, one: client.post(f"{issue}/support", json={"by": {"type": "practice", "id": one}}),
        lambda client, one: ground.answer(issue, one, "already_done", may_be_named=True),
    ]
    for step in steps:
        before = await ground.coordinator.get(issue)
        unchanged = await ground.coordinator.get(issue, headers={"If-None-Match": before.headers["ETag"]})
        one = ground.practices[4]
        assert (await step(await ground.role("practice_manager", practice=one), one)).is_success
        after = await ground.coordinator.get(issue, headers={"If-None-Match": before.headers["ETag"]})
        assert (unchanged.status_code, after.status_code) == (304, 200)
        assert after.json() != before.json()


async def test_issues_come_newest_first_in_pages(ground: Ground) -> None:
    forum = await ground.forum()
    made = [(await ground.issue(forum)).rpartition("/")[2] for _ in range(3)]
    first = await ground.coordinator.get("/v1/issues", params={"limit": 2})
    second = await ground.coordinator.get("/v1/issues", params={"limit": 2, "cursor": first.json()["next_cursor"]})
    shown = [row["id"] for answer in (first, second) for row in answer.json()["data"]]
    assert shown == made[::-1]
    assert second.json()["next_cursor"] is None


async def test_another_tenants_issue_and_forum_are_not_there(ground: Ground, shared: LivePlenary) -> None:
    forum = await ground.forum()
    issue = await ground.issue(forum)
    stranger = await make_ground(shared, practices=1)
    lead = await stranger.role("engagement_lead")
    target = {"into": issue.rpartition("/")[2]}
    own = await stranger.issue(await stranger.forum())
    statuses = [
        (await lead.get(issue)).status_code,
        (await lead.get(f"/v1/patient-forums/{forum}")).status_code,
        (await lead.post(f"{issue}/escalate", json={})).status_code,
        (await lead.post(f"{own}/merge", json=target)).status_code,
        (await stranger.answer(issue, stranger.practices[0])).status_code,
    ]
    assert statuses == [404] * 5


async def test_a_voice_raises_so_many_issues_a_day_and_no_more(live: LivePlenary) -> None:
    ground = await make_ground(live)
    one, two = ground.practices
    forum = {"type": "forum", "id": await ground.forum()}
    people = [await live.make_person(name, tenant=ground.tenant) for name in ("Ann Flood", "Ben Calm")]
    members = [await ground.role("forum_coordinator", person=person) for person in people]
    own, other = [await ground.role("practice_manager", practice=code) for code in (one, two)]
    for client, voice in ((members[0], forum), (own, {"type": "practice", "id": one})):
        body = ISSUE | {"raised_by": voice}
        answers = await asyncio.gather(*(client.post("/v1/issues", json=body) for _ in range(MOST_ISSUES_A_DAY + 2)))
        assert sorted(answer.status_code for answer in answers) == [201] * MOST_ISSUES_A_DAY + [429] * 2
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["code"] == "forums.too_many_issues"
        assert "2026-11-23T00:00:00Z" in refused.json()["detail"]
        assert refused.headers["Retry-After"] == str(14 * 3600)
    assert (await members[1].post("/v1/issues", json=ISSUE | {"raised_by": forum})).status_code == 201
    voice = {"type": "practice", "id": two}
    assert (await other.post("/v1/issues", json=ISSUE | {"raised_by": voice})).status_code == 201
    live.clock.instant += timedelta(hours=14)
    assert (
        await own.post("/v1/issues", json=ISSUE | {"raised_by": {"type": "practice", "id": one}})
    ).status_code == 201
