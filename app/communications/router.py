"""HTTP of the communications slice: announcements, deliveries, the inbox."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.communications import errors, schemas, service
from app.communications.repository import announcements, inbox
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.tables import Announcement, Delivery
from app.communications.values import (
    Channel,
    Counts,
    DeliveryState,
    Draft,
    ExpectedMoney,
    InboxItem,
    Today,
    WantedAudience,
)
from app.core.auth import require
from app.core.clock import PeriodModel
from app.core.db import Transaction
from app.core.errors import Forbidden, PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import CodeInAddress, MayMatch, MustMatch, Serving, accepted, make_router, paged
from app.core.money import format_pounds
from app.core.operations import Operation, operation_answer
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations.errors import PracticeNotFound
from app.organisations.values import Places

router: APIRouter = make_router("communications")
DELIVERIES = service.DELIVERIES
Reader = Annotated[Principal, require("announcements:read")]
Editor = Annotated[Principal, require("announcements:write")]
Person = Annotated[Principal, require("inbox:own")]


@router.post(
    "/v1/announcements",
    status_code=202,
    responses=error_responses(errors.AudienceUnknown, errors.AcknowledgementPast),
)
async def publish_announcement(
    body: schemas.AnnouncementIn, caller: Editor, session: Transaction, serving: Serving, response: Response
) -> Operation:
    """Tell many people something. It is on the intranet at once; mails and inboxes follow, as the operation shows.

    Where nobody in a practice holds one of the roles it goes to the practice's shared mailbox, and the counts say so.
    A locality's editor writes to that locality: 403 when the audience names another place, and an audience without places
    is the locality's. With `dry_run` nothing is sent: the operation has succeeded and its `result` says how many people and mailboxes it
    would reach and how many messages they were sent in the last seven days.
    """
    draft, now = _draft(body), serving.clock.now()
    if body.dry_run:
        operation = await service.measure_announcement(session, caller, draft, now=now)
    else:
        operation = await service.publish_announcement(session, caller, draft, now=now)
    accepted(response, operation.id)
    return operation_answer(operation)


def _draft(body: schemas.AnnouncementIn) -> Draft:
    wanted = body.audience
    return Draft(
        title=body.title,
        markdown=body.body_markdown,
        audience=WantedAudience(
            roles=tuple(role.value for role in wanted.roles) if wanted.roles else None,
            localities=tuple(wanted.localities) if wanted.localities else None,
            practices=tuple(wanted.practices) if wanted.practices else None,
            scheme=wanted.scheme,
            state=wanted.state,
        ),
        channels=tuple(dict.fromkeys(body.channels)),
        urgency=body.urgency,
        on_intranet=body.on_intranet,
        must_acknowledge_by=body.must_acknowledge_by,
    )


@router.get("/v1/announcements")
async def list_announcements(
    params: Annotated[schemas.AnnouncementParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.AnnouncementPage:
    """Announcements, newest first. The intranet sees those marked for it; a person also those sent to them; the office
    all, a locality's office those that went to nobody outside it.

    What was addressed to localities or practices is on their pages alone: a key or a person of theirs sees it here, the
    commissioner's own intranet with `locality_id`.
    """
    sight = await service.sight_of(session, caller, now=serving.clock.now())
    page = await AnnouncementRepository(session, session.tenant).list_page(
        sight,
        Places(frozenset(), frozenset({params.locality_id})) if params.locality_id else None,
        published_since=params.published_since,
        params=params,
        cursors=serving.cursors,
    )
    return paged(request, response, page.map(_summary))


@router.get("/v1/announcements/{announcement_id}", responses=error_responses(errors.AnnouncementNotFound))
async def get_announcement(
    announcement_id: UUID, caller: Reader, session: Transaction, serving: Serving, response: Response
) -> schemas.Announcement:
    """One announcement; for the office also whom it was meant for and what has become of it."""
    now = serving.clock.now()
    sight = await service.sight_of(session, caller, now=now)
    row = await AnnouncementRepository(session, session.tenant).get_visible(announcement_id, sight)
    return _shown(response, row, await service.office_counts(session, caller, announcement_id, now=now))


def _shown(response: Response, row: Announcement, counts: Counts | None) -> schemas.Announcement:
    """Whom it was meant for is seen by whoever follows what becomes of it."""
    response.headers["ETag"] = service.announcement_tag(row, counts)
    shown = {"audience": row.audience if counts else None, "counts": counts}
    return schemas.Announcement.model_validate(_members(row) | shown, from_attributes=True)


def _members(row: Announcement) -> dict[str, Any]:
    """What every reader of an announcement is told of it."""
    names = schemas.AnnouncementSummary.model_fields.keys() - {"localities"}
    return {name: getattr(row, name) for name in names} | {"localities": row.audience["localities"]}


def _summary(row: Announcement) -> schemas.AnnouncementSummary:
    return schemas.AnnouncementSummary(**_members(row))


@router.get(
    "/v1/announcements/{announcement_id}/deliveries",
    responses=error_responses(errors.AnnouncementNotFound),
)
async def list_deliveries(
    announcement_id: UUID,
    params: Annotated[schemas.DeliveryParams, Query()],
    caller: Annotated[Principal, require(DELIVERIES)],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.DeliveryPage:
    """What became of an announcement for each recipient. A locality's office sees this of announcements that went to
    nobody outside it.
    """
    await AnnouncementRepository(session, session.tenant).get(announcement_id)
    if not await service.follows_deliveries(session, caller, announcement_id, now=serving.clock.now()):
        raise Forbidden("Your role follows announcements to your own localities and practices only.")
    page = await announcements.list_deliveries(
        session,
        announcement_id,
        state=params.state,
        in_doubt=params.in_doubt,
        params=params,
        cursors=serving.cursors,
    )
    return paged(request, response, page.map(_delivery))


def _delivery(row: Delivery) -> schemas.Delivery:
    return schemas.Delivery(
        id=row.id,
        person_id=row.person_id,
        name=row.name,
        practice=row.practice,
        is_mailbox=row.person_id is None,
        channel=Channel(row.channel),
        state=DeliveryState(row.state),
        in_doubt=row.doubts > 0,
        attempts=row.attempts,
        detail=row.detail,
        sent_at=row.sent_at,
        acknowledged_at=row.acknowledged_at,
    )


@router.post(
    "/v1/announcements/{announcement_id}/withdraw",
    responses=error_responses(errors.AnnouncementNotFound, PreconditionFailed),
)
async def withdraw_announcement(
    announcement_id: UUID,
    caller: Editor,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> schemas.Announcement:
    """Take it off the intranet. Mail that has gone out is not called back; a second time changes nothing."""
    now = serving.clock.now()
    row = await service.withdraw_announcement(session, caller, announcement_id, expected=expected, now=now)
    return _shown(response, row, await service.office_counts(session, caller, announcement_id, now=now))


@router.get("/v1/me/inbox")
async def list_inbox(
    params: Annotated[schemas.InboxParams, Query()],
    caller: Person,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.InboxPage:
    """The caller's messages, newest first, whether they were mailed too or not."""
    person = caller.require_person()
    page = await inbox.list_inbox(
        session, person, to_acknowledge=params.to_acknowledge, params=params, cursors=serving.cursors
    )
    return paged(request, response, page)


