"""HTTP of statements: of a run, and of a practice."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.calculation.values import Explanation
from app.core.auth import require
from app.core.db import Transaction, Tx, let_go
from app.core.http import CodeInAddress, Serving, paged
from app.core.money import format_pounds
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.wording import span_text
from app.organisations.errors import PracticeNotFound
from app.payments import service
from app.payments.errors import FormNotServed, LineNotFound, RunNotFound, StatementNotFound
from app.payments.router.answers import period_answer, preferred
from app.payments.router.root import router
from app.payments.rules.evidence import Evidence
from app.payments.rules.references import line_reference
from app.payments.schemas import statements
from app.payments.service.reading import FullStatement
from app.payments.tables import Payment, PaymentAcknowledgement, PaymentLine
from app.payments.values import Outcome

StatementReader = Annotated[Principal, require("statements:read")]
OwnReader = Annotated[Principal, require("statements:own")]
_FORMS = ("application/json", "text/html", "application/pdf")
_PAGE: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
_REMITTANCE: dict[str, Any] = _PAGE | {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}


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


@router.get(
    "/v1/practices/{code}/statements",
    response_model=statements.StatementPage,
    responses={200: {"content": _REMITTANCE}} | error_responses(PracticeNotFound, StatementNotFound, FormNotServed),
)
async def list_practice_statements(
    code: CodeInAddress,
    params: Annotated[PageParams, Query()],
    caller: OwnReader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> Response | statements.StatementPage:
    """A practice's statements of released runs, newest first: for the practice itself, for the one that has taken it over, and for
    whoever reads all.

    With `Accept: application/pdf` or `text/html`: the newest one as a remittance.
    """
    await service.require_statements_of(session, caller, code, today=serving.today())
    form = preferred(request, *_FORMS)
    if form != _FORMS[0]:
        return await _remittance(session, await service.get_released(session, code, None), form)
    page = await service.list_released(session, code, params=params, cursors=serving.cursors)
    response.headers["Vary"] = "Accept"
    return paged(request, response, page.map(_statement))  # pyright: ignore


@router.get(
    "/v1/practices/{code}/statements/{reference}",
    response_model=statements.Statement,
    responses={200: {"content": _REMITTANCE}} | error_responses(PracticeNotFound, StatementNotFound, FormNotServed),
)
async def get_practice_statement(
    code: CodeInAddress,
    reference: CodeInAddress,
    caller: OwnReader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> Response | statements.Statement:
    """One released statement of a practice; as a remittance with `Accept: application/pdf` or `text/html`.

    Each payment's reference is the one on the bank line and in the file.
    """
    await service.require_statements_of(session, caller, code, today=serving.today())
    full = await service.get_released(session, code, reference)
    form = preferred(request, *_FORMS)
    if form != _FORMS[0]:
        return await _remittance(session, full, form)
    response.headers["Vary"] = "Accept"
    return _statement(full)


@router.get(
    "/v1/payment-lines/{reference}",
    response_model=statements.ExplainedLine,
    responses={200: {"content": _PAGE}} | error_responses(LineNotFound),
)
async def get_payment_line(
    reference: CodeInAddress,
    caller: OwnReader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> Response | statements.ExplainedLine:
    """One line by itself: its sentence, how the figure is worked out, and the rows that it rests on.

    For the practice of the statement and a practice that the line pays, or who has taken them over, once released; for the
    office and auditors. A page with `Accept: text/html`.
    """
    return _line_answer(await service.get_line(session, caller, reference, today=serving.today()), request, response)


@router.get(
    "/v1/payment-runs/{run_id}/lines/{reference}",
    response_model=statements.ExplainedLine,
    responses={200: {"content": _PAGE}} | error_responses(LineNotFound),
)
async def get_run_line(
    run_id: UUID,
    reference: CodeInAddress,
    caller: StatementReader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> Response | statements.ExplainedLine:
    """One line of the run, as `GET /v1/payment-lines/{reference}` shows it; of a run that is not released yet too."""
    found = await service.get_line(session, caller, reference, run_id=run_id, today=serving.today())
    return _line_answer(found, request, response)


async def _remittance(session: Tx, full: FullStatement, form: str) -> Response:
    remittance = await service.remittance_of(session, full)
    headers = {"Vary": "Accept"}
    if form == "text/html":
        return Response(service.remittance_html(remittance), media_type=form, headers=headers)
    if not service.makes_pdf():
        raise FormNotServed
    # A long statement takes a good part of a second: nothing is held open meanwhile.
    await let_go(session)
    body = await asyncio.to_thread(service.remittance_pdf, remittance)
    name = f"remittance-{remittance.reference}.pdf"
    return Response(body, media_type=form, headers=headers | {"Content-Disposition": f'inline; filename="{name}"'})


def _line_answer(found: service.FullLine, request: Request, response: Response) -> Response | statements.ExplainedLine:
    answer = _explained(found)
    if preferred(request, "application/json", "text/html") == "text/html":
        return Response(service.line_html(_page(answer)), media_type="text/html", headers={"Vary": "Accept"})
    response.headers["Vary"] = "Accept"
    return answer


def _explained(found: service.FullLine) -> statements.ExplainedLine:
    full, line, rounded = found.statement, found.line, found.rounded
    statement, payee = full.statement, (line.payee_type, line.payee_code)
    payments = {(payment.payee_type, payment.payee_code): payment for payment in full.payments}
    shown = _line(line, statement.reference, full.names, found.explanation)
    return statements.ExplainedLine(
        **dict(shown),
        statement=statement.reference,
        run=full.run.id,
        scheme=full.run.scheme_id,
        practice=statement.practice,
        payment=payments[payee].reference if payee in payments else None,
        unrounded=rounded.unrounded if rounded else None,
        rounded=rounded.rounded if rounded else None,
        evidence=_evidence(found.evidence),
    )


def _evidence(found: Evidence) -> statements.Evidence:
    return statements.Evidence(
        lists=[statements.ListEvidence.model_validate(each, from_attributes=True) for each in found.lists],
        facts=[statements.FactEvidence.model_validate(each, from_attributes=True) for each in found.facts],
        posts=[
            statements.PostEvidence(post=each.post, **{"from": each.valid_from}, until=each.valid_until)
            for each in found.posts
        ],
    )


def _page(line: statements.ExplainedLine) -> dict[str, Any]:
    evidence = line.evidence
    return {
        "title": f"Line {line.reference}: {line.amount} pounds",
        "sentence": line.sentence,
        "about": [
            ("Statement", line.statement),
            ("Practice", line.practice),
            ("Component", line.component),
            ("Kind", line.kind.value),
            ("Period", span_text(line.period.period())),
            ("Amount in pounds", line.amount),
            ("Before rounding", line.unrounded or "not rounded"),
            ("Paid to", line.payee.name or line.payee.code),
            ("Payment reference", line.payment or "none: nothing is paid to this payee"),
        ],
        "workings": line.workings,
        "evidence": [
            (
                "Lists",
                ("Basis", "Patients", "As at", "Source", "Published for", "Recorded"),
                [
                    (
                        each.basis,
                        each.value,
                        each.as_at,
                        each.source or "",
                        each.published_period or "",
                        each.recorded_at or "",
                    )
                    for each in evidence.lists
                ],
            ),
            ("Facts", ("Fact", "Day", "Value"), [(each.external_id, each.on, each.value) for each in evidence.facts]),
            (
                "Posts",
                ("Post", "From", "Until"),
                [(each.post, each.from_, each.until or "open") for each in evidence.posts],
            ),
        ],
    }


def _statement(full: FullStatement) -> statements.Statement:
    statement, run = full.statement, full.run
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
            _line(line, statement.reference, full.names, full.explanations[statement.id, line.no])
            for line in full.lines
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
    line: PaymentLine, statement: str, names: Mapping[str, str | None], explained: Explanation
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
