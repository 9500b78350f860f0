"""From events to deliveries, and from deliveries to tries: every statement that workers run for webhooks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.communications.values.webhooks import Hook, ReplayRange, Tried, Verdict
from app.core.db import Tx

Position = tuple[int, int]

_UPTO = text(
    """SELECT change_number, position FROM event
WHERE commissioner_id = :tenant AND (change_number, position) > (:after_number, :after_position)
  AND (change_number, position) <= (:upto_number, :upto_position) AND resource IS NOT NULL
ORDER BY change_number, position LIMIT 1 OFFSET :skipped"""
)
_NEW = """INSERT INTO webhook_delivery AS d (commissioner_id, endpoint_id, event_id, change_number, position, name,
  resource, subject, removed, occurred_at, state, due_at, created_at, is_replay)
SELECT e.commissioner_id, {endpoint}, e.id, e.change_number, e.position, e.name, e.resource, e.subject, e.removed,
  e.occurred_at, 'waiting', :now, :now, {is_replay}
FROM event e"""
_IN_RANGE = """WHERE e.commissioner_id = :tenant AND e.resource IS NOT NULL
  AND (e.change_number, e.position) > (:after_number, :after_position)
  AND (e.change_number, e.position) <= (:upto_number, :upto_position)"""
# Endpoints that listen to the same names are a group, so that neither list is as long as one times the other.
_FAN_OUT = text(
    f"""WITH added AS (
{_NEW.format(endpoint="w.id", is_replay="false")}
JOIN unnest(CAST(:groups AS int[]), CAST(:names AS text[])) AS g(number, name) ON g.name = e.name
JOIN unnest(CAST(:endpoints AS uuid[]), CAST(:groups_of AS int[])) AS m(id, number) ON m.number = g.number
JOIN webhook_endpoint w ON w.commissioner_id = e.commissioner_id AND w.id = m.id
{_IN_RANGE}
  AND (e.change_number, e.position) > (w.after_number, w.after_position)
ON CONFLICT DO NOTHING RETURNING d.endpoint_id
) SELECT DISTINCT endpoint_id FROM added"""
)
_MOVE_ON = text(
    """UPDATE webhook_endpoint SET after_number = :upto_number, after_position = :upto_position
WHERE commissioner_id = :tenant AND id = ANY(CAST(:endpoints AS uuid[]))
  AND (after_number, after_position) < (:upto_number, :upto_position)"""
)
_AGAIN = """ON CONFLICT (commissioner_id, endpoint_id, event_id) DO UPDATE SET state = 'waiting', tries = 0, due_at = :now,
  is_replay = true, detail = NULL, delivered_at = NULL
WHERE d.state <> 'sending'"""
_REPLAY = text(
    f"""{_NEW.format(endpoint="CAST(:endpoint AS uuid)", is_replay="true")}
{_IN_RANGE} AND e.name = ANY(CAST(:names AS text[])) {_AGAIN}"""
)
_REPLAY_THESE = text(
    """UPDATE webhook_delivery SET state = 'waiting', tries = 0, due_at = :now, is_replay = true, detail = NULL,
  delivered_at = NULL
