"""What people chose about when they are told, as it bears on deliveries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, case, false, func, literal, null, or_, text
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.sql.elements import Grouping
from sqlmodel import col

from app.communications.repository.joins import OF_MESSAGE
from app.communications.repository.meant import Which
from app.communications.repository.push import has_browser
from app.communications.rules.timing import HOURS, Hours
from app.communications.tables import Delivery, MailboxPreference, Message, MessagePreference, Suppression
from app.communications.values import Channel, DeliveryState, DigestItem, Urgency
from app.core.db import Tx

_MOMENTS = ARRAY(TIMESTAMP(timezone=True))


def wants(topics: Any) -> ColumnElement[bool]:
    """Whether this choice (muted, daily, weekly) of the person names the message's topic and it is routine."""
    return and_(col(Message.urgency) == Urgency.ROUTINE, col(Message.topic) == any_(col(topics)))


def is_muted() -> ColumnElement[bool]:
    """Whether the person, or the practice for its mailbox, wants no routine mail of this topic."""
    return func.coalesce(or_(wants(MessagePreference.muted), wants(MailboxPreference.muted)), false())


def is_suppressed() -> ColumnElement[bool]:
    """Whether the address is on the list of those that nothing is sent to, for whoever joined it by `suppression_of`."""
    return col(Suppression.address_key).is_not(None)


def is_held() -> ColumnElement[bool]:
    return and_(or_(wants(MessagePreference.daily), wants(MessagePreference.weekly)), ~is_muted())


def is_mobile_confirmed() -> ColumnElement[bool]:
    """Whether there is a number that texts may go to: a stranger's gets none."""
    return col(MessagePreference.mobile) == col(MessagePreference.confirmed_mobile)


def wants_text() -> ColumnElement[bool]:
    """Whether the person has the message as a text too: of the topics they chose, and whatever is critical."""
    wanted = or_(col(Message.urgency) == Urgency.CRITICAL, col(Message.topic) == any_(col(MessagePreference.texts)))
    return and_(is_mobile_confirmed(), wanted)


def wants_push(tenant: UUID, person_id: Any) -> ColumnElement[bool]:
    """Whether the message goes to the person's browsers too: of the topics they chose, and whatever is critical."""
    wanted = or_(col(Message.urgency) == Urgency.CRITICAL, col(Message.topic) == any_(col(MessagePreference.pushes)))
    return and_(wanted, has_browser(tenant, person_id))


def is_quiet(hour: int) -> ColumnElement[bool]:
    """Whether the person is not to be disturbed now. What is critical disturbs."""
    start, end = col(MessagePreference.quiet_from), col(MessagePreference.quiet_until)
    now = literal(hour)
    within = case((start < end, and_(now >= start, now < end)), else_=or_(now >= start, now < end))
    return and_(col(Message.urgency) != Urgency.CRITICAL, start.is_not(None), within)


def next_window(hours: Hours) -> ColumnElement[datetime]:
    """When the person's next digest with this topic is written."""
    hour, weekday = col(MessagePreference.digest_hour), col(MessagePreference.digest_weekday)
    daily = _moments(hours.by_hour)[hour + 1]
    weekly = _moments(hours.by_week)[(weekday - 1) * HOURS + hour + 1]
    return case((wants(MessagePreference.daily), daily), else_=weekly)


def _moments(moments: Sequence[datetime]) -> ColumnElement[Any]:
    """In brackets: what is cast is not subscripted without."""
    return Grouping(literal(list(moments), _MOMENTS))


def end_of_quiet(hours: Hours) -> ColumnElement[datetime]:
    return _moments(hours.by_hour)[col(MessagePreference.quiet_until) + 1]


def not_before(hours: Hours) -> ColumnElement[datetime]:
    """The earliest a mail to somebody who has an address may go; None: at once."""
    return case((is_held(), next_window(hours)), else_=not_before_quiet_ends(hours))


def not_before_quiet_ends(hours: Hours) -> ColumnElement[Any]:
    """The earliest a text may go, which is gathered into no digest."""
    return case((is_quiet(hours.now), end_of_quiet(hours)), else_=null())


