"""Forums over HTTP: founding, members and their consent, representation, meetings."""

import json
from typing import Any

import pytest

from tests.factories.forums import CONSENT, Ground, make_ground
from tests.factories.service import LivePlenary

JOAN = {"name": "Joan Ashby", "email": "joan@patients.org", "consent": CONSENT}
MEETING = {
    "title": "Autumn forum",
    "purpose": "Hear what practices answered",
    "starts_at": "2026-12-03T18:00:00Z",
    "ends_at": "2026-12-03T19:30:00Z",
    "joining": None,
}


@pytest.fixture
async def ground(shared: LivePlenary) -> Ground:
    return await make_ground(shared)


async def join(ground: Ground, forum: str, **members: Any) -> str:
    answer = await ground.coordinator.post(f"/v1/patient-forums/{forum}/members", json=JOAN | members)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def test_forums_at_three_levels_are_listed_for_everybody_without_their_members(ground: Ground) -> None:
    one, two = ground.practices
    locality = str(await ground.add_locality(one, two))
    await ground.forum(name="All")
    await ground.forum(name="North", level="locality", locality_id=locality)
    forum = await ground.forum(name="Own", level="practice", practice=one)
    await join(ground, forum)
    intranet = await ground.role("intranet")
    listed = (await intranet.get("/v1/patient-forums")).json()["data"]
    one_of = (await intranet.get("/v1/patient-forums", params={"level": "locality"})).json()["data"]
    assert [(row["name"], row["level"], row["practice"], row["locality_id"]) for row in listed] == [
        ("All", "commissioner", None, None),
        ("North", "locality", None, locality),
        ("Own", "practice", one, None),
    ]
    assert [row["name"] for row in one_of] == ["North"]
    assert "Joan" not in json.dumps(listed)
    assert (await intranet.get(f"/v1/patient-forums/{forum}/members")).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": "A", "level": "practice"},
        {"name": "A", "level": "locality", "practice": "ZZ0001"},
        {"name": "A", "level": "commissioner", "practice": "ZZ0001"},
        {"name": "A", "level": "national"},
        {"name": "For 943 476 5919", "level": "commissioner"},
    ],
)
async def test_a_forum_without_its_place_is_refused(ground: Ground, body: dict[str, str]) -> None:
    assert (await ground.coordinator.post("/v1/patient-forums", json=body)).status_code == 422


async def test_two_forums_of_one_name_in_one_place_are_refused(ground: Ground) -> None:
    one, two = ground.practices
    body = {"name": "Patient group", "level": "practice", "practice": one}
    first = await ground.coordinator.post("/v1/patient-forums", json=body)
    second = await ground.coordinator.post("/v1/patient-forums", json=body | {"name": "PATIENT group"})
    elsewhere = await ground.coordinator.post("/v1/patient-forums", json=body | {"practice": two})
    assert [answer.status_code for answer in (first, second, elsewhere)] == [201, 409, 201]
    assert second.json()["code"] == "forums.exists"


async def test_a_practice_manager_founds_their_own_practices_group_only(ground: Ground) -> None:
    one, two = ground.practices
    manager = await ground.role("practice_manager", practice=one)
    found = [
        (await manager.post("/v1/patient-forums", json={"name": "Group"} | place)).status_code
        for place in (
            {"level": "practice", "practice": one},
            {"level": "practice", "practice": two},
            {"level": "commissioner"},
        )
    ]
    assert found == [201, 403, 403]


async def test_nobody_is_a_member_without_consent(ground: Ground) -> None:
    forum = await ground.forum()
    address = f"/v1/patient-forums/{forum}/members"
    silent = await ground.coordinator.post(address, json={"name": "Joan Ashby"})
    later = await ground.coordinator.post(address, json=JOAN | {"consent": CONSENT | {"given_on": "2026-11-23"}})
    assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (422, "/consent")
    assert (later.status_code, later.json()["code"]) == (422, "forums.consent_invalid")
    assert (await ground.coordinator.get(address)).json()["data"] == []


