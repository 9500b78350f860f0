"""The example schemes of the package: each is sound as it is written, and pays what was worked out by hand."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app import schemes
from app.calculation.service import bookings, evaluate, parse_definition
from app.calculation.values import Definition, PostHeld, PracticeInput
from app.core.clock import Period, add_months, financial_year_of
from app.schemes.schemas.scheme import BudgetIn
from app.schemes.service import version_problems
from tests.factories.calculation import a_fact, a_list, practice

FOLDER = Path(schemes.__file__).parent / "examples"
NAMES = sorted(each.stem for each in FOLDER.glob("*.json"))
APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 14), date(2026, 6, 11)
YEAR, QUARTER = financial_year_of(APRIL), Period(APRIL, add_months(APRIL, 3))


def example(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())


def rules(name: str) -> Definition:
    return parse_definition(example(name)["definition"])


def amounts(name: str, period: Period, *practices: PracticeInput) -> list[dict[str, int]]:
    results = evaluate(rules(name), period=period, practices=practices)
    return [{line.component: line.amount for line in result.lines} for result in results]


def known(code: str, size: int, *facts: tuple[str, date, str], posts: tuple[PostHeld, ...] = ()) -> PracticeInput:
    recorded = tuple(
        a_fact(name, value, on, reference=f"{name}:{on}:{i}", subject=name) for i, (name, on, value) in enumerate(facts)
    )
    return practice(code, lists=(a_list(size, APRIL),), facts=recorded, posts=posts)


def test_there_are_three():
    assert NAMES == ["named-lead", "points", "protected-half-day"]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_sound_and_books_every_line(name):
    told = example(name)
    assert set(told) == {"title", "purpose", "budget", "definition"}
    assert BudgetIn.model_validate(told["budget"]).budget()
    assert version_problems(rules(name), applies=YEAR) == []
    booked = bookings(rules(name))
    assert [each for each, how in booked.items() if each != "inside-budget" and how.subjective is None] == []


def test_sessions_and_areas_of_a_named_lead_stay_inside_two_pounds_a_head():
    lead = (PostHeld("named_lead", MAY, None),)
    held = [("lead_session", day, "1") for day in (APRIL, MAY, MAY, MAY, JUNE)]
    facts = (*held, ("first_area", JUNE, "1"))
    large, small, without = (
        known("Y1", 8412, *facts, posts=lead),
        known("Y2", 1000, *facts, posts=lead),
        known("Y3", 8412, *facts),
    )
    assert amounts("named-lead", QUARTER, large, small, without) == [
        {"lead-time": 120_000, "areas": 30_000, "inside-budget": 0},
        {"lead-time": 120_000, "areas": 30_000, "inside-budget": -100_000},
        {"lead-time": 0, "areas": 0, "inside-budget": 0},
    ]


def test_a_half_day_is_paid_with_its_form_and_covered_out_of_one_budget():
    closed = [("half_day", day, "1") for day in (APRIL, MAY, MAY)]
    locums = [("locum_session", day, cost) for day, cost in ((APRIL, "400.00"), (MAY, "300.00"))]
    both = known("Y1", 6000, *closed, ("feedback_form", JUNE, "1"), ("branch_closed", MAY, "2"), *locums)
    formless, absent = known("Y2", 3000, *closed), known("Y3", 1000)
    assert amounts("protected-half-day", QUARTER, both, formless, absent) == [
        {"closure": 60_000, "branches": 20_000, "cover": 1_500_000, "locum": 63_300},
        {"closure": 0, "branches": 0, "cover": 750_000, "locum": 0},
        {"closure": 0, "branches": 0, "cover": 0, "locum": 0},
    ]
    cover = evaluate(rules("protected-half-day"), period=QUARTER, practices=[both])[0].lines[2]
    assert (cover.payee.type, cover.payee.code) == ("organisation", "OOH1")


def test_points_are_advanced_each_month_and_balanced_with_the_last():
    given = known(
        "Y1",
        10_184,
        ("achievement_last_year", APRIL, "98556.92"),
        ("cholesterol_treated", JUNE, "0.34"),
        ("fibrillation_treated", JUNE, "0.65"),
        ("fibrillation_register", JUNE, "203"),
        ("vaccinated", JUNE, "0.92"),
        ("vaccination_improvement", JUNE, "0.04"),
    )
    april, march = (Period(first, add_months(first, 1)) for first in (APRIL, date(2027, 3, 1)))
    assert amounts("points", april, given)[0] == {
        "aspiration": 657_046,
        "CHOL004": 0,
        "AF006": 0,
        "VI001": 0,
        "VI001-improvement": 0,
    }
    prevalence = Fraction(203, 10_184) / Fraction(1_243_503, 60_716_244)
    fibrillation = 6 * Fraction(Decimal("225.49")) * prevalence
    assert amounts("points", march, given)[0] == {
        "aspiration": -11 * 657_046,
        "CHOL004": 463_006,
        "AF006": round(fibrillation * 100),
        "VI001": 0,
        "VI001-improvement": 324_706,
    }
