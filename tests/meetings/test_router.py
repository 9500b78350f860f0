"""Meetings over HTTP: planning, attendance lists, and what follows from them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.factories.communications import give_post
from tests.factories.queries import counted
from tests.factories.schemes_over_http import a_live_scheme
from tests.factories.service import LivePlenary

MEETING = {
    "title": "Protected learning afternoon",
    "purpose": "Share how urgent visits are handled",
    "level": "commissioner",
    "starts_at": "2026-11-12T13:00:00Z",
    "ends_at": "2026-11-12T17:00:00Z",
}


@dataclass
class Place:
    live: LivePlenary
    tenant: str
    office: httpx.AsyncClient
    practices: tuple[str, str]


@pytest.fixture
async def place(shared: LivePlenary) -> Place:
    tenant = await shared.fresh_tenant()
    practices = (f"ZZ{tenant[2:]}A"[:8], f"ZZ{tenant[2:]}B"[:8])
    for code in practices:
        await shared.make_practice(code, tenant)
    return Place(shared, tenant, await shared.as_role("engagement_lead", tenant=tenant), practices)


async def plan(place: Place, **members: Any) -> str:
    answer = await place.office.post("/v1/meetings", json=MEETING | members)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def line(name: str, practice: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "practice": practice, "role": "gp", **members}


async def events(place: Place) -> int:
    sql = "SELECT 1 FROM event WHERE name = 'meetings.attendance_changed'"
    return len(await place.live.fetch(sql, tenant=place.live.tenants[place.tenant]))


async def test_a_meeting_without_a_purpose_is_refused(place: Place) -> None:
    answer = await place.office.post("/v1/meetings", json={k: v for k, v in MEETING.items() if k != "purpose"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/purpose"


async def test_the_same_list_twice_changes_nothing(place: Place) -> None:
    address = await plan(place)
    body = {"attendance": [line("Dr Ana Field", place.practices[0]), line("Bo Nurse", place.practices[1])]}
    first = await place.office.put(f"{address}/attendance", json=body)
    before = await events(place)
    second = await place.office.put(f"{address}/attendance", json=body)
    assert (first.json()["added"], second.json()["unchanged"], second.json()["added"]) == (2, 2, 0)
    assert await events(place) == before == 2


async def test_a_correction_moves_exactly_its_own(place: Place) -> None:
    address = await plan(place)
    one, two = place.practices
    both = [line("Dr Ana Field", one), line("Bo Nurse", one)]
    await place.office.put(f"{address}/attendance", json={"attendance": both})
    moved = await place.office.put(f"{address}/attendance", json={"attendance": [line("Dr Ana Field", two), both[1]]})
    found = moved.json()
    assert (found["added"], found["removed"], found["changed"], found["unchanged"]) == (1, 1, 0, 1)
    assert await events(place) == 4


async def test_a_csv_list_is_taken_like_a_json_one(place: Place) -> None:
    address = await plan(place)
    body = f"\ufeffName,Practice,Role,From,Until\r\nDr Ana Field,{place.practices[0]},gp,13:30,\r\n"
    answer = await place.office.put(
        f"{address}/attendance", content=body.encode(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 200
    assert answer.json()["data"][0]["minutes"] == 210


CSV = {"Content-Type": "text/csv"}


@pytest.mark.parametrize(
    ("cells", "pointers"),
    [
        ("Dr Ana Field,{0},gp,1pm,", ["/attendance/0/from"]),
        ("Dr Ana Field,{0},gp,,25:00", ["/attendance/0/until"]),
        ("Dr Ana Field,{0},gp,,\n,{0},gp,,", ["/attendance/1/name"]),
        ("Dr Ana Field,,gp,9.30,", ["/attendance/0/practice", "/attendance/0/from"]),
        ("Field, Ana,{0},gp,13:00,17:00", ["/attendance/0"]),
    ],
)
async def test_a_cell_that_cannot_be_read_is_pointed_at(place: Place, cells: str, pointers: list[str]) -> None:
    body = f"name,practice,role,from,until\n{cells.format(place.practices[0])}\n"
    answer = await place.office.put(f"{await plan(place)}/attendance", content=body.encode(), headers=CSV)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == pointers


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/attendance"),
        ({"attendance": [line("Dr Ana Field", "ZZ1") | {"from": "1pm"}]}, "/attendance/0/from"),
        ({"attendance": [{"name": "Dr Ana Field", "role": "gp"}]}, "/attendance/0/practice"),
    ],
    ids=["nothing", "time", "practice"],
)
async def test_a_member_that_cannot_be_read_is_pointed_at(place: Place, body: dict[str, Any], pointer: str) -> None:
    answer = await place.office.put(f"{await plan(place)}/attendance", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    ("head", "cells", "encoding"),
    [
        ("name,practice,role,from,until", "René Field,{0},gp,9:00,17:00:00", "utf-8"),
        ("name;practice;role;from;until", "René Field;{0};gp;09:00;17:00", "cp1252"),
    ],
    ids=["times of a spreadsheet", "semicolons and Windows-1252"],
)
async def test_what_a_spreadsheet_writes_is_read(place: Place, head: str, cells: str, encoding: str) -> None:
    address = await plan(place, starts_at="2026-11-12T09:00:00Z")
    body = f"{head}\n{cells.format(place.practices[0])}\n".encode(encoding)
    answer = await place.office.put(f"{address}/attendance", content=body, headers=CSV)
    assert [(each["name"], each["minutes"]) for each in answer.json()["data"]] == [("René Field", 480)]


async def test_a_sheet_that_was_not_filled_in_takes_nobody_back(place: Place) -> None:
    address = await plan(place)
    await place.office.put(f"{address}/attendance", json={"attendance": [line("Dr Ana Field", place.practices[0])]})
    empty = await place.office.put(f"{address}/attendance", content=b"name,practice,role,from,until\n", headers=CSV)
    assert (empty.status_code, empty.json()["code"]) == (422, "meetings.attendance_invalid")
    cleared = await place.office.put(f"{address}/attendance", json={"attendance": []})
    assert cleared.json()["removed"] == 1


async def test_whoever_may_write_a_list_reads_it_and_others_read_their_own_people(place: Place) -> None:
    admin = await place.live.as_role("commissioner_admin", tenant=place.tenant)
    north, south = [
        (await admin.post("/v1/localities", json={"code": code, "name": code})).json()["id"] for code in ("n", "s")
    ]
    path = f"/v1/localities/{north}/practices/{place.practices[0]}"
    assert (await admin.put(path, json={"from": "2026-04-01"})).is_success
    body = {"attendance": [line("Dr Ana Field", place.practices[0]), line("Bo Nurse", place.practices[1])]}
    whole, local = await plan(place), await plan(place, level="locality", locality_id=north)
    for address in (whole, local):
        assert (await place.office.put(f"{address}/attendance", json=body)).is_success
    callers = {
        "engagement_lead": place.office,
        "forum_coordinator": await place.live.as_role("forum_coordinator", tenant=place.tenant),
        "north": await place.live.as_role("locality_lead", tenant=place.tenant, locality=north),
        "south": await place.live.as_role("locality_lead", tenant=place.tenant, locality=south),
    }
    seen = {}
    for name, client in callers.items():
        answers = [await client.get(f"{address}/attendance") for address in (whole, local)]
        seen[name] = [len(each.json()["data"]) if each.is_success else each.status_code for each in answers]
    assert seen == {"engagement_lead": [2, 2], "forum_coordinator": [2, 2], "north": [1, 2], "south": [0, 404]}


async def test_a_list_for_a_meeting_to_come_is_refused(place: Place) -> None:
    address = await plan(place, starts_at="2026-12-10T13:00:00Z", ends_at="2026-12-10T17:00:00Z")
    answer = await place.office.put(f"{address}/attendance", json={"attendance": []})
    assert (answer.status_code, answer.json()["code"]) == (409, "meetings.not_held")


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"\xff\xfe\x00", "text/csv", 422),
        (b"who,where\nA,B\n", "text/csv", 422),
        (b"{}", "application/json", 422),
        (b"<x/>", "application/xml", 415),
        (b'{"attendance": [{"name": "A", "practice": "ZZ1", "role": "gp", "from": "25:00"}]}', "application/json", 422),
    ],
)
async def test_a_bad_list_is_refused_whole(place: Place, content: bytes, kind: str, status: int) -> None:
    address = await plan(place)
    answer = await place.office.put(f"{address}/attendance", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert await events(place) == 0


async def test_one_bad_line_keeps_the_others_out(place: Place) -> None:
    address = await plan(place)
    body = {"attendance": [line("Dr Ana Field", place.practices[0]), line("Bo", "ZZ99999")]}
    answer = await place.office.put(f"{address}/attendance", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "meetings.attendance_invalid")
    assert answer.json()["errors"] == [
        {"pointer": "/attendance/1/practice", "code": "unknown_practice", "detail": "Not a member practice that day."}
    ]
    assert await events(place) == 0


async def test_a_practice_lists_only_its_own_meetings_and_enters_rather_than_confirms(place: Place) -> None:
    one, two = place.practices
    manager = await place.live.as_role("practice_manager", tenant=place.tenant, practice=one)
    own = await manager.post("/v1/meetings", json=MEETING | {"level": "practice", "practice": one})
    other = await manager.post("/v1/meetings", json=MEETING | {"level": "practice", "practice": two})
    assert (own.status_code, other.status_code) == (201, 403)
    body = {"attendance": [line("Dr Ana Field", one)]}
    listed = await manager.put(f"{own.headers['Location']}/attendance", json=body)
    assert listed.json()["data"][0]["confirmed"] is False
    office = await plan(place)
    assert (await manager.put(f"{office}/attendance", json=body)).status_code == 403


async def test_attendance_gives_the_person_cpd_hours_once_and_takes_them_back(place: Place) -> None:
    one = place.practices[0]
    person = await place.live.make_person("Ana Field", tenant=place.tenant)
    await place.live.execute(
        "INSERT INTO post (commissioner_id, id, person_id, role, level, practice, valid_from, listed, confirmed_on,"
        " recorded_at) VALUES ($1, gen_random_uuid(), $2, 'gp', 'practice', $3, '2020-01-01', true, '2026-11-01', now())",
        place.live.tenants[place.tenant], person, one, tenant=place.live.tenants[place.tenant],
    )  # fmt: skip
    own = await place.live.as_role("practice_member", tenant=place.tenant, practice=one, person=person)
    address = await plan(place)
    body = {"attendance": [line("ana  field", one, until="15:10")]}
    for _ in range(2):
        await place.office.put(f"{address}/attendance", json=body)
        await place.live.work()
    first = (await own.get("/v1/me/cpd")).json()
    await place.office.put(f"{address}/attendance", json={"attendance": []})
    await place.live.work()
    second = (await own.get("/v1/me/cpd")).json()
    assert ([e["hours"] for e in first["data"]], first["total_hours"]) == (["2.17"], "2.17")
    assert (second["data"], second["total_hours"]) == ([], "0.00")


async def test_a_stale_version_is_refused_and_a_missing_one_asked_for(place: Place) -> None:
    address = await plan(place)
    tag = (await place.office.get(address)).headers["ETag"]
    assert (await place.office.patch(address, json={"joining": "By video"})).status_code == 428
    changed = await place.office.patch(address, json={"joining": "By video"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["joining"]) == (200, "By video")
    stale = await place.office.patch(address, json={"joining": "x"}, headers={"If-Match": tag})
    assert (stale.status_code, (await place.office.get(address)).json()["joining"]) == (412, "By video")
    assert (await place.office.get(address)).headers["ETag"] == changed.headers["ETag"] != tag


async def test_the_tag_of_an_attendance_list_is_the_lists_own(place: Place) -> None:
    address = await plan(place)
    reader = await place.live.as_role("commissioner_admin", tenant=place.tenant)
    before = {name: (await reader.get(f"{address}{name}")).headers["ETag"] for name in ("", "/attendance")}
    body = {"attendance": [line("Dr Ana Field", place.practices[0])]}
    tag = {"If-Match": before["/attendance"]}
    listed = await place.office.put(f"{address}/attendance", json=body, headers=tag)
    assert (listed.status_code, listed.headers["ETag"]) == (
        200, (await reader.get(f"{address}/attendance")).headers["ETag"]
    )  # fmt: skip
    assert (await place.office.put(f"{address}/attendance", json={"attendance": []}, headers=tag)).status_code == 412
    # The meeting says how many came, so what was read of it before is no longer so.
    assert (await reader.get(address, headers={"If-None-Match": before[""]})).status_code == 200


async def test_meetings_come_in_pages_in_the_order_of_their_start(place: Place) -> None:
    days = [(await plan(place, starts_at=f"2026-11-0{day}T13:00:00Z")).rpartition("/")[2] for day in (3, 1, 2)]
    first = (await place.office.get("/v1/meetings", params={"limit": 2})).json()
    second = (await place.office.get("/v1/meetings", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [row["id"] for page in (first, second) for row in page["data"]] == [days[1], days[2], days[0]]


async def a_scheme(place: Place) -> str:
    manager = await place.live.as_role("scheme_manager", tenant=place.tenant)
    return (await a_live_scheme(manager)).rpartition("/")[2]


@pytest.mark.parametrize(
    ("role", "level", "status"),
    [
        ("engagement_lead", "commissioner", 201),
        ("scheme_manager", "commissioner", 201),
        ("forum_coordinator", "commissioner", 403),
        ("locality_lead", "locality", 403),
        ("engagement_lead", "locality", 403),
        ("practice_lead", "practice", 201),
    ],
)
async def test_evidence_for_a_scheme_is_for_those_who_answer_for_it(
    place: Place, role: str, level: str, status: int
) -> None:
    scheme = {"scheme": await a_scheme(place), "measure": "lead_session"}
    admin = await place.live.as_role("commissioner_admin", tenant=place.tenant)
    locality = (await admin.post("/v1/localities", json={"code": "north", "name": "North"})).json()["id"]
    of = {"locality": {"locality_id": locality}, "practice": {"practice": place.practices[0]}}.get(level, {})
    bound = {} if level == "commissioner" else {level: next(iter(of.values()))}
    caller = await place.live.as_role(role, tenant=place.tenant, **bound)
    body = MEETING | {"level": level} | of
    with_scheme = await caller.post("/v1/meetings", json=body | scheme)
    assert with_scheme.status_code == status, with_scheme.text
    assert (await caller.post("/v1/meetings", json=body)).status_code == 201
    if status == 403:
        planned = await plan(place, **scheme)
        listed = {"attendance": [line("Dr Ana Field", place.practices[0])]}
        assert (await caller.put(f"{planned}/attendance", json=listed)).status_code == 403


async def test_a_forums_meeting_names_no_scheme(place: Place) -> None:
    body = MEETING | {"level": "forum", "scheme": await a_scheme(place), "measure": "lead_session"}
    answer = await place.office.post("/v1/meetings", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "scheme_of_forum")


async def test_a_practices_meeting_is_for_the_practice_and_the_office(place: Place) -> None:
    one, two = place.practices
    own = await plan(place, level="practice", practice=one, joining="https://video.example/one")
    whole = await plan(place, joining="https://video.example/all")
    seen = {}
    callers: dict[str, dict[str, str]] = {
        "practice_member": {"practice": one},
        "commissioner_admin": {},
        "practice_manager": {"practice": two},
        "forum_member": {},
        "intranet": {},
    }
    for role, bound in callers.items():
        client = await place.live.as_role(role, tenant=place.tenant, **bound)
        listed = {row["id"]: row["joining"] for row in (await client.get("/v1/meetings")).json()["data"]}
        one_by_one = [(await client.get(address)).status_code for address in (own, whole)]
        seen[role] = ([listed.get(address.rpartition("/")[2]) for address in (own, whole)], one_by_one)
        assert len(listed) == one_by_one.count(200)
    everything, others = ["https://video.example/one", "https://video.example/all"], [None, "https://video.example/all"]
    assert seen == {
        "practice_member": (everything, [200, 200]),
        "commissioner_admin": (everything, [200, 200]),
        "practice_manager": (others, [404, 200]),
        "forum_member": (others, [404, 200]),
        "intranet": ([None, None], [404, 200]),
    }


async def test_a_localitys_meeting_is_for_whoever_belongs_to_it(place: Place) -> None:
    admin = await place.live.as_role("commissioner_admin", tenant=place.tenant)
    north, south = [
        (await admin.post("/v1/localities", json={"code": code, "name": code})).json()["id"] for code in ("n", "s")
    ]
    path = f"/v1/localities/{north}/practices/{place.practices[0]}"
    assert (await admin.put(path, json={"from": "2026-04-01"})).is_success
    address = await plan(place, level="locality", locality_id=north)
    inside, outside = [
        await place.live.as_role("practice_member", tenant=place.tenant, practice=code) for code in place.practices
    ]
    leads = [await place.live.as_role("locality_lead", tenant=place.tenant, locality=each) for each in (north, south)]
    answers = [(await each.get(address)).status_code for each in (inside, leads[0], admin, outside, leads[1])]
    assert answers == [200, 200, 200, 404, 404]


@pytest.mark.parametrize(
    ("at", "status"), [("inside", 200), ("outside", 404), ("commissioner", 200), (None, 404)], ids=str
)
async def test_a_sessional_clinician_sees_the_meetings_of_their_posts_localities(
    place: Place, at: str | None, status: int
) -> None:
    admin = await place.live.as_role("commissioner_admin", tenant=place.tenant)
    north = (await admin.post("/v1/localities", json={"code": "n", "name": "North"})).json()["id"]
    path = f"/v1/localities/{north}/practices/{place.practices[0]}"
    assert (await admin.put(path, json={"from": "2026-04-01"})).is_success
    person = await place.live.make_person("Dr Sam Sessional", tenant=place.tenant, email="sam@gp.example")
    if at is not None:
        practice = {"inside": place.practices[0], "outside": place.practices[1]}.get(at)
        await give_post(place.live, place.tenant, person, "sessional_gp", practice=practice)
    address = await plan(place, level="locality", locality_id=north)
    client = await place.live.as_role("sessional_clinician", tenant=place.tenant, person=person)
    listed = (await client.get("/v1/meetings")).json()["data"]
    assert ((await client.get(address)).status_code, len(listed)) == (status, int(status == 200))


async def test_the_intranet_is_not_told_of_a_practices_own_meetings(place: Place) -> None:
    one = place.practices[0]
    times = {"starts_at": "2026-12-02T13:00:00Z", "ends_at": "2026-12-02T15:00:00Z"}
    await plan(place, level="practice", practice=one, **times)
    titles = {}
    for role, bound in (("intranet", {}), ("practice_member", {"practice": one})):
        client = await place.live.as_role(role, tenant=place.tenant, **bound)
        titles[role] = len((await client.get(f"/v1/practices/{one}/today")).json()["meetings"])
    assert titles == {"intranet": 0, "practice_member": 1}


async def test_a_long_list_asks_the_database_no_more_often_than_a_short_one(place: Place) -> None:
    asked = []
    for number in (2, 40):
        address = await plan(place)
        lines = [line(f"Dr Ana Field {each}", place.practices[each % 2]) for each in range(number)]
        with counted(place.live) as statements:
            answer = await place.office.put(f"{address}/attendance", json={"attendance": lines})
        assert answer.json()["added"] == number
        asked.append(len([each for each in statements if each.startswith("SELECT")]))
    assert asked[0] == asked[1]


async def test_one_person_is_listed_once_however_the_name_is_written(place: Place) -> None:
    one, two = place.practices
    person = await place.live.make_person("Ana Field", tenant=place.tenant)
    for practice in (one, two):
        await give_post(place.live, place.tenant, person, "gp", practice=practice)
    address = await plan(place)
    names = [("Dr Ana Field", one), ("Ana Field", one), ("Field, Ana", one), ("Ana Field", two)]
    answer = await place.office.put(f"{address}/attendance", json={"attendance": [line(*each) for each in names]})
    assert (answer.status_code, [(e["pointer"], e["code"]) for e in answer.json()["errors"]]) == (
        422, [(f"/attendance/{number}/name", "listed_twice") for number in (1, 2, 3)]
    )  # fmt: skip
    first = await place.office.put(f"{address}/attendance", json={"attendance": [line("Dr Ana Field", one)]})
    again = await place.office.put(f"{address}/attendance", json={"attendance": [line("Field, Ana", one)]})
    assert (first.json()["added"], again.json()["unchanged"], await events(place)) == (1, 1, 1)


async def test_a_list_of_an_earlier_release_is_told_by_the_person_and_counts_nobody_twice(place: Place) -> None:
    address, one = await plan(place), place.practices[0]
    body = {"attendance": [line("Dr Ana Field", one), line("Bo Nurse", one)]}
    await place.office.put(f"{address}/attendance", json=body)
    for old, name in (("dr ana field", "ana field"), ("Ana Field", "bo nurse")):
        await place.live.execute(
            "UPDATE attendance SET name_key = lower($1) WHERE name_key = $2 AND meeting_id = $3",
            old, name, UUID(address.rpartition("/")[2]), tenant=place.live.tenants[place.tenant],
        )  # fmt: skip
    answer = await place.office.put(f"{address}/attendance", json={"attendance": [line("Ana Field", one)]})
    found = answer.json()
    assert (found["added"], found["unchanged"], len(found["data"])) == (0, 1, 1)


async def test_a_practices_list_names_its_own_people_and_leaves_those_of_others(place: Place) -> None:
    one, two = place.practices
    person = await place.live.make_person("Bo Marsh", tenant=place.tenant)
    await give_post(place.live, place.tenant, person, "gp", practice=two)
    manager = await place.live.as_role("practice_manager", tenant=place.tenant, practice=one)
    address = await plan(place, level="practice", practice=one)
    await place.office.put(f"{address}/attendance", json={"attendance": [line("Bo Marsh", two)]})
    both = {"attendance": [line("Dr Ana Field", one), line("Bo Marsh", two)]}
    refused = await manager.put(f"{address}/attendance", json=both)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "other_practice")
    taken = await manager.put(f"{address}/attendance", json={"attendance": both["attendance"][:1]})
    assert (taken.json()["removed"], [row["practice"] for row in taken.json()["data"]]) == (0, [one])
    whole = await place.live.as_role("commissioner_admin", tenant=place.tenant)
    assert len((await whole.get(f"{address}/attendance")).json()["data"]) == 2
    assert taken.headers["ETag"] == (await manager.get(f"{address}/attendance")).headers["ETag"]


@pytest.mark.parametrize(
    ("starts", "ends", "code"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T02:00:00Z", "not_valid"),
        ("9999-12-31T20:00:00Z", "9999-12-31T22:00:00Z", "not_valid"),
        ("2026-11-05T13:00:00Z", "2026-11-19T13:00:01Z", "meeting_too_long"),
    ],
)
async def test_a_meeting_outside_the_years_or_of_weeks_is_refused(
    place: Place, starts: str, ends: str, code: str
) -> None:
    times = {"starts_at": starts, "ends_at": ends}
    planned = await place.office.post("/v1/meetings", json=MEETING | times)
    assert (planned.status_code, planned.json()["errors"][0]["code"]) == (422, code)
    address = await plan(place)
    changed = await place.office.patch(address, json=times, headers={"If-Match": "*"})
    assert (changed.status_code, changed.json()["errors"][0]["code"]) == (422, code)
    coordinator = await place.live.as_role("forum_coordinator", tenant=place.tenant)
    forum = await coordinator.post("/v1/patient-forums", json={"name": "Patients", "level": "commissioner"})
    assert forum.status_code == 201, forum.text
    body = {"title": "Forum", "purpose": "Talk"} | times
    answer = await coordinator.post(f"{forum.headers['Location']}/meetings", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


@pytest.mark.parametrize("at", ["13:00+05:00", "13:00Z", "46800", 46800, "13:00:30.5", "13:00:00", "24:00", "9:30"])
async def test_a_time_that_is_no_london_time_is_refused(place: Place, at: str | int) -> None:
    address = await plan(place)
    body = {"attendance": [line("Dr Ana Field", place.practices[0], **{"from": at})]}
    sheet = f"name,practice,role,from\nDr Ana Field,{place.practices[0]},gp,{at}\n"
    answers = [await place.office.put(f"{address}/attendance", json=body)]
    # A spreadsheet writes these two without being asked.
    if at not in ("9:30", "13:00:00"):
        answers.append(await place.office.put(f"{address}/attendance", content=sheet, headers=CSV))
    for answer in answers:
        assert answer.status_code == 422
        assert answer.json()["errors"] == [
            {"pointer": "/attendance/0/from", "code": "wrong_format", "detail": "Write a London time like 09:30."}
        ]
