"""Attendance becomes evidence: through the meeting's routes, the relay and the worker."""

from typing import Any

import httpx

from app.core.ids import new_id
from tests.factories.schemes_over_http import a_live_scheme, a_tenant, sign_up
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
