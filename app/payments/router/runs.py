"""HTTP of runs and of the decisions about them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.calculation.errors import DefinitionInvalid
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MustMatch, Serving, accepted, paged
from app.core.money import format_pounds
from app.core.operations import Operation, operation_answer
from app.core.principal import Principal
from app.core.problems import error_responses
from app.payments import service
from app.payments.errors import (
    NoBudget,
    OverlappingPeriod,
    OwnPractice,
    PeriodNotPayable,
    RunNotApproved,
    RunNotCalculated,
    RunNotFound,
    RunNotOpen,
    RunOpen,
    SamePerson,
)
from app.payments.repository.runs import RunRepository
from app.payments.router.answers import period_answer
from app.payments.router.root import router
from app.payments.schemas import runs
from app.payments.tables import PaymentRun
from app.schemes.errors import ClaimsOfOtherPeriod, NoClaimPeriod, NoVersion, SchemeNotFound

Reader = Annotated[Principal, require("runs:read")]
Approver = Annotated[Principal, require("payments:approve", money=True)]
Rejecter = Annotated[Principal, require("payments:reject", money=True)]
Releaser = Annotated[Principal, require("payments:release", money=True)]
_DECISION = (RunNotFound, PreconditionFailed, PreconditionRequired)


@router.post(
    "/v1/payment-runs",
    status_code=202,
    responses=error_responses(
        SchemeNotFound,
        NoVersion,
        RunOpen,
        OverlappingPeriod,
        PeriodNotPayable,
        DefinitionInvalid,
        NoBudget,
        NoClaimPeriod,
        ClaimsOfOtherPeriod,
    ),
)
async def create_payment_run(
    body: runs.PaymentRunIn,
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


@router.get("/v1/payment-runs")
async def list_payment_runs(
    params: Annotated[runs.RunParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> runs.PaymentRunPage:
    """Runs, newest first, by scheme and state; `unpaid_on` names those that are late."""
    page = await RunRepository(session, session.tenant).list_page(
        scheme=params.scheme,
        state=params.state,
        unpaid_on=params.unpaid_on,
        params=params,
        cursors=serving.cursors,
    )
    return paged(request, response, page.map(_run))  # pyright: ignore


@router.get("/v1/payment-runs/{run_id}", responses=error_responses(RunNotFound))
async def get_payment_run(run_id: UUID, caller: Reader, session: Transaction, response: Response) -> runs.PaymentRun:
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
) -> runs.PaymentRun:
    """Approve a calculated run. Not by whoever started it, and not by somebody with a post at a practice it pays.

    A run that needs several `approvers_required` stays calculated until as many different people have approved it.
    """
    run = await service.approve_run(
        session, run_id, person=caller.require_person(), expected=expected, now=serving.clock.now()
    )
    return _answer(response, run)


@router.post("/v1/payment-runs/{run_id}/reject", responses=error_responses(*_DECISION, RunNotOpen, OwnPractice))
async def reject_payment_run(
    run_id: UUID,
    body: runs.RunRejection,
    caller: Rejecter,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> runs.PaymentRun:
    """Reject a run that is calculated or approved. Nothing of it is paid, and another run may be made.

    Not by somebody with a post at a practice it pays.
    """
    run = await service.reject_run(
        session,
        run_id,
        person=caller.require_person(),
        expected=expected,
        reason=body.reason,
        now=serving.clock.now(),
    )
    return _answer(response, run)


@router.post(
    "/v1/payment-runs/{run_id}/release",
    responses=error_responses(*_DECISION, RunNotApproved, SamePerson, OwnPractice),
)
async def release_payment_run(
    run_id: UUID, caller: Releaser, session: Transaction, serving: Serving, expected: MustMatch, response: Response
) -> runs.PaymentRun:
    """Release an approved run: its lines are final, its file can be fetched and the practices see their statements.

    By a further person. `pay_by` is set by the scheme's payment terms.
    """
    run = await service.release_run(
        session, run_id, person=caller.require_person(), expected=expected, now=serving.clock.now()
    )
    return _answer(response, run)


def _answer(response: Response, run: PaymentRun) -> runs.PaymentRun:
    response.headers["ETag"] = version_etag(run.version)
    return _run(run)


def _run(run: PaymentRun) -> runs.PaymentRun:
    return runs.PaymentRun.model_validate(
        run.model_dump(exclude={"total", "version", "problem", "reason"})
        | {
            "scheme": run.scheme_id,
            "version": run.version_no,
            "period": period_answer(run),
            "total": None if run.total is None else format_pounds(run.total),
            "ceiling": _ceiling(run),
            "operation": run.operation_id,
            "reason": run.reason,
            "problem": run.problem,
        }
    )


def _ceiling(run: PaymentRun) -> runs.BudgetCeiling | None:
    if run.over_budget is None or run.budget is None or run.available is None:
        return None
    return runs.BudgetCeiling(
        rule=run.over_budget,  # pyright: ignore - the database checks it
        budget=format_pounds(run.budget),
        available=format_pounds(run.available),
        held_back=None if run.held_back is None else format_pounds(run.held_back),
    )
