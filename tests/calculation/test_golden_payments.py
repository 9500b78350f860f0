"""Published amounts and cases worked out from published rules."""

import csv
import json
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from app.calculation.errors import DefinitionInvalid
from app.calculation.service import evaluate
from app.core.clock import Period, add_months
from tests.factories.calculation import (
    APRIL,
    MEASURES,
    YEAR,
    a_fact,
    a_list,
    advance,
    definition,
    fixed,
    instalments,
    linear,
    months,
    paid,
    per_event,
    per_head,
    per_session,
    pooled,
    practice,
    pro_rata,
    reimbursed,
    session,
    tiered,
    times,
    total,
)
from tests.shared_data import shared

YEAR_OF_20 = {"six": {"kind": "count", "fact": "lead_session", "max_per_period": 20}}
YEAR_OF_40 = {"six": {"kind": "count", "fact": "lead_session", "max_per_period": 40}}


@cache
def expected(case: str) -> Any:
    cases = json.loads(shared("golden_payments.json").read_text())["cases"]
    return next(each["expected_pence"] for each in cases if each["id"] == case)


def patients(registered: str | int | None = None, weighted: str | int | None = None):
    return practice(lists=(a_list(registered, weighted=weighted),))


def standing(value: str, size: int = 8412):
    return practice(lists=(a_list(size),), facts=(a_fact("standing", value),))


def held(number: int):
    return practice(facts=(session(APRIL, str(number)),))


@pytest.mark.parametrize(
    ("case", "pay", "given", "length", "members"),
    [
        ("P01", total(per_head("2.218"), per_head("0.698", "weighted", component="w")), patients(40000, 41250), 12, {}),
        ("P03", per_head("7.674", "weighted"), patients(None, 41250), 12, {}),
        ("P05", per_head("2.2736", "weighted"), patients(None, 41250), 1, {}),
        ("P06", per_head("0.9744", "weighted"), patients(None, 41250), 12, {}),
        ("P07", per_head("0.147", "weighted", rate_per="period"), patients(None, "4579.78"), 1, {}),
        ("P08", per_head("1.761", "weighted"), patients(None, "4579.78"), 12, {}),
        ("P09", per_head("1.761", "weighted"), patients(None, 8000), 4, {}),
        ("P10", per_session("111.00", "uncapped"), held(194), 12, {}),
        ("P11", per_session("200.00", "uncapped"), held(225), 12, {}),
        ("P12", per_session("198.00", "uncapped"), held(58), 12, {}),
        ("I01", per_session("140.00", "uncapped"), held(18), 12, {}),
        ("I02", per_session("140.00", "six"), held(23), 12, {"measures": YEAR_OF_20}),
        ("I06", per_session("11.50", "six"), held(55), 12, {"measures": YEAR_OF_40}),
        (
            "L01",
            total(fixed(), per_session("300.00", "six"), per_session("100.00", "six", component="branch")),
            held(6),
            12,
            {},
        ),
        (
            "L02",
            total(fixed(), per_session("300.00", "six"), per_session("200.00", "six", component="branches")),
            held(3),
            12,
            {},
        ),
        ("L03", total(per_head("1.00"), per_head("2.00", component="locality")), patients(9412), 12, {}),
        ("L06", per_head("1.50"), patients(368920), 12, {}),
        ("L14", per_head(), patients("4029.25"), 12, {}),
    ],
)
def test_a_published_rule_pays_its_pence(case, pay, given, length, members):
    assert paid(pay, given, months(length), **members).total == expected(case)


@pytest.mark.parametrize(("case", "joined"), [("L12", date(2023, 10, 1)), ("L13", date(2024, 10, 1))])
def test_days_of_a_year_are_365_or_366(case, joined):
    year = Period(date(joined.year, 4, 1), date(joined.year + 1, 4, 1))
    given = practice(member=(Period(joined),))
    assert paid(pro_rata(fixed("10000.00", rate_per="year")), given, year).total == expected(case)


@pytest.mark.parametrize(
    ("case", "old", "new", "length"), [("S02", "107.57", "112.50", 5), ("S03", "121.79", "123.34", 4)]
)
def test_a_rate_put_up_backwards_owes_the_difference_of_each_month(case, old, new, length):
    given = patients(None, 8000)
    was, is_now = (paid(per_head(rate, "weighted"), given, months(1)).total for rate in (old, new))
    assert (is_now - was) * length == expected(case)


def got(value: str, size: int = 10_000):
    return practice(lists=(a_list(size),), facts=(a_fact("achievement", value),))


AVERAGE = {"measure": "list", "over": "10184"}
AF = fixed("6019.24")  # 29 points at 207.56