_MUTED = """UPDATE delivery d SET state = 'suppressed', batch = NULL, detail = 'turned off meanwhile'
FROM message m
WHERE d.commissioner_id = :tenant AND {which} AND d.channel = 'email'
  AND m.commissioner_id = :tenant AND m.id = d.message_id AND m.urgency = 'routine'
  AND (EXISTS (SELECT FROM message_preference p
               WHERE p.commissioner_id = :tenant AND p.person_id = d.person_id AND m.topic = ANY(p.muted))
       OR EXISTS (SELECT FROM mailbox_preference p WHERE p.commissioner_id = :tenant
                  AND d.recipient = 'mailbox:' || p.address AND m.topic = ANY(p.muted)))"""
_MUTE = text(_MUTED.format(which="d.batch = :batch AND d.state = 'queued'"))
_MUTE_HELD = text(
    _MUTED.format(which="d.state = 'held' AND d.not_before <= :until AND d.person_id = ANY(CAST(:people AS uuid[]))")
)
_DEFER = text(
    """WITH quiet AS (
  SELECT d.id, (CAST(:by_hour AS timestamptz[]))[p.quiet_until + 1] AS until
  FROM delivery d JOIN message m ON m.commissioner_id = d.commissioner_id AND m.id = d.message_id
  JOIN message_preference p ON p.commissioner_id = d.commissioner_id AND p.person_id = d.person_id
  WHERE d.commissioner_id = :tenant AND d.batch = :batch AND d.state = 'queued' AND m.urgency <> 'critical'
    AND CASE WHEN p.quiet_from < p.quiet_until THEN :now >= p.quiet_from AND :now < p.quiet_until
             ELSE :now >= p.quiet_from OR :now < p.quiet_until END
), numbered AS (SELECT id, until, dense_rank() OVER (ORDER BY until) AS n FROM quiet)
UPDATE delivery d SET not_before = q.until,
  batch = CAST(CAST(:base AS text) || lpad(to_hex(q.n), 12, '0') AS uuid)
FROM numbered q WHERE d.commissioner_id = :tenant AND d.id = q.id RETURNING d.batch, greatest(q.until, clock_timestamp() + interval '30 seconds')"""
)


_UNWANTED_TEXTS = text(
    """UPDATE delivery d SET state = 'suppressed', batch = NULL, detail = CASE
  WHEN EXISTS (SELECT FROM message_preference p
               WHERE p.commissioner_id = :tenant AND p.person_id = d.person_id AND p.mobile IS NOT NULL
                 AND p.confirmed_mobile IS DISTINCT FROM p.mobile) THEN 'the mobile number is not confirmed'
  ELSE 'turned off meanwhile' END
FROM message m
WHERE d.commissioner_id = :tenant AND d.batch = :batch AND d.state = 'queued' AND d.channel = 'text'
  AND m.commissioner_id = :tenant AND m.id = d.message_id
  AND NOT EXISTS (SELECT FROM message_preference p
                  WHERE p.commissioner_id = :tenant AND p.person_id = d.person_id AND p.mobile = p.confirmed_mobile
                    AND (m.urgency = 'critical' OR m.topic = ANY(p.texts)))"""
)
_UNWANTED_PUSHES = text(
    """UPDATE delivery d SET state = 'suppressed', batch = NULL, detail = 'turned off meanwhile'
FROM message m
WHERE d.commissioner_id = :tenant AND d.batch = :batch AND d.state = 'queued' AND d.channel = 'push'
  AND m.commissioner_id = :tenant AND m.id = d.message_id AND m.urgency <> 'critical'
  AND NOT EXISTS (SELECT FROM message_preference p
                  WHERE p.commissioner_id = :tenant AND p.person_id = d.person_id AND m.topic = ANY(p.pushes))"""
)
# Looked at again: the number may have changed since those without one were taken out.
_NUMBERS = text(
    """UPDATE delivery d SET address = p.mobile FROM message_preference p
WHERE d.commissioner_id = :tenant AND d.batch = :batch AND d.state = 'queued' AND d.channel = 'text'
  AND p.commissioner_id = :tenant AND p.person_id = d.person_id AND p.mobile <> d.address
  AND p.mobile = p.confirmed_mobile"""
)


