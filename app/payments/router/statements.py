"""HTTP of statements: of a run, and of a practice."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.calculation.values import Explanation
from app.core.auth import require
from app.core.db import Transaction
from app.core.http import CodeInAddress, Serving, paged
from app.core.money import format_pounds
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations import service as organisations
from app.organisations.errors import PracticeNotFound
from app.payments import service
from app.payments.errors import (
    RunNotFound,
    StatementNotFound,
)
from app.payments.router.answers import period_answer
from app.payments.router.root import router
from app.payments.rules.references import line_reference
from app.payments.schemas import statements
from app.payments.service.reading import FullStatement
from app.payments.tables import Payment, PaymentAcknowledgement, PaymentLine
from app.payments.values import Outcome

StatementReader = Annotated[Principal, require("statements:read")]


@router.get("/v1/payment-runs/{run_id}/statements", responses=error_responses(RunNotFound))
async def list_run_statements(
    run_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: StatementReader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> statements.StatementPage:
    """The run's statements with lines and payments, by practice; none while it is being worked out."""
    page = await service.list_statements(session, run_id, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_statement))  # pyright: ignore


@router.get(
    "/v1/payment-runs/{run_id}/statements/{practice}", responses=error_responses(RunNotFound, StatementNotFound)
)
async def get_run_statement(
    run_id: UUID, practice: CodeInAddress, caller: StatementReader, session: Transaction
) -> statements.Statement:
    """One practice's statement: each line with its sentence and the workings that lead to it."""
    return _statement(await service.get_statement(session, run_id, practice))


@router.get("/v1/practices/{code}/statements", responses=error_responses(PracticeNotFound))
async def list_practice_statements(
    code: CodeInAddress,
    params: Annotated[PageParams, Query()],
    caller: Annotated[Principal, require("statements:own")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> statements.StatementPage:
    """A practice's statements of released runs, newest first: for the practice itself and for whoever reads all."""
    today = serving.today()
    await organisations.require_reach(session, caller, "statements:own", code, on=today)
    page = await service.list_released(session, code, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_statement))  # pyright: ignore


def _statement(full: FullStatement) -> statements.Statement:
    statement, run = full.statement, full.run
    names = {payment.payee_code: payment.payee_name for payment in full.payments}
    return statements.Statement(
        reference=statement.reference,
        run=run.id,
        scheme=run.scheme_id,
        practice=statement.practice,
        period=period_answer(run),
        total=format_pounds(statement.total),
        pay_by=run.pay_by,
        payments=[_payment(payment, full.answers.get(payment.id)) for payment in full.payments],
        lines=[
            _line(line, statement.reference, names, full.explanations[statement.id, line.no]) for line in full.lines
        ],
        notes=statement.notes,
    )


def _payment(payment: Payment, answer: PaymentAcknowledgement | None) -> statements.StatementPayment:
    return statements.StatementPayment(
        reference=payment.reference,
        payee=_payee(payment.payee_type, payment.payee_code, payment.payee_name),
        total=format_pounds(payment.total),
        brought_forward=format_pounds(payment.brought_forward),
        payable=format_pounds(payment.payable),
        carried_forward=format_pounds(payment.carried_forward),
        outcome=Outcome(answer.outcome) if answer else None,
        paid_on=answer.paid_on if answer else None,
        reason=answer.reason if answer else None,
    )


def _line(
    line: PaymentLine, statement: str, names: dict[str, str | None], explained: Explanation
) -> statements.StatementLine:
    return statements.StatementLine(
        reference=line_reference(statement, line.no),
        component=line.component,
        kind=line.kind,  # pyright: ignore - the database checks it
        period=period_answer(line),
        quantity=line.quantity,
        rate=line.rate,
        amount=format_pounds(line.amount),
        payee=_payee(line.payee_type, line.payee_code, names.get(line.payee_code)),
        sentence=explained.sentence,
        workings=explained.workings,
        blocked=line.blocked,
    )


def _payee(kind: str, code: str, name: str | None) -> statements.Payee:
    return statements.Payee(type=kind, code=code, name=name)  # pyright: ignore - the database checks it
