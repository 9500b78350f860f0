"""Both calculations over England's real lists of 2022/23: the same pence for every practice."""

import csv
from datetime import date
from decimal import Decimal

from app.calculation.service import evaluate, parse_definition
from app.calculation.values import Fact, ListSize, PracticeInput
from app.core.clock import Period
from tests.depth import DEEP
from tests.independent import second
from tests.independent.test_two_calculations import frozen
from tests.shared_data import shared as published

APRIL = date(2022, 4, 1)
JULY = Period(date(2022, 7, 1), date(2022, 10, 1))
REGISTERED, WEIGHTED = (f"Number of {basis} Patients (Last Known Figure)" for basis in ("Registered", "Weighted"))
BANDS = [
    {"at_least": "0", "below": "5000", "rate": "0.315"},
    {"at_least": "5000", "below": "10000.5", "rate": "0.215"},
    {"at_least": "10000.5", "rate": "0.105"},
]
DEFINITION = {
    "language": 1,
    "measures": {
        "list": {"kind": "list_size", "basis": "registered", "snapshot": "year_start"},
        "weighted": {"kind": "list_size", "basis": "weighted", "snapshot": "period_start"},
        "checks": {"kind": "events", "fact": "check"},
        "achieved": {"kind": "level", "fact": "achieved"},
    },
    "pay": {
        "type": "sum",
        "of": [
            {"type": "per_head", "id": "head", "rate": "2.217", "measure": "list"},
            {"type": "pooled", "id": "pool", "budget": "10000000.00", "weight": "weighted"},
            {"type": "tiered", "id": "bands", "measure": "list", "bands": BANDS, "of": "marginal"},
            {"type": "instalments", "parts": 12, "then": {
                "type": "fixed", "id": "parts", "amount": "1000.00", "rate_per": "year"}},
            {"type": "per_event", "id": "checks", "measure": "checks", "rate": "140.00", "at_most": "list"},
            {"type": "times", "factors": [{"measure": "weighted", "over": "9374"}], "then": {
                "type": "linear", "id": "points", "measure": "achieved", "lower": "20", "upper": "50", "points": "44",
                "point_value": "225.49"}},
        ],
    },
}  # fmt: skip


def practices_of_england() -> list[PracticeInput]:
    """Lists as they were published; what was achieved and done is made of them. In the suite every 25th practice."""
    with published("nhs_payments_gp_2022_23.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        PracticeInput(
            row["Practice Code"],
            lists=(ListSize(APRIL, Decimal(row[REGISTERED]), Decimal(row[WEIGHTED])),),
            facts=(
                Fact(f"a{place}", "achieved", APRIL, Decimal(place % 70)),
                Fact(f"c{place}", "check", date(2022, 8, 1), Decimal(place % 40)),
            ),
        )
        for place, row in enumerate(rows)
        if DEEP or place % 25 == 0
    ]


def test_both_pay_england_the_same_pence() -> None:
    practices = practices_of_england()
    results = evaluate(parse_definition(DEFINITION), period=JULY, practices=practices)
    paid = {each.code: {line.component: line.amount for line in each.lines} for each in results}
    assert paid == second.pay(DEFINITION, JULY.valid_from, JULY.end, frozen(practices))
    assert sum(lines["pool"] for lines in paid.values()) == 250_000_000
    assert all(any(lines[component] for lines in paid.values()) for component in next(iter(paid.values())))
