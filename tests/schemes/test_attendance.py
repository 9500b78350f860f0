"""Attendance becomes evidence: through the meeting's routes, the relay and the worker."""

from datetime import date
from typing import Any

import httpx
import pytest

from app.core.clock import Period
from app.core.ids import new_id
from tests.factories.people import add_post, somebody_who_left
from tests.factories.schemes_over_http import SCHEME, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary

MEETING = {
    "title": "Lead session",
    "purpose": "Between practice and commissioner",
    "level": "commissioner",
    "starts_at": "2026-05-06T12:00:00Z",
    "ends_at": "2026-05-06T16:00:00Z",
    "measure": "lead_session",
}


async def plan(office: httpx.AsyncClient, scheme_path: str) -> str:
    answer = await office.post("/v1/meetings", json=MEETING | {"scheme": scheme_path.rpartition("/")[2]})
    assert answer.status_code == 201, answer.text
    return f"{answer.headers['Location']}/attendance"


def listed(*lines: tuple[str, str]) -> dict[str, Any]:
    return {"attendance": [{"name": name, "practice": practice, "role": "gp"} for name, practice in lines]}


async def earned(client: httpx.AsyncClient, path: str, practice: str) -> str:
    query = {"practice": practice, "period": "2026-04-01/2026-07-01"}
    return (await client.get(f"{path}/entitlement", params=query)).json()["so_far"]["total"]


async def test_an_attendance_list_raises_the_practices_figure_once_and_a_correction_moves_its_own(
    shared: LivePlenary,
) -> None:
    tenant, (one, two) = await a_tenant(shared, "1", "2")
    office = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(office)
    await sign_up(office, path, one, two)
    attendance = await plan(office, path)
    await office.put(attendance, json=listed(("Dr Ana Field", one), ("Bo Marsh", one)))
    await shared.work()
    assert (await earned(office, path, one), await earned(office, path, two)) == ("600.00", "0.00")
    await office.put(attendance, json=listed(("Dr Ana Field", one), ("Bo Marsh", one)))
    assert await shared.work() == 0
    await office.put(attendance, json=listed(("Dr Ana Field", one), ("Bo Marsh", two)))
    await shared.work()
    assert (await earned(office, path, one), await earned(office, path, two)) == ("300.00", "300.00")
    facts = (await office.get(f"{path}/facts")).json()["data"]
    assert {(each["state"], each["source"], each["on"], each["value"]) for each in facts} == {
        ("confirmed", "attendance", "2026-05-06", "1")
    }
    await office.put(attendance, json=listed())
    await shared.work()
    assert (await office.get(f"{path}/facts")).json()["data"] == []


