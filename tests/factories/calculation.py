"""Definitions and practices for tests of the engine; a test sets only what it is about."""

from datetime import date
from decimal import Decimal
from typing import Any

from app.calculation.service import evaluate, parse_definition
from app.calculation.values import Definition, Fact, ListSize, PostHeld, PracticeInput, PracticeResult
from app.core.clock import Period, add_months

APRIL = date(2014, 4, 1)
MEASURES: dict[str, Any] = {
    "list": {"kind": "list_size", "basis": "registered", "snapshot": "period_start"},
    "weighted": {"kind": "list_size", "basis": "weighted", "snapshot": "period_start"},
    "sessions": {"kind": "count", "fact": "lead_session", "max_per_month": 2},
    "uncapped": {"kind": "count", "fact": "lead_session"},
    "six": {"kind": "count", "fact": "lead_session", "max_per_period": 6},
    "costs": {"kind": "amount", "fact": "cost"},
}


def raw_definition(pay: object, **members: Any) -> dict[str, Any]:
    return {"language": 1, "measures": MEASURES, "pay": pay, **members}


def definition(pay: object, **members: Any) -> Definition:
    return parse_definition(raw_definition(pay, **members))


def per_head(
    rate: str = "2.00", measure: str = "list", *, component: str = "engagement", **members: Any
) -> dict[str, Any]:
    return {"type": "per_head", "id": component, "rate": rate, "measure": measure, **members}


def per_session(
    rate: str = "300.00", measure: str = "sessions", *, component: str = "time", **members: Any
) -> dict[str, Any]:
    return {"type": "per_session", "id": component, "rate": rate, "measure": measure, **members}


def fixed(amount: str = "100.00", *, component: str = "joining", **members: Any) -> dict[str, Any]:
    return {"type": "fixed", "id": component, "amount": amount, **members}


def total(*nodes: object) -> dict[str, Any]:
    return {"type": "sum", "of": list(nodes)}


def gate(then: object, *, held: str = "period_start") -> dict[str, Any]:
    return {"type": "gate", "needs": [{"post": "named_lead", "held": held}], "then": then}


def pro_rata(then: object, by: str = "days") -> dict[str, Any]:
    return {"type": "pro_rata", "by": by, "then": then}


def months(number: int, start: date = APRIL) -> Period:
    return Period(start, add_months(start, number))


QUARTER, YEAR = months(3), months(12)


def a_list(
    size: str | int | None = 8412, as_at: date = APRIL, weighted: str | int | None = None, **more: Any
) -> ListSize:
    registered = None if size is None else Decimal(size)
    return ListSize(as_at, registered, None if weighted is None else Decimal(weighted), **more)


def session(
    on: date, value: str = "1", *, confirmed: bool = True, measure: str = "lead_session", reference: str = ""
) -> Fact:
    return Fact(reference or f"{measure}:{on}", measure, on, Decimal(value), confirmed=confirmed)


def lead(start: date = APRIL, until: date | None = None) -> PostHeld:
    return PostHeld("named_lead", start, until)


def practice(code: str = "Y00001", **members: Any) -> PracticeInput:
    return PracticeInput(code, **{"lists": (a_list(),), **members})


def paid(pay: object, given: PracticeInput, period: Period = QUARTER, **members: Any) -> PracticeResult:
    return evaluate(definition(pay, **members), period=period, practices=[given])[0]
