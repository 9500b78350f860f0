"""The rows of a batch while it is being sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import ColumnElement, any_, false, func, or_, text
from sqlalchemy import select as select_columns
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from app.communications.repository.joins import OF_MESSAGE, preference_of
from app.communications.tables import Delivery, Message, MessagePreference
from app.communications.values import AttemptOutcome, DeliveryState, Urgency
from app.core.db import Tx
from app.core.errors import Unavailable
from app.core.jobs import Claimed, LostLease, held_by


@dataclass(frozen=True, slots=True)
class Waiting:
    """One delivery to be sent, with what it says."""

    id: UUID
    address: str
    name: str | None
    doubts: int
    message_id: UUID
    subject: str
    body_text: str
    body_html: str
    topic: str
    urgency: str
    asks: str | None
    overrides: bool
    """Whether the person had asked not to be told of this, or not now."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What is to be written of one delivery after a try."""

    id: UUID
    state: DeliveryState
    doubts: int
    outcome: AttemptOutcome
    detail: str | None
    bounced: bool
    reference: str | None = None
    retry_after: timedelta | None = None
    is_fault: bool = False
    gone: tuple[UUID, ...] = ()


# Nobody answered for a message that was on its way when its worker ended: it may have arrived. Parked ones come here
# only when a person runs the parked job again.
_RESUME = text(
    """WITH under_way AS (
  SELECT commissioner_id, id, attempts FROM delivery
  WHERE commissioner_id = :tenant AND batch = :batch AND state = 'attempting'
), lost AS (
  INSERT INTO delivery_attempt (commissioner_id, delivery_id, n, ended_at, outcome)
  SELECT commissioner_id, id, attempts, clock_timestamp(), 'lost' FROM under_way ON CONFLICT DO NOTHING
), waiting AS (
  UPDATE delivery SET
    state = CASE WHEN state = 'attempting' AND doubts >= :most THEN 'in_doubt' ELSE 'queued' END,
    doubts = doubts + CASE WHEN state = 'attempting' THEN 1 ELSE 0 END,
    may_attempt = CASE WHEN state = 'parked' THEN attempts + :again ELSE may_attempt END
  WHERE commissioner_id = :tenant AND batch = :batch AND state IN ('attempting', 'parked'))
SELECT count(*) FROM under_way"""
)


async def resume_batch(session: Tx, batch: UUID, *, most_doubts: int, most_attempts: int) -> int:
    """Everything of the batch that has not come to an end waits again. Returns how many were on their way."""
    values = {"tenant": session.tenant, "batch": batch, "most": most_doubts, "again": most_attempts}
    return (await (await session.connection()).execute(_RESUME, values)).scalar_one()


def _overridden() -> ColumnElement[bool]:
    """What is critical goes to those too who turned its topic off or have it gathered."""
    unwanted = [col(MessagePreference.muted), col(MessagePreference.daily), col(MessagePreference.weekly)]
    return (col(Message.urgency) == Urgency.CRITICAL) & or_(*(col(Message.topic) == any_(each) for each in unwanted))


async def list_waiting(session: Tx, batch: UUID) -> list[Waiting]:
    statement = (
        select_columns(
            col(Delivery.id),
            col(Delivery.address),
            col(Delivery.name),
            col(Delivery.doubts),
            col(Message.id),
            col(Message.subject),
            col(Message.body_text),
            col(Message.body_html),
            col(Message.topic),
            col(Message.urgency),
            col(Message.action)["kind"].astext,
            func.coalesce(_overridden(), false()),
        )
        .join(Message, OF_MESSAGE)
        .outerjoin(MessagePreference, preference_of(session.tenant, col(Delivery.person_id)))
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.batch) == batch)
        .where(col(Delivery.state) == DeliveryState.QUEUED)
        .order_by(col(Delivery.id))
    )
    return [Waiting(*row) for row in (await (await session.connection()).execute(statement)).all()]


# What has happened is noted whoever holds the job by now; leave to send the next is given only while the lease holds.
_STEP = f"""
WITH noted AS (
  UPDATE delivery SET state = $3, doubts = $4, detail = $5,
         sent_at = CASE WHEN $3 = 'sent' THEN clock_timestamp() ELSE sent_at END
  WHERE commissioner_id = $1 AND id = $2 AND state NOT IN ('sent', 'delivered', 'failed')
  RETURNING attempts
), kept AS (
  INSERT INTO delivery_attempt (commissioner_id, delivery_id, n, ended_at, outcome, detail, reference)
  SELECT $1, $2, attempts, clock_timestamp(), $9, $5, $10 FROM noted ON CONFLICT DO NOTHING
), allowed AS (
  UPDATE delivery SET state = 'attempting', attempts = attempts + 1
  WHERE commissioner_id = $1 AND id = $6 AND state = 'queued' AND EXISTS (
    {held_by(tenant="$1", job="$7", fence="$8")})
  RETURNING id
)
SELECT count(*) FROM allowed
"""


