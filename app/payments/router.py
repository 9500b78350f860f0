"""Payment runs, statements, decisions, files and acknowledgements over HTTP."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from app.calculation.errors import DefinitionInvalid
from app.core.auth import require
from app.core.clock import Period, PeriodModel, london_date
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import bytes_etag, version_etag
from app.core.http import CodeInAddress, MustMatch, Serving, accepted, make_router, paged
from app.core.money import format_pounds
from app.core.operations import Operation, operation_answer
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.repository import Page
from app.organisations import service as organisations
from app.organisations.errors import PracticeNotFound
from app.payments import schemas, service
from app.payments.errors import (
    AcknowledgementNotFound,
    OverlappingPeriod,
    OwnPractice,
    PeriodNotPayable,
    RunNotApproved,
    RunNotCalculated,
    RunNotFound,
    RunNotOpen,
    RunNotReleased,
    RunOpen,
    SamePerson,
    StatementNotFound,
    UnknownPayment,
)
from app.payments.repository import AcknowledgementRepository, RunRepository
from app.payments.rules.references import line_reference
from app.payments.service.reading import FullStatement
from app.payments.tables import Payment, PaymentAcknowledgement, PaymentLine, PaymentRun
from app.payments.values import Outcome
from app.schemes.errors import NoVersion, SchemeNotFound

router = make_router("payments")

RunReader = Annotated[Principal, require("runs:read")]
StatementReader = Annotated[Principal, require("statements:read")]
Approver = Annotated[Principal, require("payments:approve", money=True)]
Rejecter = Annotated[Principal, require("payments:reject", money=True)]
Releaser = Annotated[Principal, require("payments:release", money=True)]
_DECISION = (RunNotFound, PreconditionFailed, PreconditionRequired)


@router.post(
    "/v1/payment-runs",
    status_code=202,
    responses=error_responses(
        SchemeNotFound, NoVersion, RunOpen, OverlappingPeriod, PeriodNotPayable, DefinitionInvalid
    ),
)
async def create_payment_run(
    body: schemas.PaymentRunIn,
    caller: Annotated[Principal, require("runs:write", money=True)],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Operation:
    """Start a run for a scheme and a period. It is worked out in the background: follow the operation.

    The run pays the period from confirmed facts, posts and lists as they are recorded now, and, as adjustment lines,
    the difference for every earlier period that was released before. One run of a scheme is open at a time.
    """
    _, operation = await service.request_run(
        session,
        scheme_id=body.scheme,
        period=body.period.period(),
        note=body.note,
        person=caller.require_person(),
        now=serving.clock.now(),
    )
    accepted(response, operation.id)
    return operation_answer(operation)


@router.get("/v1/payment-runs", responses=error_responses())
async def list_payment_runs(
    params: Annotated[schemas.RunParams, Query()],
    caller: RunReader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.PaymentRunPage:
    """Runs, newest first, by scheme and state."""
    page = await RunRepository(session, session.tenant).page_runs(
        scheme=params.scheme, state=params.state, params=params, cursors=serving.cursors
    )
    return paged(request, response, _shown(page, _run))  # pyright: ignore


@router.get("/v1/payment-runs/{run_id}", responses=error_responses(RunNotFound))
async def get_payment_run(
    run_id: UUID, caller: RunReader, session: Transaction, response: Response
) -> schemas.PaymentRun:
    """One run: its state, its totals, who decided, and the digests of what went in and what came out.

    The same run over the same inputs has the same digests, on any day.
    """
    return _answer(response, await service.get_run(session, run_id))


@router.post(
    "/v1/payment-runs/{run_id}/approve",
    responses=error_responses(*_DECISION, RunNotCalculated, SamePerson, OwnPractice),
)
async def approve_payment_run(
    run_id: UUID, caller: Approver, session: Transaction, serving: Serving, expected: MustMatch, response: Response
) -> schemas.PaymentRun:
    """Approve a calculated run. Not by whoever started it, and not by somebody with a post at a practice it pays."""
    now = serving.clock.now()
    run = await service.approve_run(
        session, run_id, person=caller.require_person(), expected=expected, now=now, today=london_date(now)
    )
    return _answer(response, run)


@router.post("/v1/payment-runs/{run_id}/reject", responses=error_responses(*_DECISION, RunNotOpen, OwnPractice))
async def reject_payment_run(
    run_id: UUID,
    body: schemas.RunRejection,
    caller: Rejecter,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> schemas.PaymentRun:
    """Reject a run that is calculated or approved. Nothing of it is paid, and another run may be made.

    Not by somebody with a post at a practice it pays.
    """
    now = serving.clock.now()
    run = await service.reject_run(
        session,
        run_id,
        person=caller.require_person(),
        expected=expected,
        reason=body.reason,
        now=now,
        today=london_date(now),
    )
    return _answer(response, run)


@router.post(
    "/v1/payment-runs/{run_id}/release",
    responses=error_responses(*_DECISION, RunNotApproved, SamePerson, OwnPractice),
)
async def release_payment_run(
    run_id: UUID, caller: Releaser, session: Transaction, serving: Serving, expected: MustMatch, response: Response
) -> schemas.PaymentRun:
    """Release an approved run: its lines are final, its file can be fetched and the practices see their statements.

    By a third person. `pay_by` is set by the scheme's payment terms.
    """
    now = serving.clock.now()
    run = await service.release_run(
        session, run_id, person=caller.require_person(), expected=expected, now=now, today=london_date(now)
    )
    return _answer(response, run)


@router.get("/v1/payment-runs/{run_id}/statements", responses=error_responses(RunNotFound))
async def list_run_statements(
    run_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: StatementReader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.StatementPage:
    """The run's statements with lines and payments, by practice; none while it is being worked out."""
    page = await service.list_statements(session, run_id, params=params, cursors=serving.cursors)
    return paged(request, response, _shown(page, _statement))  # pyright: ignore


