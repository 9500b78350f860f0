"""A correction of a component that the definition has no longer: what it is booked to, what carries it, and what a budget allows."""

from collections import Counter
from datetime import date
from typing import Any

from app.core.clock import Period
from app.core.repository import Expected
from app.payments.rules.ceiling import COMPONENT
from app.schemes import service
from app.schemes.values import Budget, OverBudget
from tests.factories import schemes
from tests.factories.payments import Office
from tests.factories.service import LivePlenary
from tests.payments.test_budget import FIGURES, assert_adds_up
from tests.payments.test_filing import BOOKED
from tests.payments.test_journal import carried

FIRST, SECOND = Period(date(2026, 4, 1), date(2026, 7, 1)), Period(date(2026, 7, 1), date(2026, 10, 1))
THIRD, FOURTH = Period(date(2026, 10, 1), date(2027, 1, 1)), Period(date(2027, 1, 1), date(2027, 4, 1))
GONE = {**BOOKED, "pay": BOOKED["pay"]["of"][1]}
"""Without what is paid for each head, which was booked to C200."""


async def publish(office: Office, definition: dict[str, Any]) -> None:
    async with office.live.session(office.tenant) as session:
        await schemes.publish(session, office.scheme, definition)


async def first_line(office: Office) -> str:
    """Of what is paid for each head, 2,500.00, in a released run."""
    lines = (await office.statement(await office.pay(FIRST), office.practices[0]))["lines"]
    return next(line["reference"] for line in lines if line["component"] == "engagement")


async def booked(office: Office, run_id: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Of each line by component and first day: its amount and the cost centre frozen with the run."""
    rows = await office.live.fetch(
        "SELECT l.component, l.period_from, l.amount, b.cost_centre FROM payment_statement s"
        " JOIN payment_line l ON l.statement_id = s.id JOIN payment_booking b ON b.run_id = s.run_id"
        " AND b.period_from = l.period_from AND b.component = l.component WHERE s.run_id = $1 AND l.amount <> 0",
        run_id,
        tenant=office.live.tenants[office.tenant],
    )
    return {(row["component"], row["period_from"].isoformat()): (row["amount"], row["cost_centre"]) for row in rows}


async def stand(office: Office) -> dict[str, Any]:
    found = (
        await office.manager.get(f"/v1/incentive-schemes/{office.scheme}/budget", params={"on": "2027-03-31"})
    ).json()
    assert_adds_up(found, found["by_cost_centre"])
    return {row["cost_centre"]: {figure: row[figure] for figure in FIGURES} for row in found["by_cost_centre"]}


async def test_amount_stays_at_the_cost_centre_that_the_component_was_posted_to(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=BOOKED, lists=("5000",))
    (code,) = office.practices
    await office.correct(await first_line(office), code, "300.00")
    await publish(office, GONE)
    await office.record(schemes.a_fact(code, "f1", date(2026, 7, 8)))
    run_id = await office.pay(SECOND)
    assert await booked(office, run_id) == {
        ("engagement", "2026-04-01"): (-220_000, "C200"),
        ("lead-time", "2026-07-01"): (30_000, "C100"),
    }
    assert await carried(office, run_id) == {"C200": -220_000, "C100": 30_000, "": 190_000}
    found = await stand(office)
    assert (found["C200"]["entitled"], found["C200"]["posted"], found["C200"]["accrual"]) == (
        "300.00",
        "300.00",
        "0.00",
    )
    assert (found["C100"]["entitled"], found["C100"]["posted"], found["C100"]["accrual"]) == (
        "300.00",
        "300.00",
        "0.00",
    )


async def test_amount_is_booked_as_the_definition_of_its_own_period_says(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=BOOKED, lists=("5000",))
    (code,) = office.practices
    await office.correct(await first_line(office), code, "300.00")
    per_head, sessions = BOOKED["pay"]["of"]
    moved = {**BOOKED, "pay": {"type": "sum", "of": [{**per_head, "booking": {"cost_centre": "C300"}}, sessions]}}
    async with shared.session(office.tenant) as session:
        await schemes.publish(session, office.scheme, moved, applies=Period(date(2026, 7, 1), date(2027, 4, 1)))
    await office.pay(SECOND)
    found = await stand(office)
    assert [found[centre]["entitled"] for centre in ("C200", "C300")] == ["2800.00", "7500.00"]
    assert [found[centre]["accrual"] for centre in ("C200", "C300")] == ["0.00", "5000.00"]


async def test_amount_is_held_back_like_any_other_and_paid_when_the_budget_allows_it(shared: LivePlenary) -> None:
    budget = {"budget": Budget(amount=250_000), "over_budget": OverBudget.PRO_RATE}
    office = await Office.open(shared, definition=BOOKED, lists=("5000",), **budget)
    (code,) = office.practices
    line = await first_line(office)
    await publish(office, GONE)
    runs = [await office.pay(SECOND)]
    assert await booked(office, runs[0]) == {("engagement", "2026-04-01"): (-250_000, "C200")}
    await office.correct(line, code, "2500.00")
    await give(office, 100_000)
    runs.append(await office.pay(THIRD))
    assert await booked(office, runs[1]) == {
        ("engagement", "2026-04-01"): (250_000, "C200"),
        (COMPONENT, "2026-10-01"): (-150_000, "C100"),
    }
    await give(office, 250_000)
    runs.append(await office.pay(FOURTH))
    assert await booked(office, runs[2]) == {(COMPONENT, "2026-10-01"): (150_000, "C100")}
    in_all = Counter[str]()
    for run_id in runs:
        in_all.update(await carried(office, run_id))
    # All that was taken back was made good, so nothing is owed.
    assert in_all == {"C200": 0, "C100": 0, "": 0}
    assert (await stand(office))["C200"]["accrual"] == "0.00"
    assert (await office.run(await office.calculate(FOURTH)))["total"] == "0.00"


async def give(office: Office, pence: int) -> None:
    async with office.live.session(office.tenant) as session:
        changes: dict[str, Any] = {"budget": Budget(amount=pence)}
        await service.change_scheme(session, office.scheme, changes, expected=Expected("*", required=True))


async def test_what_a_budget_holds_back_is_not_corrected_by_an_amount(shared: LivePlenary) -> None:
    budget = {"budget": Budget(amount=100_000), "over_budget": OverBudget.PRO_RATE}
    office = await Office.open(shared, lists=("5000",), **budget)
    (code,) = office.practices
    held = (await office.statement(await office.pay(FIRST), code))["lines"][1]
    assert held["component"] == COMPONENT
    path = await office.query(held["reference"], code)
    answer: dict[str, Any] = {"outcome": "upheld", "text": "No.", "correction": {"amount": "1.00", "reason": "Agreed."}}
    refused = await office.manager.post(f"{path}/answer", json=answer, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.held_back_line")
    answer["correction"] = None
    assert (await office.manager.post(f"{path}/answer", json=answer, headers={"If-Match": "*"})).status_code == 200
