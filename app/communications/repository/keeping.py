"""What is kept of a person, and for how long."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, text, update
from sqlmodel import col, select

from app.communications.repository.joins import OF_MESSAGE
from app.communications.tables import (
    Announcement,
    Delivery,
    Message,
    MessagePreference,
    MessageTemplate,
    MobileCode,
    PushSubscription,
)
from app.communications.values import OPEN, DeliveryState
from app.core.db import Tx


async def list_deliveries_of(session: Tx, person_id: UUID) -> Sequence[tuple[Delivery, Message]]:
    statement = (
        select(Delivery, Message)
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.person_id) == person_id)
        .order_by(col(Delivery.id))
    )
    return (await session.exec(statement)).all()


async def list_announcements_of(session: Tx, person_id: UUID) -> Sequence[Announcement]:
    statement = select(Announcement).where(
        col(Announcement.commissioner_id) == session.tenant, col(Announcement.author_person_id) == person_id
    )
    return (await session.exec(statement.order_by(col(Announcement.id)))).all()


async def list_templates_of(session: Tx, person_id: UUID) -> Sequence[MessageTemplate]:
    """What they worded."""
    statement = select(MessageTemplate).where(
        col(MessageTemplate.commissioner_id) == session.tenant, col(MessageTemplate.written_by) == person_id
    )
    return (await session.exec(statement.order_by(col(MessageTemplate.kind), col(MessageTemplate.n)))).all()


async def forget_person(session: Tx, person_id: UUID) -> int:
    """Name and address go, what has not been sent is not sent, the choices and browsers are dropped. How many rows lost a name."""
    connection = await session.connection()
    mine = (col(Delivery.commissioner_id) == session.tenant, col(Delivery.person_id) == person_id)
    await connection.execute(
        update(Delivery)
        .where(*mine, col(Delivery.state).in_([*OPEN, DeliveryState.PARKED, DeliveryState.HELD]))
        .values(state=DeliveryState.SUPPRESSED.value, batch=None)
    )
    forgotten = await connection.execute(update(Delivery).where(*mine).values(name=None, address=None))
    for table in (MessagePreference, MobileCode, PushSubscription):
        await connection.execute(
            delete(table).where(col(table.commissioner_id) == session.tenant, col(table.person_id) == person_id)
        )
    return forgotten.rowcount


_DROP_DELIVERIES = text(
    """DELETE FROM delivery WHERE commissioner_id = :tenant AND id IN (
  SELECT id FROM delivery WHERE commissioner_id = :tenant AND created_at < :before ORDER BY created_at LIMIT :limit)"""
)


async def drop_deliveries(session: Tx, *, before: datetime, limit: int) -> int:
    values = {"tenant": session.tenant, "before": before, "limit": limit}
    return (await (await session.connection()).execute(_DROP_DELIVERIES, values)).rowcount


async def drop_messages(session: Tx, *, before: datetime, limit: int) -> int:
    """Messages that nobody's delivery names any more, the oldest first."""
    named = exists(
        select(Delivery.id).where(
            col(Delivery.commissioner_id) == col(Message.commissioner_id), col(Delivery.message_id) == col(Message.id)
        )
    )
    mine = col(Message.commissioner_id) == session.tenant
    oldest = select(Message.id).where(mine, col(Message.created_at) < before, ~named).order_by(col(Message.id))
    statement = delete(Message).where(mine, col(Message.id).in_(oldest.limit(limit)))
    return (await (await session.connection()).execute(statement)).rowcount