@router.get("/v1/me/inbox/{message_id}", responses=error_responses(errors.MessageNotFound))
async def get_message(
    message_id: UUID, caller: Person, session: Transaction, response: Response
) -> schemas.InboxMessage:
    """One of the caller's messages."""
    return _message(response, await service.get_message(session, caller.require_person(), message_id))


@router.post(
    "/v1/me/inbox/{message_id}/acknowledge",
    responses=error_responses(errors.MessageNotFound, errors.NothingToAcknowledge, PreconditionFailed),
)
async def acknowledge_message(
    message_id: UUID, caller: Person, session: Transaction, serving: Serving, expected: MayMatch, response: Response
) -> schemas.InboxMessage:
    """Say that it was read. A second time changes nothing."""
    person, now = caller.require_person(), serving.clock.now()
    return _message(response, await service.acknowledge(session, person, message_id, expected=expected, now=now))


def _message(response: Response, item: InboxItem) -> schemas.InboxMessage:
    response.headers["ETag"] = service.message_tag(item)
    return schemas.InboxMessage.model_validate(item)


@router.get("/v1/me/preferences")
async def get_preferences(caller: Person, session: Transaction, response: Response) -> schemas.Preferences:
    """Which topics' routine mail the caller wants."""
    row = await inbox.find_preference(session, caller.require_person())
    response.headers["ETag"] = version_etag(row.version if row else 0)
    return schemas.Preferences(email=service.wanted_topics(row))


@router.put("/v1/me/preferences", responses=error_responses(PreconditionFailed, PreconditionRequired))
async def set_preferences(
    body: schemas.Preferences,
    caller: Person,
    expected: MustMatch,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> schemas.Preferences:
    """Turn routine mail of topics on or off; topics that are not named stay as they are. If-Match after the first time."""
    row = await service.set_preferences(
        session, caller.require_person(), body.email, expected=expected, now=serving.clock.now()
    )
    # The row's new version is only known once it has been written.
    await session.flush()
    response.headers["ETag"] = version_etag(row.version)
    return schemas.Preferences(email=service.wanted_topics(row))


@router.get("/v1/practices/{code}/today", responses=error_responses(PracticeNotFound))
async def get_practice_today(
    code: CodeInAddress, caller: Annotated[Principal, require("practices:read")], session: Transaction, serving: Serving
) -> schemas.Today:
    """What matters to a practice today, in one small answer with an ETag: for an intranet page, a phone, the practice.

    `todo` is for the practice's own people: offers and issues to answer, periods to claim for, what is to be acknowledged.
    `money` is for them and for those who read statements; `expected` is what the scheme would pay for this quarter as things
    stand, with evidence that is still to be confirmed.
    """
    return _today(await service.practice_today(session, caller, code, now=serving.clock.now()))


def _today(found: Today) -> schemas.Today:
    return schemas.Today(
        todo=_each(found.todo, schemas.Task.model_validate),
        money=_each(found.money, _expected),
        named_lead=schemas.Lead(name=found.named_lead[0], post=found.named_lead[1]) if found.named_lead else None,
        news=_each(
            found.news,
            lambda item: schemas.NewsItem.model_validate(asdict(item) | {"href": f"/v1/announcements/{item.id}"}),
        ),
        issues=_each(
            found.issues,
            lambda item: schemas.IssueItem.model_validate(asdict(item) | {"href": f"/v1/issues/{item.id}"}),
        ),
        meetings=_each(
            found.meetings,
            lambda item: schemas.MeetingItem.model_validate(asdict(item) | {"href": f"/v1/meetings/{item.id}"}),
        ),
    )


def _each(found: Sequence[Any] | None, shape: Callable[[Any], Any]) -> list[Any] | None:
    return None if found is None else [shape(item) for item in found]


def _expected(item: ExpectedMoney) -> schemas.Expected:
    return schemas.Expected(
        scheme=item.scheme,
        title=item.title,
        period=PeriodModel.of(item.period),
        expected=None if item.expected is None else format_pounds(item.expected),
        pay_by=item.pay_by,
        sentence=item.sentence,
    )
