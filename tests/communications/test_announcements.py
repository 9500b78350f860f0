"""From an announcement to mails, inboxes and counts."""

from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.policy import default

import httpx
import pytest

from tests.factories.communications import (
    announcement,
    delivery_rows,
    give_mailbox,
    give_post,
    outbox,
    publish,
)
from tests.factories.queries import counted
from tests.factories.schemes_over_http import a_live_scheme, sign_up
from tests.factories.service import LivePlenary

TEXT = "Protected learning time in June\nThe afternoon of 10 June is protected."


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    """Two practices: one with a lead and a manager, one with a shared mailbox alone."""
    code = await shared.fresh_tenant()
    first, second = practices(code)
    for practice in (first, second):
        await shared.make_practice(practice, code)
    lead = await shared.make_person("Ann Lead", tenant=code, email=f"ann@{code.lower()}.example")
    manager = await shared.make_person("Bob Manager", tenant=code, email=f"bob@{code.lower()}.example")
    await give_post(shared, code, lead, "named_lead", practice=first)
    await give_post(shared, code, manager, "practice_manager", practice=first)
    await give_mailbox(shared, code, second, f"surgery@{code.lower()}.example")
    return code


def practices(tenant: str) -> tuple[str, str]:
    return f"{tenant}A", f"{tenant}B"


async def test_announcement_becomes_mails_named_by_their_deliveries(shared, tenant):
    editor = await shared.as_role("editor", tenant=tenant)
    # What other tests left to be sent goes out first.
    await shared.work()
    before = set(outbox(shared))
    accepted = await editor.post("/v1/announcements", json=announcement())
    assert accepted.status_code == 202, accepted.text
    body = accepted.json()
    assert body["status"] == "queued"
    await shared.work()
    operation = (await editor.get(f"/v1/operations/{body['id']}")).json()
    assert (operation["status"], operation["progress"]) == ("succeeded", {"done": 2, "total": 2})
    rows = await delivery_rows(shared, tenant)
    assert {row["address"].split("@")[0]: row["state"] for row in rows} == {"ann": "sent", "surgery": "sent"}
    files = {file.stem: file for file in set(outbox(shared)) - before}
    assert set(files) == {str(row["id"]) for row in rows}
    mail = message_from_bytes(files[str(rows[0]["id"])].read_bytes(), policy=default)
    assert mail["Subject"] == "Protected learning time in June"
    assert "<strong>10 June</strong>" in mail.get_body(("html",)).get_content()
    shown = (await editor.get(f"/v1/announcements/{body['result']['announcement']}")).json()
    assert shown["counts"] == {
        "recipients": 2,
        "mailboxes": 1,
        "queued": 0,
        "sent": 2,
        "delivered": 0,
        "failed": 0,
        "suppressed": 0,
        "withdrawn": 0,
        "held": 0,
        "in_doubt": 0,
        "acknowledged": 0,
        "texts": 0,
        "pushes": 0,
    }


async def test_a_person_in_two_posts_is_told_once_and_ended_posts_are_not(shared, tenant):
    first, second = practices(tenant)
    busy = await shared.make_person("Cat Busy", tenant=tenant, email=f"cat@{tenant.lower()}.example")
    gone = await shared.make_person("Dan Gone", tenant=tenant, email=f"dan@{tenant.lower()}.example")
    await give_post(shared, tenant, busy, "gp", practice=first)
    await give_post(shared, tenant, busy, "practice_manager", practice=second)
    await give_post(shared, tenant, gone, "gp", practice=first, until=date(2026, 6, 1))
    await publish(shared, tenant, audience={"roles": ["gp", "practice_manager"]})
    rows = await delivery_rows(shared, tenant)
    assert sorted(row["name"] for row in rows) == ["Bob Manager", "Cat Busy"]


async def test_expanding_again_adds_nobody(shared, tenant):
    await publish(shared, tenant)
    before = await delivery_rows(shared, tenant)
    await shared.execute(
        "UPDATE job SET state = 'queued', run_at = clock_timestamp() WHERE kind LIKE 'communications.expand%'",
        tenant=shared.tenants[tenant],
    )
    await shared.work()
    assert await delivery_rows(shared, tenant) == before


