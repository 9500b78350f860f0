"""X01: the 33 kinds of payment of 2022/23 added up again by a scheme of 33 fixed components whose amounts are facts."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from app.calculation.values import PracticeInput
from app.core.clock import Period
from app.schemes.values import FactEntry
from tests.depth import DEEP
from tests.factories.organisations import make_practices
from tests.factories.payments import Office
from tests.factories.service import LivePlenary
from tests.shared_data import shared as published

YEAR = Period(date(2022, 4, 1), date(2023, 4, 1))
FIRST, LAST, TOTAL = "Global Sum", "Other Payments", "Total NHS Payments to General Practice"
SLICE = 25


def practices_paid() -> tuple[list[str], dict[str, dict[str, Decimal]]]:
    """The 33 columns, and each practice's row; in the suite those of every 25th commissioner."""
    with published("nhs_payments_gp_2022_23.csv").open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names = list(reader.fieldnames or ())
        columns = names[names.index(FIRST) : names.index(LAST) + 1]
        rows = list(reader)
    places = sorted({row["CCG Code"] for row in rows})
    chosen = set(places if DEEP else places[::SLICE])
    paid = [row for row in rows if row["CCG Code"] in chosen]
    return columns, {row["Practice Code"]: {name: Decimal(row[name]) for name in (*columns, TOTAL)} for row in paid}


def scheme_of(columns: list[str]) -> dict:
    facts = [fact_name(place) for place, _ in enumerate(columns)]
    return {
        "language": 1,
        "measures": {fact: {"kind": "amount", "fact": fact} for fact in facts},
        "pay": {"type": "sum", "of": [{"type": "fixed", "id": fact, "measure": fact} for fact in facts]},
    }


def fact_name(place: int) -> str:
    return f"column-{place + 1:02}"


def facts_of(columns: list[str], rows: dict[str, dict[str, Decimal]]) -> Iterator[FactEntry]:
    for code, row in rows.items():
        for place, column in enumerate(columns):
            if row[column]:
                name = fact_name(place)
                yield FactEntry(f"{code}:{name}", code, name, YEAR.valid_from, row[column])


@pytest.mark.slow
async def test_the_33_published_columns_leave_no_residual(shared: LivePlenary) -> None:
    columns, rows = practices_paid()
    assert len(columns) == 33
    tenant = await shared.fresh_tenant()
    await make_practices(shared, tenant, [PracticeInput(code) for code in rows])
    office = await Office.sign_up(
        shared, tenant, list(rows), definition=scheme_of(columns), applies=YEAR, financial_year="2022/23"
    )
    facts = list(facts_of(columns, rows))
    assert any(fact.value and fact.value < 0 for fact in facts), "some of what was paid was taken back"
    for start in range(0, len(facts), 10_000):
        await office.record(*facts[start : start + 10_000])
    run = await office.run(await office.calculate(YEAR))
    assert (run["practices"], run["lines"]) == (len(rows), 33 * len(rows))
    lines = await shared.fetch(
        "SELECT s.practice, s.total, l.component, l.amount FROM payment_statement s JOIN payment_line l"
        " ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id WHERE s.run_id = $1::uuid",
        run["id"],
        tenant=shared.tenants[tenant],
    )
    found = {(line["practice"], line["component"]): line["amount"] for line in lines}
    assert found == {
        (code, fact_name(place)): row[column] * 100
        for code, row in rows.items()
        for place, column in enumerate(columns)
    }
    assert {line["practice"]: line["total"] for line in lines} == {code: row[TOTAL] * 100 for code, row in rows.items()}
    assert Decimal(run["total"]) == sum(row[TOTAL] for row in rows.values())
