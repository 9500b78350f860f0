"""Definitions and practices for tests of the engine; a test sets only what it is about."""

from datetime import date
from decimal import Decimal
from typing import Any

from app.calculation.service import estimates, evaluate, parse_definition
from app.calculation.values import Definition, Fact, ListSize, PostHeld, PracticeInput, PracticeResult, Range
from app.core.clock import Period, add_months

APRIL = date(2014, 4, 1)
MEASURES: dict[str, Any] = {
    "list": {"kind": "list_size", "basis": "registered", "snapshot": "period_start"},
    "weighted": {"kind": "list_size", "basis": "weighted", "snapshot": "period_start"},
    "adjusted": {"kind": "list_size", "basis": "adjusted", "snapshot": "period_start"},
    "sessions": {"kind": "count", "fact": "lead_session", "max_per_month": 2},
    "uncapped": {"kind": "count", "fact": "lead_session"},
    "six": {"kind": "count", "fact": "lead_session", "max_per_period": 6},
    "costs": {"kind": "amount", "fact": "cost"},
    "achieved": {"kind": "level", "fact": "achievement", "unit": "percent"},
    "prior": {"kind": "level", "fact": "standing", "unit": "pounds"},
    "standing": {"kind": "level", "fact": "standing"},
    "register": {"kind": "level", "fact": "register"},
    "checks": {"kind": "events", "fact": "check", "distinct": "subject"},
    "doses": {"kind": "events", "fact": "dose", "within": "period"},
    "weeks": {"kind": "costs", "fact": "locum"},
    "area1": {"kind": "done", "fact": "area1", "due": "2014-05-31"},
    "area2": {"kind": "done", "fact": "area2"},
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


def linear(**members: Any) -> dict[str, Any]:
    """CHOL004 of QOF 2025/26."""
    chol004 = {"lower": "20", "upper": "50", "points": "44", "point_value": "225.49"}
    return {"type": "linear", "id": "CHOL004", "measure": "achieved", **chol004, **members}


def tiered(*bands: tuple[str, str | None, str], **members: Any) -> dict[str, Any]:
    """Bands as (at_least, below, rate); the last one's end is None."""
    written = [
        {"at_least": start, "rate": rate} | ({} if below is None else {"below": below}) for start, below, rate in bands
    ]
    return {"type": "tiered", "id": "band", "measure": "standing", "bands": written, **members}


def times(then: object, *factors: dict[str, str]) -> dict[str, Any]:
    return {"type": "times", "factors": list(factors), "then": then}


def per_event(rate: str | None = "140.00", measure: str = "checks", **members: Any) -> dict[str, Any]:
    return {
        "type": "per_event",
        "id": "event",
        "measure": measure,
        **({} if rate is None else {"rate": rate}),
        **members,
    }


def reimbursed(*caps: tuple[int, str], **members: Any) -> dict[str, Any]:
    written = [{"from_unit": number, "cap": cap} for number, cap in caps]
    return {"type": "capped_reimbursement", "id": "locum", "measure": "weeks", "caps": written, **members}


def milestone(amount: str = "900.00", **members: Any) -> dict[str, Any]:
    items = [{"measure": "area1"}, {"measure": "area2", "weight": "2"}]
    return {"type": "milestone", "id": "areas", "amount": amount, "items": items, **members}


def pooled(budget: str = "10000.00", **members: Any) -> dict[str, Any]:
    return {"type": "pooled", "id": "pool", "budget": budget, "weight": "list", **members}


def instalments(then: object, parts: int = 12) -> dict[str, Any]:
    return {"type": "instalments", "parts": parts, "then": then}


def advance(then: object, **members: Any) -> dict[str, Any]:
    known = {"id": "aspiration", "measure": "prior", "share": "0.80", "parts": 12}
    return {"type": "advance", **known, "then": then, **members}


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


def a_fact(name: str, value: str, on: date = APRIL, **members: Any) -> Fact:
    return Fact(members.pop("reference", f"{name}:{on}"), name, on, Decimal(value), **members)


def lead(start: date = APRIL, until: date | None = None) -> PostHeld:
    return PostHeld("named_lead", start, until)


def practice(code: str = "Y00001", **members: Any) -> PracticeInput:
    return PracticeInput(code, **{"lists": (a_list(),), **members})


def paid(pay: object, given: PracticeInput, period: Period = QUARTER, **members: Any) -> PracticeResult:
    return evaluate(definition(pay, **members), period=period, practices=[given])[0]


def estimated(pay: object, given: PracticeInput, period: Period = YEAR) -> Range:
    found = estimates(definition(pay), period=period, practices=[given])[given.code]
    assert found is not None
    return found