async def test_attendance_before_the_practice_signs_up_counts_once_it_has(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    office = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(office)
    await office.put(await plan(office, path), json=listed(("Dr Ana Field", practice)))
    await shared.work()
    await sign_up(office, path, practice)
    assert await earned(office, path, practice) == "300.00"


async def test_a_meeting_for_a_scheme_that_does_not_exist_is_refused(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    office = await shared.as_role("scheme_manager", tenant=tenant)
    answer = await office.post("/v1/meetings", json=MEETING | {"scheme": str(new_id())})
    assert (answer.status_code, answer.json()["code"]) == (422, "meetings.unknown_scheme")


async def states(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    return {each["practice"]: each["state"] for each in (await client.get(f"{path}/facts")).json()["data"]}


async def test_a_list_confirms_nothing_of_a_practice_in_which_its_sender_has_a_post(shared: LivePlenary) -> None:
    tenant, (own, other) = await a_tenant(shared, "1", "2")
    person = await shared.make_person("Both Sides", tenant=tenant)
    async with shared.session(tenant) as session:
        await add_post(session, person, own)
    office = await shared.as_role("scheme_manager", tenant=tenant)
    partner = await shared.as_role("scheme_manager", tenant=tenant, person=person)
    path = await a_live_scheme(office)
    await sign_up(office, path, own, other)
    attendance = await plan(partner, path)
    answer = await partner.put(attendance, json=listed(("Dr Ana Field", own), ("Bo Marsh", other)))
    assert {row["practice"]: row["confirmed"] for row in answer.json()["data"]} == {own: False, other: True}
    await shared.work()
    assert await states(office, path) == {own: "entered", other: "confirmed"}
    rows = await shared.fetch("SELECT recorded_by FROM scheme_fact", tenant=shared.tenants[tenant])
    assert {row["recorded_by"] for row in rows} == {person}
    ids = [each["external_id"] for each in (await office.get(f"{path}/facts")).json()["data"]]
    assert (await partner.post(f"{path}/facts/confirm", json={"external_ids": ids})).status_code == 409
    assert (await office.post(f"{path}/facts/confirm", json={"external_ids": ids})).json()["confirmed"] == 1
    gone = await partner.put(attendance, json=listed(("Bo Marsh", other)))
    assert (gone.status_code, gone.json()["code"]) == (409, "meetings.attendance_confirmed")
    assert (await office.put(attendance, json=listed(("Bo Marsh", other)))).json()["removed"] == 1
    await shared.work()
    assert await states(office, path) == {other: "confirmed"}


@pytest.mark.parametrize(("until", "state"), [(date(2026, 5, 7), "entered"), (date(2026, 5, 6), "confirmed")])
async def test_a_list_confirms_nothing_of_where_its_sender_worked_on_the_day_of_the_meeting(
    shared: LivePlenary, until: date, state: str
) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    person = await somebody_who_left(shared, tenant, practice, Period(date(2026, 1, 1), until))
    office = await shared.as_role("scheme_manager", tenant=tenant, person=person)
    path = await a_live_scheme(office)
    await sign_up(office, path, practice)
    await office.put(await plan(office, path), json=listed(("Dr Ana Field", practice)))
    await shared.work()
    assert await states(office, path) == {practice: state}


async def test_a_practices_list_neither_changes_nor_takes_back_what_is_confirmed(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    office = await shared.as_role("scheme_manager", tenant=tenant)
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=practice)
    path = await a_live_scheme(office)
    await sign_up(office, path, practice)
    body = MEETING | {"level": "practice", "practice": practice, "scheme": path.rpartition("/")[2]}
    attendance = f"{(await manager.post('/v1/meetings', json=body)).headers['Location']}/attendance"
    await manager.put(attendance, json=listed(("Dr Ana Field", practice)))
    await shared.work()
    ids = [each["external_id"] for each in (await office.get(f"{path}/facts")).json()["data"]]
    assert (await office.post(f"{path}/facts/confirm", json={"external_ids": ids})).json()["confirmed"] == 1
    await shared.work()
    same = await manager.put(attendance, json=listed(("Dr Ana Field", practice), ("Bo Marsh", practice)))
    assert [row["confirmed"] for row in same.json()["data"]] == [True, False]
    shorter = listed(("Bo Marsh", practice))
    later = listed(("Dr Ana Field", practice), ("Bo Marsh", practice))
    later["attendance"][0]["from"] = "14:00"
    for wanted in (shorter, later, listed()):
        refused = await manager.put(attendance, json=wanted)
        assert (refused.status_code, refused.json()["code"]) == (409, "meetings.attendance_confirmed")
        assert "Dr Ana Field" in refused.json()["detail"]
    await shared.work()
    states_now = [each["state"] for each in (await office.get(f"{path}/facts")).json()["data"]]
    assert sorted(states_now) == ["confirmed", "entered"]


async def test_a_list_sent_while_its_fact_was_confirmed_leaves_it(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    office = await shared.as_role("scheme_manager", tenant=tenant)
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=practice)
    path = await a_live_scheme(office)
    await sign_up(office, path, practice)
    body = MEETING | {"level": "practice", "practice": practice, "scheme": path.rpartition("/")[2]}
    attendance = f"{(await manager.post('/v1/meetings', json=body)).headers['Location']}/attendance"
    await manager.put(attendance, json=listed(("Dr Ana Field", practice)))
    await shared.work()
    assert (await manager.put(attendance, json=listed())).status_code == 200
    ids = [each["external_id"] for each in (await office.get(f"{path}/facts")).json()["data"]]
    assert (await office.post(f"{path}/facts/confirm", json={"external_ids": ids})).json()["confirmed"] == 1
    await shared.work()
    assert await states(office, path) == {practice: "confirmed"}


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"measure": "sessions"}, "/measure", "schemes.measure_unknown"),
        (
            {"starts_at": "2020-05-06T12:00:00Z", "ends_at": "2020-05-06T16:00:00Z"},
            "/starts_at",
            "schemes.outside_scheme",
        ),
    ],
    ids=["measure", "year"],
)
async def test_a_meeting_that_the_scheme_would_not_count_is_refused(
    shared: LivePlenary, wrong: dict[str, str], pointer: str, code: str
) -> None:
    tenant, _ = await a_tenant(shared)
    office = await shared.as_role("scheme_manager", tenant=tenant)
    scheme = (await a_live_scheme(office)).rpartition("/")[2]
    answer = await office.post("/v1/meetings", json=MEETING | {"scheme": scheme} | wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "meetings.no_evidence")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]


