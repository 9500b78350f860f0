"""How the money of runs is booked: what is frozen with each run, and what its lines come to by booking."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.calculation.values import Booking, Payee
from app.core.bulk import add_rows
from app.core.clock import Period
from app.core.repository import TenantRepository
from app.payments.tables import PaymentBooking
from app.payments.values import POSTED, FileEntry, FilePayment, LineKind

_COMPONENTS = text(
    """
SELECT DISTINCT l.period_from, l.component
FROM payment_statement s JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id
WHERE s.commissioner_id = :tenant AND s.run_id = :run
"""
)
_LAST_POSTED = text(
    """
SELECT DISTINCT ON (b.period_from, b.component) b.period_from, b.component, b.pay_code, b.cost_centre, b.subjective,
  b.vat_code, b.pensionable
FROM payment_booking b JOIN payment_run r ON r.commissioner_id = b.commissioner_id AND r.id = b.run_id
WHERE b.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.state = ANY(:posted) AND b.component = ANY(:components)
ORDER BY b.period_from, b.component, r.released_at DESC
"""
)
# Runs of earlier releases have no bookings: theirs is the scheme's own.
_FILE_ENTRIES = text(
    """
SELECT p.id, l.no, l.component, l.kind, l.period_from, l.period_until, l.quantity, l.amount,
  coalesce(b.pay_code, :pay_code) AS pay_code, coalesce(b.cost_centre, :cost_centre) AS cost_centre, b.subjective,
  b.vat_code, b.pensionable
FROM payment_statement s
JOIN payment p ON p.commissioner_id = s.commissioner_id AND p.statement_id = s.id
JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id
  AND l.payee_type = p.payee_type AND l.payee_code = p.payee_code
LEFT JOIN payment_booking b ON b.commissioner_id = s.commissioner_id AND b.run_id = s.run_id
  AND b.period_from = l.period_from AND b.component = l.component
WHERE s.commissioner_id = :tenant AND s.run_id = :run AND p.payable > 0 AND l.amount <> 0
ORDER BY p.id, l.no
"""
)
# What no payment carries, and the lines of those payments from which something owed was taken.
_JOURNAL_ENTRIES = text(
    """
SELECT s.practice, s.reference AS statement, coalesce(p.reference, s.reference) AS reference,
  coalesce(p.payable, 0) AS payable, l.payee_type, l.payee_code, l.no, l.component, l.kind, l.period_from, l.period_until,
  l.quantity, l.amount, coalesce(b.pay_code, :pay_code) AS pay_code, coalesce(b.cost_centre, :cost_centre) AS cost_centre,
  b.subjective, b.vat_code, b.pensionable
FROM payment_statement s
JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id
LEFT JOIN payment p ON p.commissioner_id = s.commissioner_id AND p.statement_id = s.id
  AND p.payee_type = l.payee_type AND p.payee_code = l.payee_code
LEFT JOIN payment_booking b ON b.commissioner_id = s.commissioner_id AND b.run_id = s.run_id
  AND b.period_from = l.period_from AND b.component = l.component
WHERE s.commissioner_id = :tenant AND s.run_id = :run AND l.amount <> 0
  AND (p.id IS NULL OR p.payable = 0 OR p.payable <> p.total)
ORDER BY s.practice, l.payee_type DESC, l.payee_code, l.no
"""
)


class BookingRepository(TenantRepository[PaymentBooking]):
    table = PaymentBooking

    async def list_components(self, run_id: UUID) -> list[tuple[date, str]]:
        """Of which the run has lines, each with the first day of the period."""
        rows = await self._rows(_COMPONENTS, run=run_id)
        return [(row.period_from, row.component) for row in rows]

    async def list_last_posted(self, scheme: UUID, components: Iterable[str]) -> dict[tuple[date, str], Booking]:
        """How the last released run that had lines of the component and period booked them."""
        rows = await self._rows(_LAST_POSTED, scheme=scheme, posted=list(POSTED), components=sorted(set(components)))
        return {(row.period_from, row.component): _booking(row) for row in rows}

    async def add(self, run_id: UUID, bookings: Mapping[tuple[date, str], Booking]) -> None:
        await add_rows(
            self.session,
            "payment_booking",
            columns=(
                "run_id",
                "period_from",
                "component",
                "pay_code",
                "cost_centre",
                "subjective",
                "vat_code",
                "pensionable",
            ),
            rows=[
                (run_id, start, component, b.pay_code, b.cost_centre, b.subjective, b.vat_code, b.pensionable)
                for (start, component), b in bookings.items()
            ],
        )

    async def list_file_entries(self, run_id: UUID, *, own: Booking) -> dict[UUID, tuple[FileEntry, ...]]:
        """By payment: its lines that come to something, and how each is booked."""
        rows = await self._rows(_FILE_ENTRIES, run=run_id, pay_code=own.pay_code, cost_centre=own.cost_centre)
        found: defaultdict[UUID, list[FileEntry]] = defaultdict(list)
        for row in rows:
            found[row.id].append(_entry(row))
        return {payment: tuple(entries) for payment, entries in found.items()}

    async def list_journal(self, run_id: UUID, *, own: Booking) -> list[FilePayment]:
        """Payees of statements whose lines are not paid, or not paid in full, each with its lines that come to something."""
        rows = await self._rows(_JOURNAL_ENTRIES, run=run_id, pay_code=own.pay_code, cost_centre=own.cost_centre)
        found: dict[tuple[str, Payee], FilePayment] = {}
        entries: defaultdict[tuple[str, Payee], list[FileEntry]] = defaultdict(list)
        for row in rows:
            payee = Payee(row.payee_type, row.payee_code)
            key = row.statement, payee
            found[key] = FilePayment(row.reference, payee, None, row.practice, row.statement, row.payable)
            entries[key].append(_entry(row))
        return [replace(payment, entries=tuple(entries[key])) for key, payment in found.items()]

    async def _rows(self, statement: Any, **values: Any) -> Any:
        return await (await self.session.connection()).execute(statement, {"tenant": self.tenant, **values})


def _entry(row: Any) -> FileEntry:
    period = Period(row.period_from, row.period_until)
    return FileEntry(row.component, LineKind(row.kind), period, row.quantity, row.amount, _booking(row), row.no)


def _booking(row: Any) -> Booking:
    return Booking(row.pay_code, row.cost_centre, row.subjective, row.vat_code, row.pensionable)
