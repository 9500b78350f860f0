"""Statements with their lines and payments: written once, read often."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlmodel import col, select

from app.core.bulk import add_rows
from app.core.ids import new_id
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among, keyset_page
from app.payments.errors import StatementNotFound
from app.payments.rules.references import payment_reference, statement_reference
from app.payments.tables import Payment, PaymentLine, PaymentRun, PaymentStatement
from app.payments.values import POSTED, WorkedStatement

# A statement may be one practice's and its lines pay another: cover that a practice gives for its neighbours.
_FIRST_DAYS = text(
    """
SELECT named.code, min(l.period_from) AS first_day
FROM payment_statement s
JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id
CROSS JOIN LATERAL (VALUES (s.practice), (l.payee_code)) named (code)
WHERE s.commissioner_id = :tenant AND s.run_id = :run AND named.code = ANY(:practices)
GROUP BY named.code
"""
)


class StatementRepository(TenantRepository[PaymentStatement]):
    table = PaymentStatement
    missing = StatementNotFound

    async def list_practices(self, run_id: UUID) -> Sequence[str]:
        found = select(PaymentStatement.practice).where(
            col(PaymentStatement.commissioner_id) == self.tenant, col(PaymentStatement.run_id) == run_id
        )
        return (await self.session.exec(found)).all()

    async def add_statements(
        self, run_id: UUID, statements: Sequence[WorkedStatement], *, names: Mapping[str, str]
    ) -> None:
        """Statements, then their lines and payments, each table in one go."""
        ids = {statement.practice: new_id() for statement in statements}
        references = {code: statement_reference(self.tenant, run_id, code) for code in ids}
        await add_rows(
            self.session,
            "payment_statement",
            columns=("id", "run_id", "practice", "reference", "total", "notes"),
            rows=[
                (ids[s.practice], run_id, s.practice, references[s.practice], s.total, _json(s.notes))
                for s in statements
            ],
        )
        await self._add_lines(statements, ids)
        await add_rows(
            self.session,
            "payment",
            columns=(
                "id",
                "statement_id",
                "reference",
                "payee_type",
                "payee_code",
                "payee_name",
                "total",
                "brought_forward",
                "payable",
                "carried_forward",
            ),
            rows=[
                (
                    new_id(),
                    ids[s.practice],
                    payment_reference(self.tenant, run_id, s.practice, p.payee.type, p.payee.code),
                    p.payee.type,
                    p.payee.code,
                    names.get(p.payee.code),
                    p.total,
                    p.brought_forward,
                    p.payable,
                    p.carried_forward,
                )
                for s in statements
                for p in s.payments
            ],
        )

    async def _add_lines(self, statements: Sequence[WorkedStatement], ids: dict[str, UUID]) -> None:
        columns = ("statement_id", "no", "component", "kind", "period_from", "period_until", "quantity", "rate")
        await add_rows(
            self.session,
            "payment_line",
            columns=(*columns, "amount", "payee_type", "payee_code", "blocked", "sentence", "workings"),
            rows=[
                (
                    ids[s.practice],
                    no,
                    line.component,
                    line.kind.value,
                    line.period.valid_from,
                    line.period.valid_until,
                    line.quantity,
                    line.rate,
                    line.amount,
                    line.payee.type,
                    line.payee.code,
                    line.blocked,
                    line.sentence if line.keeps_words else None,
                    _json(line.workings) if line.keeps_words else None,
                )
                for s in statements
                for no, line in enumerate(s.lines, 1)
            ],
        )

    async def list_of_run(self, run_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[PaymentStatement]:
        return await keyset_page(
            self.session,
            self.select().where(col(PaymentStatement.run_id) == run_id),
            keys=[col(PaymentStatement.practice)],
            params=params,
            cursors=cursors,
            kind=f"statements:{run_id}",
        )

    async def list_of_practice(self, practice: str, *, params: PageParams, cursors: Cursors) -> Page[PaymentStatement]:
        """Of released runs only, newest first."""
        released = select(PaymentRun.id).where(
            col(PaymentRun.commissioner_id) == self.tenant, col(PaymentRun.state).in_(POSTED)
        )
        return await keyset_page(
            self.session,
            self.select().where(col(PaymentStatement.practice) == practice, col(PaymentStatement.run_id).in_(released)),
            keys=[col(PaymentStatement.id)],
            params=params,
            cursors=cursors,
            kind=f"practice_statements:{practice}",
            descending=True,
        )

    async def find_released(self, practice: str, reference: str | None) -> PaymentStatement | None:
        """A practice's statement of a released run by its reference; without one, the newest."""
        released = select(PaymentRun.id).where(
            col(PaymentRun.commissioner_id) == self.tenant, col(PaymentRun.state).in_(POSTED)
        )
        found = self.select().where(
            col(PaymentStatement.practice) == practice, col(PaymentStatement.run_id).in_(released)
        )
        if reference is not None:
            found = found.where(col(PaymentStatement.reference) == reference)
        newest = found.order_by(col(PaymentStatement.id).desc()).limit(1)
        return (await self.session.exec(newest)).one_or_none()  # pyright: ignore - SQLModel's select is another type

    async def get_of_practice(self, run_id: UUID, practice: str) -> PaymentStatement:
        row = await self.find(col(PaymentStatement.run_id) == run_id, col(PaymentStatement.practice) == practice)
        if row is None:
            raise self.missing
        return row

    async def find_line(self, reference: str, no: int) -> tuple[PaymentLine, PaymentStatement] | None:
        """A line by its statement's reference and its number in it."""
        found = (
            select(PaymentLine, PaymentStatement)
            .join(
                PaymentStatement,
                (col(PaymentStatement.commissioner_id) == col(PaymentLine.commissioner_id))
                & (col(PaymentStatement.id) == col(PaymentLine.statement_id)),
            )
            .where(col(PaymentLine.commissioner_id) == self.tenant, col(PaymentLine.no) == no)
            .where(col(PaymentStatement.reference) == reference)
        )
        return (await self.session.exec(found)).one_or_none()

    async def get_line(self, statement_id: UUID, no: int) -> tuple[PaymentLine, PaymentStatement]:
        """A line that something else names, so it is there."""
        row = await self.get(statement_id)
        line = select(PaymentLine).where(
            col(PaymentLine.commissioner_id) == self.tenant,
            col(PaymentLine.statement_id) == statement_id,
            col(PaymentLine.no) == no,
        )
        return (await self.session.exec(line)).one(), row

    async def list_with_payments(self, run_id: UUID) -> Sequence[PaymentStatement]:
        """A total of 0.00 may still be one payee's gain and another's loss."""
        paying = select(Payment.statement_id).where(col(Payment.commissioner_id) == self.tenant)
        return await self.list(
            col(PaymentStatement.run_id) == run_id,
            col(PaymentStatement.id).in_(paying),
            order=(col(PaymentStatement.practice),),
        )

    async def list_lines(self, statements: Iterable[UUID]) -> Sequence[PaymentLine]:
        found = select(PaymentLine).where(
            col(PaymentLine.commissioner_id) == self.tenant, among(col(PaymentLine.statement_id), statements)
        )
        return (await self.session.exec(found.order_by(col(PaymentLine.statement_id), col(PaymentLine.no)))).all()

    async def list_payments(self, statements: Iterable[UUID]) -> Sequence[Payment]:
        found = select(Payment).where(
            col(Payment.commissioner_id) == self.tenant, among(col(Payment.statement_id), statements)
        )
        ordered = found.order_by(col(Payment.statement_id), col(Payment.payee_type).desc(), col(Payment.payee_code))
        return (await self.session.exec(ordered)).all()

    async def first_days_of(self, run_id: UUID, practices: Iterable[str]) -> dict[str, date]:
        """Which of these practices the run has lines for, as whose they are or as payee, and the first day of them."""
        rows = await (await self.session.connection()).execute(
            _FIRST_DAYS, {"tenant": self.tenant, "run": run_id, "practices": list(practices)}
        )
        return {row.code: row.first_day for row in rows}

    async def list_file_rows(self, run_id: UUID) -> Sequence[tuple[Payment, PaymentStatement]]:
        """What a file carries: payments of more than nothing, in the order of practices and payees."""
        found = (
            select(Payment, PaymentStatement)
            .join(
                PaymentStatement,
                (col(PaymentStatement.commissioner_id) == col(Payment.commissioner_id))
                & (col(PaymentStatement.id) == col(Payment.statement_id)),
            )
            .where(col(Payment.commissioner_id) == self.tenant, col(PaymentStatement.run_id) == run_id)
            .where(col(Payment.payable) > 0)
            .order_by(col(PaymentStatement.practice), col(Payment.payee_type).desc(), col(Payment.payee_code))
        )
        return (await self.session.exec(found)).all()


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
