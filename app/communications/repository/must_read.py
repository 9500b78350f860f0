"""Who was asked to read something, who has, and who was asked in their place."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Integer, Text, Uuid, func, text, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.communications.repository.joins import OF_MESSAGE
from app.communications.repository.meant import waiting_in
from app.communications.rules.must_read import ASK_LEAD, ASK_MANAGER, occasion_of, occasions_until
from app.communications.tables import Announcement, Delivery, Message
from app.communications.values import Duty, DutyCounts, Source, Via
from app.core.db import Tx
from app.core.ids import new_id
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, keyset_page

# A letter for one practice is read for that one; the announcement itself for each at which its reader was asked.
_PLACES = text(
    """WITH asked AS (
  SELECT d.id, d.message_id, d.practice FROM message m
  JOIN delivery d ON d.commissioner_id = m.commissioner_id AND d.message_id = m.id
  WHERE m.commissioner_id = :tenant AND m.source = 'announcement' AND m.source_id = :source_id
    AND m.occasion = :occasion AND m.practice IS NULL AND d.recipient = :recipient AND d.state <> 'withdrawn')
SELECT practice FROM asked UNION
SELECT o.practice FROM asked a JOIN also_asked o
  ON o.commissioner_id = :tenant AND o.message_id = a.message_id AND o.delivery_id = a.id"""
)
_ACKNOWLEDGE = text(
    """INSERT INTO acknowledgement (commissioner_id, id, announcement_id, edition, person_id, practice, via, at)
SELECT :tenant, id, :announcement, :edition, :person, practice, :via, :now
FROM unnest(CAST(:ids AS uuid[]), CAST(:places AS text[])) AS place (id, practice)
ON CONFLICT ON CONSTRAINT uq_acknowledgement DO NOTHING"""
)
# Reminders and earlier versions wait for nothing more; what is for another practice waits.
_SETTLE = text(
    """UPDATE delivery d SET acknowledged_at = :now
WHERE d.commissioner_id = :tenant AND d.recipient = :recipient AND d.acknowledged_at IS NULL AND d.message_id IN (
  SELECT m.id FROM message m WHERE m.commissioner_id = :tenant AND m.source = 'announcement'
    AND m.source_id = :source_id AND m.occasion = ANY(CAST(:occasions AS text[])) AND m.practice IS NULL
  UNION ALL
  SELECT m.id FROM message m WHERE m.commissioner_id = :tenant AND m.source = 'announcement'
    AND m.source_id = :source_id AND m.occasion = ANY(CAST(:occasions AS text[]))
    AND m.practice = ANY(CAST(:places AS text[])))"""
)


async def list_places(session: Tx, announcement_id: UUID, edition: int, recipient: str) -> list[str | None]:
    """The practices at which somebody was asked to read that version."""
    values = {
        "tenant": session.tenant,
        "source_id": str(announcement_id),
        "occasion": occasion_of(edition),
        "recipient": recipient,
    }
    return list((await (await session.connection()).execute(_PLACES, values)).scalars())


async def add_acknowledgement(
    session: Tx,
    announcement_id: UUID,
    edition: int,
    *,
    person_id: UUID,
    places: Sequence[str | None],
    recipient: str,
    via: Via,
    now: datetime,
) -> None:
    shared = {"tenant": session.tenant, "places": list(places), "now": now}
    acknowledged = {
        "announcement": announcement_id,
        "edition": edition,
        "person": person_id,
        "ids": [new_id() for _ in places],
        "via": via.value,
    }
    settled = {
        "source_id": str(announcement_id),
        "occasions": occasions_until(edition),
        "recipient": recipient,
    }
    connection = await session.connection()
    await connection.execute(_ACKNOWLEDGE, shared | acknowledged)
    await connection.execute(_SETTLE, shared | settled)


_DUTIES = text(
    """WITH asked AS (
  SELECT practice, min(created_at) AS asked_at, bool_or(acknowledged_at IS NOT NULL) AS is_read FROM (
    SELECT practice, recipient, created_at, acknowledged_at FROM delivery
    WHERE commissioner_id = :tenant AND message_id = :message AND is_first AND state <> 'withdrawn'
      AND practice IS NOT NULL
    UNION ALL
    SELECT o.practice, d.recipient, d.created_at, d.acknowledged_at FROM also_asked o
    JOIN delivery d ON d.commissioner_id = o.commissioner_id AND d.id = o.delivery_id
    WHERE o.commissioner_id = :tenant AND o.message_id = :message AND d.is_first AND d.state <> 'withdrawn') each
  WHERE CAST(:only AS text[]) IS NULL OR practice = ANY(CAST(:only AS text[]))
  GROUP BY practice, recipient
), duty AS (
  SELECT practice, min(asked_at) AS asked_at, CAST(count(*) AS int) AS asked,
         CAST(count(*) FILTER (WHERE is_read) AS int) AS read
  FROM asked GROUP BY practice
), done AS (
  SELECT DISTINCT ON (practice) practice, person_id, via, at FROM acknowledgement
  WHERE commissioner_id = :tenant AND announcement_id = :announcement AND edition = :edition AND practice IS NOT NULL
  ORDER BY practice, at, person_id
), cover AS (
  SELECT practice, max(occasion) AS occasion FROM message
  WHERE commissioner_id = :tenant AND source = 'announcement' AND source_id = :source_id
    AND occasion IN (:to_lead, :to_manager) AND practice IS NOT NULL
  GROUP BY practice
)
SELECT duty.practice, duty.asked_at, duty.asked, duty.read, done.person_id, done.via, done.at, cover.occasion,
       CASE WHEN :of_each THEN duty.read = duty.asked ELSE done.at IS NOT NULL END AS is_done
