"""What workers do for webhooks: events become deliveries, deliveries are taken, and what became of them is noted."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.access.service import scopes_of
from app.access.values import Role
from app.communications.repository import webhook_sending
from app.communications.repository.webhooks import WebhookEndpointRepository
from app.communications.rules import webhooks as rules
from app.communications.service import facts
from app.communications.service.letters import post_letters
from app.communications.service.webhooks import WRITE, heard_events, keys_of
from app.communications.service.wording import word
from app.communications.tables import WebhookEndpoint
from app.communications.values import Audience
from app.communications.values.webhooks import (
    ALL_EVENTS,
    END_OF_NUMBER,
    TEST_EVENT,
    DisabledBecause,
    EndpointState,
    Hook,
    OpenEndpoint,
    ReplayRange,
    Tried,
)
from app.core import records
from app.core.audit import audit
from app.core.db import Tx
from app.core.events import feed_resources, listen_no_more
from app.core.jobs import NewJob, call_all
from app.core.operations import record_progress, succeed
from app.core.secrets import SecretBox

QUEUE: Final = "webhooks"
SEND: Final = "communications.send_webhooks"
FAN_OUT: Final = "communications.fan_out_webhooks"
AT_ONCE: Final = 5
"""How many are on their way to one endpoint at a time."""
_ROWS_AT_ONCE: Final = 20_000
"""The endpoints are locked meanwhile, and whoever notes an answer waits for them."""
_EVENTS_AT_ONCE: Final = 5_000
KEPT: Final = timedelta(days=90)
_LOST: Final = "The worker ended before the answer was written down; it was sent again."
_GONE: Final = 410


async def fan_out(session: Tx, *, now: datetime) -> bool:
    """Make deliveries of the next events for every enabled endpoint. Returns whether there are more."""
    # Read before the rows: everything up to this number is committed.
    end = (await records.get_change_number(session), END_OF_NUMBER)
    endpoints = WebhookEndpointRepository(session, session.tenant)
    enabled = await endpoints.lock_enabled()
    listeners = await _listeners(session, enabled, now=now)
    if not listeners:
        await listen_no_more(session, lambda: _nobody_is_enabled(session))
        return False
    after = min((each.after_number, each.after_position) for each in enabled if each.id in listeners)
    upto = await webhook_sending.find_upto(session, after, end, most=max(1, _ROWS_AT_ONCE // len(listeners)))
    due = await webhook_sending.fan_out(session, listeners, ReplayRange(after, upto), now=now)
    await call(session, due)
    return upto < end


async def _nobody_is_enabled(session: Tx) -> bool:
    return not await WebhookEndpointRepository(session, session.tenant).lock_enabled()


async def _listeners(session: Tx, enabled: Sequence[WebhookEndpoint], *, now: datetime) -> dict[UUID, frozenset[str]]:
    """What each is to hear of: what it asked for, as far as whoever answers for it may read it."""
    scopes = await scopes_of(session, {each.owner_id for each in enabled}, by=WRITE, now=now)
    found: dict[UUID, frozenset[str]] = {}
    for endpoint in enabled:
        if WRITE in scopes[endpoint.owner_id]:
            found[endpoint.id] = _wanted(endpoint, _readable(scopes[endpoint.owner_id]))
        else:
            await _disable(session, endpoint, DisabledBecause.OWNER_LEFT, now=now)
    return found


def _wanted(endpoint: WebhookEndpoint, readable: frozenset[str]) -> frozenset[str]:
    return readable if ALL_EVENTS in endpoint.events else readable & set(endpoint.events)


def _readable(scopes: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name, scope in heard_events().items() if scope in scopes)


async def call(session: Tx, endpoints: Sequence[UUID]) -> None:
    """Have the job of each of these look for what is due. One job stands for each endpoint, so one worker sends to it."""
    await call_all(
        session, [NewJob(session.tenant, SEND, QUEUE, str(each), {"endpoint": str(each)}) for each in endpoints]
    )


async def wake(session: Tx, endpoint_id: UUID) -> None:
    """Something waits for the endpoint; and what has happened while it was disabled has yet to become deliveries."""
    await call(session, [endpoint_id])
    await call_all(session, [NewJob(session.tenant, FAN_OUT, QUEUE, "all", {})])


async def resume(session: Tx, endpoint_id: UUID, *, now: datetime) -> None:
    """What a worker that ended was sending waits again."""
    if await _find_enabled(session, endpoint_id) is not None:
        await webhook_sending.resume(session, endpoint_id, detail=_LOST, now=now)


async def take(
    session: Tx, endpoint_id: UUID, *, box: SecretBox, now: datetime
) -> tuple[OpenEndpoint | None, list[Hook]]:
    """What is due, and the endpoint as it is by now: its address, keys and rights may have changed since the last were
    taken.
    """
    opened = await _open(session, endpoint_id, box=box, now=now)
    if opened is None or (opened.quiet_until is not None and opened.quiet_until > now):
        return opened, []
    return opened, await webhook_sending.take(session, endpoint_id, most=AT_ONCE, now=now)


async def _open(session: Tx, endpoint_id: UUID, *, box: SecretBox, now: datetime) -> OpenEndpoint | None:
    """What to know before sending; None where nothing is to be sent. Rights are looked at again, because whoever
    answers for the endpoint may have lost them since the events became deliveries.
    """
    endpoint = await _find_enabled(session, endpoint_id)
    if endpoint is None:
        return None
    scopes = (await scopes_of(session, [endpoint.owner_id], by=WRITE, now=now))[endpoint.owner_id]
    if WRITE not in scopes:
        await _disable(session, endpoint, DisabledBecause.OWNER_LEFT, now=now)
        return None
    readable = _readable(scopes)
    if len(readable) < len(heard_events()):
        await webhook_sending.withdraw(session, endpoint_id, readable=readable | {TEST_EVENT})
    return OpenEndpoint(endpoint.url, keys_of(box, endpoint, now=now), endpoint.quiet_until)


async def _find_enabled(session: Tx, endpoint_id: UUID) -> WebhookEndpoint | None:
    """Locked: the API may change, disable or delete it at any moment."""
    endpoints = WebhookEndpointRepository(session, session.tenant)
    endpoint = await endpoints.find(WebhookEndpoint.id == endpoint_id, for_update=True)  # pyright: ignore
    return endpoint if endpoint is not None and endpoint.state == EndpointState.ENABLED else None


async def record(session: Tx, endpoint_id: UUID, tried: Sequence[Tried], *, now: datetime) -> bool:
    """Note what became of each, and how the endpoint does. Returns whether to send it more at once."""
    verdicts = [(each, rules.judge(each, chance=random.random(), now=now)) for each in tried]  # noqa: S311 - jitter
    # The endpoint is locked before its deliveries, as whoever replays them does.
    endpoint = await _find_enabled(session, endpoint_id)
    await webhook_sending.record(session, endpoint_id, verdicts)
    if endpoint is None:
        return False
    quiet_until = rules.quiet_until(list(tried), failing_since=endpoint.failing_since, now=now)
    failing_since = None if quiet_until is None else endpoint.failing_since or now
    if any(each.status == _GONE for each in tried):
        await _disable(session, endpoint, DisabledBecause.GONE, now=now)
        return False
    if quiet_until is not None and rules.is_given_up(failing_since, now=now):
        await _disable(session, endpoint, DisabledBecause.FAILING, now=now)
        return False
    if (failing_since, quiet_until) != (endpoint.failing_since, endpoint.quiet_until):
        await webhook_sending.record_health(session, endpoint_id, failing_since=failing_since, quiet_until=quiet_until)
    # Fewer than were looked for: no more were due. What has come due since is found when the job goes to rest.
    return quiet_until is None and (len(tried) == AT_ONCE or tried[0].hook.is_replay)


async def seconds_until_due(session: Tx, endpoint_id: UUID, *, now: datetime) -> float | None:
    """How long the endpoint's job may rest; None where nothing waits that may be sent."""
    due = await webhook_sending.find_next_due(session, endpoint_id)
    return None if due is None else max(0.0, (due - now).total_seconds())


