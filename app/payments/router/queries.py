"""HTTP of queries about lines: a practice asks, the office answers, a second person approves an amount."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import CodeInAddress, MayMatch, MustMatch, Serving, paged
from app.core.money import format_pounds
from app.core.principal import Principal
from app.core.problems import error_responses
from app.payments import service, tables
from app.payments.errors import (
    CorrectionNotProposed,
    CorrectionSamePerson,
    HeldBackLine,
    LineNotFound,
    NothingToCorrect,
    NotOfTheOffice,
    QueryClosed,
    QueryFull,
    QueryNotFound,
    QueryOfOwnPractice,
    QueryOpen,
    UnknownPayee,
)
from app.payments.router.root import router
from app.payments.schemas import queries
from app.payments.values import CorrectionState, QueryState

Reader = Annotated[Principal, require("queries:read")]
Asker = Annotated[Principal, require("queries:raise")]
Writer = Annotated[Principal, require("queries:write")]
Answerer = Annotated[Principal, require("queries:answer", money=True)]
Approver = Annotated[Principal, require("payments:approve", money=True)]
Refuser = Annotated[Principal, require("payments:reject", money=True)]
_DECISION = error_responses(
    QueryNotFound,
    CorrectionNotProposed,
    CorrectionSamePerson,
    QueryOfOwnPractice,
    PreconditionFailed,
    PreconditionRequired,
)


@router.post(
    "/v1/payment-lines/{reference}/queries", status_code=201, responses=error_responses(LineNotFound, QueryOpen)
)
async def create_payment_query(
    reference: CodeInAddress,
    body: queries.PaymentQueryIn,
    caller: Asker,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> queries.PaymentQuery:
    """Ask about a line of a released run that is on your practice's statement or pays your practice, or one that your
    practice has taken over.

    The office answers by `due_on`. The local medical committee sees the query only if you let it.
    """
    full = await service.open_query(
        session, caller, reference, text=body.text, share_with_lmc=body.share_with_lmc, now=serving.clock.now()
    )
    response.headers["Location"] = f"/v1/payment-queries/{full.query.id}"
    return _answer(response, full, caller)


@router.get("/v1/payment-queries")
async def list_payment_queries(
    params: Annotated[queries.QueryParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> queries.PaymentQueryPage:
    """Queries, newest first: a practice's own, what a practice shares with the LMC, or all for the office and auditors."""
    page = await service.list_queries(
        session,
        caller,
        state=params.state,
        overdue=params.overdue,
        waiting=params.waiting,
        params=params,
        cursors=serving.cursors,
        now=serving.clock.now(),
    )
    return paged(request, response, page.map(lambda row: _summary(row, caller)))  # pyright: ignore