FROM duty LEFT JOIN done ON done.practice = duty.practice LEFT JOIN cover ON cover.practice = duty.practice"""
).columns(
    practice=Text(), asked_at=DateTime(timezone=True), asked=Integer(), read=Integer(), person_id=Uuid(), via=Text(),
    at=DateTime(timezone=True), occasion=Text(), is_done=Boolean(),
)  # fmt: skip


async def list_duties(
    session: Tx, row: Announcement, only: Sequence[str] | None, *, params: PageParams, cursors: Cursors
) -> Page[Any]:
    """By practice. `only`: these practices; None is all."""
    duties = _duties(row, only)
    statement: Any = select_columns(*duties.c)
    kind = f"acknowledgements:{row.id}"
    return await keyset_page(session, statement, keys=[duties.c.practice], params=params, cursors=cursors, kind=kind)


async def count_duties(session: Tx, row: Announcement, only: Sequence[str] | None) -> DutyCounts:
    duties = _duties(row, only)
    statement = select_columns(func.count(), func.count().filter(duties.c.is_done))
    found = (await (await session.connection()).execute(statement.select_from(duties))).one()
    return DutyCounts(*found)


def _duties(row: Announcement, only: Sequence[str] | None) -> Any:
    return _DUTIES.bindparams(
        tenant=row.commissioner_id,
        message=row.message_id or row.id,
        announcement=row.id,
        source_id=str(row.id),
        edition=row.edition,
        only=only,
        of_each=row.must_acknowledge == Duty.EACH_PERSON,
        to_lead=occasion_of(row.edition, ASK_LEAD),
        to_manager=occasion_of(row.edition, ASK_MANAGER),
    ).subquery("duties")


async def find_reminded(session: Tx, batch: UUID) -> list[tuple[UUID, str]]:
    """(announcement, occasion) of what waits in a batch and has to be read."""
    statement = (
        select_columns(col(Message.source_id), col(Message.occasion))
        .select_from(Delivery)
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == session.tenant, waiting_in(batch))
        .where(col(Message.source) == Source.ANNOUNCEMENT, col(Message.must_acknowledge_by).is_not(None))
        .distinct()
    )  # fmt: skip
    found = (await (await session.connection()).execute(statement)).all()
    return [(UUID(source_id), occasion) for source_id, occasion in found]


async def list_must_read(session: Tx, *, since: date, today: date) -> Sequence[UUID]:
    """Those that have to be read by a day not longer ago than `since`, and those that come round again; without those
    that were seen to today.
    """
    due = col(Announcement.must_acknowledge_by) >= since
    statement = select(Announcement.id).where(
        col(Announcement.commissioner_id) == session.tenant,
        col(Announcement.must_acknowledge_by).is_not(None),
        col(Announcement.withdrawn_at).is_(None),
        col(Announcement.is_out),
        due | col(Announcement.renew_months).is_not(None),
        col(Announcement.seen_to_on).is_distinct_from(today),
    )
    return (await session.exec(statement.order_by(col(Announcement.id)))).all()


async def mark_seen_to(session: Tx, announcement_id: UUID, today: date) -> None:
    """Of no concern to whoever reads the announcement: its version stays."""
    await (await session.connection()).execute(
        update(Announcement)
        .where(col(Announcement.commissioner_id) == session.tenant, col(Announcement.id) == announcement_id)
        .values(seen_to_on=today)
    )