async def _disable(session: Tx, endpoint: WebhookEndpoint, because: DisabledBecause, *, now: datetime) -> None:
    """Whoever administers the commissioner is told, so that somebody puts it right and enables it again."""
    endpoint.state, endpoint.disabled_because, endpoint.disabled_at = EndpointState.DISABLED, because, now
    session.add(endpoint)
    audit(session, "webhook_endpoint.disabled", endpoint.id, because=because.value)
    since = endpoint.failing_since if because is DisabledBecause.FAILING else None
    found = facts.webhook_disabled(endpoint.url, because=because, since=since)
    letters = await word(session, "webhook_disabled", [found], source_id=str(endpoint.id), occasion=now.isoformat())
    await post_letters(session, letters, Audience.of_holders(Role.COMMISSIONER_ADMIN), now=now)


async def replay(
    session: Tx,
    endpoint_id: UUID,
    events: ReplayRange,
    ids: Sequence[UUID],
    *,
    operation: UUID,
    done: int,
    now: datetime,
) -> tuple[ReplayRange, int] | None:
    """Let the next part of a replay wait again. Returns what is left, and how many have been queued; None at the end."""
    endpoint = await _find_enabled(session, endpoint_id)
    scopes = await scopes_of(session, [endpoint.owner_id], by=WRITE, now=now) if endpoint else {}
    names = _readable(scopes[endpoint.owner_id]) if endpoint else frozenset[str]()
    upto = events.upto
    if ids:
        done += await webhook_sending.replay_these(session, endpoint_id, names | {TEST_EVENT}, ids, now=now)
    elif endpoint is not None:
        upto = await webhook_sending.find_upto(session, events.after, events.upto, most=_EVENTS_AT_ONCE)
        part = ReplayRange(events.after, upto)
        done += await webhook_sending.replay(session, endpoint_id, _wanted(endpoint, names), part, now=now)
    await call(session, [endpoint_id])
    if upto < events.upto:
        await record_progress(session, operation, done=done)
        return ReplayRange(upto, events.upto), done
    await succeed(session, operation, total=done)
    return None


async def drop_old(session: Tx, *, now: datetime) -> bool:
    """A batch. Returns whether there may be more."""
    return await webhook_sending.drop_old(session, kept=KEPT, most=_EVENTS_AT_ONCE, now=now)


def write_request(endpoint: OpenEndpoint, hook: Hook, *, now: datetime) -> tuple[bytes, Mapping[str, str]]:
    """Body and headers of one try."""
    body = rules.webhook_body(hook, _href(hook))
    return body, rules.webhook_headers(endpoint.keys, identifier=rules.message_id(hook.event_id), body=body, now=now)


def _href(hook: Hook) -> str:
    resources = feed_resources()
    href = resources[hook.kind].href if hook.kind in resources else "/v1/webhook-endpoints/{}"
    return href.format(hook.subject)