async def test_a_meeting_cannot_be_moved_out_of_the_schemes_year(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared)
    office = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await plan(office, await a_live_scheme(office))).removesuffix("/attendance")
    moved = {"starts_at": "2027-05-06T12:00:00Z", "ends_at": "2027-05-06T16:00:00Z"}
    answer = await office.patch(path, json=moved, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/starts_at")


async def test_before_a_version_is_published_a_meeting_may_name_any_measure_in_the_schemes_year(
    shared: LivePlenary,
) -> None:
    tenant, _ = await a_tenant(shared)
    office = await shared.as_role("scheme_manager", tenant=tenant)
    made = await office.post("/v1/incentive-schemes", json=SCHEME)
    body = MEETING | {"scheme": made.json()["id"], "measure": "half_day"}
    assert (await office.post("/v1/meetings", json=body)).status_code == 201
    late = body | {"starts_at": "2027-05-06T12:00:00Z", "ends_at": "2027-05-06T16:00:00Z"}
    answer = await office.post("/v1/meetings", json=late)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/starts_at")


async def test_attendance_of_a_practice_outside_the_scheme_is_no_fact(shared: LivePlenary) -> None:
    tenant, (declined, later) = await a_tenant(shared, "1", "2")
    office = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(office)
    offer = {"practices": [declined], "respond_by": "2026-12-31"}
    made = (await office.post(f"{path}/offers", json=offer)).json()["offers"][0]["id"]
    manager = await shared.as_role("practice_manager", tenant=tenant, practice=declined)
    answer = await manager.post(f"/v1/offers/{made}/decline", json={"reason": "No time."})
    assert answer.is_success
    await sign_up(office, path, later, **{"from": "2026-06-01"})
    attendance = await plan(office, path)
    await office.put(attendance, json=listed(("Dr Ana Field", declined), ("Bo Marsh", later)))
    await shared.work()
    assert (await office.get(f"{path}/facts")).json()["data"] == []
    assert len((await office.get(attendance)).json()["data"]) == 2


async def test_an_agreement_that_is_corrected_takes_in_or_leaves_out_what_was_attended(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    office = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(office)
    await sign_up(office, path, practice, **{"from": "2026-06-01"})
    await office.put(await plan(office, path), json=listed(("Dr Ana Field", practice)))
    await shared.work()
    found = []
    for start in ("2026-04-01", "2026-06-01"):
        await sign_up(office, path, practice, **{"from": start})
        found.append(len((await office.get(f"{path}/facts")).json()["data"]))
    assert found == [1, 0]
