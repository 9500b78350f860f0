"""HTTP of providers that call back. The address itself is signed; who sends something else is told nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import Header, Request

from app.communications import errors, service
from app.communications.router.root import router
from app.communications.rules.bounces import delivery_of, scrubbed
from app.communications.schemas import hooks as schemas
from app.communications.values import Bounce, ProviderKind, Receipt, SuppressionSource
from app.core.auth import public
from app.core.db import Actor, Tx, unit_of_work
from app.core.errors import Unauthenticated
from app.core.http import Services, Serving
from app.core.problems import error_responses

_UNKNOWN = errors.CallbackUnknown
Authorization = Annotated[str | None, Header(description="`Bearer` and the token that was told with the address.")]


@router.post(
    "/hooks/notify/{token}",
    status_code=204,
    dependencies=[public("GOV.UK Notify signs in with a signed address and a bearer token of its own")],
    responses=error_responses(_UNKNOWN, Unauthenticated),
)
async def take_notify_receipt(
    token: str,
    body: schemas.NotifyReceipt,
    request: Request,
    serving: Serving,
    authorization: Authorization = None,
) -> None:
    """What GOV.UK Notify says of a message that it took. Saying it again, or too late, changes nothing."""
    address = service.read_callback_token(serving.secrets, token, ProviderKind.NOTIFY)
    if address is None:
        raise _UNKNOWN
    bearer = (authorization or "").removeprefix("Bearer ").removeprefix("bearer ")
    if not service.is_bearer_of(serving.secrets, address, bearer):
        raise Unauthenticated
    async with _within(serving, request, address) as session:
        delivery_id = _uuid(body.reference)
        if delivery_id is not None:
            receipt = Receipt(delivery_id, body.status, body.to)
            await service.record_receipt(session, receipt, now=serving.clock.now())


@router.post(
    "/hooks/bounces/{token}",
    status_code=204,
    dependencies=[public("a mail service signs in with a signed address")],
    responses=error_responses(_UNKNOWN),
)
async def take_returned_mail(token: str, body: schemas.ReturnedMails, request: Request, serving: Serving) -> None:
    """Mail that came back, and complaints. What names no mail of ours to that address changes nothing."""
    address = service.read_callback_token(serving.secrets, token, ProviderKind.MAIL)
    if address is None:
        raise _UNKNOWN
    bounces = [bounce for mail in body.bounces if (bounce := _bounce(mail))]
    async with _within(serving, request, address) as session:
        await service.record_returned(session, bounces, source=SuppressionSource.HOOK, now=serving.clock.now())


@asynccontextmanager
async def _within(serving: Services, request: Request, address: service.CallbackAddress) -> AsyncIterator[Tx]:
    """A unit of work of the commissioner whose provider this is, committed before the answer leaves."""
    actor = Actor(request_id=request.state.request_id, correlation_id=request.state.correlation_id, via="hook")
    tenant, wake = address.commissioner_id, serving.waker.wake
    async with unit_of_work(serving.app_engine, tenant, actor=actor, after_commit=wake) as session:
        await service.require_callback(session, address)
        yield session


def _bounce(mail: schemas.ReturnedMail) -> Bounce | None:
    delivery_id, key = delivery_of(mail.message_id), service.suppression_key(mail.address)
    if delivery_id is None or key is None:
        return None
    return Bounce(delivery_id, frozenset({key}), mail.kind, scrubbed(mail.detail or mail.kind.value))


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
