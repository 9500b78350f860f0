"""What other slices need to tell practices of a released run."""

from collections import defaultdict
from uuid import UUID

from app.core.db import Tx
from app.payments.repository.runs import RunRepository
from app.payments.repository.statements import StatementRepository
from app.payments.service.explaining import explain
from app.payments.service.reading import brief_of
from app.payments.tables import PaymentLine
from app.payments.values import POSTED, PaymentBrief, RunBrief, StatementBrief


async def released_statements(session: Tx, run_id: UUID) -> tuple[RunBrief, list[StatementBrief]]:
    """The run and its statements that move money; those in which no payee has anything are nobody's news. None while not
    released.
    """
    run = await RunRepository(session, session.tenant).get(run_id)
    if run.state not in POSTED:
        return brief_of(run), []
    statements = StatementRepository(session, session.tenant)
    rows = await statements.list_with_payments(run_id)
    ids = [row.id for row in rows]
    lines: defaultdict[UUID, list[PaymentLine]] = defaultdict(list)
    for line in await statements.list_lines(ids):
        lines[line.statement_id].append(line)
    explained = await explain(session, rows, lines)
    payments: defaultdict[UUID, list[PaymentBrief]] = defaultdict(list)
    for payment in await statements.list_payments(ids):
        payments[payment.statement_id].append(
            PaymentBrief(
                payment.reference,
                payment.payee_name or payment.payee_code,
                payable=payment.payable,
                brought_forward=payment.brought_forward,
                carried_forward=payment.carried_forward,
            )
        )
    return brief_of(run), [
        StatementBrief(
            row.reference,
            row.practice,
            row.total,
            tuple(explained[row.id, line.no].sentence for line in lines[row.id]),
            tuple(payments[row.id]),
        )
        for row in rows
    ]
