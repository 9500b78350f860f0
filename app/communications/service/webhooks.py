"""Webhook endpoints: making, changing, testing and replaying them. What is sent is for the workers."""

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from app.communications.errors import (
    TooManyWebhooks,
    WebhookDeliveryNotFound,
    WebhookDisabled,
    WebhookEventUnknown,
    WebhookReplayUnclear,
)
from app.communications.events import WebhookDue, WebhookReplayRequested
from app.communications.repository import webhooks
from app.communications.repository.webhooks import WebhookEndpointRepository
from app.communications.rules.webhooks import OVERLAP, SECRET_BYTES, public_key_of, shown_secret
from app.communications.tables import WebhookDelivery, WebhookEndpoint
from app.communications.values.webhooks import (
    ALL_EVENTS,
    END_OF_NUMBER,
    MOST_ENDPOINTS,
    TEST_EVENT,
    EndpointState,
    Signing,
    WantedEndpoint,
    WantedReplay,
    WebhookKeys,
    WebhookState,
)
from app.core import records
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit, listen, registered_events
from app.core.ids import new_id
from app.core.operations import OperationRow, start_operation
from app.core.principal import Principal
from app.core.repository import Expected
from app.core.secrets import SecretBox

WRITE: Final = "webhooks:write"
_FULL_NAME: Final = "webhook_endpoint"


def heard_events() -> dict[str, str]:
    """Every event that an endpoint may hear of, with the scope that may read what it is about."""
    found = {name: event.resource.scope for name, event in registered_events().items() if event.resource is not None}
    return dict(sorted(found.items()))


async def create_endpoint(
    session: Tx, caller: Principal, wanted: WantedEndpoint, *, box: SecretBox, now: datetime
) -> tuple[WebhookEndpoint, str | None]:
    """The endpoint, and the secret that its receiver verifies with, where there is one; it is shown once."""
    _refuse_unknown(wanted.events)
    if await WebhookEndpointRepository(session, session.tenant).count() >= MOST_ENDPOINTS:
        raise TooManyWebhooks
    endpoint_id, key = new_id(), os.urandom(SECRET_BYTES)
    endpoint = WebhookEndpoint(
        commissioner_id=session.tenant,
        id=endpoint_id,
        url=wanted.url,
        description=wanted.description,
        events=list(wanted.events),
        signing=wanted.signing,
        secret=_sealed(box, endpoint_id, "secret", key),
        public_key=_public(wanted.signing, key),
        state=EndpointState.ENABLED,
        owner_id=caller.require_person(),
        after_number=await listen(session),
        after_position=END_OF_NUMBER,
        created_at=now,
    )
    session.add(endpoint)
    audit(session, "webhook_endpoint.created", endpoint_id, events=list(wanted.events), signing=wanted.signing.value)
    return endpoint, _shown(wanted.signing, key)


async def change_endpoint(
    session: Tx, caller: Principal, endpoint_id: UUID, changes: dict[str, object], *, expected: Expected
) -> WebhookEndpoint:
    """Whoever says where it goes or what it hears of answers for it from then on: it reads by their rights."""
    endpoint = await _locked(session, endpoint_id, expected)
    events = changes.get("events")
    if isinstance(events, list):
        _refuse_unknown(events)
    if changes.keys() & {"url", "events"}:
        endpoint.owner_id = caller.require_person()
    for name, value in changes.items():
        setattr(endpoint, name, value)
    session.add(endpoint)
    audit(session, "webhook_endpoint.changed", endpoint_id, members=sorted(changes))
    # The version in the ETag is raised as the row is flushed.
    await session.flush()
    return endpoint


async def delete_endpoint(session: Tx, endpoint_id: UUID, *, expected: Expected) -> None:
    """Nothing more is sent, its keys are gone, and its log goes with the next night."""
    endpoint = await _locked(session, endpoint_id, expected)
    endpoint.state = EndpointState.DELETED
    endpoint.disabled_because = endpoint.disabled_at = None
    endpoint.secret = endpoint.previous_secret = None
    session.add(endpoint)
    audit(session, "webhook_endpoint.deleted", endpoint_id)


async def rotate_endpoint(
    session: Tx, endpoint_id: UUID, *, expected: Expected, box: SecretBox, now: datetime
) -> tuple[WebhookEndpoint, str | None]:
    """A new key. For a day everything is signed with the one before as well, so that the receiver may change when it
    suits; one older than that signs no more at once.
    """
    endpoint = await _locked(session, endpoint_id, expected)
    key, signing = os.urandom(SECRET_BYTES), Signing(endpoint.signing)
    endpoint.previous_secret = _sealed(box, endpoint_id, "previous_secret", _opened(box, endpoint, "secret"))
    endpoint.previous_public_key, endpoint.previous_until = endpoint.public_key, now + OVERLAP
    endpoint.secret, endpoint.public_key = _sealed(box, endpoint_id, "secret", key), _public(signing, key)
    session.add(endpoint)
    audit(session, "webhook_endpoint.rotated", endpoint_id)
    # The version in the ETag is raised as the row is flushed.
    await session.flush()
    return endpoint, _shown(signing, key)