async def test_dry_run_says_whom_it_would_reach_and_sends_nothing(shared, tenant):
    published = await publish(shared, tenant)
    editor = await shared.as_role("editor", tenant=tenant)
    body = announcement(audience={"roles": ["named_lead", "practice_manager"]}, dry_run=True)
    answer = await editor.post("/v1/announcements", json=body)
    assert (answer.status_code, answer.json()["status"]) == (202, "succeeded")
    assert answer.json()["result"] == {
        "dry_run": True,
        "recipients": 3,
        "people": 2,
        "mailboxes": 1,
        "without_email": 0,
        "suppressed": 0,
        "messages_this_week": 2,
        "roles": [
            {"role": role, "recipients": 2, "messages_this_week": messages, "most_this_week": 1, "over_budget": 0}
            for role, messages in (("named_lead", 2), ("practice_manager", 1))
        ],
        "clashes": [
            {"announcement": published, "title": "Protected learning time in June", "at": "2026-11-22T10:00:00.123Z"}
        ],
        "other_clashes": 0,
        "texts": {"people": 0, "parts": 1, "charged": 0, "body": TEXT, "is_set_up": False},
        "pushed": 0,
        "personal": None,
        "warnings": ["Within a day of it the same people are told of “Protected learning time in June”."],
    }
    await shared.work()
    assert len(await delivery_rows(shared, tenant)) == 2
    assert len((await editor.get("/v1/announcements")).json()["data"]) == 1


