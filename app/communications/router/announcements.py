"""HTTP of announcements and what became of them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.communications import errors, service
from app.communications.repository import announcements
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.router.deliveries import shown
from app.communications.router.root import router
from app.communications.schemas import announcements as announcements_schemas
from app.communications.schemas import deliveries as deliveries_schemas
from app.communications.tables import Announcement
from app.communications.values import (
    Audience,
    Counts,
    Draft,
)
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import Forbidden, PreconditionFailed, PreconditionRequired
from app.core.http import MayMatch, MustMatch, Serving, accepted, paged
from app.core.operations import Operation, operation_answer
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations.values import Places

DELIVERIES = service.DELIVERIES


Reader = Annotated[Principal, require("announcements:read")]


Editor = Annotated[Principal, require("announcements:write")]


@router.post(
    "/v1/announcements",
    status_code=202,
    responses=error_responses(
        errors.AudienceUnknown,
        errors.AcknowledgementPast,
        errors.NoSuchMoment,
        errors.TextInvalid,
        errors.NotForEachPractice,
        errors.FieldsMissing,
    ),
)
async def publish_announcement(
    body: announcements_schemas.AnnouncementIn,
    caller: Editor,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Operation:
    """Tell many people something. It is on the intranet at once; mails and inboxes follow, as the operation shows.

    Where nobody in a practice holds one of the roles it goes to the practice's shared mailbox, and the counts say so.
    A locality's editor writes to that locality: 403 when the audience names another place, and an audience without places
    is the locality's. With `dry_run` nothing is sent: the operation has succeeded and its `result` says how many people and mailboxes it
    would reach, how many messages they were sent in the last seven days, how many would be told in their browsers, and of texts how many parts would be
    charged.

    Title and text may say fields of the practice, such as `{{ practice.name }}` or `{{ practice.list_size }}`: each practice
    is sent its own, and whoever has posts at two practices gets both. Where a field is not known of a practice, or somebody
    has no practice, nothing is sent to anybody (409); `personal` of a dry run says of whom, and shows it as one practice
    would read it. Such a text is not for the intranet and cannot be asked to be read.
    """
    draft, now = _draft(body), serving.clock.now()
    if body.dry_run:
        operation = await service.measure_announcement(
            session, caller, draft, base_url=serving.settings.base_url, now=now
        )
    else:
        operation = await service.publish_announcement(session, caller, draft, now=now)
    accepted(response, operation.id)
    return operation_answer(operation)


def _draft(body: announcements_schemas.AnnouncementIn) -> Draft:
    wanted = body.audience
    return Draft(
        title=body.title,
        markdown=body.body_markdown,
        audience=Audience(
            roles=tuple(role.value for role in wanted.roles) if wanted.roles else None,
            localities=tuple(wanted.localities) if wanted.localities else None,
            practices=tuple(wanted.practices) if wanted.practices else None,
            networks=tuple(wanted.networks) if wanted.networks else None,
            scheme=wanted.scheme,
            state=wanted.state,
            within_days=wanted.within_days,
        ),
        channels=tuple(dict.fromkeys(body.channels)),
        urgency=body.urgency,
        on_intranet=body.on_intranet,
        must_acknowledge_by=body.must_acknowledge_by,
        publish_at=body.publish_at,
        must_acknowledge=body.must_acknowledge,
        renew_months=body.renew_months,
        preview_practice=body.preview_practice,
    )


@router.get("/v1/announcements")
async def list_announcements(
    params: Annotated[announcements_schemas.AnnouncementParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> announcements_schemas.AnnouncementPage:
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
) -> announcements_schemas.Announcement:
    """One announcement; for the office also whom it was meant for and what has become of it."""
    now = serving.clock.now()
    sight = await service.sight_of(session, caller, now=now)
    row = await AnnouncementRepository(session, session.tenant).get_visible(announcement_id, sight)
    return _shown(response, row, await service.office_counts(session, caller, announcement_id, now=now))


def _shown(response: Response, row: Announcement, counts: Counts | None) -> announcements_schemas.Announcement:
    """Whom it was meant for is seen by whoever follows what becomes of it."""
    response.headers["ETag"] = service.announcement_tag(row, counts)
    shown = {"audience": Audience.of_json(row.audience).as_json() if counts else None, "counts": counts}
    return announcements_schemas.Announcement.model_validate(_members(row) | shown, from_attributes=True)


def _members(row: Announcement) -> dict[str, Any]:
    """What every reader of an announcement is told of it."""
    names = announcements_schemas.AnnouncementSummary.model_fields.keys() - {"localities", "state"}
    state = "withdrawn" if row.withdrawn_at else "published" if row.is_out else "scheduled"
    return {name: getattr(row, name) for name in names} | {"localities": row.audience["localities"], "state": state}


def _summary(row: Announcement) -> announcements_schemas.AnnouncementSummary:
    return announcements_schemas.AnnouncementSummary(**_members(row))


@router.get(
    "/v1/announcements/{announcement_id}/deliveries",
    responses=error_responses(errors.AnnouncementNotFound),
)
async def list_deliveries(
    announcement_id: UUID,
    params: Annotated[deliveries_schemas.DeliveryParams, Query()],
    caller: Annotated[Principal, require(DELIVERIES)],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> deliveries_schemas.DeliveryPage:
    """What became of an announcement for each recipient. A locality's office sees this of announcements that went to
    nobody outside it.
    """
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id)
    if not await service.follows_deliveries(session, caller, announcement_id, now=serving.clock.now()):
        raise Forbidden("Your role follows announcements to your own localities and practices only.")
    page = await announcements.list_deliveries(
        session,
        row,
        state=params.state,
        channel=params.channel,
        in_doubt=params.in_doubt,
        params=params,
        cursors=serving.cursors,
    )
    return paged(request, response, page.map(shown))


@router.patch(
    "/v1/announcements/{announcement_id}",
    responses=error_responses(
        errors.AnnouncementNotFound,
        errors.AlreadyPublished,
        errors.NoSuchMoment,
        errors.AcknowledgementPast,
        errors.TextInvalid,
        errors.NotForEachPractice,
        errors.FieldsMissing,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def change_announcement(
    announcement_id: UUID,
    body: announcements_schemas.AnnouncementPatch,
    caller: Editor,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> announcements_schemas.Announcement:
    """Change what waits to be published, or when it is. Withdrawing it takes it back altogether."""
    now = serving.clock.now()
    change = service.Rescheduling(body.publish_at, body.title, body.body_markdown)
    row = await service.reschedule_announcement(session, caller, announcement_id, change, expected=expected, now=now)
    return _shown(response, row, await service.office_counts(session, caller, announcement_id, now=now))


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
) -> announcements_schemas.Announcement:
    """Take it off the intranet. Mail that has gone out is not called back; a second time changes nothing."""
    now = serving.clock.now()
    row = await service.withdraw_announcement(session, caller, announcement_id, expected=expected, now=now)
    return _shown(response, row, await service.office_counts(session, caller, announcement_id, now=now))
