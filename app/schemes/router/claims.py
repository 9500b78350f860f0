"""HTTP of claims: a practice's steps and the office's."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.calculation.errors import BrokenMonth
from app.core.auth import require
from app.core.db import Transaction, Tx
from app.core.errors import DomainError, FieldError, InvalidRequest, PreconditionFailed, PreconditionRequired
from app.core.http import MayMatch, MustMatch, Serving, paged
from app.core.http.services import Services
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses, refusal
from app.core.repository import Expected
from app.organisations import service as organisations
from app.organisations.errors import PracticeNotFound
from app.schemes import service
from app.schemes.errors import (
    AlreadyClaimed,
    ClaimHeld,
    ClaimNotDeclared,
    ClaimNotFound,
    ClaimNotHeld,
    ClaimNotOpen,
    ClaimNotSampled,
    ClaimNotVetted,
    ClaimSettled,
    ClaimsNotRequired,
    DeclarationVoid,
    EvidenceUnconfirmed,
    NoClaimPeriod,
    NoFigure,
    NotSignedUp,
    NoVersion,
    OwnPractice,
    QualityCheckDue,
    SamePerson,
    SchemeNotFound,
    UnknownReason,
    ValuesMoved,
    WindowMissed,
    WindowNotOpen,
)
from app.schemes.repository.claims import ClaimRepository, ClaimStepRepository
from app.schemes.router.claim_answers import claim_answer, claim_summary, step_answer
from app.schemes.router.root import router, visible_scheme
from app.schemes.rules import claiming
from app.schemes.schemas.claims import (
    CheckIn,
    Claim,
    ClaimIn,
    ClaimPage,
    ClaimParams,
    ClaimStepPage,
    DeclareIn,
    HoldIn,
    RejectIn,
)
from app.schemes.tables import ClaimRow

Reader = Annotated[Principal, require("claims:read")]
Declarer = Annotated[Principal, require("claims:declare", money=True)]
Vetter = Annotated[Principal, require("claims:vet", money=True)]
Approver = Annotated[Principal, require("claims:approve", money=True)]
Decider = Annotated[Principal, require("claims:decide", money=True)]
_DECISION = (ClaimNotFound, NoVersion, BrokenMonth, OwnPractice, PreconditionFailed, PreconditionRequired)


@router.post(
    "/v1/claims",
    status_code=201,
    responses=error_responses(
        SchemeNotFound,
        PracticeNotFound,
        NoVersion,
        BrokenMonth,
        ClaimsNotRequired,
        NoClaimPeriod,
        NotSignedUp,
        AlreadyClaimed,
        WindowNotOpen,
        WindowMissed,
    ),
)
async def create_claim(
    body: ClaimIn, caller: Declarer, session: Transaction, serving: Serving, response: Response
) -> Claim:
    """Claim for a period that is over, where the scheme's definition says `"claims": "required"`.

    The claim is open until it is declared, and its figure moves with the evidence. One claim of a practice for the same
    time is under way at once; after a rejection or a withdrawal the practice may claim again.
    """
    now = serving.clock.now()
    await visible_scheme(session, body.scheme, caller)
    await organisations.require_reach(session, caller, "claims:declare", body.practice, on=serving.today())
    row = await service.open_claim(
        session,
        body.scheme,
        body.practice,
        body.period.period(),
        note=body.note,
        on_behalf=False,
        person=caller.require_person(),
        now=now,
    )
    response.headers["Location"] = f"/v1/claims/{row.id}"
    return _answer(await service.view_claim(session, row, today=serving.today()), response)


@router.get("/v1/claims")
async def list_claims(
    params: Annotated[ClaimParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> ClaimPage:
    """Claims, newest first, without their figures. A practice sees its own."""
    period = None if params.period is None else claiming.read_period(params.period)
    if isinstance(period, str):
        raise InvalidRequest(errors=[FieldError("?period", "wrong_format", period)])
    wanted = {"scheme_id": params.scheme, "practice": params.practice, "state": params.state}
    reach = await organisations.reachable(session, caller, "claims:read", on=serving.today())
    page = await ClaimRepository(session, session.tenant).list_page(
        {name: value for name, value in wanted.items() if value is not None},
        reach=reach,
        period=period,
        params=params,
        cursors=serving.cursors,
    )
    return paged(request, response, page.map(claim_summary))


@router.get("/v1/claims/{claim_id}", responses=error_responses(ClaimNotFound, NoVersion, BrokenMonth))
async def get_claim(
    claim_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> Claim:
    """One claim with its figures as they are at this moment, what it lacks, and whether its declaration still holds.

    The tag is of the figures too: a decision takes it with `If-Match`, so that nobody decides about another figure than
    the one that they have read.
    """
    row = await _reached(session, caller, "claims:read", claim_id, serving)
    return _answer(await service.view_claim(session, row, today=serving.today()), response)


@router.get("/v1/claims/{claim_id}/steps", responses=error_responses(ClaimNotFound))
async def list_claim_steps(
    claim_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> ClaimStepPage:
    """All that has happened to the claim, in order: who, when, what was declared, and what moved."""
    await _reached(session, caller, "claims:read", claim_id, serving)
    page = await ClaimStepRepository(session, session.tenant).list_page(
        claim_id, params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(step_answer))


@router.post(
    "/v1/claims/{claim_id}/declare",
    responses=error_responses(
        ClaimNotFound, NoVersion, BrokenMonth, ClaimNotOpen, WindowMissed, NoFigure, ValuesMoved, PreconditionFailed
    ),
)
async def declare_claim(
    claim_id: UUID,
    body: DeclareIn,
    caller: Declarer,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> Claim:
    """Declare for the practice that the claim's values are right. The declaration is bound to their digest: whatever
    changes one of them voids it at once, and the practice is told what moved in pounds.
    """
    await _reached(session, caller, "claims:declare", claim_id, serving)
    view = await service.declare_claim(
        session,
        claim_id,
        values_digest=body.values_digest,
        person=caller.require_person(),
        expected=expected,
        now=serving.clock.now(),
    )
    return _answer(view, response)


@router.post(
    "/v1/claims/{claim_id}/withdraw",
    responses=error_responses(ClaimNotFound, NoVersion, BrokenMonth, ClaimSettled, PreconditionFailed),
)
async def withdraw_claim(
    claim_id: UUID,
    caller: Declarer,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> Claim:
    """Take the claim back, as long as no payment run holds it. The practice may claim again while the time for it lasts."""
    await _reached(session, caller, "claims:declare", claim_id, serving)
    view = await service.withdraw_claim(
        session, claim_id, person=caller.require_person(), expected=expected, now=serving.clock.now()
    )
    return _answer(view, response)


@router.post(
    "/v1/claims/{claim_id}/vet",
    responses=error_responses(
        *_DECISION, ClaimNotDeclared, ClaimHeld, SamePerson, DeclarationVoid, EvidenceUnconfirmed
    ),
    response_model=Claim,
)
async def vet_claim(
    claim_id: UUID,
    caller: Vetter,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    request: Request,
    response: Response,
) -> Claim | Response:
    """Say that the evidence shows what was declared. Not by whoever declared it, nor about one's own practice.

    Where a value has changed since, a list or a post for example, the declaration is void: 409, and the claim is open
    again.
    """
    found = await service.vet_claim(session, _decision(claim_id, caller, serving, expected))
    return _answer_or_refusal(found, request, response)


@router.post(
    "/v1/claims/{claim_id}/quality-check",
    responses=error_responses(*_DECISION, ClaimNotVetted, ClaimNotSampled, ClaimHeld, SamePerson, DeclarationVoid),
    response_model=Claim,
)
async def check_claim(
    claim_id: UUID,
    body: CheckIn,
    caller: Decider,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    request: Request,
    response: Response,
) -> Claim | Response:
    """The second look at a claim that was drawn for one, before it is approved; by somebody who has had no part in it."""
    found = await service.check_claim(session, _decision(claim_id, caller, serving, expected), note=body.note)
    return _answer_or_refusal(found, request, response)


@router.post(
    "/v1/claims/{claim_id}/approve",
    responses=error_responses(*_DECISION, ClaimNotVetted, ClaimHeld, QualityCheckDue, SamePerson, DeclarationVoid),
    response_model=Claim,
)
async def approve_claim(
    claim_id: UUID,
    caller: Approver,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    request: Request,
    response: Response,
) -> Claim | Response:
    """Approve a vetted claim. Its amount says how many people it takes; it is `approved` with the last of them, and the
    next run of its period pays it.
    """
    found = await service.approve_claim(session, _decision(claim_id, caller, serving, expected))
    return _answer_or_refusal(found, request, response)


@router.post(
    "/v1/claims/{claim_id}/reject",
    responses=error_responses(*_DECISION, ClaimNotDeclared, ClaimSettled, UnknownReason),
)
async def reject_claim(
    claim_id: UUID,
    body: RejectIn,
    caller: Decider,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> Claim:
    """Reject it with a reason from the scheme's list; the practice is told, and may claim again."""
    decision = _decision(claim_id, caller, serving, expected)
    view = await service.reject_claim(session, decision, reason_code=body.reason_code, note=body.note)
    return _answer(view, response)


