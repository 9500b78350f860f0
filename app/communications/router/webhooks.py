"""HTTP of webhook endpoints: keeping them, their log, tests and replays."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import TypeAdapter, ValidationError

from app.communications import errors, tables
from app.communications.repository import webhooks as repository
from app.communications.repository.webhooks import WebhookEndpointRepository
from app.communications.router.root import router
from app.communications.rules.webhooks import message_id
from app.communications.schemas import webhooks as schemas
from app.communications.service import webhooks as service
from app.communications.values.webhooks import EndpointState, Signing, WantedEndpoint, WantedReplay, WebhookState
from app.core.auth import require
from app.core.clock import Instant
from app.core.db import Transaction
from app.core.errors import FieldError, PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MayMatch, MustMatch, Services, Serving, accepted, asks_first, paged, posted_text
from app.core.operations import Operation, operation_answer
from app.core.outside import NotReached, Refused, checked_url
from app.core.principal import Principal
from app.core.problems import error_responses

Reader = Annotated[Principal, require("webhooks:read")]
Writer = Annotated[Principal, require("webhooks:write")]
_INSTANT = TypeAdapter(Instant)
_CHANGED = (errors.WebhookEndpointNotFound, PreconditionFailed, PreconditionRequired)


async def _look_up_url(request: Request, services: Services) -> None:
    """Refuse an address that leads to where nothing is called. A name that is not known yet may be known when something
    is sent, and is looked at again then.
    """
    url = await posted_text(request, "url")
    if url is None:
        return
    try:
        await services.outside.look_up(checked_url(url))
    except Refused as error:
        raise errors.WebhookUrlRefused(errors=[FieldError("/url", "not_allowed", str(error))]) from None
    except NotReached:
        return


@router.post(
    "/v1/webhook-endpoints",
    status_code=201,
    responses=error_responses(errors.WebhookUrlRefused, errors.WebhookEventUnknown, errors.TooManyWebhooks),
)
@asks_first(_look_up_url)
async def create_webhook_endpoint(
    body: schemas.WebhookEndpointIn, caller: Writer, session: Transaction, serving: Serving, response: Response
) -> schemas.WebhookEndpointWithSecret:
    """Have changes sent to an address of yours as they happen, signed as Standard Webhooks describes it.

    `secret` is in this answer only; store it now. What is sent says what changed and where to read it, nothing more; it
    is sent as far as you may read it, for as long as you hold a role that may keep webhooks.
    """
    wanted = WantedEndpoint(str(checked_url(body.url)), tuple(body.events), body.description, body.signing)
    row, secret = await service.create_endpoint(session, caller, wanted, box=serving.secrets, now=serving.clock.now())
    response.headers["Location"] = f"/v1/webhook-endpoints/{row.id}"
    return _with_secret(response, row, secret)


@router.get("/v1/webhook-endpoints")
async def list_webhook_endpoints(
    params: Annotated[schemas.PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.WebhookEndpointPage:
    """The commissioner's endpoints, never their secrets."""
    endpoints = WebhookEndpointRepository(session, session.tenant)
    page = await endpoints.list_page(params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_shown))


@router.get("/v1/webhook-endpoints/{endpoint_id}", responses=error_responses(errors.WebhookEndpointNotFound))
async def get_webhook_endpoint(
    endpoint_id: UUID, caller: Reader, session: Transaction, response: Response
) -> schemas.WebhookEndpoint:
    """One endpoint, without its secret."""
    return _answer(response, await WebhookEndpointRepository(session, session.tenant).get(endpoint_id))


@router.patch(
    "/v1/webhook-endpoints/{endpoint_id}",
    responses=error_responses(*_CHANGED, errors.WebhookUrlRefused, errors.WebhookEventUnknown),
)
@asks_first(_look_up_url)
async def change_webhook_endpoint(
    endpoint_id: UUID,
    body: schemas.WebhookEndpointPatch,
    caller: Writer,
    session: Transaction,
    expected: MustMatch,
    response: Response,
) -> schemas.WebhookEndpoint:
    """Change where it goes, what it hears of or what it is called. Whoever changes the first two answers for it."""
    changes: dict[str, object] = body.model_dump(exclude_unset=True)
    if "url" in changes:
        changes["url"] = str(checked_url(body.url))
    row = await service.change_endpoint(session, caller, endpoint_id, changes, expected=expected)
    return _answer(response, row)


@router.delete("/v1/webhook-endpoints/{endpoint_id}", status_code=204, responses=error_responses(*_CHANGED))
async def delete_webhook_endpoint(endpoint_id: UUID, caller: Writer, session: Transaction, expected: MustMatch) -> None:
    """Send nothing more to it, and forget its keys and its log."""
    await service.delete_endpoint(session, endpoint_id, expected=expected)


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/rotate",
    responses=error_responses(errors.WebhookEndpointNotFound, PreconditionFailed),
)
async def rotate_webhook_endpoint(
    endpoint_id: UUID, caller: Writer, session: Transaction, serving: Serving, expected: MayMatch, response: Response
) -> schemas.WebhookEndpointWithSecret:
    """Give it a new key. For 24 hours everything is signed with the one before as well, so nothing is lost meanwhile."""
    row, secret = await service.rotate_endpoint(
        session, endpoint_id, expected=expected, box=serving.secrets, now=serving.clock.now()
    )
    return _with_secret(response, row, secret)


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/enable",
    responses=error_responses(errors.WebhookEndpointNotFound, PreconditionFailed),
)
async def enable_webhook_endpoint(
    endpoint_id: UUID,
    caller: Writer,
    session: Transaction,
    expected: MayMatch,
    response: Response,
    body: schemas.WebhookEnableIn | None = None,
) -> schemas.WebhookEndpoint:
    """Go on with an endpoint that was disabled: what waited and what happened since is sent, for up to 90 days back.

    Whoever enables it answers for it from then on. Enabling it again changes nothing.
    """
    skip = (body or schemas.WebhookEnableIn()).skip_missed
    row = await service.enable_endpoint(session, caller, endpoint_id, skip_missed=skip, expected=expected)
    return _answer(response, row)


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/test",
    status_code=201,
    responses=error_responses(errors.WebhookEndpointNotFound, errors.WebhookDisabled),
)
async def test_webhook_endpoint(
    endpoint_id: UUID, caller: Writer, session: Transaction, serving: Serving, response: Response
) -> schemas.WebhookDelivery:
    """Send an event of the name `webhooks.test` now. The answer's address tells what became of it."""
    row = await service.queue_test(session, endpoint_id, now=serving.clock.now())
    response.headers["Location"] = f"/v1/webhook-endpoints/{endpoint_id}/deliveries/{row.event_id}"
    return schemas.WebhookDelivery(**_delivery(row))