@router.get(
    "/v1/payment-runs/{run_id}/statements/{practice}", responses=error_responses(RunNotFound, StatementNotFound)
)
async def get_run_statement(
    run_id: UUID, practice: CodeInAddress, caller: StatementReader, session: Transaction
) -> schemas.Statement:
    """One practice's statement: each line with its sentence and the workings that lead to it."""
    return _statement(await service.get_statement(session, run_id, practice))


@router.get(
    "/v1/payment-runs/{run_id}/file",
    response_class=Response,
    responses={
        200: {
            "description": "The file, as an attachment.",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "object"}},
            },
        }
    }
    | error_responses(RunNotFound, RunNotReleased),
)
async def get_payment_file(
    run_id: UUID,
    caller: RunReader,
    session: Transaction,
    format: Literal["csv", "json"] = "csv",  # noqa: A002 - the parameter's public name
) -> Response:
    """A released run's payments for the ledger, with the count and the sum of them as control totals.

    Only payments of more than 0.00 are in it; what a payee owes is carried forward. The same run always gives the same
    bytes.
    """
    body = await service.render_file(session, run_id, form=format)
    headers = {"Content-Disposition": f'attachment; filename="run-{run_id}.{format}"', "ETag": bytes_etag(body)}
    media_type = "text/csv; charset=utf-8" if format == "csv" else "application/json"
    return Response(body, media_type=media_type, headers=headers)


@router.post(
    "/v1/payment-runs/{run_id}/acknowledgements",
    responses=error_responses(RunNotFound, RunNotReleased, UnknownPayment),
)
async def load_acknowledgements(
    run_id: UUID, body: schemas.AcknowledgementsIn, caller: Releaser, session: Transaction, serving: Serving
) -> schemas.AcknowledgementsLoaded:
    """Load what the ledger says of each payment: accepted, paid or rejected. Loading it twice changes nothing.

    When every payment of the run has an answer and none is rejected, the run is acknowledged. A rejected payment keeps
    it released until the ledger has paid it, and makes a run that was acknowledged released again.
    """
    answers = [
        service.Answer(payment=each.payment, outcome=each.outcome, paid_on=each.paid_on, reason=each.reason)
        for each in body.acknowledgements
    ]
    loaded = await service.record_acknowledgements(
        session, run_id, answers, person=caller.require_person(), now=serving.clock.now()
    )
    return schemas.AcknowledgementsLoaded(
        created=loaded.created,
        unchanged=loaded.unchanged,
        rejected=loaded.rejected,
        state=loaded.run.state,  # pyright: ignore
    )