@router.post("/v1/claims/{claim_id}/hold", responses=error_responses(*_DECISION, ClaimHeld, ClaimSettled))
async def hold_claim(
    claim_id: UUID,
    body: HoldIn,
    caller: Decider,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> Claim:
    """Put it on hold with a reason, which the practice is told: until it is resumed nobody approves it and no run pays it."""
    view = await service.hold_claim(session, _decision(claim_id, caller, serving, expected), reason=body.reason)
    return _answer(view, response)


@router.post("/v1/claims/{claim_id}/resume", responses=error_responses(*_DECISION, ClaimNotHeld))
async def resume_claim(
    claim_id: UUID,
    caller: Decider,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> Claim:
    """Lift the hold; the claim goes on from where it was."""
    return _answer(await service.resume_claim(session, _decision(claim_id, caller, serving, expected)), response)


async def _reached(session: Tx, caller: Principal, scope: str, claim_id: UUID, serving: Services) -> ClaimRow:
    row = await ClaimRepository(session, session.tenant).get(claim_id)
    await organisations.require_reach_to(session, caller, scope, row.practice, on=serving.today())
    return row


def _decision(claim_id: UUID, caller: Principal, serving: Services, expected: Expected) -> service.Decision:
    return service.Decision(claim_id, caller.require_person(), expected, serving.clock.now())


def _answer(view: service.ClaimView, response: Response) -> Claim:
    response.headers["ETag"] = view.tag
    return claim_answer(view)


def _answer_or_refusal(
    found: service.ClaimView | DomainError, request: Request, response: Response
) -> Claim | Response:
    """The void declaration stays void, so its refusal is returned and not raised."""
    return refusal(request, found) if isinstance(found, DomainError) else _answer(found, response)
