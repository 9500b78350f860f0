"""The golden cases, each written once: a definition, what is known of the practices, the periods paid, and the figure.

What each has to come to is in `golden_payments.json` of the published files, with its source. `figure` reads, out of
what every run pays every practice, the number that the source prints.
"""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from string import ascii_uppercase
from typing import Any

from app.calculation.values import Fact, PracticeInput
from app.core.clock import Period, add_months
from tests.factories.calculation import (
    APRIL,
    MEASURES,
    QUARTER,
    YEAR,
    a_fact,
    a_list,
    advance,
    fixed,
    instalments,
    linear,
    months,
    per_event,
    per_head,
    per_session,
    pooled,
    practice,
    pro_rata,
    raw_definition,
    reimbursed,
    session,
    tiered,
    times,
    total,
)
from tests.shared_data import shared

Pays = Sequence[dict[str, int]]
"""For each run, in order: pence by practice."""


@dataclass(frozen=True, slots=True)
class Case:
    """`corrected` is a version over the same periods, published after they were paid; the figure is then what it moves."""

    id: str
    definition: dict[str, Any]
    practices: tuple[PracticeInput, ...]
    periods: tuple[Period, ...]
    figure: Callable[[Pays], Any]
    corrected: dict[str, Any] | None = None

    @property
    def applies(self) -> Period:
        return Period(self.periods[0].valid_from, self.periods[-1].valid_until)

    def taking_part(self, period: Period) -> list[PracticeInput]:
        return [
            each
            for each in self.practices
            if each.member is None or any(part.intersection(period) for part in each.member)
        ]


def in_all(pays: Pays) -> int:
    return sum(sum(run.values()) for run in pays)


def in_turn(pays: Pays) -> list[int]:
    return [run[code] for run in pays for code in sorted(run)]


def by_practice(pays: Pays) -> dict[str, int]:
    (run,) = pays
    return run


def last_less_first(pays: Pays) -> int:
    """The published balance is struck after all twelve parts, and the last of them is paid together with it."""
    return in_all(pays[-1:]) - in_all(pays[:1])


def _case(
    name: str,
    pay: object,
    *practices: PracticeInput,
    periods: Sequence[Period] = (YEAR,),
    figure: Callable[[Pays], Any] = in_all,
    corrected: object = None,
    **members: Any,
) -> Case:
    """Codes are the case's own, in the order given, so that all cases can stand in one register."""
    known = practices or (practice(),)
    return Case(
        name,
        raw_definition(pay, **members),
        tuple(replace(each, code=f"ZZ{name}{ascii_uppercase[place]}") for place, each in enumerate(known)),
        tuple(periods),
        figure,
        None if corrected is None else raw_definition(corrected, **members),
    )


def patients(registered: str | int | None = None, weighted: str | int | None = None, **members: Any) -> PracticeInput:
    return practice(lists=(a_list(registered, weighted=weighted),), **members)


def with_facts(*facts: Fact, size: int = 10_000) -> PracticeInput:
    return practice(lists=(a_list(size),), facts=facts)


def achieved(value: str) -> PracticeInput:
    return with_facts(a_fact("achievement", value))


def standing(value: str, size: int = 8250) -> PracticeInput:
    return with_facts(a_fact("standing", value), size=size)


def weeks(number: int, cost: str) -> PracticeInput:
    return with_facts(
        *(a_fact("locum", cost, APRIL + timedelta(weeks=week), subject="absence") for week in range(number))
    )


def each_month(number: int, length: int = 1) -> list[Period]:
    return [Period(add_months(APRIL, at), add_months(APRIL, at + length)) for at in range(0, number * length, length)]


def doses(change: date, *, before: int, after: int) -> PracticeInput:
    return with_facts(a_fact("dose", str(before), add_months(change, -1)), a_fact("dose", str(after), change))


def dated(*rates: tuple[str, str]) -> dict[str, Any]:
    return per_event(None, "doses", rates=[{"since": day, "rate": rate} for day, rate in rates])


def aspiration(prior: str, share: str, earned: str, **more: Any) -> tuple[Any, ...]:
    return advance(fixed(earned, component="achievement"), share=share), standing(prior)


