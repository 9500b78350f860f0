"""The spreadsheets of localities and of a place's members, and the rule by which their rows are laid."""

import io
from datetime import date
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import Period
from app.core.ids import new_id
from app.organisations.rules import Placement, lay_placements
from tests.factories.service import LivePlenary

NORTH, SOUTH = new_id(), new_id()


def placed(group: Any, start: int, end: int | None = None, *, stored: bool = False) -> Placement:
    until = None if end is None else date(end, 4, 1)
    return Placement(group, Period(date(start, 4, 1), until), new_id() if stored else None)


def test_a_move_is_laid_whichever_row_comes_first():
    there = placed(NORTH, 2013, stored=True)
    rows = [placed(SOUTH, 2020), placed(NORTH, 2013, 2020)]
    for wanted in (rows, rows[::-1]):
        laid = lay_placements([there], wanted)
        assert set(laid.outcomes) == {"created", "updated"}
        assert {(one.group, one.period.valid_until) for one in laid.written} == {
            (NORTH, date(2020, 4, 1)),
            (SOUTH, None),
        }


def test_a_practice_elsewhere_is_not_taken_away():
    laid = lay_placements([placed(NORTH, 2013, stored=True)], [placed(SOUTH, 2020)])
    assert (laid.outcomes, laid.written, laid.removed) == (["overlapping"], [], [])


def test_what_a_row_overlaps_in_the_same_group_is_replaced():
    first, second = placed(NORTH, 2013, 2015, stored=True), placed(NORTH, 2016, stored=True)
    laid = lay_placements([first, second], [placed(NORTH, 2014)])
    assert laid.outcomes == ["updated"]
    assert [(one.id, one.period) for one in laid.written] == [(first.id, Period(date(2014, 4, 1)))]
    assert laid.removed == [second.id]


years = st.integers(2013, 2026)
placements = st.builds(
    lambda group, start, length: placed(group, start, None if length is None else start + length, stored=True),
    st.sampled_from([NORTH, SOUTH]),
    years,
    st.none() | st.integers(1, 5),
)


@given(st.lists(placements, max_size=6), st.lists(placements, max_size=6))
def test_nothing_ever_overlaps_and_the_same_rows_again_change_nothing(before, wanted):
    existing: list[Placement] = []
    for one in before:
        if not any(other.period.intersection(one.period) for other in existing):
            existing.append(one)
    rows: list[Placement] = []
    for one in wanted:
        if not any(other.period.intersection(one.period) for other in rows):
            rows.append(Placement(one.group, one.period))
    laid = lay_placements(existing, rows)
    changed = {one.id: one for one in laid.written if one.id}
    after = [changed.get(one.id, one) for one in existing if one.id not in laid.removed]
    after += [Placement(one.group, one.period, new_id()) for one in laid.written if one.id is None]
    for place, one in enumerate(after):
        assert not any(one.period.intersection(other.period) for other in after[place + 1 :])
    accepted = [row for row, outcome in zip(rows, laid.outcomes, strict=True) if outcome != "overlapping"]
    assert {(row.group, row.period) for row in accepted} <= {(one.group, one.period) for one in after}
    again = lay_placements(after, accepted)
    assert set(again.outcomes) <= {"unchanged"}
    assert again.written == again.removed == []


async def send(client: httpx.AsyncClient, shared: LivePlenary, kind: str, text: str) -> dict[str, Any]:
    files = {"file": (f"{kind}.csv", io.BytesIO(text.encode()), "text/csv")}
    answer = await client.post("/v1/imports", data={"kind": kind}, files=files)
    assert answer.status_code == 202, answer.text
    await shared.work()
    return (await client.get(answer.headers["Location"])).json()