@pytest.mark.parametrize(
    ("case", "value", "members"),
    [
        ("Q06", "0.199", {}),
        ("Q07", "0.2", {}),
        ("Q08", "0.34", {}),
        ("Q09", "0.5", {}),
        ("Q10", "0.61", {}),
        ("Q11", "0.34", {"round": {"at": "points", "dp": 2}}),
    ],
)
def test_points_between_thresholds_pay_their_pence(case, value, members):
    assert paid(times(linear(), AVERAGE), got(value), YEAR, **members).total == expected(case)


@pytest.mark.parametrize(
    ("case", "pay", "given", "members"),
    [
        ("Q01", linear(points="74", point_value="201.16"), got("1"), {}),
        (
            "Q02",
            times(AF, {"measure": "list", "over": "9374"}, {"value": "3.05", "over": "2.1"}),
            patients(16_000),
            {"round": {"at": "factor", "dp": 2}},
        ),
        ("Q03", times(AF, {"measure": "list", "over": "9374"}, {"value": "3.05", "over": "2.1"}), patients(16_000), {}),
        ("Q04", times(fixed("100000.00"), {"value": "1.54"}), patients(), {}),
        ("Q05", times(fixed("100000.00"), {"measure": "list", "over": "9962"}), patients(15_326), {}),
        (
            "Q12",
            times(
                linear(points="29", point_value="194.83"),
                {"measure": "list", "over": "8799"},
                {"measure": "register", "over_measure": "list"},
                {"value": "60716244", "over": "1243503"},
            ),
            practice(lists=(a_list(4098),), facts=(a_fact("achievement", "1"), a_fact("register", "95"))),
            {},
        ),
        (
            "Q18",
            {"type": "best_of", "of": [linear(), linear(id="improvement", measure="improved", points="4.5")]},
            practice(facts=(a_fact("achievement", "0.1"), a_fact("improvement", "0.9"))),
            {"measures": MEASURES | {"improved": {"kind": "level", "fact": "improvement", "unit": "percent"}}},
        ),
        ("P04", per_session("10.00", "uncapped"), held(96 * 3 + 90 * 9), {}),
        ("S01", times(fixed("123.34"), {"value": "0.0475"}), patients(), {}),
        ("I02", per_event(at_most="register"), practice(facts=(a_fact("check", "23"), a_fact("register", "20"))), {}),
        (
            "I03",
            per_event(),
            practice(
                facts=(
                    a_fact("check", "1", date(2014, 5, 6), subject="p1"),
                    a_fact("check", "1", date(2014, 11, 4), subject="p1"),
                    a_fact("check", "1", date(2014, 8, 5), subject="p2"),
                )
            ),
            {},
        ),
        (
            "I06",
            per_event("11.50", at_most="register"),
            practice(facts=(a_fact("check", "55"), a_fact("register", "40"))),
            {},
        ),
        ("L04", tiered(("6", "8", "0.40"), ("8", None, "0.50"), each="list"), standing("7.3", 8250), {}),
    ],
)
def test_a_published_rule_of_points_factors_or_bands_pays_its_pence(case, pay, given, members):
    assert paid(pay, given, YEAR, **members).total == expected(case)


def test_a_corrected_average_owes_the_difference():
    was, is_now = (
        paid(times(fixed("78460.00"), {"measure": "list", "over": over}), patients(9000), YEAR).total
        for over in ("7052", "7087")
    )
    assert is_now - was == expected("Q13")


@pytest.mark.parametrize(
    ("case", "prior", "share", "earned", "month"),
    [
        ("Q14", "98556.92", "0.80", "101000.00", 0),
        ("Q15", "98556.92", "0.80", "101000.00", 11),
        ("Q16", "98556.92", "0.80", "75000.00", 11),
        ("Q17", "90000.00", "0.60", "1.00", 0),
    ],
)
def test_an_advance_is_paid_in_parts_and_the_balance_with_the_last(case, prior, share, earned, month):
    period = Period(add_months(APRIL, month), add_months(APRIL, month + 1))
    given = practice(facts=(a_fact("standing", prior),))
    pay = advance(fixed(earned, component="achievement"), share=share)
    # The published balance is struck after all twelve parts; the last of them is in this month's total.
    last_part = paid(pay, given, months(1)).total if month == 11 else 0
    assert paid(pay, given, period).total - last_part == expected(case)


@pytest.mark.parametrize(
    ("case", "rates"),
    [
        ("I04", (("2016-04-01", "116.00", 5), ("2017-04-01", "140.00", 7))),
        ("I05", (("2024-04-01", "10.06", 120), ("2025-04-01", "12.06", 130))),
    ],
)
def test_an_event_is_paid_by_the_rate_of_its_day(case, rates):
    written = [{"since": day, "rate": rate} for day, rate, _ in rates]
    change = date.fromisoformat(rates[1][0])
    facts = (a_fact("dose", str(rates[0][2]), add_months(change, -1)), a_fact("dose", str(rates[1][2]), change))
    period = Period(add_months(change, -3), add_months(change, 3))
    assert paid(per_event(None, "doses", rates=written), practice(facts=facts), period).total == expected(case)