AVERAGE = {"measure": "list", "over": "10184"}
AF_FACTORS = {"measure": "list", "over": "9374"}, {"value": "3.05", "over": "2.1"}
AF = fixed("6019.24")  # 29 points at 207.56
FIRST_AND_LAST = each_month(12)[::11]
WEEKLY = (1, "1211.64"), (3, "1856.61")
IMPROVED = {"improved": {"kind": "level", "fact": "improvement", "unit": "percent"}}
CASES = (
    # Quality and Outcomes Framework
    _case("Q01", linear(points="74", point_value="201.16"), achieved("1")),
    _case("Q02", times(AF, *AF_FACTORS), patients(16_000), round={"at": "factor", "dp": 2}),
    _case("Q03", times(AF, *AF_FACTORS), patients(16_000)),
    _case("Q04", times(fixed("100000.00"), {"value": "1.54"})),
    _case("Q05", times(fixed("100000.00"), {"measure": "list", "over": "9962"}), patients(15_326)),
    _case("Q06", times(linear(), AVERAGE), achieved("0.199")),
    _case("Q07", times(linear(), AVERAGE), achieved("0.2")),
    _case("Q08", times(linear(), AVERAGE), achieved("0.34")),
    _case("Q09", times(linear(), AVERAGE), achieved("0.5")),
    _case("Q10", times(linear(), AVERAGE), achieved("0.61")),
    _case("Q11", times(linear(), AVERAGE), achieved("0.34"), round={"at": "points", "dp": 2}),
    _case(
        "Q12",
        times(
            linear(points="29", point_value="194.83"),
            {"measure": "list", "over": "8799"},
            {"measure": "register", "over_measure": "list"},
            {"value": "60716244", "over": "1243503"},
        ),
        with_facts(a_fact("achievement", "1"), a_fact("register", "95"), size=4098),
    ),
    _case(
        "Q13",
        times(fixed("78460.00"), {"measure": "list", "over": "7052"}),  # 500 points at 156.92
        patients(9000),
        corrected=times(fixed("78460.00"), {"measure": "list", "over": "7087"}),
    ),
    _case("Q14", *aspiration("98556.92", "0.80", "101000.00"), periods=each_month(1)),
    _case("Q15", *aspiration("98556.92", "0.80", "101000.00"), periods=FIRST_AND_LAST, figure=last_less_first),
    _case("Q16", *aspiration("98556.92", "0.80", "75000.00"), periods=FIRST_AND_LAST, figure=last_less_first),
    _case("Q17", *aspiration("90000.00", "0.60", "1.00"), periods=each_month(1)),
    _case(
        "Q18",
        {"type": "best_of", "of": [linear(), linear(id="improvement", measure="improved", points="4.5")]},
        with_facts(a_fact("achievement", "0.1"), a_fact("improvement", "0.9")),
        measures=MEASURES | IMPROVED,
    ),
    # Networks
    _case("P01", total(per_head("2.218"), per_head("0.698", "weighted", component="w")), patients(40_000, 41_250)),
    _case("P02", instalments(fixed("117512.50", rate_per="year")), periods=each_month(12), figure=in_turn),
    _case("P03", per_head("7.674", "weighted"), patients(None, 41_250)),
    _case(
        "P04",
        per_session("10.00", "uncapped"),
        with_facts(*(session(add_months(APRIL, month), "96" if month < 3 else "90") for month in range(12))),
    ),
    _case("P05", per_head("2.2736", "weighted"), patients(None, 41_250), periods=each_month(1)),  # 70% of 3.248
    _case("P06", per_head("0.9744", "weighted"), patients(None, 41_250)),  # 30% of 3.248
    _case("P07", per_head("0.147", "weighted", rate_per="period"), patients(None, "4579.78"), periods=each_month(1)),
    _case("P08", per_head("1.761", "weighted"), patients(None, "4579.78")),
    _case("P09", per_head("1.761", "weighted"), patients(None, 8000), periods=(months(4),)),
    _case("P10", linear(points="194", point_value="111.00"), achieved("1")),
    _case("P11", linear(points="225", point_value="200.00"), achieved("1")),
    _case("P12", linear(points="58", point_value="198.00"), achieved("1")),
    # Core sums
    _case("S01", times(fixed("123.34"), {"value": "0.0475"})),
    _case(
        "S02",
        per_head("107.57", "weighted"),
        patients(None, 8000),
        periods=each_month(5),
        corrected=per_head("112.50", "weighted"),
    ),
    _case(
        "S03",
        per_head("121.79", "weighted"),
        patients(None, 8000),
        periods=each_month(4),
        corrected=per_head("123.34", "weighted"),
    ),
    # Items of service
    _case("I01", per_event(measure="doses"), with_facts(a_fact("dose", "18"))),
    _case("I02", per_event(at_most="register"), with_facts(a_fact("check", "23"), a_fact("register", "20"))),
    _case(
        "I03",
        per_event(),
        with_facts(
            a_fact("check", "1", date(2014, 5, 6), subject="p1"),
            a_fact("check", "1", date(2014, 11, 4), subject="p1"),
            a_fact("check", "1", date(2014, 8, 5), subject="p2"),
        ),
    ),
    _case(
        "I04",
        dated(("2016-04-01", "116.00"), ("2017-04-01", "140.00")),
        doses(date(2017, 4, 1), before=5, after=7),
        periods=(Period(date(2017, 1, 1), date(2017, 7, 1)),),
    ),
    _case(
        "I05",
        dated(("2024-04-01", "10.06"), ("2025-04-01", "12.06")),
        doses(date(2025, 4, 1), before=120, after=130),
        periods=(Period(date(2025, 1, 1), date(2025, 7, 1)),),
    ),
    _case("I06", per_event("11.50", at_most="register"), with_facts(a_fact("check", "55"), a_fact("register", "40"))),
    _case(
        "I07",
        tiered(("70", "90", "2829.00"), ("90", None, "8487.00")),
        *(standing(coverage) for coverage in ("69.9", "70", "89.9", "90")),
        figure=in_turn,
    ),
    # Reimbursement of locums
    _case("R01", reimbursed(*WEEKLY), weeks(4, "1500.00"), periods=(QUARTER,)),
    _case("R02", reimbursed(*WEEKLY), weeks(4, "2000.00"), periods=(QUARTER,)),
    _case("R03", reimbursed((1, "1856.61"), waiting=2), weeks(5, "2000.00"), periods=(QUARTER,)),
    _case("R04", reimbursed((1, "2151.96"), waiting=2), weeks(5, "2000.00"), periods=(QUARTER,)),
    _case(
        "R05",
        reimbursed((1, "1751.52")),
        weeks(1, "1800.00"),
        periods=(QUARTER,),
        corrected=reimbursed((1, "1856.61")),
    ),
    _case(
        "R06",
        reimbursed((1, "1751.52")),
        weeks(1, "2000.00"),
        periods=(QUARTER,),
        corrected=reimbursed((1, "1856.61")),
    ),
    # Local schemes
    _case(
        "L01",
        total(fixed(), per_session("300.00", "six"), per_session("100.00", "six", component="branch")),
        with_facts(*(session(add_months(APRIL, month)) for month in range(6))),
    ),
    # A session counts once its feedback form has come back and is confirmed; one of the four has not.
    _case(
        "L02",
        total(fixed(), per_session("300.00", "six"), per_session("200.00", "six", component="branches")),
        with_facts(*(session(add_months(APRIL, month), confirmed=month != 2) for month in range(4))),
    ),
    _case("L03", total(per_head("1.00"), per_head("2.00", component="locality")), patients(9412)),
    _case("L04", tiered(("6", "8", "0.40"), ("8", None, "0.50"), each="list"), standing("7.3")),
    _case("L06", per_head("1.50"), patients(368_920)),
    _case("L10", pooled(), practice(), practice(), practice(), figure=in_turn),
    _case(
        "L11",
        per_head(),
        patients(4200, member=(Period(APRIL, date(2014, 7, 1)),)),
        patients(5150, member=(Period(APRIL, date(2014, 7, 1)),)),
        practice(lists=(a_list(9350, date(2014, 7, 1)),), member=(Period(date(2014, 7, 1)),)),
        periods=each_month(4, length=3),
        figure=in_turn,
    ),
    _case(
        "L12",
        pro_rata(fixed("10000.00", rate_per="year")),
        practice(member=(Period(date(2023, 10, 1)),)),
        periods=(Period(date(2023, 4, 1), date(2024, 4, 1)),),
    ),
    _case(
        "L13",
        pro_rata(fixed("10000.00", rate_per="year")),
        practice(member=(Period(date(2024, 10, 1)),)),
        periods=(Period(date(2024, 4, 1), date(2025, 4, 1)),),
    ),
    _case("L14", per_head(), patients("4029.25")),
    _case("L15", instalments(fixed("1000.00", rate_per="year")), periods=each_month(12), figure=in_turn),
)
OVERLAPPING = raw_definition(tiered(("6", "8.1", "0.40"), ("8", None, "0.50"), each="list"))
"""L05: bands printed as 6-8% and 8-10% are both closed, so that 8% is in two of them."""
REFUSED, STORED_ONLY = "L05", "X01"


def published_cases() -> tuple[Case, ...]:
    """Those over real lists of 2014/15: Wandsworth at 2.00 a head, and a pool over Greater Preston."""
    wandsworth = published_practices("Wandsworth")
    preston = published_practices("Greater Preston")
    return (
        Case("L07", raw_definition(per_head()), wandsworth, (YEAR,), in_all),
        Case("L08", raw_definition(per_head()), wandsworth, (QUARTER,), in_all),
        Case("L09", raw_definition(pooled("100000.00")), preston, (YEAR,), by_practice),
    )


PUBLISHED = ("L07", "L08", "L09")


@cache
def published_practices(commissioner: str) -> tuple[PracticeInput, ...]:
    with shared("nhs_payments_gp_2014_15.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["CCG NAME"].strip() == commissioner]
    column = "Number of Registered Patients (Last Known Figure)"
    return tuple(practice(row["Practice Code"], lists=(a_list(str(Decimal(row[column]))),)) for row in rows)


@cache
def expected() -> dict[str, Any]:
    """What each case has to come to, in pence, by its id."""
    return {
        case["id"]: case["expected_pence"] for case in json.loads(shared("golden_payments.json").read_text())["cases"]
    }
