"""Claims and runs over time: what one run leaves, a later one finds, once."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.factories.claims import ANY, CLAIMED, DAYS, PERIOD, QUARTER, RULES, Claiming
from tests.factories.service import LivePlenary

UNCAPPED = {"sessions": {"kind": "count", "fact": "lead_session"}}
NEXT = {"from": "2026-10-01", "until": "2027-01-01"}


async def test_a_claim_that_a_run_voided_is_paid_once_it_is_approved_again(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.upto("declare", "vet", "approve")
    await claiming.backdate("310.00")
    await claiming.pay()
    assert await claiming.state() == "open"
    for verb in ("declare", "vet", "approve"):
        assert (await claiming.step(verb)).is_success
    lines = await claiming.lines(await claiming.pay(NEXT))
    assert [line["amount"] for line in lines if line["kind"] == "adjustment"] == ["1860.00"]
    assert await claiming.state() == "paid"


async def test_a_correction_that_is_paid_does_not_stand_for_a_claim(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared)
    await claiming.record(*DAYS)
    (line,) = await claiming.lines(await claiming.pay())
    asked = await claiming.lead.post(f"/v1/payment-lines/{line['reference']}/queries", json={"text": "Why nothing?"})
    path = asked.headers["Location"]
    upheld = {"outcome": "upheld", "text": "Yes.", "correction": {"amount": "50.00", "reason": "A room was hired."}}
    assert (await claiming.manager.post(f"{path}/answer", json=upheld, headers=ANY)).is_success
    assert (await claiming.approver.post(f"{path}/correction/approve", headers=ANY)).is_success
    assert [line["amount"] for line in await claiming.lines(await claiming.pay())] == ["50.00"]
    await claiming.record("2026-09-23")
    statement = await claiming.manager.get(f"{await claiming.calculate()}/statements/{claiming.practice}")
    assert statement.json().get("lines", []) == []


async def paid(shared: LivePlenary) -> Claiming:
    """A practice whose six sessions of the quarter were claimed and paid with 1,800.00."""
    claiming = await Claiming.start(shared, definition={**CLAIMED, "measures": UNCAPPED})
    await claiming.upto("declare", "vet", "approve")
    await claiming.pay()
    assert await claiming.state() == "paid"
    return claiming


async def adjusted(claiming: Claiming) -> list[str]:
    """What a further run of the period moves for the practice."""
    statement = await claiming.manager.get(f"{await claiming.pay()}/statements/{claiming.practice}")
    return [line["amount"] for line in statement.json().get("lines", [])]


async def may_claim(claiming: Claiming) -> dict[str, Any]:
    asked = {"practice": claiming.practice, "period": QUARTER}
    return (await claiming.lead.get(f"{claiming.scheme}/entitlement", params=asked)).json()


async def test_evidence_that_came_after_a_claim_was_paid_is_paid_once_it_is_claimed_as_well(
    shared: LivePlenary,
) -> None:
    claiming = await paid(shared)
    assert (await may_claim(claiming))["reason"] == "schemes.already_claimed"
    await claiming.record("2026-09-23", "2026-09-24")
    assert await adjusted(claiming) == []
    assert "claim for the period again" in (await may_claim(claiming))["explanation"]
    assert "claim for the period again" in " ".join((await claiming.seen())["missing"])
    assert (await claiming.open()).status_code == 201
    for verb in ("declare", "vet", "approve"):
        assert (await claiming.step(verb)).is_success
    assert await adjusted(claiming) == ["600.00"]
    assert (await claiming.seen())["amount"] == "2400.00"
    assert await claiming.state() == "paid"


async def test_what_was_claimed_and_paid_is_taken_back_when_its_evidence_goes(shared: LivePlenary) -> None:
    claiming = await paid(shared)
    await claiming.record("2026-09-23")
    assert (await claiming.record(DAYS[0], value="0")).is_success
    assert await adjusted(claiming) == ["-300.00"]


async def test_a_rate_that_is_raised_later_is_paid_for_what_was_claimed_alone(shared: LivePlenary) -> None:
    claiming = await paid(shared)
    await claiming.record("2026-09-23")
    await claiming.backdate("310.00")
    assert await adjusted(claiming) == ["60.00"]


async def test_a_second_claim_that_is_refused_leaves_the_first_as_it_was(shared: LivePlenary) -> None:
    claiming = await paid(shared)
    await claiming.record("2026-09-23")
    assert (await claiming.open()).status_code == 201
    assert (await claiming.open()).json()["code"] == "schemes.already_claimed"
    assert (await claiming.step("declare")).is_success
    assert await adjusted(claiming) == []
    assert (await claiming.step("reject", reason_code="evidence_missing")).is_success
    assert await adjusted(claiming) == []


async def test_a_run_is_of_a_period_that_is_claimed(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared, every="month")
    body = {"scheme": claiming.scheme_id, "period": PERIOD}
    refused = await claiming.manager.post("/v1/payment-runs", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.no_claim_period")
    assert (await claiming.open({"from": "2026-09-01", "until": "2026-10-01"})).status_code == 201
    rules = {**RULES, "every": "quarter"}
    assert (await claiming.manager.put(f"{claiming.scheme}/claim-rules", json=rules, headers=ANY)).is_success
    refused = await claiming.manager.post("/v1/payment-runs", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.claims_of_other_period")
    assert (await claiming.step("withdraw")).is_success
    assert (await claiming.manager.post("/v1/payment-runs", json=body)).status_code == 202
    await shared.work()


async def test_the_database_refuses_one_person_twice_and_another_practice(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared, bands=[{"at_least": "0.00", "approvers": 2}])
    await claiming.upto("declare", "vet", "approve")
    assert await claiming.state() == "vetted"
    tenant, claim = shared.tenants[claiming.tenant], claiming.claim.rpartition("/")[2]
    connection = await asyncpg.connect(shared.settings.asyncpg_url("app"))
    try:
        await connection.execute("SELECT set_config('app.commissioner', $1, false)", str(tenant))
        for change in ("approvers = approvers || approvers", "state = 'approved'"):
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(f"UPDATE claim SET {change} WHERE id = $1", UUID(claim))
        for change in ("practice = 'ZZ9999'", "period_until = '2027-01-01'", "opened_by = declared_by"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"UPDATE claim SET {change}")
    finally:
        await connection.close()


async def give(claiming: Claiming, pounds: str) -> None:
    body = {"budget": {"amount": pounds}, "over_budget": "pro_rate"}
    answer = await claiming.manager.patch(claiming.scheme, json=body, headers=ANY)
    assert answer.status_code == 200, answer.text


async def test_what_a_budget_holds_back_does_not_stand_for_a_claim(shared: LivePlenary) -> None:
    """The line of what is held back is of the run's own period, whichever period it was due for."""
    claiming = await Claiming.start(shared, definition={**CLAIMED, "measures": UNCAPPED})
    await give(claiming, "1800.00")
    await claiming.upto("declare", "vet", "approve")
    await claiming.pay()
    await claiming.pay(NEXT)
    await claiming.record("2026-09-23")
    assert (await claiming.open()).is_success
    for verb in ("declare", "vet", "approve"):
        assert (await claiming.step(verb)).is_success
    held_back = [line["amount"] for line in await claiming.lines(await claiming.pay(NEXT))]
    assert held_back == ["300.00", "-300.00"]
    await claiming.record("2026-10-07")
    await give(claiming, "9000.00")
    lines = await claiming.lines(await claiming.pay(NEXT))
    assert [(line["component"], line["amount"]) for line in lines] == [("budget:ceiling", "300.00")]
