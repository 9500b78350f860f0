"""HTTP of channels in Microsoft Teams."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.communications import errors, service
from app.communications.repository.teams import TeamsChannelRepository
from app.communications.router.root import router
from app.communications.schemas import teams as schemas
from app.communications.tables import TeamsChannel
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.http import MustMatch, Serving, accepted, paged
from app.core.operations import Operation, operation_answer
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations.errors import LocalityNotFound

Reader = Annotated[Principal, require("channels:read")]
Writer = Annotated[Principal, require("channels:write")]


@router.get("/v1/teams-channels")
async def list_teams_channels(
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.TeamsChannelPage:
    """Channels in Microsoft Teams into which what the intranet shows is posted, in the order in which they were added."""
    repository = TeamsChannelRepository(session, session.tenant)
    page = await repository.list_page(params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_channel))


@router.post(
    "/v1/teams-channels", status_code=201, responses=error_responses(LocalityNotFound, errors.TeamsChannelNameTaken)
)
async def create_teams_channel(
    body: schemas.TeamsChannelIn, caller: Writer, session: Transaction, serving: Serving, response: Response
) -> schemas.TeamsChannel:
    """Add a channel. Announcements that are on the intranet are posted there from now on."""
    row = await service.create_teams_channel(
        session,
        serving.secrets,
        name=body.name,
        url=body.url,
        locality_id=body.locality_id,
        topics=body.topics,
        now=serving.clock.now(),
    )
    response.headers["Location"] = f"/v1/teams-channels/{row.id}"
    return _shown(response, row)


@router.get("/v1/teams-channels/{channel_id}", responses=error_responses(errors.TeamsChannelNotFound))
async def get_teams_channel(
    channel_id: UUID, caller: Reader, session: Transaction, response: Response
) -> schemas.TeamsChannel:
    """One channel, and whether cards still arrive there."""
    return _shown(response, await TeamsChannelRepository(session, session.tenant).get(channel_id))


@router.patch(
    "/v1/teams-channels/{channel_id}",
    responses=error_responses(
        errors.TeamsChannelNotFound, errors.TeamsChannelNameTaken, PreconditionFailed, PreconditionRequired
    ),
)
async def change_teams_channel(
    channel_id: UUID,
    body: schemas.TeamsChannelPatch,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> schemas.TeamsChannel:
    """Change its name or topics, or give it the address of a new flow."""
    changes = body.model_dump(exclude_unset=True)
    row = await service.change_teams_channel(
        session, serving.secrets, channel_id, changes, expected=service.of_settings(expected)
    )
    return _shown(response, row)


@router.post(
    "/v1/teams-channels/{channel_id}/test", status_code=202, responses=error_responses(errors.TeamsChannelNotFound)
)
async def test_teams_channel(channel_id: UUID, caller: Writer, session: Transaction, response: Response) -> Operation:
    """Post a card that asks for nothing into the channel now. The operation's `result` says what Teams answered, as with
    the test of a provider. A card that arrives makes a broken channel whole.
    """
    operation = await service.request_teams_test(session, channel_id)
    accepted(response, operation.id)
    return operation_answer(operation)


@router.delete(
    "/v1/teams-channels/{channel_id}",
    status_code=204,
    responses=error_responses(errors.TeamsChannelNotFound, PreconditionFailed, PreconditionRequired),
)
async def delete_teams_channel(channel_id: UUID, caller: Writer, session: Transaction, expected: MustMatch) -> None:
    """Post there no more. What was posted stays in Teams."""
    await service.delete_teams_channel(session, channel_id, expected=service.of_settings(expected))


def _shown(response: Response, row: TeamsChannel) -> schemas.TeamsChannel:
    response.headers["ETag"] = service.way_tag(row)
    return _channel(row)


def _channel(row: TeamsChannel) -> schemas.TeamsChannel:
    return schemas.TeamsChannel.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "locality_id": row.locality_id,
            "topics": row.topics,
            "state": "active" if row.broken_at is None else "broken",
            "fault": row.fault,
            "broken_at": row.broken_at,
            "health": service.health_of(row),
            "created_at": row.created_at,
        }
    )
