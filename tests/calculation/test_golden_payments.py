"""Published amounts and cases worked out from published rules, as far as these nodes can express them."""

import csv
import json
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from app.calculation.service import evaluate
from app.core.clock import Period
from tests.factories.calculation import (
    APRIL,
    a_list,
    definition,
    fixed,
    months,
    paid,
    per_head,
    per_session,
    practice,
    pro_rata,
    session,
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