WHERE commissioner_id = :tenant AND endpoint_id = :endpoint AND event_id = ANY(CAST(:ids AS uuid[]))
  AND state <> 'sending' AND name = ANY(CAST(:names AS text[]))"""
)


async def find_upto(session: Tx, after: Position, upto: Position, *, most: int) -> Position:
    """The end of the first `most` events of a range; of the range itself where there are no more."""
    values = {"tenant": session.tenant, "skipped": most - 1} | _range(ReplayRange(after, upto))
    found = (await (await session.connection()).execute(_UPTO, values)).one_or_none()
    return (found[0], found[1]) if found else upto


async def fan_out(
    session: Tx, listeners: Mapping[UUID, frozenset[str]], events: ReplayRange, *, now: datetime
) -> list[UUID]:
    """A delivery for each event of the range and each endpoint that listens to its name and has not had it, in one
    statement; the endpoints then stand at its end. Returns those that have something to send.
    """
    groups = {names: number for number, names in enumerate(set(listeners.values()))}
    pairs = [(number, name) for names, number in groups.items() for name in names]
    values = {
        "tenant": session.tenant,
        "groups": [number for number, _ in pairs],
        "names": [name for _, name in pairs],
        "endpoints": list(listeners),
        "groups_of": [groups[names] for names in listeners.values()],
        "now": now,
    } | _range(events)
    connection = await session.connection()
    added = (await connection.execute(_FAN_OUT, values)).scalars().all()
    await connection.execute(_MOVE_ON, values)
    return list(added)


async def replay(session: Tx, endpoint: UUID, names: Collection[str], events: ReplayRange, *, now: datetime) -> int:
    """Everything of the range waits again, or for the first time. Returns how many."""
    values = {"tenant": session.tenant, "endpoint": endpoint, "names": list(names), "now": now} | _range(events)
    return (await (await session.connection()).execute(_REPLAY, values)).rowcount


async def replay_these(
    session: Tx, endpoint: UUID, names: Collection[str], ids: Sequence[UUID], *, now: datetime
) -> int:
    values = {"tenant": session.tenant, "endpoint": endpoint, "names": list(names), "ids": list(ids), "now": now}
    return (await (await session.connection()).execute(_REPLAY_THESE, values)).rowcount


def _range(events: ReplayRange) -> dict[str, int]:
    return {
        "after_number": events.after[0],
        "after_position": events.after[1],
        "upto_number": events.upto[0],
        "upto_position": events.upto[1],
    }


# The job of an endpoint is one worker's, so what is being sent when it begins was left by a worker that ended.
_RESUME = text(
    """WITH left_over AS (
  UPDATE webhook_delivery SET state = 'waiting' WHERE commissioner_id = :tenant AND endpoint_id = :endpoint
    AND state = 'sending' RETURNING commissioner_id, endpoint_id, event_id, attempts
) INSERT INTO webhook_attempt (commissioner_id, endpoint_id, event_id, n, started_at, outcome, detail)
SELECT commissioner_id, endpoint_id, event_id, attempts, :now, 'unknown', :detail FROM left_over"""
)
_WITHDRAW = text(
    """UPDATE webhook_delivery SET state = 'withdrawn', due_at = NULL
WHERE commissioner_id = :tenant AND endpoint_id = :endpoint AND state = 'waiting'
  AND NOT name = ANY(CAST(:names AS text[]))"""
)
# What is replayed arrives in its order, so it goes one at a time.
_TAKE = text(
    """WITH due AS (
  SELECT event_id, is_replay, row_number() OVER (ORDER BY due_at, change_number, position) AS turn
  FROM webhook_delivery WHERE commissioner_id = :tenant AND endpoint_id = :endpoint AND state = 'waiting'
    AND due_at <= :now
  ORDER BY due_at, change_number, position LIMIT :most
), taken AS (
  SELECT event_id FROM due WHERE turn = 1 OR NOT EXISTS (SELECT 1 FROM due WHERE is_replay)
)
UPDATE webhook_delivery d SET state = 'sending', attempts = d.attempts + 1 FROM taken t
WHERE d.commissioner_id = :tenant AND d.endpoint_id = :endpoint AND d.event_id = t.event_id
RETURNING d.event_id, d.change_number, d.position, d.name, d.resource, d.subject, d.removed, d.occurred_at, d.tries,
  d.attempts, d.is_replay"""
)
_RECORD = text(
    """WITH tried AS (
  SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:outcomes AS text[]), CAST(:statuses AS int[]),
    CAST(:milliseconds AS int[]), CAST(:details AS text[]), CAST(:starts AS timestamptz[]), CAST(:states AS text[]),
    CAST(:dues AS timestamptz[])) AS t(id, outcome, status, milliseconds, detail, started_at, state, due_at)
), changed AS (
  UPDATE webhook_delivery d SET state = t.state, due_at = t.due_at, detail = t.detail, tries = d.tries + 1,
    is_replay = d.is_replay AND t.state = 'waiting', delivered_at = CASE WHEN t.state = 'delivered' THEN t.started_at END
  FROM tried t WHERE d.commissioner_id = :tenant AND d.endpoint_id = :endpoint AND d.event_id = t.id
    AND d.state = 'sending'
  RETURNING d.commissioner_id, d.endpoint_id, d.event_id, d.attempts
)
INSERT INTO webhook_attempt (commissioner_id, endpoint_id, event_id, n, started_at, outcome, status, milliseconds, detail)
SELECT c.commissioner_id, c.endpoint_id, c.event_id, c.attempts, t.started_at, t.outcome, t.status, t.milliseconds,
  t.detail
FROM changed c JOIN tried t ON t.id = c.event_id"""
)
_NEXT_DUE = text(
    """SELECT greatest(min(d.due_at), w.quiet_until) FROM webhook_endpoint w
JOIN webhook_delivery d ON d.commissioner_id = w.commissioner_id AND d.endpoint_id = w.id AND d.state = 'waiting'
WHERE w.commissioner_id = :tenant AND w.id = :endpoint AND w.state = 'enabled' GROUP BY w.quiet_until"""
)
_HEALTH = text(
    """UPDATE webhook_endpoint SET failing_since = CAST(:failing_since AS timestamptz),
  quiet_until = CAST(:quiet_until AS timestamptz),
  version = version + CASE WHEN failing_since IS DISTINCT FROM CAST(:failing_since AS timestamptz) THEN 1 ELSE 0 END