_LOOKED_AT = {Channel.TEXT: (_UNWANTED_TEXTS, _NUMBERS), Channel.PUSH: (_UNWANTED_PUSHES,)}


async def mute(session: Tx, batch: UUID, channel: Channel) -> None:
    """Take out who has turned the topic off since the batch was made, or this way of it; texts go to the number of the day."""
    values = {"tenant": session.tenant, "batch": batch}
    for statement in _LOOKED_AT.get(channel, (_MUTE,)):
        await (await session.connection()).execute(statement, values)


async def mute_held(session: Tx, people: Collection[UUID], until: datetime) -> None:
    """The same for what waits for a digest."""
    values = {"tenant": session.tenant, "people": list(people), "until": until}
    await (await session.connection()).execute(_MUTE_HELD, values)


async def defer(session: Tx, batch: UUID, hours: Hours, *, base: UUID) -> dict[UUID, datetime]:
    """Give those in their quiet hours batches of their own, each with the moment at which it may go: not at once, even where
    a worker's clock is behind the database's.
    """
    values = {
        "tenant": session.tenant,
        "batch": batch,
        "by_hour": list(hours.by_hour),
        "now": hours.now,
        "base": str(base)[:24],
    }
    return {row[0]: row[1] for row in (await (await session.connection()).execute(_DEFER, values)).all()}


def held_for(people: Collection[UUID], until: datetime) -> Which:
    """What waits for these persons' digests that are due."""
    return and_(
        col(Delivery.state) == DeliveryState.HELD,
        # As the index has it.
        col(Delivery.batch).is_(None),
        col(Delivery.digest_id).is_(None),
        col(Delivery.not_before) <= until,
        col(Delivery.person_id).in_(people),
    )


async def list_due(session: Tx, until: datetime, *, limit: int) -> list[UUID]:
    """Persons with something in a digest that is due."""
    statement = (
        select_columns(col(Delivery.person_id))
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.state) == DeliveryState.HELD)
        .where(col(Delivery.batch).is_(None), col(Delivery.digest_id).is_(None), col(Delivery.not_before) <= until)
        .group_by(col(Delivery.person_id))
        .order_by(func.min(Delivery.not_before), col(Delivery.person_id))
        .limit(limit)
    )
    found = await (await session.connection()).execute(statement)
    return [person for person in found.scalars() if person is not None]


async def list_held(session: Tx, which: Which) -> list[tuple[UUID, datetime, DigestItem]]:
    """(person, window, message) of what waits."""
    statement = (
        select_columns(
            col(Delivery.person_id),
            col(Delivery.not_before),
            col(Delivery.id),
            col(Message.subject),
            col(Message.body_text),
            col(Message.body_html),
            col(Message.created_at),
        )
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == session.tenant, which)
        .order_by(col(Delivery.person_id), col(Delivery.not_before), col(Delivery.id))
        .with_for_update(of=Delivery)
    )
    rows: Sequence[Any] = (await (await session.connection()).execute(statement)).all()
    return [(row[0], row[1], DigestItem(*row[2:])) for row in rows]


_POSTPONE = text(
    """UPDATE delivery SET not_before = not_before + interval '1 day'
WHERE commissioner_id = :tenant AND id = ANY(CAST(:ids AS uuid[])) AND state = 'held' RETURNING not_before"""
)


async def postpone(session: Tx, deliveries: Collection[UUID]) -> set[datetime]:
    """Put off until the same hour of the next day what came after its digest was written. At which moments that is."""
    values = {"tenant": session.tenant, "ids": list(deliveries)}
    return set((await (await session.connection()).execute(_POSTPONE, values)).scalars())


_DIGESTED = text(
    """UPDATE delivery d SET state = 'digested', digest_id = n.digest, sent_at = clock_timestamp()
FROM unnest(CAST(:ids AS uuid[]), CAST(:digests AS uuid[])) AS n(id, digest)
WHERE d.commissioner_id = :tenant AND d.id = n.id AND d.state = 'held'"""
)


async def mark_digested(session: Tx, digests: Mapping[UUID, UUID]) -> None:
    """By delivery, the message in which it is."""
    values = {"tenant": session.tenant, "ids": list(digests), "digests": list(digests.values())}
    await (await session.connection()).execute(_DIGESTED, values)