async def test_one_address_is_one_member(ground: Ground) -> None:
    forum = await ground.forum()
    await join(ground, forum)
    again = await ground.coordinator.post(
        f"/v1/patient-forums/{forum}/members", json=JOAN | {"email": "JOAN@patients.org"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "forums.member_exists")


async def test_members_are_seen_by_those_who_need_to_and_nobody_else(ground: Ground) -> None:
    one, two = ground.practices
    forum = await ground.forum(level="practice", practice=one)
    await join(ground, forum)
    address = f"/v1/patient-forums/{forum}/members"
    person = await ground.live.make_person("Joan Ashby", tenant=ground.tenant, email="joan@patients.org")
    may = [
        await ground.role("practice_manager", practice=one),
        await ground.role("commissioner_admin"),
        await ground.role("forum_member", person=person),
    ]
    may_not = [
        await ground.role("practice_manager", practice=two),
        await ground.role("practice_member", practice=one),
        await ground.role("forum_member"),
        await ground.role("editor"),
        await ground.role("auditor"),
        await ground.role("sessional_clinician"),
    ]
    assert [(await client.get(address)).json()["data"][0]["name"] for client in may] == ["Joan Ashby"] * 3
    assert [(await client.get(address)).status_code for client in may_not] == [403] * 6


async def test_only_those_who_run_a_forum_see_addresses_and_consent(ground: Ground) -> None:
    one, _ = ground.practices
    forum = await ground.forum(level="practice", practice=one)
    address = await join(ground, forum, practice=one)
    person = await ground.live.make_person("Joan Ashby", tenant=ground.tenant, email="joan@patients.org")
    run_it = [ground.coordinator, await ground.role("practice_manager", practice=one)]
    do_not = [
        await ground.role("forum_member", person=person),
        await ground.role("commissioner_admin"),
        await ground.role("practice_lead", practice=one),
    ]
    for client in run_it:
        row = (await client.get(address)).json()
        assert (row["email"], row["role"], row["consent"]["by"]) == ("joan@patients.org", "member", CONSENT["by"])
    for client in do_not:
        (row,) = (await client.get(f"/v1/patient-forums/{forum}/members")).json()["data"]
        assert row == (await client.get(address)).json()
        assert {name: row.pop(name) for name in ("name", "practice")} == {"name": "Joan Ashby", "practice": one}
        assert (row.pop("id"), set(row.values())) == (address.rpartition("/")[2], {None})


async def test_leaving_erases_the_name_and_the_address(ground: Ground) -> None:
    forum = await ground.forum()
    address = await join(ground, forum, practice=ground.practices[0])
    tag = (await ground.coordinator.get(address)).headers["ETag"]
    assert (await ground.coordinator.delete(address)).status_code == 428
    assert (await ground.coordinator.delete(address, headers={"If-Match": tag})).status_code == 204
    assert (await ground.coordinator.get(address)).status_code == 404
    rows = await ground.live.fetch(
        "SELECT name, email, email_key, left_on::text FROM forum_member", tenant=ground.tenant_id
    )
    assert [tuple(row) for row in rows] == [(None, None, None, "2026-11-22")]
    await join(ground, forum)


async def test_a_member_is_changed_at_the_version_that_was_read(ground: Ground) -> None:
    address = await join(ground, await ground.forum(), practice=ground.practices[0])
    changed = await ground.coordinator.patch(address, json={"role": "chair"}, headers={"If-Match": '"v1"'})
    stale = await ground.coordinator.patch(address, json={"role": "member"}, headers={"If-Match": '"v1"'})
    cleared = await ground.coordinator.patch(address, json={"practice": None}, headers={"If-Match": '"v2"'})
    assert (changed.json()["role"], changed.json()["practice"]) == ("chair", ground.practices[0])
    assert stale.status_code == 412
    assert (cleared.json()["role"], cleared.json()["practice"]) == ("chair", None)


async def test_representation_names_practices_with_and_without_a_voice(shared: LivePlenary) -> None:
    ground = await make_ground(shared, practices=3)
    one, two, three = ground.practices
    forum = await ground.forum(level="locality", locality_id=str(await ground.add_locality(one, two)))
    leaver = await join(ground, forum, practice=two)
    await join(ground, forum, email="other@patients.org", practice=one)
    await ground.coordinator.delete(leaver, headers={"If-Match": "*"})
    found = (await ground.coordinator.get(f"/v1/patient-forums/{forum}/representation")).json()
    assert found == {
        "practices": 2,
        "with_voice": [{"code": one, "name": f"Surgery {one}"}],
        "without_voice": [{"code": two, "name": f"Surgery {two}"}],
    }
    assert three not in json.dumps(found)


async def test_a_forum_plans_its_meetings_and_everybody_reads_them(ground: Ground) -> None:
    one, _ = ground.practices
    own, other = await ground.forum(level="practice", practice=one), await ground.forum()
    manager = await ground.role("practice_manager", practice=one)
    planned = await manager.post(f"/v1/patient-forums/{own}/meetings", json=MEETING | {"joining": "Library"})
    refused = await manager.post(f"/v1/patient-forums/{other}/meetings", json=MEETING)
    assert (planned.status_code, refused.status_code) == (201, 403)
    whole = (await ground.coordinator.get(planned.headers["Location"])).json()
    assert (whole["level"], whole["forum"]) == ("forum", own)
    for role, joining in (("forum_member", "Library"), ("intranet", None)):
        listed = (await (await ground.role(role)).get(f"/v1/patient-forums/{own}/meetings")).json()["data"]
        assert listed == [{"id": whole["id"], **MEETING, "joining": joining}]
    assert (await ground.coordinator.get(f"/v1/patient-forums/{other}/meetings")).json()["data"] == []


async def test_a_closed_forum_raises_nothing_and_keeps_what_it_said(ground: Ground) -> None:
    one, _ = ground.practices
    forum = await ground.forum()
    await ground.answer(await ground.issue(forum, practices=[one]), one)
    address = f"/v1/patient-forums/{forum}"
    assert (await ground.coordinator.patch(address, json={"closed_on": "2026-11-22"})).status_code == 428
    closed = await ground.coordinator.patch(address, json={"closed_on": "2026-11-22"}, headers={"If-Match": '"v1"'})
    raised = await ground.coordinator.post(
        "/v1/issues", json={"title": "A", "body": "B", "raised_by": {"type": "forum", "id": forum}}
    )
    assert (closed.status_code, closed.json()["closed_on"], closed.headers["ETag"]) == (200, "2026-11-22", '"v2"')
    assert (raised.status_code, raised.json()["code"]) == (409, "forums.closed")
    assert len((await ground.coordinator.get(f"{address}/you-said-we-did")).json()["data"]) == 1
