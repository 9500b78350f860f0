"""Statements with their lines and payments, and what other slices ask about payments."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page
from app.payments.errors import StatementNotFound
from app.payments.repository.acknowledgements import AcknowledgementRepository
from app.payments.repository.rows import period_of, readable
from app.payments.repository.runs import RunRepository
from app.payments.repository.statements import StatementRepository
from app.payments.service.explaining import Explained, explain
from app.payments.service.naming import payee_names
from app.payments.tables import Payment, PaymentAcknowledgement, PaymentLine, PaymentRun, PaymentStatement
from app.payments.values import RunBrief, RunState


@dataclass(frozen=True, slots=True)
class FullStatement:
    """A statement with everything that hangs on it."""

    run: PaymentRun
    statement: PaymentStatement
    lines: list[PaymentLine] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    answers: dict[UUID, PaymentAcknowledgement] = field(default_factory=dict)
    explanations: Explained = field(default_factory=dict)
    names: Mapping[str, str | None] = field(default_factory=dict)
    """Of payees by their code: as each was paid, and of one that is paid nothing as it is called now."""


async def get_run(session: Tx, run_id: UUID) -> PaymentRun:
    return await RunRepository(session, session.tenant).get(run_id)


async def list_statements(session: Tx, run_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[FullStatement]:
    run = await get_run(session, run_id)
    if not readable(run):
        return Page([], None, 0 if params.count == "exact" else None)
    page = await StatementRepository(session, session.tenant).list_of_run(run_id, params=params, cursors=cursors)
    return await _filled(session, page)


async def get_statement(session: Tx, run_id: UUID, practice: str) -> FullStatement:
    run = await get_run(session, run_id)
    if not readable(run):
        raise StatementNotFound(f"The run is {run.state}.")
    row = await StatementRepository(session, session.tenant).get_of_practice(run_id, practice)
    return (await with_everything(session, [row]))[0]


async def list_released(session: Tx, practice: str, *, params: PageParams, cursors: Cursors) -> Page[FullStatement]:
    """A practice's own statements, of released runs only, newest first."""
    statements = StatementRepository(session, session.tenant)
    return await _filled(session, await statements.list_of_practice(practice, params=params, cursors=cursors))


async def _filled(session: Tx, page: Page[PaymentStatement]) -> Page[FullStatement]:
    return Page(await with_everything(session, page.rows), page.next_cursor, page.total)


async def with_everything(session: Tx, rows: Sequence[PaymentStatement]) -> list[FullStatement]:
    """Four queries, however many statements, two more for each run that explains their lines, and up to three for the names of
    payees whose lines cancel out.
    """
    if not rows:
        return []
    statements = StatementRepository(session, session.tenant)
    ids = [row.id for row in rows]
    runs = {run.id: run for run in await RunRepository(session, session.tenant).list_runs({r.run_id for r in rows})}
    lines: defaultdict[UUID, list[PaymentLine]] = defaultdict(list)
    for line in await statements.list_lines(ids):
        lines[line.statement_id].append(line)
    payments: defaultdict[UUID, list[Payment]] = defaultdict(list)
    for payment in await statements.list_payments(ids):
        payments[payment.statement_id].append(payment)
    ids_paid = [payment.id for several in payments.values() for payment in several]
    answers = await AcknowledgementRepository(session, session.tenant).list_latest(ids_paid) if ids_paid else {}
    explained = await explain(session, rows, lines)
    paid = {row.id: {payment.payee_code: payment.payee_name for payment in payments[row.id]} for row in rows}
    unpaid = {line.payee_code for row in rows for line in lines[row.id] if line.payee_code not in paid[row.id]}
    names = await payee_names(session, unpaid) if unpaid else {}
    return [
        FullStatement(
            runs[row.run_id], row, lines[row.id], payments[row.id], answers, explained, names=names | paid[row.id]
        )
        for row in rows
    ]


def brief_of(run: PaymentRun) -> RunBrief:
    return RunBrief(
        id=run.id,
        scheme_id=run.scheme_id,
        state=RunState(run.state),
        period=period_of(run),
        pay_by=run.pay_by.isoformat() if run.pay_by else None,
    )
