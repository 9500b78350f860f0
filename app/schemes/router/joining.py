"""HTTP of offers, answers, sign-ups and participation."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.clock import london_date
from app.core.db import Transaction, Tx
from app.core.errors import PreconditionFailed
from app.core.http import MayMatch, Serving, paged
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.repository import Page
from app.organisations import service as organisations
from app.organisations.errors import PracticeNotFound
from app.people.errors import OutsidePractice, PersonNotFound
from app.schemes import service
from app.schemes.errors import (
    OfferAnswered,
    OfferLapsed,
    OfferNotFound,
    RespondByPast,
    SchemeClosed,
    SchemeNotFound,
    SchemeNotPublished,
    SignUpsRefused,
    WordsChanged,
)
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.router.answers import offers_answer, participation_answer, sign_ups_answer
from app.schemes.router.root import router, visible_scheme
from app.schemes.schemas.joining import (
    AcceptIn,
    DeclineIn,
    OffersAnswer,
    OffersIn,
    Participation,
    ParticipationPage,
    ParticipationParams,
    SignUpsAnswer,
    SignUpsIn,
)
from app.schemes.tables import ImprovementAreaRow, ParticipationRow
from app.schemes.values import ParticipationPart

Reader = Annotated[Principal, require("schemes:read")]


@router.post(
    "/v1/incentive-schemes/{scheme_id}/offers",
    status_code=201,
    responses=error_responses(SchemeNotFound, SchemeNotPublished, SchemeClosed, PracticeNotFound, RespondByPast),
)
async def make_scheme_offers(
    scheme_id: UUID,
    body: OffersIn,
    caller: Annotated[Principal, require("offers:write")],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> OffersAnswer:
    """Offer the newest version that applies to the rest of the year. Who has agreed, or still has time to answer, keeps what they have; who declined
    or let the day pass is asked again.
    """
    made = await service.make_offers(
        session, scheme_id, practices=body.practices, respond_by=body.respond_by, now=serving.clock.now()
    )
    response.headers["Location"] = f"/v1/incentive-schemes/{scheme_id}/offers"
    return offers_answer(made)


@router.get("/v1/incentive-schemes/{scheme_id}/offers", responses=error_responses(SchemeNotFound))
async def list_scheme_offers(
    scheme_id: UUID,
    params: Annotated[ParticipationParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> ParticipationPage:
    """The offers made, by practice, with their answers. A practice sees its own."""
    page = await _page(session, scheme_id, "offers", params, caller, serving)
    return paged(request, response, page)


@router.get("/v1/incentive-schemes/{scheme_id}/participation", responses=error_responses(SchemeNotFound))
async def list_scheme_participation(
    scheme_id: UUID,
    params: Annotated[ParticipationParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> ParticipationPage:
    """Every practice that was asked or has agreed, by practice. A practice sees its own place only."""
    page = await _page(session, scheme_id, "participation", params, caller, serving)
    return paged(request, response, page)


@router.get("/v1/incentive-schemes/{scheme_id}/sign-ups", responses=error_responses(SchemeNotFound))
async def list_scheme_sign_ups(
    scheme_id: UUID,
    params: Annotated[ParticipationParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> ParticipationPage:
    """Agreements that the office recorded on practices' behalf. A practice sees its own."""
    page = await _page(session, scheme_id, "sign-ups", params, caller, serving)
    return paged(request, response, page)


