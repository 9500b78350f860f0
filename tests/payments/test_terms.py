"""What a run takes along of its scheme stays as it was when the run was asked for."""

import asyncio
from typing import Any

from app.core import migrate
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

CHANGES: dict[str, Any] = {"pay_code": "OTHER", "cost_centre": "C999", "payment_terms_days": 0}


async def _change_scheme(office: Office) -> None:
    path = f"/v1/incentive-schemes/{office.scheme}"
    changed = await office.manager.patch(path, json=CHANGES, headers={"If-Match": "*"})
    assert changed.status_code == 200, changed.text


async def _file(office: Office, run_id: str, form: str) -> bytes:
    return (await office.manager.get(f"/v1/payment-runs/{run_id}/file", params={"format": form})).content


async def test_a_released_runs_file_is_the_same_whatever_the_scheme_says_later(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    before = [await _file(office, run_id, form) for form in ("csv", "json")]
    await _change_scheme(office)
    assert [await _file(office, run_id, form) for form in ("csv", "json")] == before
    assert b"GP01" in before[0]


async def test_a_run_is_paid_by_the_terms_that_were_approved(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    assert (await office.decide(run_id, "approve")).status_code == 200
    await _change_scheme(office)
    assert (await office.decide(run_id, "release")).json()["pay_by"] == "2026-12-22"


async def test_runs_that_are_there_get_the_terms_of_their_schemes(live: LivePlenary) -> None:
    office, other = await Office.open(live), await Office.open(live)
    for each in (office, other):
        await each.pay()
    owner = live.settings.asyncpg_url("owner")
    await asyncio.to_thread(migrate.downgrade, owner, "0018_attendance_recorder")
    await asyncio.to_thread(migrate.upgrade, owner)
    for each in (office, other):
        rows = await live.fetch(
            "SELECT scheme_code, pay_code, cost_centre, payment_terms_days FROM payment_run",
            tenant=live.tenants[each.tenant],
        )
        assert [tuple(row) for row in rows] == [("LEAD", "GP01", "C100", 30)]