@pytest.mark.parametrize(("at", "position"), [("69.9", 0), ("70", 1), ("89.9", 2), ("90", 3)])
def test_a_target_is_a_cliff(at, position):
    pay = tiered(("70", "90", "2829.00"), ("90", None, "8487.00"))
    assert paid(pay, standing(at), YEAR).total == expected("I07")[position]


@pytest.mark.parametrize(
    ("case", "pay", "cost", "number"),
    [
        ("R01", reimbursed((1, "1211.64"), (3, "1856.61")), "1500.00", 4),
        ("R02", reimbursed((1, "1211.64"), (3, "1856.61")), "2000.00", 4),
        ("R03", reimbursed((1, "1856.61"), waiting=2), "2000.00", 5),
        ("R04", reimbursed((1, "2151.96"), waiting=2), "2000.00", 5),
    ],
)
def test_a_locum_is_paid_for_up_to_the_cap_of_each_week(case, pay, cost, number):
    weeks = tuple(
        a_fact("locum", cost, APRIL + timedelta(weeks=i), reference=str(i), subject="a") for i in range(number)
    )
    assert paid(pay, practice(facts=weeks)).total == expected(case)


@pytest.mark.parametrize(("case", "cost"), [("R05", "1800.00"), ("R06", "2000.00")])
def test_a_cap_raised_backwards_owes_the_difference(case, cost):
    given = practice(facts=(a_fact("locum", cost, subject="a"),))
    was, is_now = (paid(reimbursed((1, cap)), given).total for cap in ("1751.52", "1856.61"))
    assert is_now - was == expected(case)


@pytest.mark.parametrize(("case", "amount"), [("P02", "117512.50"), ("L15", "1000.00")])
def test_instalments_lose_no_penny(case, amount):
    year = [Period(add_months(APRIL, month), add_months(APRIL, month + 1)) for month in range(12)]
    pay = instalments(fixed(amount, rate_per="year"))
    assert [paid(pay, practice(), month).total for month in year] == expected(case)


def test_printed_bands_that_both_hold_eight_are_refused():
    assert expected("L05") == [330_000, 412_500]
    with pytest.raises(DefinitionInvalid) as refused:
        definition(tiered(("6", "8.1", "0.40"), ("8", None, "0.50")))
    assert [error.code for error in refused.value.errors] == ["calculation.bands_overlap"]


def test_a_pool_of_three_equal_lists_is_shared_to_the_penny():
    three = [practice(code) for code in ("Y1", "Y2", "Y3")]
    results = evaluate(definition(pooled()), period=YEAR, practices=three)
    assert [result.total for result in results] == expected("L10")


def test_a_pool_over_real_lists_is_shared_to_the_penny():
    given = [practice(code, lists=(a_list(size),)) for code, size in published_lists("Greater Preston").items()]
    results = evaluate(definition(pooled("100000.00")), period=YEAR, practices=given)
    assert {result.code: result.total for result in results} == expected("L09")


def test_a_merger_pays_each_quarter_to_who_is_there():
    quarter = months(3)
    first = [paid(per_head(), patients(size), quarter).total for size in (4200, 5150)]
    after = [paid(per_head(), patients(4200 + 5150), quarter).total] * 3
    assert [*first, *after] == expected("L11")


def published_lists(commissioner: str) -> dict[str, Decimal]:
    with shared("nhs_payments_gp_2014_15.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["CCG NAME"].strip() == commissioner]
    column = "Number of Registered Patients (Last Known Figure)"
    return {row["Practice Code"]: Decimal(row[column]) for row in rows}


@pytest.mark.parametrize(
    ("commissioner", "practices", "year", "quarter"),
    [("Wandsworth", 43, 73_784_000, 18_446_000), ("Greater Preston", 34, 42_391_200, 10_597_800)],
)
def test_real_lists_of_2014_15_pay_two_pounds_a_head(commissioner, practices, year, quarter):
    lists = published_lists(commissioner)
    given = [practice(code, lists=(a_list(size),)) for code, size in lists.items()]
    assert len(given) == practices
    for length, pence in ((12, year), (3, quarter)):
        results = evaluate(definition(per_head()), period=months(length), practices=given)
        assert sum(result.total for result in results) == pence
        assert all(result.total == lists[result.code] * 200 * length / 12 for result in results)


def test_wandsworth_is_the_published_case():
    assert (expected("L07"), expected("L08")) == (73_784_000, 18_446_000)