@router.get("/v1/payment-queries/{query_id}", responses=error_responses(QueryNotFound))
async def get_payment_query(
    query_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> queries.PaymentQuery:
    """One query with all that was said in it."""
    return _answer(response, await service.get_query(session, caller, query_id, now=serving.clock.now()), caller)


@router.post(
    "/v1/payment-queries/{query_id}/messages",
    status_code=201,
    responses=error_responses(QueryNotFound, QueryClosed, QueryFull),
)
async def create_query_message(
    query_id: UUID, body: queries.QueryMessageIn, caller: Writer, session: Transaction, serving: Serving
) -> queries.QueryMessage:
    """Write to the other side while the query is open. The clock goes on."""
    message = await service.write_message(session, caller, query_id, text=body.text, now=serving.clock.now())
    return _message(message)


@router.post("/v1/payment-queries/{query_id}/share", responses=error_responses(QueryNotFound, PreconditionFailed))
async def share_payment_query(
    query_id: UUID, caller: Asker, session: Transaction, serving: Serving, expected: MayMatch, response: Response
) -> queries.PaymentQuery:
    """Let the local medical committee read the query from now on. It cannot be taken back."""
    full = await service.share_query(session, caller, query_id, expected=expected, now=serving.clock.now())
    return _answer(response, full, caller)


@router.post(
    "/v1/payment-queries/{query_id}/withdraw", responses=error_responses(QueryNotFound, QueryClosed, PreconditionFailed)
)
async def withdraw_payment_query(
    query_id: UUID, caller: Asker, session: Transaction, serving: Serving, expected: MayMatch, response: Response
) -> queries.PaymentQuery:
    """Take your practice's own query back: it is answered with the outcome `withdrawn`."""
    full = await service.withdraw_query(session, caller, query_id, expected=expected, now=serving.clock.now())
    return _answer(response, full, caller)


@router.post(
    "/v1/payment-queries/{query_id}/assign",
    responses=error_responses(QueryNotFound, QueryClosed, NotOfTheOffice, PreconditionFailed),
)
async def assign_payment_query(
    query_id: UUID,
    body: queries.QueryOwnerIn,
    caller: Answerer,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> queries.PaymentQuery:
    """Name who of the office looks after the query and is told of what the practice writes."""
    full = await service.assign_query(
        session, caller, query_id, owner=body.owner, expected=expected, now=serving.clock.now()
    )
    return _answer(response, full, caller)


@router.post(
    "/v1/payment-queries/{query_id}/answer",
    responses=error_responses(
        QueryNotFound,
        QueryClosed,
        QueryOfOwnPractice,
        HeldBackLine,
        UnknownPayee,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def answer_payment_query(
    query_id: UUID,
    body: queries.QueryAnswerIn,
    caller: Answerer,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> queries.PaymentQuery:
    """Answer a query. With a correction it is answered once somebody else has approved the amount.

    Not by somebody with a post at the practice. Nothing that was posted changes: a correction is paid by the next run.
    """
    full = await service.answer_query(
        session,
        caller,
        query_id,
        outcome=body.outcome,
        text=body.text,
        correction=body.correction.wanted() if body.correction else None,
        expected=expected,
        now=serving.clock.now(),
    )
    return _answer(response, full, caller)


@router.post(
    "/v1/payment-queries/{query_id}/correction",
    responses=error_responses(
        QueryNotFound, NothingToCorrect, QueryOfOwnPractice, PreconditionFailed, PreconditionRequired
    ),
)
async def correct_again(
    query_id: UUID,
    body: queries.CorrectionIn,
    caller: Answerer,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> queries.PaymentQuery:
    """Propose to correct an amount that was approved: more or, below zero, less beside it, once somebody else has approved it.

    The query stays answered. The practice is told when it is approved, and sees nothing until then; the next run pays the
    difference or takes it back.
    """
    full = await service.correct_again(
        session, caller, query_id, body.wanted(), expected=expected, now=serving.clock.now()
    )
    return _answer(response, full, caller)


@router.post("/v1/payment-queries/{query_id}/correction/approve", responses=_DECISION)
async def approve_correction(
    query_id: UUID, caller: Approver, session: Transaction, serving: Serving, expected: MustMatch, response: Response
) -> queries.PaymentQuery:
    """Approve the correction that somebody else proposed: the query is answered, or stays so where an earlier amount is
    corrected, and the next run pays the amount.
    """
    full = await service.approve_correction(session, caller, query_id, expected=expected, now=serving.clock.now())
    return _answer(response, full, caller)


@router.post("/v1/payment-queries/{query_id}/correction/refuse", responses=_DECISION)
async def refuse_correction(
    query_id: UUID,
    body: queries.CorrectionRefusal,
    caller: Refuser,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> queries.PaymentQuery:
    """Refuse the correction that somebody else proposed: the query is open again, and its clock has gone on. Where it was to
    correct an approved amount, that stays as it is.
    """
    full = await service.refuse_correction(
        session, caller, query_id, reason=body.reason, expected=expected, now=serving.clock.now()
    )
    return _answer(response, full, caller)


def _answer(response: Response, full: service.FullQuery, caller: Principal) -> queries.PaymentQuery:
    row = full.query
    corrections = [_correction(each) for each in full.corrections if _may_know_correction(each, caller)]
    response.headers["ETag"] = version_etag(row.version)
    return queries.PaymentQuery(
        **_summary(row, caller).model_dump(),
        text=row.text,
        messages=[_message(message) for message in full.messages],
        answer=row.answer if _may_know_outcome(row, caller) else None,
        correction=corrections[-1] if corrections else None,
        corrections=corrections,
    )


def _may_know_outcome(row: tables.PaymentQuery, caller: Principal) -> bool:
    return row.state == QueryState.ANSWERED or service.knows_proposals(caller)


def _summary(row: tables.PaymentQuery, caller: Principal) -> queries.PaymentQuerySummary:
    return queries.PaymentQuerySummary(
        id=row.id,
        line=row.line,
        scheme=row.scheme_id,
        practice=row.practice,
        state=QueryState(row.state),
        outcome=row.outcome if _may_know_outcome(row, caller) else None,  # pyright: ignore - the database checks it
        due_on=row.due_on,
        owner=row.owner_id,
        shared_with_lmc_at=row.shared_at,
        opened_at=row.opened_at,
        escalated_at=row.escalated_at,
        answered_at=row.answered_at,
    )


def _message(row: tables.PaymentQueryMessage) -> queries.QueryMessage:
    return queries.QueryMessage(side=row.side, text=row.text, at=row.written_at)  # pyright: ignore - the database checks it


def _may_know_correction(row: tables.PaymentCorrection, caller: Principal) -> bool:
    return row.state == CorrectionState.APPROVED or service.knows_proposals(caller)


def _correction(row: tables.PaymentCorrection) -> queries.Correction:
    return queries.Correction(
        amount=format_pounds(row.amount),
        reason=row.reason,
        state=CorrectionState(row.state),
        proposed_at=row.proposed_at,
        decided_at=row.decided_at,
        refusal=row.refusal,
    )
