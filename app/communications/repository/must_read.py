"""Who was asked to read something, who has, and who was asked in their place."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, Text, Uuid, text
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.communications.tables import Announcement
from app.communications.values import Outstanding, Via
from app.core.db import Tx
from app.core.ids import new_id
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, Statement, keyset_page

# The practice is that of the mail by which the person was asked first, where a reminder names none.
_ACKNOWLEDGE = text(
    """INSERT INTO acknowledgement (commissioner_id, id, announcement_id, edition, person_id, practice, via, at)
SELECT :tenant, :id, :announcement, :edition, :person, coalesce(CAST(:practice AS text), (
  SELECT d.practice FROM delivery d JOIN message m ON m.commissioner_id = d.commissioner_id AND m.id = d.message_id
  WHERE m.commissioner_id = :tenant AND m.source = 'announcement' AND m.source_id = :source_id
    AND d.recipient = :recipient AND d.practice IS NOT NULL ORDER BY d.id DESC LIMIT 1)), :via, :now
ON CONFLICT ON CONSTRAINT uq_acknowledgement DO NOTHING"""
)
# Reminders and earlier versions wait for nothing more.
_SETTLE = text(
    """UPDATE delivery d SET acknowledged_at = :now FROM message m
WHERE m.commissioner_id = :tenant AND m.source = 'announcement' AND m.source_id = :source_id
  AND coalesce(CAST(substring(m.occasion FROM '^v(\\d+)') AS int), 1) <= :edition
  AND d.commissioner_id = m.commissioner_id AND d.message_id = m.id AND d.recipient = :recipient
  AND d.acknowledged_at IS NULL"""
)


async def add_acknowledgement(
    session: Tx,
    announcement_id: UUID,
    edition: int,
    *,
    person_id: UUID,
    practice: str | None,
    recipient: str,
    via: Via,
    now: datetime,
) -> None:
    values = {
        "tenant": session.tenant, "id": new_id(), "announcement": announcement_id, "source_id": str(announcement_id), "edition": edition,
        "person": person_id, "practice": practice, "recipient": recipient, "via": via.value, "now": now,
    }  # fmt: skip
    connection = await session.connection()
    await connection.execute(_ACKNOWLEDGE, values)
    await connection.execute(
        _SETTLE, {name: values[name] for name in ("tenant", "source_id", "edition", "recipient", "now")}
    )


_ASKED = """asked AS (
  SELECT practice, person_id, min(created_at) AS asked_at, bool_or(acknowledged_at IS NOT NULL) AS is_read
  FROM delivery WHERE commissioner_id = :tenant AND message_id = :message AND is_first AND state <> 'withdrawn'
  GROUP BY practice, person_id, recipient
), done AS (
  SELECT practice, person_id, via, at FROM acknowledgement
  WHERE commissioner_id = :tenant AND announcement_id = :announcement AND edition = :edition
)"""
_OF_PRACTICES = text(
    f"""WITH {_ASKED}
SELECT DISTINCT a.practice, CAST(NULL AS uuid) AS person_id FROM asked a
WHERE a.practice IS NOT NULL AND NOT EXISTS (SELECT 1 FROM done WHERE done.practice = a.practice)
UNION ALL
SELECT NULL, a.person_id FROM asked a
WHERE a.practice IS NULL AND NOT EXISTS (SELECT 1 FROM done WHERE done.person_id = a.person_id)"""
)
_OF_EACH = text(
    f"""WITH {_ASKED}
SELECT CASE WHEN a.person_id IS NULL THEN a.practice END, a.person_id FROM asked a
WHERE CASE WHEN a.person_id IS NULL THEN NOT EXISTS (SELECT 1 FROM done WHERE done.practice = a.practice)
      ELSE NOT EXISTS (SELECT 1 FROM done WHERE done.person_id = a.person_id) END"""
)


async def find_outstanding(session: Tx, row: Announcement, *, of_each: bool) -> Outstanding:
    found = (await (await session.connection()).execute(_OF_EACH if of_each else _OF_PRACTICES, _of(row))).all()
    return Outstanding(
        tuple(sorted({practice for practice, _ in found if practice})),
        frozenset(person for _, person in found if person),
    )


async def find_meant(session: Tx, meant: Statement) -> tuple[frozenset[str], frozenset[UUID]]:
    """The practices and people of an audience as it is today."""
    who = meant.subquery("who")
    found = await (await session.connection()).execute(select_columns(who.c.practice, who.c.person_id).distinct())
    rows = found.all()
    return frozenset(code for code, _ in rows if code), frozenset(person for _, person in rows if person)


_DUTIES = text(
    f"""WITH {_ASKED}
SELECT a.practice, min(a.asked_at) AS asked_at, CAST(count(*) AS int) AS asked,
       CAST(count(*) FILTER (WHERE a.is_read) AS int) AS read, first.person_id, first.via, first.at, cover.occasion
FROM asked a
LEFT JOIN LATERAL (
  SELECT person_id, via, at FROM done WHERE done.practice = a.practice ORDER BY at, person_id LIMIT 1) first ON true
LEFT JOIN LATERAL (
  SELECT m.occasion FROM message m WHERE m.commissioner_id = :tenant AND m.source = 'announcement'
    AND m.source_id = :source_id AND m.practice = a.practice
    AND m.occasion IN ('v' || CAST(:edition AS text) || ' overdue lead', 'v' || CAST(:edition AS text) || ' overdue manager')
  ORDER BY m.occasion DESC LIMIT 1) cover ON true
WHERE a.practice IS NOT NULL AND (CAST(:only AS text[]) IS NULL OR a.practice = ANY(CAST(:only AS text[])))
GROUP BY a.practice, first.person_id, first.via, first.at, cover.occasion"""
).columns(
    practice=Text(), asked_at=DateTime(timezone=True), asked=Integer(), read=Integer(), person_id=Uuid(), via=Text(),
    at=DateTime(timezone=True), occasion=Text(),
)  # fmt: skip


async def list_duties(
    session: Tx, row: Announcement, only: Sequence[str] | None, *, params: PageParams, cursors: Cursors
) -> Page[Any]:
    """By practice. `only`: these practices; None is all."""
    duties = _DUTIES.bindparams(only=only, **_of(row)).subquery("duty")
    statement = select_columns(*duties.c)
    kind = f"acknowledgements:{row.id}"
    return await keyset_page(session, statement, keys=[duties.c.practice], params=params, cursors=cursors, kind=kind)


async def count_duties(session: Tx, row: Announcement, only: Sequence[str] | None) -> list[Any]:
    statement = _DUTIES.bindparams(only=only, **_of(row))
    return list((await (await session.connection()).execute(statement)).all())


def _of(row: Announcement) -> dict[str, Any]:
    return {
        "tenant": row.commissioner_id,
        "message": row.message_id or row.id,
        "announcement": row.id,
        "source_id": str(row.id),
        "edition": row.edition,
    }


async def list_must_read(session: Tx, *, since: date) -> Sequence[Announcement]:
    """Those that have to be read by a day not longer ago than `since`, and those that come round again."""
    due = col(Announcement.must_acknowledge_by) >= since
    statement = select(Announcement).where(
        col(Announcement.commissioner_id) == session.tenant,
        col(Announcement.must_acknowledge_by).is_not(None),
        col(Announcement.withdrawn_at).is_(None),
        col(Announcement.is_out),
        due | col(Announcement.renew_months).is_not(None),
    )
    return (await session.exec(statement.order_by(col(Announcement.id)))).all()
