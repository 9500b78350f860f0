"""Every SELECT and bulk write of payments."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Uuid, any_, cast, text
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select

from app.calculation.values import Payee
from app.core.bulk import copy_rows
from app.core.clock import Period
from app.core.ids import new_id
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, keyset_page
from app.payments.errors import AcknowledgementNotFound, RunNotFound, StatementNotFound
from app.payments.rules.references import payment_reference, statement_reference
from app.payments.tables import (
    Payment,
    PaymentAcknowledgement,
    PaymentLine,
    PaymentRun,
    PaymentRunInput,
    PaymentRunPart,
    PaymentStatement,
)
from app.payments.values import (
    OPEN,
    POSTED,
    READABLE,
    VOID,
    Answer,
    Balance,
    Outcome,
    Posted,
    RunState,
    WorkedStatement,
)

_POSTED_PERIODS = text(
    """
SELECT DISTINCT ON (p.period_from) p.period_from, p.period_until, p.inputs_digest
FROM payment_run_part p JOIN payment_run r ON r.commissioner_id = p.commissioner_id AND r.id = p.run_id
WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.state = ANY(:posted)
ORDER BY p.period_from, r.released_at DESC
"""
)
# The sum of bigint is numeric, which would leave as a decimal: hence the cast.
_POSTED_LINES = text(
    """
SELECT s.practice, l.component, l.payee_type, l.payee_code, sum(l.amount)::bigint AS amount,
       array_agg(s.reference || '-' || l.no ORDER BY r.released_at, l.no) AS lines
FROM payment_run r
JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id
JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id
WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.state = ANY(:posted)
  AND l.period_from = :from AND l.period_until = :until AND l.amount <> 0
GROUP BY s.practice, l.component, l.payee_type, l.payee_code
ORDER BY s.practice, l.component, l.payee_type, l.payee_code
"""
)
_OPEN_PAYMENTS = text(
    """
SELECT count(*) AS count, coalesce(sum(p.total), 0)::bigint AS total
FROM payment_run r
JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id
JOIN payment p ON p.commissioner_id = s.commissioner_id AND p.statement_id = s.id
WHERE r.commissioner_id = :tenant AND r.state IN ('calculated', 'approved') AND s.practice = ANY(:practices)
"""
)
_OWED = text(
    """
SELECT count(*) AS count, coalesce(sum(amount), 0)::bigint AS total FROM (
  SELECT sum(p.total - p.payable) AS amount
  FROM payment_statement s
  JOIN payment_run r ON r.commissioner_id = s.commissioner_id AND r.id = s.run_id
  JOIN payment p ON p.commissioner_id = s.commissioner_id AND p.statement_id = s.id
  WHERE s.commissioner_id = :tenant AND s.practice = ANY(:practices) AND r.state = ANY(:posted)
  GROUP BY r.scheme_id, s.practice, p.payee_type, p.payee_code
  HAVING sum(p.total - p.payable) < 0
) owed
"""
)
# The ledger's last word counts: what came back was not paid, whatever was said before.
_MOVED = text(
    """
SELECT coalesce(sum(p.total), 0)::bigint AS posted,
       coalesce(sum(p.payable) FILTER (WHERE last.outcome = 'paid' AND last.paid_on <= :on), 0)::bigint AS paid
FROM payment_run r
JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id
JOIN payment p ON p.commissioner_id = s.commissioner_id AND p.statement_id = s.id
LEFT JOIN LATERAL (
  SELECT a.outcome, a.paid_on FROM payment_acknowledgement a
  WHERE a.commissioner_id = p.commissioner_id AND a.payment_id = p.id AND a.outcome <> 'accepted'
  ORDER BY a.recorded_at DESC, a.id DESC LIMIT 1
) last ON true
WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.state = ANY(:posted)
  AND (r.released_at AT TIME ZONE 'Europe/London')::date <= :on
"""
)
_POSTED_TOTALS = text(
    """
SELECT s.practice, sum(s.total)::bigint AS total
FROM payment_run r JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id
WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.state = ANY(:posted)
GROUP BY s.practice ORDER BY s.practice
"""
)
# Hardly any payment is of more or less than its total, so those few are looked for first, whatever plan a long-lived
# connection has kept from the time when the tables were small.
_BALANCES = text(
    """