async def enable_endpoint(
    session: Tx, caller: Principal, endpoint_id: UUID, *, skip_missed: bool, expected: Expected
) -> WebhookEndpoint:
    """Go on where it was disabled, or with what comes from now on. Whoever enables it answers for it."""
    endpoint = await _locked(session, endpoint_id, expected)
    if endpoint.state == EndpointState.ENABLED:
        return endpoint
    endpoint.state = EndpointState.ENABLED
    endpoint.disabled_because = endpoint.disabled_at = endpoint.failing_since = endpoint.quiet_until = None
    endpoint.owner_id = caller.require_person()
    number = await listen(session)
    if skip_missed:
        endpoint.after_number, endpoint.after_position = number, END_OF_NUMBER
    session.add(endpoint)
    audit(session, "webhook_endpoint.enabled", endpoint_id, skip_missed=skip_missed)
    emit(session, WebhookDue(subject=str(endpoint_id)))
    # The version in the ETag is raised as the row is flushed.
    await session.flush()
    return endpoint


async def queue_test(session: Tx, endpoint_id: UUID, *, now: datetime) -> WebhookDelivery:
    """An event that says nothing, signed and delivered like any other."""
    endpoint = await WebhookEndpointRepository(session, session.tenant).get(endpoint_id, for_update=True)
    _refuse_disabled(endpoint)
    endpoint.quiet_until = None
    delivery = WebhookDelivery(
        commissioner_id=session.tenant,
        endpoint_id=endpoint_id,
        event_id=new_id(),
        change_number=await records.get_change_number(session),
        position=0,
        name=TEST_EVENT,
        resource=_FULL_NAME,
        subject=str(endpoint_id),
        removed=False,
        occurred_at=now,
        state=WebhookState.WAITING,
        due_at=now,
        created_at=now,
    )
    session.add(delivery)
    emit(session, WebhookDue(subject=str(endpoint_id)))
    return delivery


async def replay_endpoint(session: Tx, endpoint_id: UUID, wanted: WantedReplay) -> OperationRow:
    """Have what was sent, or should have been, sent again in its order and under its ids; at once, because somebody asks."""
    endpoint = await WebhookEndpointRepository(session, session.tenant).get(endpoint_id, for_update=True)
    _refuse_disabled(endpoint)
    endpoint.quiet_until = None
    if wanted.ids and await webhooks.count_known(session, endpoint_id, wanted.ids) < len(wanted.ids):
        raise WebhookDeliveryNotFound
    reached = (endpoint.after_number, endpoint.after_position)
    operation = await start_operation(session, "communications.webhook_replay", result={_FULL_NAME: str(endpoint_id)})
    emit(
        session,
        WebhookReplayRequested(
            subject=str(endpoint_id),
            operation=str(operation.id),
            after=await _start(session, wanted.start) or reached,
            upto=min(await _end(session, wanted.until) or reached, reached),
            ids=tuple(str(each) for each in wanted.ids),
        ),
    )
    audit(session, "webhook_endpoint.replayed", endpoint_id, operation=str(operation.id))
    return operation


async def _start(session: Tx, start: datetime | UUID | tuple[int, int] | None) -> tuple[int, int] | None:
    """The position after which the replay begins; None where nothing comes after it."""
    if isinstance(start, UUID):
        found = await webhooks.find_position(session, start)
        if found is None:
            known = FieldError("/from", "unknown", "Events are kept for 90 days; name one of those.")
            raise WebhookReplayUnclear("There is no event of that id.", errors=[known])
        return _before(found)
    if isinstance(start, datetime):
        found = await webhooks.position_at(session, start)
        return _before(found) if found else None
    return start


async def _end(session: Tx, until: datetime | None) -> tuple[int, int] | None:
    found = await webhooks.position_at(session, until) if until else None
    return _before(found) if found else None


def _before(position: tuple[int, int]) -> tuple[int, int]:
    return position[0], position[1] - 1


def keys_of(box: SecretBox, endpoint: WebhookEndpoint, *, now: datetime) -> WebhookKeys:
    keys = [_opened(box, endpoint, "secret")]
    if endpoint.previous_secret is not None and endpoint.previous_until is not None and now < endpoint.previous_until:
        keys.append(_opened(box, endpoint, "previous_secret"))
    return WebhookKeys(Signing(endpoint.signing), tuple(keys))


async def _locked(session: Tx, endpoint_id: UUID, expected: Expected) -> WebhookEndpoint:
    """Held against the workers, which note how it does and may disable it."""
    endpoint = await WebhookEndpointRepository(session, session.tenant).get(endpoint_id, for_update=True)
    expected.check(endpoint.version)
    return endpoint


def _refuse_disabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.state != EndpointState.ENABLED:
        raise WebhookDisabled


def _refuse_unknown(events: Iterable[str]) -> None:
    known = heard_events()
    wrong = [i for i, name in enumerate(events) if name != ALL_EVENTS and name not in known]
    if wrong:
        detail = f"Write {ALL_EVENTS} for all, or one of: {', '.join(known)}."
        raise WebhookEventUnknown(errors=[FieldError(f"/events/{i}", "unknown_event", detail) for i in wrong])


def _context(endpoint_id: UUID, column: str) -> str:
    return f"webhook_endpoint:{endpoint_id}:{column}"


def _sealed(box: SecretBox, endpoint_id: UUID, column: str, key: bytes) -> str:
    return box.seal(key, context=_context(endpoint_id, column))


def _opened(box: SecretBox, endpoint: WebhookEndpoint, column: str) -> bytes:
    return box.open(getattr(endpoint, column), context=_context(endpoint.id, column))


def _public(signing: Signing, key: bytes) -> str | None:
    return public_key_of(key) if signing is Signing.ED25519 else None


def _shown(signing: Signing, key: bytes) -> str | None:
    return shown_secret(key) if signing is Signing.HMAC else None