@router.get(
    "/v1/incentive-schemes/{scheme_id}/sign-ups/{sign_up_id}", responses=error_responses(SchemeNotFound, OfferNotFound)
)
async def get_scheme_sign_up(
    scheme_id: UUID, sign_up_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> Participation:
    """One agreement that the office recorded."""
    await visible_scheme(session, scheme_id, caller)
    row = await ParticipationRepository(session, session.tenant).get_of(scheme_id, "sign-ups", sign_up_id)
    return await _one(session, row, caller, serving, response)


@router.get(
    "/v1/incentive-schemes/{scheme_id}/offers/{offer_id}", responses=error_responses(SchemeNotFound, OfferNotFound)
)
async def get_scheme_offer(
    scheme_id: UUID, offer_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> Participation:
    """One offer of the scheme with its answer."""
    await visible_scheme(session, scheme_id, caller)
    row = await ParticipationRepository(session, session.tenant).get_of(scheme_id, "offers", offer_id)
    return await _one(session, row, caller, serving, response)


@router.get("/v1/offers/{offer_id}", responses=error_responses(OfferNotFound))
async def get_offer(
    offer_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> Participation:
    """One offer with its answer."""
    row = await ParticipationRepository(session, session.tenant).get(offer_id)
    return await _one(session, row, caller, serving, response)


@router.post(
    "/v1/offers/{offer_id}/accept",
    responses=error_responses(
        OfferNotFound,
        OfferAnswered,
        OfferLapsed,
        SchemeClosed,
        SchemeNotPublished,
        WordsChanged,
        PersonNotFound,
        OutsidePractice,
        PreconditionFailed,
    ),
)
async def accept_scheme_offer(
    offer_id: UUID,
    body: AcceptIn,
    caller: Annotated[Principal, require("offers:answer")],
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> Participation:
    """Agree for the practice. The digest of the version's words, as they stand, is part of the agreement.

    A `named_lead` is somebody who has or had a post at the practice, or the caller, and fills the practice's vacant post of
    that name where the caller keeps its posts.
    """
    now = serving.clock.now()
    row = await service.accept_offer(
        session,
        offer_id,
        caller=caller,
        signatory=body.signatory.signatory(),
        named_lead=body.named_lead,
        areas=body.areas(),
        words_digest=body.words_digest,
        expected=expected,
        now=now,
    )
    return await _answered(session, row, caller, response, today=london_date(now))


@router.post(
    "/v1/offers/{offer_id}/decline",
    responses=error_responses(OfferNotFound, OfferAnswered, OfferLapsed, PreconditionFailed),
)
async def decline_scheme_offer(
    offer_id: UUID,
    body: DeclineIn,
    caller: Annotated[Principal, require("offers:answer")],
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> Participation:
    """Decline for the practice. The reason is read by the commissioner."""
    now = serving.clock.now()
    row = await service.decline_offer(session, offer_id, caller=caller, reason=body.reason, expected=expected, now=now)
    return await _answered(session, row, caller, response, today=london_date(now))


@router.post(
    "/v1/incentive-schemes/{scheme_id}/sign-ups",
    status_code=201,
    responses=error_responses(SchemeNotFound, SchemeNotPublished, SchemeClosed, PracticeNotFound, SignUpsRefused),
)
async def record_scheme_sign_ups(
    scheme_id: UUID,
    body: SignUpsIn,
    caller: Annotated[Principal, require("signups:write")],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> SignUpsAnswer:
    """Record agreements signed on paper, many at once, as made on the practices' behalf; each practice is told.

    All or none. The same agreement again changes nothing, and one that the practice made itself stays. A practice that
    closed before the scheme starts is refused unless its sign-up says `historical`, and so is a `signed_on` in the future.
    A scheme without a published version has nothing to agree to yet: 409.
    """
    made = await service.record_sign_ups(
        session,
        scheme_id,
        [each.sign_up() for each in body.sign_ups],
        recorded_by=caller.person_id,
        now=serving.clock.now(),
    )
    response.headers["Location"] = f"/v1/incentive-schemes/{scheme_id}/sign-ups"
    return sign_ups_answer(made)


async def _page(
    session: Tx,
    scheme_id: UUID,
    part: ParticipationPart,
    params: ParticipationParams,
    caller: Principal,
    serving: Serving,
) -> Page[Participation]:
    await visible_scheme(session, scheme_id, caller)
    today = serving.today()
    reach = await organisations.reachable(session, caller, "schemes:read", on=today)
    page = await ParticipationRepository(session, session.tenant).list_of(
        scheme_id, part, practices=reach, state=params.state, today=today, params=params, cursors=serving.cursors
    )
    return Page(await _answers(session, page.rows, caller, today=today), page.next_cursor, page.total)


async def _one(
    session: Tx, row: ParticipationRow, caller: Principal, serving: Serving, response: Response
) -> Participation:
    today = serving.today()
    await organisations.require_reach_to(session, caller, "schemes:read", row.practice, on=today)
    return await _answered(session, row, caller, response, today=today)


async def _answered(
    session: Tx, row: ParticipationRow, caller: Principal, response: Response, *, today: date
) -> Participation:
    response.headers["ETag"] = service.participation_tag(row, caller, today=today)
    return (await _answers(session, [row], caller, today=today))[0]


async def _answers(
    session: Tx, rows: Sequence[ParticipationRow], caller: Principal, *, today: date
) -> list[Participation]:
    repository = ParticipationRepository(session, session.tenant)
    areas: defaultdict[UUID, list[ImprovementAreaRow]] = defaultdict(list)
    for area in await repository.list_areas([row.id for row in rows]):
        areas[area.participation_id].append(area)
    is_private = not service.sees_signatures(caller)
    return [participation_answer(row, areas[row.id], today=today, is_private=is_private) for row in rows]