WITH moved AS MATERIALIZED (
  SELECT commissioner_id, statement_id, payee_type, payee_code, total - payable AS amount FROM payment
  WHERE commissioner_id = :tenant AND total <> payable
)
SELECT s.practice, m.payee_type, m.payee_code, sum(m.amount)::bigint AS amount
FROM moved m
JOIN payment_statement s ON s.commissioner_id = m.commissioner_id AND s.id = m.statement_id
JOIN payment_run r ON r.commissioner_id = s.commissioner_id AND r.id = s.run_id
WHERE r.scheme_id = :scheme AND r.state = ANY(:posted)
GROUP BY s.practice, m.payee_type, m.payee_code
HAVING sum(m.amount) < 0
ORDER BY s.practice, m.payee_type, m.payee_code
"""
)
_DECIDE = """
UPDATE payment_run SET state = :to, version = version + 1{assignments}
WHERE commissioner_id = :tenant AND id = :id AND version = :version AND state = :from
"""


class RunRepository(TenantRepository[PaymentRun]):
    table = PaymentRun
    missing = RunNotFound

    async def page_runs(
        self, *, scheme: UUID | None, state: RunState | None, params: PageParams, cursors: Cursors
    ) -> Page[PaymentRun]:
        """Newest first."""
        statement = self.select()
        if scheme is not None:
            statement = statement.where(col(PaymentRun.scheme_id) == scheme)
        if state is not None:
            statement = statement.where(col(PaymentRun.state) == state)
        return await keyset_page(
            self.session,
            statement,
            keys=[col(PaymentRun.id)],
            params=params,
            cursors=cursors,
            kind=f"payment_runs:{scheme}:{state}",
            descending=True,
        )

    async def find_open(self, scheme_id: UUID) -> PaymentRun | None:
        return await self.find(col(PaymentRun.scheme_id) == scheme_id, col(PaymentRun.state).in_(OPEN))

    async def find_overlapping(self, run: PaymentRun) -> PaymentRun | None:
        """Another run of the scheme over a period that is neither this one's nor apart from it."""
        same = (col(PaymentRun.period_from) == run.period_from) & (col(PaymentRun.period_until) == run.period_until)
        found = await self.list(
            col(PaymentRun.scheme_id) == run.scheme_id,
            col(PaymentRun.id) != run.id,
            col(PaymentRun.state).not_in(VOID),
            ~same,
            col(PaymentRun.period_from) < run.period_until,
            col(PaymentRun.period_until) > run.period_from,
        )
        return found[0] if found else None

    async def decide(self, run: PaymentRun, *, to: RunState, **values: Any) -> bool:
        """One conditional statement: of any number of decisions about what was read, at most one is taken."""
        assignments = "".join(f", {name} = :{name}" for name in values)
        result = await (await self.session.connection()).execute(
            text(_DECIDE.format(assignments=assignments)),
            {
                "tenant": self.tenant,
                "id": run.id,
                "version": run.version,
                "from": run.state,
                "to": to.value,
                **values,
            },
        )
        return result.rowcount == 1

    async def reread(self, run_id: UUID) -> PaymentRun:
        found = self.select().where(col(PaymentRun.id) == run_id).execution_options(populate_existing=True)
        row = (await self.session.exec(found)).one_or_none()  # pyright: ignore - SQLModel's select is another type
        if row is None:
            raise self.missing
        return row

    async def list_runs(self, ids: Iterable[UUID]) -> Sequence[PaymentRun]:
        return await self.list(_among(col(PaymentRun.id), ids))

    async def list_decided_by(self, person: UUID) -> Sequence[PaymentRun]:
        return await self.list(
            (col(PaymentRun.calculated_by) == person)
            | (col(PaymentRun.approved_by) == person)
            | (col(PaymentRun.released_by) == person)
            | (col(PaymentRun.rejected_by) == person)
        )

    async def list_open_with(self, practice: str) -> Sequence[PaymentRun]:
        theirs = select(PaymentStatement.run_id).where(
            col(PaymentStatement.commissioner_id) == self.tenant, col(PaymentStatement.practice) == practice
        )
        worked_out = (RunState.CALCULATED, RunState.APPROVED)
        return await self.list(col(PaymentRun.state).in_(worked_out), col(PaymentRun.id).in_(theirs))

    async def sum_posted(self, scheme: UUID) -> dict[str, int]:
        rows = await (await self.session.connection()).execute(
            _POSTED_TOTALS, {"tenant": self.tenant, "scheme": scheme, "posted": list(POSTED)}
        )
        return {row.practice: row.total for row in rows}

    async def sum_open(self, practices: Iterable[str]) -> tuple[int, int]:
        """Payments of these practices in runs that are worked out and not released: how many, and pence in all."""
        values = {"tenant": self.tenant, "practices": list(practices)}
        row = (await (await self.session.connection()).execute(_OPEN_PAYMENTS, values)).one()
        return row[0], row[1]

    async def sum_owed(self, practices: Iterable[str]) -> tuple[int, int]:
        """Balances carried forward against these practices: how many, and pence in all, which is not positive."""
        values = {"tenant": self.tenant, "practices": list(practices), "posted": list(POSTED)}
        row = (await (await self.session.connection()).execute(_OWED, values)).one()
        return row[0], row[1]

    async def sum_moved(self, scheme: UUID, *, on: date) -> tuple[int, int]:
        """Pence posted and pence paid by the end of that day."""
        row = (
            await (await self.session.connection()).execute(
                _MOVED, {"tenant": self.tenant, "scheme": scheme, "posted": list(POSTED), "on": on}
            )
        ).one()
        return row.posted, row.paid

    async def list_posted_periods(self, scheme: UUID) -> list[tuple[Period, str]]:
        """Each period that a released run has paid, with the digest of what it was last worked out from."""
        rows = await (await self.session.connection()).execute(
            _POSTED_PERIODS, {"tenant": self.tenant, "scheme": scheme, "posted": list(POSTED)}
        )
        return [(Period(row.period_from, row.period_until), row.inputs_digest) for row in rows]

    async def list_posted(self, scheme: UUID, period: Period) -> dict[str, tuple[Posted, ...]]:
        rows = await (await self.session.connection()).execute(
            _POSTED_LINES,
            {
                "tenant": self.tenant,
                "scheme": scheme,
                "posted": list(POSTED),
                "from": period.valid_from,
                "until": period.valid_until,
            },
        )
        found: dict[str, list[Posted]] = {}
        for row in rows:
            payee = Payee(row.payee_type, row.payee_code)
            found.setdefault(row.practice, []).append(Posted(row.component, payee, row.amount, tuple(row.lines)))
        return {practice: tuple(several) for practice, several in found.items()}

    async def list_balances(self, scheme: UUID) -> list[Balance]:
        rows = await (await self.session.connection()).execute(
            _BALANCES, {"tenant": self.tenant, "scheme": scheme, "posted": list(POSTED)}
        )
        return [Balance(row.practice, Payee(row.payee_type, row.payee_code), row.amount) for row in rows]


