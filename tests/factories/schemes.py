"""Schemes for tests, made through the slice's own services."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.core.clock import Period
from app.core.db import Tx
from app.core.repository import Expected
from app.schemes import service
from app.schemes.values import Budget, Capacity, FactEntry, SchemeRef, Signatory, SignUp

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
YEAR = Period(date(2026, 4, 1), date(2027, 4, 1))
QUARTER = Period(date(2026, 4, 1), date(2026, 7, 1))
PER_HEAD: dict[str, Any] = {
    "language": 1,
    "measures": {"list": {"kind": "list_size", "basis": "registered", "snapshot": "period_start"}},
    "pay": {"type": "per_head", "id": "engagement", "rate": "2.00", "measure": "list"},
}
LEAD: dict[str, Any] = {
    "language": 1,
    "measures": {"sessions": {"kind": "count", "fact": "lead_session", "max_per_month": 2}},
    "pay": {
        "type": "gate",
        "needs": [{"post": "named_lead", "held": "any_day"}],
        "then": {"type": "per_session", "id": "lead-time", "rate": "300.00", "measure": "sessions"},
    },
}
SESSIONS: dict[str, Any] = {**LEAD, "pay": LEAD["pay"]["then"]}
ANY_VERSION = Expected("*", required=True)


async def a_scheme(
    session: Tx,
    *,
    code: str = "LEAD",
    budget: Budget | None = None,
    financial_year: str = "2026/27",
    **terms: Any,
) -> UUID:
    row = await service.create_scheme(
        session,
        code=code,
        title="A named lead in every practice",
        purpose="Two sessions a month.",
        financial_year=financial_year,
        budget=budget,
        payment_terms_days=30,
        pay_code="GP01",
        cost_centre="C100",
        now=NOW,
        **terms,
    )
    return row.id


async def a_published_scheme(
    session: Tx,
    *,
    person: UUID | None = None,
    definition: dict[str, Any] = SESSIONS,
    applies: Period = YEAR,
    budget: Budget | None = None,
    code: str = "LEAD",
    financial_year: str = "2026/27",
    **terms: Any,
) -> SchemeRef:
    scheme = await a_scheme(session, budget=budget, code=code, financial_year=financial_year, **terms)
    await publish(session, scheme, definition, applies=applies, person=person)
    return await service.get_scheme(session, scheme)


async def publish(
    session: Tx, scheme: UUID, definition: dict[str, Any], *, applies: Period = YEAR, person: UUID | None = None
) -> int:
    version = await service.add_version(
        session, scheme, applies=applies, definition=definition, reason="For a test.", now=NOW
    )
    await service.publish_version(session, scheme, version.n, expected=ANY_VERSION, person_id=person, now=NOW)
    return version.n


def a_sign_up(practice: str, **more: Any) -> SignUp:
    signatory = Signatory("Dr Ada Wren", Capacity.CONTRACT_HOLDER)
    return SignUp(practice, date(2026, 4, 3), signatory, **more)


def a_fact(practice: str, external_id: str, on: date, value: str | None = "1", **more: Any) -> FactEntry:
    measure = more.pop("measure", "lead_session")
    return FactEntry(external_id, practice, measure, on, None if value is None else Decimal(value), **more)