WHERE commissioner_id = :tenant AND id = :endpoint
  AND (failing_since, quiet_until) IS DISTINCT FROM
      (CAST(:failing_since AS timestamptz), CAST(:quiet_until AS timestamptz))"""
)


def _at(session: Tx, endpoint: UUID, **values: Any) -> dict[str, Any]:
    return {"tenant": session.tenant, "endpoint": endpoint, **values}


async def resume(session: Tx, endpoint: UUID, *, detail: str, now: datetime) -> None:
    await (await session.connection()).execute(_RESUME, _at(session, endpoint, detail=detail, now=now))


async def withdraw(session: Tx, endpoint: UUID, *, readable: Collection[str]) -> None:
    await (await session.connection()).execute(_WITHDRAW, _at(session, endpoint, names=list(readable)))


async def take(session: Tx, endpoint: UUID, *, most: int, now: datetime) -> list[Hook]:
    """What is due, in the order of the changes."""
    found = await (await session.connection()).execute(_TAKE, _at(session, endpoint, most=most, now=now))
    hooks = [Hook(*row) for row in found.all()]
    return sorted(hooks, key=lambda hook: (hook.number, hook.position))


async def record(session: Tx, endpoint: UUID, tried: Sequence[tuple[Tried, Verdict]]) -> None:
    values = _at(
        session,
        endpoint,
        ids=[each.hook.event_id for each, _ in tried],
        outcomes=[each.outcome.value for each, _ in tried],
        statuses=[each.status for each, _ in tried],
        milliseconds=[each.milliseconds for each, _ in tried],
        details=[each.detail for each, _ in tried],
        starts=[each.started_at for each, _ in tried],
        states=[verdict.state.value for _, verdict in tried],
        dues=[verdict.due_at for _, verdict in tried],
    )
    await (await session.connection()).execute(_RECORD, values)


async def record_health(
    session: Tx, endpoint: UUID, *, failing_since: datetime | None, quiet_until: datetime | None
) -> None:
    values = _at(session, endpoint, failing_since=failing_since, quiet_until=quiet_until)
    await (await session.connection()).execute(_HEALTH, values)


async def find_next_due(session: Tx, endpoint: UUID) -> datetime | None:
    """None where nothing waits, or the endpoint is disabled."""
    return (await (await session.connection()).execute(_NEXT_DUE, _at(session, endpoint))).scalar_one_or_none()


# Kept as long as the feed is; of an endpoint that was deleted nothing. Each has an index of its own to go by.
_DROP = text(
    """DELETE FROM webhook_delivery WHERE commissioner_id = :tenant AND (endpoint_id, event_id) IN (
  SELECT endpoint_id, event_id FROM webhook_delivery
  WHERE commissioner_id = :tenant AND created_at < :before AND state NOT IN ('waiting', 'sending') LIMIT :most)"""
)
_DROP_DELETED = text(
    """DELETE FROM webhook_delivery WHERE commissioner_id = :tenant AND (endpoint_id, event_id) IN (
  SELECT d.endpoint_id, d.event_id FROM webhook_endpoint w
  JOIN webhook_delivery d ON d.commissioner_id = w.commissioner_id AND d.endpoint_id = w.id
  WHERE w.commissioner_id = :tenant AND w.state = 'deleted' LIMIT :most)"""
)
_DROP_ENDPOINTS = text(
    """DELETE FROM webhook_endpoint w WHERE w.commissioner_id = :tenant AND w.state = 'deleted' AND NOT EXISTS (
  SELECT 1 FROM webhook_delivery d WHERE d.commissioner_id = w.commissioner_id AND d.endpoint_id = w.id)"""
)
_FORGET_KEYS = text(
    """UPDATE webhook_endpoint SET previous_secret = NULL, previous_public_key = NULL, previous_until = NULL,
  version = version + 1
WHERE commissioner_id = :tenant AND previous_until < :now"""
)


async def drop_old(session: Tx, *, kept: timedelta, most: int, now: datetime) -> bool:
    """A batch of what has had its time, and keys that sign no more. Returns whether there may be more."""
    values = {"tenant": session.tenant, "before": now - kept, "most": most, "now": now}
    connection = await session.connection()
    dropped = [(await connection.execute(each, values)).rowcount for each in (_DROP, _DROP_DELETED)]
    await connection.execute(_DROP_ENDPOINTS, values)
    await connection.execute(_FORGET_KEYS, values)
    return most in dropped