class FrozenRow(NamedTuple):
    """What one part of a run knows of one practice, in canonical form."""

    part_no: int
    practice: str
    frozen: Mapping[str, Any] | None
    posted: Sequence[Any]


class PartRepository(TenantRepository[PaymentRunPart]):
    table = PaymentRunPart

    async def list_parts(self, run_id: UUID) -> Sequence[PaymentRunPart]:
        return await self.list(col(PaymentRunPart.run_id) == run_id, order=[col(PaymentRunPart.no)])

    async def add_inputs(self, rows: Iterable[tuple[UUID, int, str, str | None, str]]) -> None:
        await copy_rows(
            self.session,
            "payment_run_input",
            columns=("run_id", "part_no", "practice", "frozen", "posted"),
            rows=rows,
        )

    async def list_inputs(self, run_id: UUID) -> list[FrozenRow]:
        """Columns only: rows of the session would cost several times as much for thousands of practices."""
        found = (
            select(PaymentRunInput.part_no, PaymentRunInput.practice, PaymentRunInput.frozen, PaymentRunInput.posted)
            .where(col(PaymentRunInput.commissioner_id) == self.tenant, col(PaymentRunInput.run_id) == run_id)
            .order_by(col(PaymentRunInput.part_no), col(PaymentRunInput.practice))
        )
        return [FrozenRow(*row) for row in (await self.session.exec(found)).all()]


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
        await copy_rows(
            self.session,
            "payment_statement",
            columns=("id", "run_id", "practice", "reference", "total", "notes"),
            rows=[
                (ids[s.practice], run_id, s.practice, references[s.practice], s.total, _json(s.notes))
                for s in statements
            ],
        )
        await self._add_lines(statements, ids)
        await copy_rows(
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
        await copy_rows(
            self.session,
            "payment_line",
            columns=(*columns, "amount", "payee_type", "payee_code", "sentence", "workings", "blocked"),
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
                    line.sentence,
                    _json(line.workings),
                    line.blocked,
                )
                for s in statements
                for no, line in enumerate(s.lines, 1)
            ],
        )

    async def page_of_run(self, run_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[PaymentStatement]:
        return await keyset_page(
            self.session,
            self.select().where(col(PaymentStatement.run_id) == run_id),
            keys=[col(PaymentStatement.practice)],
            params=params,
            cursors=cursors,
            kind=f"statements:{run_id}",
        )

    async def page_of_practice(self, practice: str, *, params: PageParams, cursors: Cursors) -> Page[PaymentStatement]:
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

    async def get_of_practice(self, run_id: UUID, practice: str) -> PaymentStatement:
        row = await self.find(col(PaymentStatement.run_id) == run_id, col(PaymentStatement.practice) == practice)
        if row is None:
            raise self.missing
        return row

    async def list_nonzero(self, run_id: UUID) -> Sequence[PaymentStatement]:
        return await self.list(
            col(PaymentStatement.run_id) == run_id,
            col(PaymentStatement.total) != 0,
            order=(col(PaymentStatement.practice),),
        )

    async def list_lines(self, statements: Iterable[UUID]) -> Sequence[PaymentLine]:
        found = select(PaymentLine).where(
            col(PaymentLine.commissioner_id) == self.tenant, _among(col(PaymentLine.statement_id), statements)
        )
        return (await self.session.exec(found.order_by(col(PaymentLine.statement_id), col(PaymentLine.no)))).all()

    async def list_payments(self, statements: Iterable[UUID]) -> Sequence[Payment]:
        found = select(Payment).where(
            col(Payment.commissioner_id) == self.tenant, _among(col(Payment.statement_id), statements)
        )
        ordered = found.order_by(col(Payment.statement_id), col(Payment.payee_type).desc(), col(Payment.payee_code))
        return (await self.session.exec(ordered)).all()

    async def find_practices_among(self, run_id: UUID, practices: Iterable[str]) -> Sequence[str]:
        """Which of these practices the run has a statement for."""
        found = select(PaymentStatement.practice).where(
            col(PaymentStatement.commissioner_id) == self.tenant,
            col(PaymentStatement.run_id) == run_id,
            col(PaymentStatement.practice).in_(list(practices)),
        )
        return (await self.session.exec(found)).all()

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


class AcknowledgementRepository(TenantRepository[PaymentAcknowledgement]):
    table = PaymentAcknowledgement
    missing = AcknowledgementNotFound

    async def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        columns = ("id", "run_id", "payment_id", "outcome", "paid_on", "reason", "recorded_by", "recorded_at")
        await copy_rows(self.session, "payment_acknowledgement", columns=columns, rows=rows)

    async def list_heard(self, payments: Iterable[UUID]) -> list[Answer]:
        """All that the ledger has said of these payments, in the order it came."""
        answers = PaymentAcknowledgement
        found = (
            select_columns(col(Payment.reference), col(answers.outcome), col(answers.paid_on), col(answers.reason))
            .join(
                Payment,
                (col(Payment.commissioner_id) == col(answers.commissioner_id))
                & (col(Payment.id) == col(answers.payment_id)),
            )
            .where(col(answers.commissioner_id) == self.tenant, _among(col(answers.payment_id), payments))
            .order_by(col(answers.recorded_at), col(answers.id))
        )
        rows = (await (await self.session.connection()).execute(found)).all()
        return [Answer(payment, Outcome(outcome), paid_on, reason) for payment, outcome, paid_on, reason in rows]

    async def latest(self, payments: Iterable[UUID]) -> dict[UUID, PaymentAcknowledgement]:
        """The newest answer about each payment; that it was accepted comes before what became of it, however late."""
        is_final = col(PaymentAcknowledgement.outcome) != Outcome.ACCEPTED
        rows = await self.list(
            _among(col(PaymentAcknowledgement.payment_id), payments),
            order=[is_final, col(PaymentAcknowledgement.recorded_at), col(PaymentAcknowledgement.id)],
        )
        return {row.payment_id: row for row in rows}

    async def get_of_run(self, run_id: UUID, row_id: UUID) -> PaymentAcknowledgement:
        row = await self.find(col(PaymentAcknowledgement.run_id) == run_id, col(PaymentAcknowledgement.id) == row_id)
        if row is None:
            raise self.missing
        return row

    async def list_references(self, payments: Iterable[UUID]) -> dict[UUID, str]:
        found = select(Payment.id, Payment.reference).where(
            col(Payment.commissioner_id) == self.tenant, _among(col(Payment.id), payments)
        )
        return dict((await self.session.exec(found)).all())

    async def page_of_run(self, run_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[PaymentAcknowledgement]:
        return await keyset_page(
            self.session,
            self.select().where(col(PaymentAcknowledgement.run_id) == run_id),
            keys=[col(PaymentAcknowledgement.id)],
            params=params,
            cursors=cursors,
            kind=f"acknowledgements:{run_id}",
        )


def _among(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """One parameter however many ids, so that the statement's text stays the same."""
    return column == any_(cast(list(ids), ARRAY(Uuid())))


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def readable(run: PaymentRun) -> bool:
    return run.state in READABLE


def period_of(row: PaymentRun | PaymentRunPart) -> Period:
    return Period(row.period_from, row.period_until)