@router.get("/v1/payment-runs/{run_id}/acknowledgements", responses=error_responses(RunNotFound))
async def list_acknowledgements(
    run_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: RunReader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.AcknowledgementPage:
    """Everything that the ledger has answered about the run, in the order it came."""
    await service.get_run(session, run_id)
    acknowledgements = AcknowledgementRepository(session, session.tenant)
    page = await acknowledgements.page_of_run(run_id, params=params, cursors=serving.cursors)
    references = await acknowledgements.list_references(row.payment_id for row in page.rows)
    return paged(  # pyright: ignore
        request, response, _shown(page, lambda row: _acknowledgement(row, references[row.payment_id]))
    )


@router.get(
    "/v1/payment-runs/{run_id}/acknowledgements/{acknowledgement_id}",
    responses=error_responses(RunNotFound, AcknowledgementNotFound),
)
async def get_acknowledgement(
    run_id: UUID, acknowledgement_id: UUID, caller: RunReader, session: Transaction
) -> schemas.Acknowledgement:
    """One answer of the ledger."""
    await service.get_run(session, run_id)
    acknowledgements = AcknowledgementRepository(session, session.tenant)
    row = await acknowledgements.get_of_run(run_id, acknowledgement_id)
    return _acknowledgement(row, (await acknowledgements.list_references([row.payment_id]))[row.payment_id])


@router.get("/v1/practices/{code}/statements", responses=error_responses(PracticeNotFound))
async def list_practice_statements(
    code: CodeInAddress,
    params: Annotated[PageParams, Query()],
    caller: Annotated[Principal, require("statements:own")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.StatementPage:
    """A practice's statements of released runs, newest first: for the practice itself and for whoever reads all."""
    today = london_date(serving.clock.now())
    await organisations.require_reach(session, caller, "statements:own", code, on=today)
    page = await service.list_released(session, code, params=params, cursors=serving.cursors)
    return paged(request, response, _shown(page, _statement))  # pyright: ignore


@router.get("/v1/incentive-schemes/{scheme_id}/budget", responses=error_responses(SchemeNotFound))
async def get_scheme_budget(
    scheme_id: UUID,
    params: Annotated[schemas.BudgetParams, Query()],
    caller: RunReader,
    session: Transaction,
    serving: Serving,
) -> schemas.BudgetStand:
    """What the scheme may cost, what is due, what was posted and paid, and the accrual, at the end of a day."""
    on = params.on or london_date(serving.clock.now())
    return _stand(await service.stand_of(session, scheme_id, on=on))


def _stand(stand: service.BudgetStand) -> schemas.BudgetStand:
    figures = {
        "entitled": format_pounds(stand.entitled),
        "posted": format_pounds(stand.posted),
        "paid": format_pounds(stand.paid),
        "accrual": format_pounds(stand.accrual),
    }
    scheme = stand.scheme
    own = schemas.CostCentreStand(cost_centre=scheme.cost_centre, pay_code=scheme.pay_code, **figures)
    return schemas.BudgetStand(
        scheme=scheme.id,
        on=stand.on,
        financial_year=scheme.financial_year,
        budget=None if stand.budget is None else format_pounds(stand.budget),
        forecast_outturn=format_pounds(stand.forecast_outturn),
        by_cost_centre=[own],
        **figures,
    )


def _answer(response: Response, run: PaymentRun) -> schemas.PaymentRun:
    response.headers["ETag"] = version_etag(run.version)
    return _run(run)


def _shown(page: Page[Any], show: Any) -> Page[Any]:
    return Page([show(row) for row in page.rows], page.next_cursor, page.total)


def _run(run: PaymentRun) -> schemas.PaymentRun:
    return schemas.PaymentRun.model_validate(
        run.model_dump(exclude={"total", "version", "problem", "reason"})
        | {
            "scheme": run.scheme_id,
            "version": run.version_no,
            "period": _period(run),
            "total": None if run.total is None else format_pounds(run.total),
            "operation": run.operation_id,
            "reason": run.reason,
            "problem": run.problem,
        }
    )


def _period(row: PaymentRun | PaymentLine) -> PeriodModel:
    return PeriodModel.of(Period(row.period_from, row.period_until))


def _statement(full: FullStatement) -> schemas.Statement:
    statement, run = full.statement, full.run
    names = {payment.payee_code: payment.payee_name for payment in full.payments}
    return schemas.Statement(
        reference=statement.reference,
        run=run.id,
        scheme=run.scheme_id,
        practice=statement.practice,
        period=_period(run),
        total=format_pounds(statement.total),
        pay_by=run.pay_by,
        payments=[_payment(payment, full.answers.get(payment.id)) for payment in full.payments],
        lines=[_line(line, statement.reference, names) for line in full.lines],
        notes=statement.notes,
    )


def _payment(payment: Payment, answer: PaymentAcknowledgement | None) -> schemas.StatementPayment:
    return schemas.StatementPayment(
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


def _line(line: PaymentLine, statement: str, names: dict[str, str | None]) -> schemas.StatementLine:
    return schemas.StatementLine(
        reference=line_reference(statement, line.no),
        component=line.component,
        kind=line.kind,  # pyright: ignore - the database checks it
        period=_period(line),
        quantity=line.quantity,
        rate=line.rate,
        amount=format_pounds(line.amount),
        payee=_payee(line.payee_type, line.payee_code, names.get(line.payee_code)),
        sentence=line.sentence,
        workings=line.workings,
        blocked=line.blocked,
    )


def _payee(kind: str, code: str, name: str | None) -> schemas.Payee:
    return schemas.Payee(type=kind, code=code, name=name)  # pyright: ignore - the database checks it


def _acknowledgement(row: PaymentAcknowledgement, reference: str) -> schemas.Acknowledgement:
    return schemas.Acknowledgement(
        id=row.id,
        payment=reference,
        outcome=row.outcome,  # pyright: ignore - the database checks it
        paid_on=row.paid_on,
        reason=row.reason,
        recorded_at=row.recorded_at,
    )