async def test_audience_is_narrowed_by_practice_locality_and_scheme(shared, tenant):
    first, second = practices(tenant)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    locality = (await admin.post("/v1/localities", json={"code": "NORTH", "name": "North"})).json()["id"]
    placed = await admin.put(f"/v1/localities/{locality}/practices/{second}", json={"from": "2026-04-01"})
    assert placed.is_success, placed.text
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    assert (await sign_up(manager, path, first)).is_success
    scheme = path.rsplit("/", 1)[1]
    for audience, expected in (
        ({"practices": [first]}, {"ann", "bob"}),
        ({"localities": [locality]}, {"surgery"}),
        ({"localities": [locality], "practices": [first], "roles": ["named_lead"]}, {"surgery", "ann"}),
        ({"scheme": scheme, "roles": ["named_lead"]}, {"ann"}),
        ({"scheme": scheme, "localities": [locality]}, set()),
        ({"scheme": scheme, "state": "declined"}, set()),
    ):
        announcement_id = await publish(shared, tenant, audience=audience)
        rows = await delivery_rows(shared, tenant, f"message_id = '{announcement_id}'")
        assert {row["address"].split("@")[0] for row in rows} == expected, audience


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"audience": {"practices": ["Y99999"]}}, "/audience/practices"),
        ({"audience": {"localities": ["0198c0de-0000-7000-8000-000000000001"]}}, "/audience/localities"),
        ({"audience": {"scheme": "0198c0de-0000-7000-8000-000000000001"}}, "/audience/scheme"),
        ({"audience": {"roles": ["king"]}}, "/audience/roles/0"),
        ({"audience": {"roles": []}}, "/audience/roles"),
        ({"audience": {"state": "offered"}}, "/audience"),
        ({"title": "Two\r\nBcc: all@example.org"}, "/title"),
        ({"title": "  "}, "/title"),
        ({"body_markdown": "About patient 943 476 5919"}, "/body_markdown"),
        ({"channels": ["fax"]}, "/channels/0"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_bad_announcement_is_refused_at_the_member_and_tells_nobody(shared, tenant, changes, pointer):
    editor = await shared.as_role("editor", tenant=tenant)
    answer = await editor.post("/v1/announcements", json=announcement(**changes))
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert (await editor.get("/v1/announcements")).json()["data"] == []


async def test_deadline_for_acknowledging_lies_ahead(shared, tenant):
    editor = await shared.as_role("editor", tenant=tenant)
    answer = await editor.post("/v1/announcements", json=announcement(must_acknowledge_by="2026-11-21"))
    assert (answer.status_code, answer.json()["code"]) == (422, "communications.acknowledge_by_past")


async def test_intranet_sees_what_is_marked_for_it_and_nocounts_of(shared, tenant):
    shown = await publish(shared, tenant, on_intranet=True, title="Shown")
    hidden = await publish(shared, tenant, title="Hidden")
    intranet = await shared.as_role("intranet", tenant=tenant)
    assert [row["id"] for row in (await intranet.get("/v1/announcements")).json()["data"]] == [shown]
    assert (await intranet.get(f"/v1/announcements/{hidden}")).status_code == 404
    one = (await intranet.get(f"/v1/announcements/{shown}")).json()
    assert (one["title"], one["counts"], one["audience"]) == ("Shown", None, None)
    assert (await intranet.get(f"/v1/announcements/{shown}/deliveries")).status_code == 403
    later = await intranet.get("/v1/announcements", params={"published_since": "2026-11-22T10:00:01Z"})
    assert later.json()["data"] == []
    assert (await intranet.post("/v1/announcements", json=announcement())).status_code == 403


async def test_announcements_are_in_the_change_feed(shared, tenant):
    editor = await shared.as_role("editor", tenant=tenant)
    cursor = (await editor.get("/v1/changes")).json()["next_cursor"]
    announcement_id = await publish(shared, tenant)
    feed = (await editor.get("/v1/changes", params={"cursor": cursor, "kinds": "announcement"})).json()
    # Once as it is shown, once as its recipients may read it.
    assert [(each["kind"], each["id"]) for each in feed["data"]] == [("announcement", announcement_id)] * 2


async def test_withdrawn_announcement_leaves_the_intranet_and_stays_with_the_office(shared, tenant):
    announcement_id = await publish(shared, tenant, on_intranet=True)
    editor = await shared.as_role("editor", tenant=tenant)
    intranet = await shared.as_role("intranet", tenant=tenant)
    path = f"/v1/announcements/{announcement_id}"
    assert (await editor.post(f"{path}/withdraw")).status_code == 200
    assert (await intranet.get(path)).status_code == 404
    assert (await editor.get(path)).json()["withdrawn_at"] == "2026-11-22T10:00:00.123Z"
    assert (await editor.post(f"{path}/withdraw")).status_code == 200


async def test_other_tenants_see_nothing_of_it(shared, tenant):
    announcement_id = await publish(shared, tenant, on_intranet=True)
    stranger = await shared.as_role("editor", tenant=await shared.fresh_tenant())
    for path in ("", "/deliveries"):
        assert (await stranger.get(f"/v1/announcements/{announcement_id}{path}")).status_code == 404
    assert (await stranger.post(f"/v1/announcements/{announcement_id}/withdraw")).status_code == 404


@dataclass
class Divided:
    """North has the first practice, South the second; each locality has an editor."""

    north: httpx.AsyncClient
    south_id: str
    commissioner: httpx.AsyncClient


@pytest.fixture
async def divided(shared: LivePlenary, tenant: str) -> Divided:
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    ids = []
    for code, practice in zip(("NORTH", "SOUTH"), practices(tenant), strict=True):
        ids.append((await admin.post("/v1/localities", json={"code": code, "name": code})).json()["id"])
        placed = await admin.put(f"/v1/localities/{ids[-1]}/practices/{practice}", json={"from": "2026-04-01"})
        assert placed.is_success, placed.text
    north = await shared.as_role("editor", tenant=tenant, locality=ids[0])
    return Divided(north, ids[1], await shared.as_role("editor", tenant=tenant))


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_localitys_editor_writes_to_no_other_place(shared, tenant, divided, dry_run):
    for audience in ({"practices": [practices(tenant)[1]]}, {"localities": [divided.south_id]}):
        body = announcement(audience=audience, dry_run=dry_run)
        answer = await divided.north.post("/v1/announcements", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "access.forbidden")
    await shared.work()
    assert await delivery_rows(shared, tenant) == []


@pytest.mark.parametrize("audience", [{}, {"roles": ["named_lead", "practice_manager"]}])
async def test_an_audience_without_places_is_the_editors_own_area(shared, tenant, divided, audience):
    answer = await divided.north.post("/v1/announcements", json=announcement(audience=audience))
    assert answer.status_code == 202, answer.text
    await shared.work()
    assert {row["practice"] for row in await delivery_rows(shared, tenant)} == {practices(tenant)[0]}


async def test_a_localitys_editor_follows_and_withdraws_only_what_went_to_that_locality(shared, tenant, divided):
    north, south = practices(tenant)
    own = await publish(shared, tenant, audience={"practices": [north]})
    elsewhere = [
        await publish(shared, tenant, audience=audience)
        for audience in ({"practices": [south]}, {"practices": [north, south]}, {"localities": [divided.south_id]}, {})
    ]
    public = await publish(shared, tenant, audience={}, on_intranet=True)
    assert {row["id"] for row in (await divided.north.get("/v1/announcements")).json()["data"]} == {own, public}
    assert (await divided.north.get(f"/v1/announcements/{own}")).json()["counts"]["recipients"] == 2
    assert (await divided.north.get(f"/v1/announcements/{own}/deliveries")).status_code == 200
    assert (await divided.north.get(f"/v1/announcements/{public}")).json()["counts"] is None
    for each in (*elsewhere, public):
        assert (await divided.north.get(f"/v1/announcements/{each}/deliveries")).status_code == 403
        assert (await divided.north.post(f"/v1/announcements/{each}/withdraw")).status_code == 403
    assert (await divided.north.post(f"/v1/announcements/{own}/withdraw")).status_code == 200
    assert (await divided.commissioner.post(f"/v1/announcements/{public}/withdraw")).status_code == 200


async def test_what_is_for_a_locality_is_on_the_pages_of_that_locality_alone(shared, tenant, divided):
    north, south = practices(tenant)
    answer = await divided.north.post("/v1/announcements", json=announcement(audience={}, on_intranet=True))
    own = answer.json()["result"]["announcement"]
    public = await publish(shared, tenant, audience={}, on_intranet=True)
    north_id = (await divided.north.get(f"/v1/announcements/{own}")).json()["localities"][0]
    seen = {}
    for name, bound in (
        ("whole", {}),
        ("north", {"locality": north_id}),
        ("south", {"locality": divided.south_id}),
        ("in north", {"practice": north}),
        ("in south", {"practice": south}),
    ):
        intranet = await shared.as_role("intranet", tenant=tenant, **bound)
        rows = (await intranet.get("/v1/announcements")).json()["data"]
        one = (await intranet.get(f"/v1/announcements/{own}")).status_code
        seen[name] = {row["id"] for row in rows}, one
    inside, outside = ({own, public}, 200), ({public}, 404)
    assert seen == {
        # The commissioner's own intranet may show any of them, on the page where it belongs.
        "whole": ({public}, 200),
        "north": inside,
        "south": outside,
        "in north": inside,
        "in south": outside,
    }


async def test_the_commissioners_intranet_asks_for_a_localitys_page(shared, tenant, divided):
    answer = await divided.north.post("/v1/announcements", json=announcement(audience={}, on_intranet=True))
    own = answer.json()["result"]["announcement"]
    north_id = (await divided.north.get(f"/v1/announcements/{own}")).json()["localities"][0]
    intranet = await shared.as_role("intranet", tenant=tenant)
    shown = {}
    for locality in (north_id, divided.south_id):
        rows = (await intranet.get("/v1/announcements", params={"locality_id": locality})).json()["data"]
        shown[locality] = [(row["id"], row["localities"]) for row in rows]
    assert shown == {north_id: [(own, [north_id])], divided.south_id: []}
    news = [(await intranet.get(f"/v1/practices/{each}/today")).json()["news"] for each in practices(tenant)]
    assert [[item["id"] for item in each] for each in news] == [[own], []]


async def test_whoever_was_sent_it_reads_it_wherever_they_belong(shared, tenant, divided):
    clerk = await shared.make_person("Cat Clerk", tenant=tenant, email=f"cat@{tenant.lower()}.example")
    await give_post(shared, tenant, clerk, "staff", practice=practices(tenant)[1])
    key = await shared.as_role("claims_vetter", tenant=tenant, person=clerk)
    audience = {"roles": ["staff"], "practices": [practices(tenant)[1]]}
    sent = await publish(shared, tenant, audience=audience, on_intranet=False)
    await shared.work()
    assert [row["id"] for row in (await key.get("/v1/announcements")).json()["data"]] == [sent]


async def test_many_localities_are_looked_up_at_once(shared, tenant, divided):
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    every = [row["id"] for row in (await admin.get("/v1/localities")).json()["data"]]
    path = await a_live_scheme(await shared.as_role("scheme_manager", tenant=tenant))
    asked = []
    # The first call also looks its key up.
    await divided.commissioner.get("/v1/announcements")
    for localities in (every[:1], every):
        audience = {"localities": localities, "scheme": path.rpartition("/")[2]}
        with counted(shared) as statements:
            answer = await divided.commissioner.post("/v1/announcements", json=announcement(audience=audience))
        assert answer.status_code == 202, answer.text
        asked.append(len([each for each in statements if each.startswith("SELECT")]))
    assert asked[0] == asked[1]