async def test_a_file_of_localities_makes_them_and_places_practices(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    for code in ("ZZQ001", "ZZQ002", "ZZQ003"):
        await shared.make_practice(code, tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    text = (
        "locality,practice_code,from,until\n"
        "North,ZZQ001,2020-04-01,\n"
        "north,ZZQ002,2020-04-01,2021-04-01\n"
        "South,ZZQ002,2021-04-01,\n"
        "South,ZZQ999,2021-04-01,\n"
    )
    done = await send(client, shared, "localities", text)
    assert done["status"] == "succeeded", done
    expected = {"rows": 4, "created": 3, "updated": 0, "unchanged": 0, "rejected": 1}
    assert {name: done["result"][name] for name in expected} == expected
    errors = (await client.get(f"/v1/imports/{done['result']['import']}/errors")).json()["data"]
    assert [(e["row"], e["column"], e["code"]) for e in errors] == [
        (5, "practice_code", "organisations.practice_not_found")
    ]
    localities = (await client.get("/v1/localities")).json()["data"]
    assert [(row["code"], row["name"], row["practice_count"]) for row in localities] == [
        ("North", "North", 1),
        ("South", "South", 1),
    ]
    assert (await client.get("/v1/practices/ZZQ002")).json()["locality"]["name"] == "South"
    cursor = (await client.get("/v1/changes")).json()["next_cursor"]
    again = await send(client, shared, "localities", text)
    assert (again["result"]["unchanged"], again["result"]["created"], again["result"]["updated"]) == (3, 0, 0)
    assert (await client.get(f"/v1/changes?cursor={cursor}")).json()["data"] == []
    clash = await send(client, shared, "localities", "locality,practice_code,from\nWest,ZZQ001,2024-04-01\n")
    assert clash["result"]["rejected"] == 1
    (error,) = (await client.get(f"/v1/imports/{clash['result']['import']}/errors")).json()["data"]
    assert (error["code"], error["detail"]) == (
        "organisations.overlapping_membership",
        "It is in North from 2020-04-01; end that first, or give a period beside it.",
    )
    assert (await client.get("/v1/practices/ZZQ001")).json()["locality"]["name"] == "North"
    assert [row["name"] for row in (await client.get("/v1/localities")).json()["data"]] == ["North", "South"]


async def test_a_dry_run_of_localities_changes_nothing(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZR001", tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    files = {"file": ("l.csv", b"locality,practice_code,from\nNorth,ZZR001,2020-04-01\n", "text/csv")}
    answer = await client.post("/v1/imports", data={"kind": "localities", "dry_run": "true"}, files=files)
    await shared.work()
    assert (await client.get(answer.headers["Location"])).json()["result"]["created"] == 1
    assert (await client.get("/v1/localities")).json()["data"] == []


async def test_a_place_lists_its_own_members(shared: LivePlenary):
    area, place = await shared.fresh_tenant(), await shared.fresh_tenant(kind="place")
    for code in ("ZZS001", "ZZS002"):
        await shared.make_practice(code, area)
    client = await shared.as_role("commissioner_admin", tenant=place)
    done = await send(client, shared, "members", "practice_code,from,until\nZZS001,2022-07-01,\nZZS009,2022-07-01,\n")
    assert (done["result"]["created"], done["result"]["rejected"]) == (1, 1)
    listed = (await client.get("/v1/practices")).json()["data"]
    assert [(row["code"], row["commissioner"]["code"]) for row in listed] == [("ZZS001", area)]
    history = (await client.get("/v1/practices/ZZS001/history")).json()["data"]
    assert history[0]["kind"] == "place"
    ended = await send(client, shared, "members", "practice_code,from,until\nZZS001,2022-07-01,2026-04-01\n")
    assert ended["result"]["updated"] == 1
    assert [row["code"] for row in (await client.get("/v1/practices")).json()["data"]] == ["ZZS001"]


async def test_only_a_place_lists_its_members(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZT001", tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    done = await send(client, shared, "members", "practice_code,from\nZZT001,2022-07-01\n")
    assert (done["status"], done["problem"]["code"]) == ("failed", "imports.not_a_place")
    told = (await client.get(f"/v1/imports/{done['result']['import']}")).json()
    assert (told["state"], told["problem"]) == ("failed", done["problem"])
    assert (await client.get("/v1/imports")).json()["data"] == [told]
