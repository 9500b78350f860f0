"""Large runs are approved by several different people."""

import asyncio
from collections import Counter
from functools import partial
from itertools import product
from typing import Any

import asyncpg
import httpx
import pytest

from app.payments.rules.approving import approvers_required
from app.schemes.values import ApprovalBand
from tests.factories.payments import Office
from tests.factories.service import LivePlenary
from tests.factories.waiting import heard

BANDS = [ApprovalBand(5_000_000, 2), ApprovalBand(25_000_000, 3)]
TWO_FROM_5000 = [{"at_least": "5000.00", "approvers": 2}]


@pytest.mark.parametrize(
    ("moved", "people"), [(0, 1), (4_999_999, 1), (5_000_000, 2), (24_999_999, 2), (25_000_000, 3), (10**14, 3)]
)
def test_the_highest_band_that_is_reached_says_how_many_approve(moved: int, people: int) -> None:
    assert approvers_required(BANDS, moved) == people


async def settle(office: Office, bands: list[dict[str, Any]]) -> httpx.Response:
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    tag = (await admin.get("/v1/payment-settings")).headers["ETag"]
    return await admin.put("/v1/payment-settings", json={"approval_bands": bands}, headers={"If-Match": tag})


async def test_settings_are_kept_with_who_changed_them(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    assert (await office.manager.get("/v1/payment-settings")).json()["approval_bands"] == []
    answer = await settle(office, TWO_FROM_5000)
    assert (answer.status_code, answer.json()["approval_bands"]) == (200, TWO_FROM_5000)
    assert (await settle(office, [])).json()["approval_bands"] == []
    tenant = shared.tenants[office.tenant]
    kept = await shared.fetch("SELECT detail FROM audit_entry WHERE action = 'payment_settings.changed'", tenant=tenant)
    assert len(kept) == 2
    body = {"approval_bands": []}
    assert (await office.approver.put("/v1/payment-settings", json=body, headers={"If-Match": "*"})).status_code == 403


@pytest.mark.parametrize(
    "bands",
    [
        [{"at_least": "0.00", "approvers": 2}],
        [{"at_least": "10.00", "approvers": 1}],
        [{"at_least": "10.00", "approvers": 2}, {"at_least": "10.00", "approvers": 3}],
        [{"at_least": "10.00", "approvers": 3}, {"at_least": "20.00", "approvers": 2}],
    ],
)
async def test_bands_that_do_not_rise_are_refused(shared: LivePlenary, bands: list[dict[str, Any]]) -> None:
    office = await Office.open(shared, lists=())
    assert (await settle(office, bands)).status_code == 422


async def test_the_first_of_two_approvers_does_not_release(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await settle(office, TWO_FROM_5000)
    run_id = await office.calculate()
    person = await shared.make_person("Two Keys", tenant=office.tenant)
    first, own = [
        await shared.as_role(role, tenant=office.tenant, person=person)
        for role in ("payments_approver", "payments_releaser")
    ]
    assert (await office.decide(run_id, "approve", by=first)).json()["state"] == "calculated"
    assert (await office.decide(run_id, "approve")).json()["state"] == "approved"
    refused = await office.decide(run_id, "release", by=own)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.same_person")
    # The database would refuse it as well, without saying who may not.
    assert refused.json()["detail"].startswith("Whoever started or approved the run")


async def test_run_of_the_band_needs_two_approvers_and_a_further_person(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await settle(office, TWO_FROM_5000)
    run_id = await office.calculate()
    assert (await office.run(run_id))["approvers_required"] == 2
    first = await office.decide(run_id, "approve")
    assert (first.status_code, first.json()["state"], first.json()["approved_by"]) == (200, "calculated", None)
    again = await office.decide(run_id, "approve")
    assert (again.status_code, again.json()["code"]) == (409, "payments.same_person")
    early = await office.decide(run_id, "release")
    assert (early.status_code, early.json()["code"]) == (409, "payments.run_not_approved")
    person = await shared.make_person("Two Keys", tenant=office.tenant)
    second = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    own = await shared.as_role("payments_releaser", tenant=office.tenant, person=person)
    approved = (await office.decide(run_id, "approve", by=second)).json()
    assert (approved["state"], approved["approved_by"], len(set(approved["approvers"]))) == ("approved", str(person), 2)
    refused = await office.decide(run_id, "release", by=own)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.same_person")
    assert (await office.decide(run_id, "release")).status_code == 200


async def test_what_a_run_needs_is_fixed_with_its_figures(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await settle(office, TWO_FROM_5000)
    run_id = await office.calculate()
    await settle(office, [])
    assert (await office.decide(run_id, "approve")).json()["state"] == "calculated"


async def test_of_sixty_four_approvals_at_once_as_many_count_as_are_needed(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await settle(office, [{"at_least": "5000.00", "approvers": 3}])
    run_id = await office.calculate()
    approvers = [await shared.as_role("payments_approver", tenant=office.tenant) for _ in range(8)]
    people = {(await client.get("/v1/me")).json()["person"]["id"] for client in approvers}
    presses = [partial(office.decide, run_id, "approve", by=client) for client, _ in product(approvers, range(8))]
    statuses = Counter(answer.status_code for answer in await asyncio.gather(*map(heard, presses)))
    run = await office.run(run_id)
    assert statuses[200] == len(run["approvers"]) == len(set(run["approvers"]))
    assert set(run["approvers"]) <= people
    assert len(run["approvers"]) <= 3
    assert (run["state"] == "approved") == (len(run["approvers"]) == 3)
    assert statuses.keys() <= {200, 409, 412}


@pytest.mark.parametrize(
    "change",
    [
        "state = 'approved', approved_by = gen_random_uuid(), approved_at = now()",
        "approvers = ARRAY[calculated_by], approvals_at = ARRAY[now()]",
        "approvers = array_fill(gen_random_uuid(), ARRAY[2]), approvals_at = ARRAY[now(), now()]",
    ],
)
async def test_the_database_itself_refuses_too_few_or_the_same_people(shared: LivePlenary, change: str) -> None:
    office = await Office.open(shared)
    await settle(office, TWO_FROM_5000)
    run_id = await office.calculate()
    with pytest.raises(asyncpg.CheckViolationError, match="ck_payment_run_approvers"):
        await shared.execute(
            f"UPDATE payment_run SET {change} WHERE id = $1", run_id, tenant=shared.tenants[office.tenant]
        )