@router.get("/v1/webhook-endpoints/{endpoint_id}/deliveries", responses=error_responses(errors.WebhookEndpointNotFound))
async def list_webhook_deliveries(
    endpoint_id: UUID,
    params: Annotated[schemas.WebhookDeliveryParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.WebhookDeliveryPage:
    """What was sent to the endpoint or waits for it, newest first, for 90 days."""
    await WebhookEndpointRepository(session, session.tenant).get(endpoint_id)
    page = await repository.list_deliveries(
        session, endpoint_id, state=params.state, event=params.event, params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(lambda row: schemas.WebhookDelivery(**_delivery(row))))


@router.get(
    "/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}",
    responses=error_responses(errors.WebhookEndpointNotFound, errors.WebhookDeliveryNotFound),
)
async def get_webhook_delivery(
    endpoint_id: UUID, delivery_id: UUID, caller: Reader, session: Transaction
) -> schemas.WebhookDeliveryInFull:
    """One delivery with every try there was."""
    await WebhookEndpointRepository(session, session.tenant).get(endpoint_id)
    row = await repository.get_delivery(session, endpoint_id, delivery_id)
    tries = await repository.list_attempts(session, endpoint_id, delivery_id)
    return schemas.WebhookDeliveryInFull(**_delivery(row), tries=[_attempt(each) for each in tries])


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/replay",
    status_code=202,
    responses=error_responses(
        errors.WebhookEndpointNotFound,
        errors.WebhookDeliveryNotFound,
        errors.WebhookDisabled,
        errors.WebhookReplayUnclear,
    ),
)
async def replay_webhooks(
    endpoint_id: UUID,
    body: schemas.WebhookReplayIn,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Operation:
    """Send again what was sent, or should have been: in its order, and under the ids it had, so that a receiver which has
    it knows it again.

    `from` is an instant, the `webhook-id` of an event (which is sent too) or a cursor of the change feed. Events are there for 90
    days. The operation has succeeded when all of it waits to be sent, and its progress says how much that is.
    """
    wanted = WantedReplay(_start(body.from_, serving), body.until, tuple(body.ids or ()))
    operation = await service.replay_endpoint(session, endpoint_id, wanted)
    accepted(response, operation.id)
    return operation_answer(operation)


def _start(text: str | None, serving: Services) -> datetime | UUID | tuple[int, int] | None:
    if text is None:
        return None
    for read in (UUID, _INSTANT.validate_python):
        try:
            return read(text.removeprefix("evt_"))
        except (ValueError, ValidationError):
            continue
    values = serving.cursors.decode("changes", text)
    return values["number"], values["position"]


def _answer(response: Response, row: tables.WebhookEndpoint) -> schemas.WebhookEndpoint:
    response.headers["ETag"] = version_etag(row.version)
    return _shown(row)


def _with_secret(
    response: Response, row: tables.WebhookEndpoint, secret: str | None
) -> schemas.WebhookEndpointWithSecret:
    response.headers["ETag"] = version_etag(row.version)
    return schemas.WebhookEndpointWithSecret(**_shown(row).model_dump(), secret=secret)


def _shown(row: tables.WebhookEndpoint) -> schemas.WebhookEndpoint:
    return schemas.WebhookEndpoint(
        id=row.id,
        url=row.url,
        description=row.description,
        events=row.events,
        signing=Signing(row.signing),
        public_key=row.public_key,
        previous_public_key=row.previous_public_key,
        previous_until=row.previous_until,
        state=EndpointState(row.state),
        disabled_because=row.disabled_because,  # pyright: ignore - written from the enum
        disabled_at=row.disabled_at,
        failing_since=row.failing_since,
        owner=row.owner_id,
        created_at=row.created_at,
    )


def _delivery(row: tables.WebhookDelivery) -> dict[str, Any]:
    return {
        "id": row.event_id,
        "message_id": message_id(row.event_id),
        "event": row.name,
        "kind": row.resource,
        "subject": row.subject,
        "number": row.change_number,
        "position": row.position,
        "occurred_at": row.occurred_at,
        "state": WebhookState(row.state),
        "attempts": row.attempts,
        "next_attempt_at": row.due_at if row.state == WebhookState.WAITING else None,
        "detail": row.detail,
        "delivered_at": row.delivered_at,
    }


def _attempt(row: tables.WebhookAttempt) -> schemas.WebhookAttempt:
    return schemas.WebhookAttempt(
        n=row.n,
        at=row.started_at,
        outcome=row.outcome,  # pyright: ignore - the database checks it
        status=row.status,
        milliseconds=row.milliseconds,
        detail=row.detail,
    )
