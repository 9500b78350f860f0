"""A run that is due more than the budget has left: stopped, paid in part, or paid in turn, as the scheme says."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calculation.values import Explanation, Payee
from app.core.clock import Period
from app.core.repository import Expected
from app.payments.rules.ceiling import COMPONENT, excess, held_back
from app.payments.values import Ceiling, LineKind, StatementLine
from app.schemes import service
from app.schemes.values import Budget, OverBudget
from tests.factories.calculation import QUARTER
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

SECOND_QUARTER = Period(date(2026, 7, 1), date(2026, 10, 1))


def a_line(practice: str, amount: int) -> StatementLine:
    payee = Payee("practice", practice)
    return StatementLine(
        "pay", LineKind.ENTITLEMENT, QUARTER, None, None, amount, payee, False, lambda: Explanation("", {})
    )


def due(*amounts: int) -> dict[str, list[StatementLine]]:
    return {f"Y{no}": [a_line(f"Y{no}", amount)] for no, amount in enumerate(amounts)}


def cut(rule: OverBudget, available: int, *amounts: int, waiting: tuple[str, ...] = ()) -> list[int]:
    """What each practice is paid."""
    ceiling = Ceiling(rule, 10_000_000, available, QUARTER)
    held = held_back(due(*amounts), ceiling, waiting=waiting)
    return [amount + sum(line.amount for line in held.get(f"Y{no}", ())) for no, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    ("available", "amounts", "paid"),
    [
        (900_000, (400_000, 600_000, 200_000), [300_000, 450_000, 150_000]),
        (100, (100, 100, 100), [34, 33, 33]),
        (1_200_000, (400_000, 600_000, 200_000), [400_000, 600_000, 200_000]),
        (0, (400_000, -100_000), [100_000, -100_000]),
        (-500_000, (400_000, -100_000), [0, -100_000]),
    ],
)
def test_everybody_is_paid_in_proportion(available: int, amounts: tuple[int, ...], paid: list[int]) -> None:
    assert cut(OverBudget.PRO_RATE, available, *amounts) == paid


@pytest.mark.parametrize(
    ("available", "waiting", "paid"),
    [
        (900_000, (), [400_000, 0, 0]),
        (1_000_000, (), [400_000, 600_000, 0]),
        (900_000, ("Y1",), [0, 600_000, 0]),
        (800_000, ("Y1", "Y2"), [0, 600_000, 200_000]),
        (399_999, (), [0, 0, 0]),
    ],
)
def test_practices_are_paid_in_turn_and_those_who_waited_come_first(
    available: int, waiting: tuple[str, ...], paid: list[int]
) -> None:
    assert cut(OverBudget.QUEUE, available, 400_000, 600_000, 200_000, waiting=waiting) == paid


@pytest.mark.parametrize(("available", "over"), [(99, 1), (100, 0), (-50, 150)])
def test_a_run_over_its_budget_is_stopped(available: int, over: int) -> None:
    assert excess(due(150, -50), Ceiling(OverBudget.STOP, 1_000, available, QUARTER)) == over
    assert excess(due(-50), Ceiling(OverBudget.STOP, 1_000, -200, QUARTER)) == 0


@given(
    st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=8),
    st.integers(-20_000, 40_000),
    st.sampled_from([OverBudget.PRO_RATE, OverBudget.QUEUE]),
)
def test_what_is_paid_is_never_more_than_is_left_and_nobody_is_paid_more_than_is_due(
    amounts: list[int], available: int, rule: OverBudget
) -> None:
    paid = cut(rule, available, *amounts)
    taken_back = sum(amount for amount in amounts if amount < 0)
    assert all(min(amount, 0) <= got <= max(amount, 0) for amount, got in zip(amounts, paid, strict=True))
    assert sum(paid) <= max(available, taken_back)
    if rule is OverBudget.PRO_RATE:
        allowed = max(available - taken_back, 0)
        assert sum(paid) - taken_back == min(allowed, sum(amounts) - taken_back)


async def an_office(live: LivePlenary, rule: OverBudget, pounds: int, **more: Any) -> Office:
    """Two practices that are due 2,500.00 and 3,000.00 a quarter."""
    return await Office.open(live, budget=Budget(amount=pounds * 100), over_budget=rule, **more)


async def give(office: Office, **changes: Any) -> None:
    async with office.live.session(office.tenant) as session:
        await service.change_scheme(session, office.scheme, changes, expected=Expected("*", required=True))


async def paid_by(office: Office, run_id: str) -> list[str]:
    return [(await office.statement(run_id, practice))["total"] for practice in office.practices]


async def test_run_is_stopped_with_the_figures_and_goes_on_when_the_budget_is_raised(shared: LivePlenary) -> None:
    office = await an_office(shared, OverBudget.STOP, 5_000)
    run = await office.run(await office.calculate())
    assert (run["state"], run["problem"]["code"]) == ("failed", "payments.over_budget")
    assert run["problem"]["detail"] == (
        "5,500.00 is due in this run, and 5,000.00 of the budget of 5,000.00 is left: 500.00 too little."
    )
    await give(office, budget=Budget(amount=550_000))
    run = await office.run(await office.pay())
    assert (run["total"], run["ceiling"]["available"], run["ceiling"]["held_back"]) == ("5500.00", "5500.00", "0.00")
    parked = await shared.fetch("SELECT id FROM job WHERE state = 'parked'", tenant=shared.tenants[office.tenant])
    assert parked == []


async def test_what_was_held_back_in_proportion_is_paid_once_the_budget_allows_it(shared: LivePlenary) -> None:
    office = await an_office(shared, OverBudget.PRO_RATE, 4_400)
    first, second = office.practices
    run_id = await office.pay()
    run = await office.run(run_id)
    assert (run["total"], run["ceiling"]["held_back"], run["lines"]) == ("4400.00", "1100.00", 4)
    totals = dict(zip(office.practices, await paid_by(office, run_id), strict=True))
    assert sorted(totals.values()) == ["2000.00", "2400.00"]
    statement = await office.statement(run_id, first)
    pay, held = statement["lines"]
    assert (held["component"], held["workings"]["operator"]) == (COMPONENT, "budget_ceiling")
    assert Decimal(pay["amount"]) + Decimal(held["amount"]) == Decimal(statement["total"])
    assert held["sentence"].startswith(
        "4,400.00 of the scheme's budget of 4,400.00 can be paid in this run, to everybody in proportion:"
    )
    nothing = await office.run(await office.pay())
    assert (nothing["total"], nothing["ceiling"]["available"]) == ("0.00", "0.00")
    await give(office, budget=Budget(amount=11_000_00))
    later = await office.pay(SECOND_QUARTER)
    assert (await office.run(later))["total"] == "6600.00"
    lines = (await office.statement(later, second))["lines"]
    assert {line["component"] for line in lines} == {"engagement", COMPONENT}
    assert any(
        "that the budget held back for 1 April 2026 to 30 June 2026 is due again" in x["sentence"] for x in lines
    )
    assert (await office.run(await office.pay()))["total"] == "0.00"


async def test_whoever_waited_in_the_queue_is_paid_first(shared: LivePlenary) -> None:
    office = await an_office(shared, OverBudget.QUEUE, 3_000)
    first, second = office.practices
    run_id = await office.pay()
    due_here = {code: (await office.statement(run_id, code))["lines"][0]["amount"] for code in office.practices}
    assert await paid_by(office, run_id) == [due_here[first], "0.00"]
    held = (await office.statement(run_id, second))["lines"][1]
    assert (held["blocked"], held["sentence"].endswith("is held back, and comes first next time.")) == (True, True)
    both_quarters = 2 * Decimal(due_here[second])
    await give(office, budget=Budget(amount=int((Decimal(due_here[first]) + both_quarters) * 100)))
    later = await office.pay(SECOND_QUARTER)
    assert await paid_by(office, later) == ["0.00", f"{both_quarters:.2f}"]


async def test_scheme_without_the_rule_pays_what_is_due(shared: LivePlenary) -> None:
    office = await an_office(shared, OverBudget.PRO_RATE, 1_000)
    await give(office, over_budget=None)
    run = await office.run(await office.calculate())
    assert (run["total"], run["ceiling"]) == ("5500.00", None)


async def test_rule_without_a_budget_is_refused(shared: LivePlenary) -> None:
    manager = await shared.as_role("scheme_manager", tenant=await shared.fresh_tenant())
    body = {"code": "B", "title": "B", "purpose": "B", "financial_year": "2026/27", "over_budget": "stop"}
    for more in ({}, {"budget": {"amount": "0.00"}}):
        refused = await manager.post("/v1/incentive-schemes", json=body | more)
        assert (refused.status_code, refused.json()["code"]) == (422, "schemes.budget_missing")
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/over_budget"]


async def test_budget_per_head_without_lists_is_refused(shared: LivePlenary) -> None:
    budget = Budget(per_head=Decimal("2.00"), basis="registered")
    office = await Office.open(shared, budget=budget, over_budget=OverBudget.PRO_RATE, lists=(None,))
    refused = await office.request()
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.no_budget")