# The driver raises the last one, which is of neither family, when a session ends just as a statement is sent.
_DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Journal:
    """Notes each outcome together with the leave for the next message, in one statement that commits by itself.

    The driver's own prepared statement: this is done once for each message, and SQLAlchemy would double its cost.
    """

    def __init__(self, connection: AsyncConnection, job: Claimed) -> None:
        self._connection = connection
        self._job = job
        self._step: PreparedStatement | None = None

    async def step(self, done: Noted | None, following: UUID | None) -> None:
        """Note what became of one and take leave to send another. `LostLease` when another worker has the job."""
        noted = (done.id, done.state.value, done.doubts, done.detail) if done else (None, None, None, None)
        outcome, reference = (done.outcome.value, done.reference) if done else (None, None)
        try:
            statement = self._step or await self._prepare()
            allowed = await statement.fetchval(
                self._job.commissioner_id, *noted, following, self._job.id, self._job.token, outcome, reference
            )
        except _DRIVER_ERRORS as error:
            raise Unavailable(f"The database did not take a note: {type(error).__name__}.") from error
        if following is not None and allowed != 1:
            raise LostLease(str(self._job.id))

    async def _prepare(self) -> PreparedStatement:
        raw = (await self._connection.get_raw_connection()).driver_connection
        assert isinstance(raw, asyncpg.Connection)
        self._step = await raw.prepare(_STEP)
        return self._step


_NOTE_ALL = text(
    """WITH noted AS (
  UPDATE delivery d SET state = n.state, doubts = greatest(d.doubts, n.doubts), detail = n.detail,
    attempts = d.attempts + CAST(:tries AS int), sent_at = CASE WHEN n.state = 'sent' THEN coalesce(d.sent_at, clock_timestamp()) END
  FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:doubts AS int[]), CAST(:details AS text[]),
              CAST(:outcomes AS text[]), CAST(:references AS text[])) AS n(id, state, doubts, detail, outcome, reference)
  WHERE d.commissioner_id = :tenant AND d.id = n.id AND d.state NOT IN ('sent', 'delivered', 'failed')
    AND (CAST(:tries AS int) > 0 OR (d.state, d.doubts) IS DISTINCT FROM (n.state, n.doubts))
  RETURNING d.id, d.attempts, n.outcome, n.detail, n.reference)
INSERT INTO delivery_attempt (commissioner_id, delivery_id, n, ended_at, outcome, detail, reference)
SELECT :tenant, id, attempts, clock_timestamp(), outcome, detail, reference FROM noted ON CONFLICT DO NOTHING"""
)


async def note_all(session: Tx, notes: Iterable[Noted], *, tries: int) -> None:
    """What became of many deliveries at once; `tries` is added to each one's attempts."""
    rows = sorted(notes, key=lambda note: note.id)
    if rows:
        await (await session.connection()).execute(
            _NOTE_ALL,
            {
                "tenant": session.tenant,
                "ids": [row.id for row in rows],
                "states": [row.state.value for row in rows],
                "doubts": [row.doubts for row in rows],
                "details": [row.detail for row in rows],
                "outcomes": [row.outcome.value for row in rows],
                "references": [row.reference for row in rows],
                "tries": tries,
            },
        )


_MOVE = text(
    """WITH moved AS (
  UPDATE delivery SET batch = :fresh
  WHERE commissioner_id = :tenant AND batch = :batch AND state = 'queued' AND attempts < may_attempt
  RETURNING attempts - (may_attempt - :most) AS attempts)
SELECT count(*), coalesce(max(attempts), 0), clock_timestamp() FROM moved"""
)
_LEFT = text("SELECT count(*) FROM delivery WHERE commissioner_id = :tenant AND batch = :batch AND state = 'queued'")
_PARK = text(
    """WITH lost AS (
  INSERT INTO delivery_attempt (commissioner_id, delivery_id, n, ended_at, outcome)
  SELECT commissioner_id, id, attempts, clock_timestamp(), 'lost' FROM delivery
  WHERE commissioner_id = :tenant AND batch = :batch AND state = 'attempting'
  ON CONFLICT DO NOTHING)
UPDATE delivery SET state = 'parked', detail = coalesce(detail, :detail),
  doubts = doubts + CASE WHEN state = 'attempting' THEN 1 ELSE 0 END
WHERE commissioner_id = :tenant AND batch = :batch AND state IN ('queued', 'attempting')"""
)


async def move_waiting(session: Tx, batch: UUID, fresh: UUID, *, most_attempts: int) -> tuple[int, int, datetime]:
    """Give what may be tried again a batch of its own. How many, the most attempts among them, the database's time."""
    values = {"tenant": session.tenant, "batch": batch, "fresh": fresh, "most": most_attempts}
    row = (await (await session.connection()).execute(_MOVE, values)).one()
    return row[0], row[1], row[2]


async def count_waiting(session: Tx, batch: UUID) -> int:
    values = {"tenant": session.tenant, "batch": batch}
    return (await (await session.connection()).execute(_LEFT, values)).scalar_one()


async def park_waiting(session: Tx, batch: UUID, *, detail: str) -> None:
    values = {"tenant": session.tenant, "batch": batch, "detail": detail}
    await (await session.connection()).execute(_PARK, values)


async def count_settled(session: Tx, of: ColumnElement[bool]) -> tuple[int, int]:
    """(those that are at an end, all) of these deliveries."""
    is_open = col(Delivery.state).in_([DeliveryState.QUEUED.value, DeliveryState.ATTEMPTING.value])
    statement = select_columns(func.count().filter(~is_open), func.count()).where(
        col(Delivery.commissioner_id) == session.tenant, of
    )
    row = (await (await session.connection()).execute(statement)).one()
    return row[0], row[1]
