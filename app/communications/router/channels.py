"""HTTP of how messages leave, and where nothing is sent."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.communications import errors, service
from app.communications.repository.channels import ProviderRepository, SuppressionRepository
from app.communications.router.root import router
from app.communications.schemas import channels as schemas
from app.communications.tables import MessageProvider, Suppression
from app.communications.values import ProviderKind
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.http import MustMatch, Serving, accepted, paged
from app.core.operations import Operation, operation_answer
from app.core.principal import Principal
from app.core.problems import error_responses

Reader = Annotated[Principal, require("channels:read")]
Writer = Annotated[Principal, require("channels:write")]


@router.get("/v1/message-providers")
async def list_message_providers(caller: Reader, session: Transaction) -> schemas.Providers:
    """The ways out that are set up. Without any, mail goes through the installation's mail server."""
    rows = await ProviderRepository(session, session.tenant).list(order=[MessageProvider.kind])
    return schemas.Providers(data=[_provider(row) for row in rows])


@router.get("/v1/message-providers/{kind}", responses=error_responses(errors.ProviderNotFound))
async def get_message_provider(
    kind: ProviderKind, caller: Reader, session: Transaction, response: Response
) -> schemas.Provider:
    """How mail goes out (`mail`), or e-mail and text messages through GOV.UK Notify (`notify`)."""
    row = await ProviderRepository(session, session.tenant).get_kind(kind)
    response.headers["ETag"] = service.way_tag(row)
    return _provider(row)


@router.put(
    "/v1/message-providers/{kind}",
    responses=error_responses(
        PreconditionFailed,
        PreconditionRequired,
        errors.ProviderKeyMissing,
        errors.ProviderKeyInvalid,
        errors.ProviderSetMeanwhile,
        errors.ProviderNotFound,
    ),
)
async def put_message_provider(
    kind: ProviderKind,
    body: schemas.ProviderIn,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> schemas.Provider:
    """Set up or change a way out. If-Match after the first time.

    The first answer, and one after `rotate_callback`, tells `callback_url` and `callback_bearer`: enter them as the
    callback of delivery receipts in GOV.UK Notify, or give the address of `mail` to the service that reports returned
    mail. They are shown once.
    """
    row, is_new_address = await service.set_provider(
        session, serving.secrets, kind, body.wanted(), expected=service.of_settings(expected), now=serving.clock.now()
    )
    response.headers["ETag"] = service.way_tag(row)
    shown = _provider(row)
    if is_new_address:
        secrets = service.callback_secrets(serving.secrets, row)
        hook = "notify" if kind is ProviderKind.NOTIFY else "bounces"
        shown.callback_url = f"{serving.settings.base_url}/hooks/{hook}/{secrets.token}"
        shown.callback_bearer = secrets.bearer if kind is ProviderKind.NOTIFY else None
    return shown


@router.post(
    "/v1/message-providers/{kind}/test",
    status_code=202,
    responses=error_responses(
        errors.ProviderNotFound, errors.ProviderWithoutTemplate, errors.AddressSuppressed, errors.NotAnAddress
    ),
)
async def test_message_provider(
    kind: ProviderKind,
    body: schemas.ProviderTestIn,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Operation:
    """Send one message to an address of yours now, also where the provider is turned off, and see what it says.

    The operation's `result` has `state` (`sent`, `failed_permanent`, `failed_temporary`, `in_doubt`, or `not_tried` where a
    limit has no room), the provider's words as `detail`, its `reference`, how many `milliseconds` it took, and whether it
    is our side that has to be put right (`is_fault`). The message counts for the limits and is kept nowhere else. One
    that is taken ends the provider's `fault`.
    """
    operation = await service.request_provider_test(session, serving.secrets, kind, body.to)
    accepted(response, operation.id)
    return operation_answer(operation)


def _provider(row: MessageProvider) -> schemas.Provider:
    return schemas.Provider(
        kind=ProviderKind(row.kind),
        is_active=row.is_active,
        has_api_key=row.api_key is not None,
        email_template=row.email_template,
        text_template=row.text_template,
        rate_per_minute=row.rate_per_minute,
        daily_limit=row.daily_limit,
        fault=row.fault,
        fault_at=row.fault_at,
        health=schemas.WayHealth(**service.health_of(row)),
        changed_at=row.changed_at,
        callback_url=None,
        callback_bearer=None,
    )


@router.get("/v1/suppressions")
async def list_suppressions(
    params: Annotated[schemas.SuppressionParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.SuppressionPage:
    """Addresses and numbers that nothing is sent to, the newest first."""
    key = None if params.address is None else service.suppression_key(params.address) or ""
    page = await SuppressionRepository(session, session.tenant).list_page(
        reason=params.reason, key=key, params=params, cursors=serving.cursors
    )
    return paged(request, response, page)


@router.get("/v1/suppressions/{suppression_id}", responses=error_responses(errors.SuppressionNotFound))
async def get_suppression(
    suppression_id: UUID, caller: Reader, session: Transaction, response: Response
) -> schemas.Suppression:
    """Why nothing is sent to one address, and since when."""
    return _suppression(response, await SuppressionRepository(session, session.tenant).get(suppression_id))


@router.post(
    "/v1/suppressions", status_code=201, responses=error_responses(errors.AlreadySuppressed, errors.NotAnAddress)
)
async def add_suppression(
    body: schemas.SuppressionIn, caller: Writer, session: Transaction, serving: Serving, response: Response
) -> schemas.Suppression:
    """Send nothing more to an address or a mobile number, because somebody asked for it. What is written to the person's inbox stays."""
    row = await service.add_suppression(session, body.address, detail=body.detail, now=serving.clock.now())
    response.headers["Location"] = f"/v1/suppressions/{row.id}"
    return _suppression(response, row)


@router.delete(
    "/v1/suppressions/{suppression_id}",
    status_code=204,
    responses=error_responses(errors.SuppressionNotFound, PreconditionFailed, PreconditionRequired),
)
async def lift_suppression(suppression_id: UUID, caller: Writer, session: Transaction, expected: MustMatch) -> None:
    """Send to the address again from now on. What was not sent meanwhile stays unsent."""
    await service.lift_suppression(session, suppression_id, expected=expected)


def _suppression(response: Response, row: Suppression) -> schemas.Suppression:
    response.headers["ETag"] = service.suppression_tag(row)
    return schemas.Suppression.model_validate(row)
