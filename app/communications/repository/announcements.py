"""Announcements, and how far each has come."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.communications.errors import AnnouncementNotFound
from app.communications.tables import Announcement, Delivery, Message
from app.communications.values import OPEN, Counts, DeliveryState, Source
from app.core.db import Tx
from app.core.repository import TenantRepository


class AnnouncementRepository(TenantRepository[Announcement]):
    table = Announcement
    missing = AnnouncementNotFound

    def select_visible(self, *, person_id: UUID | None, everything: bool) -> Select[*tuple[Any, ...]]:
        """What a caller may read: the office all of it, others what the intranet shows and what was sent to them."""
        statement = self.select()
        if everything:
            return statement
        shown = col(Announcement.on_intranet) & col(Announcement.withdrawn_at).is_(None)
        if person_id is None:
            return statement.where(shown)
        return statement.where(shown | self._was_sent_to(person_id))

    async def list_recent(self, *, person_id: UUID | None, since: datetime, limit: int) -> Sequence[Announcement]:
        """What is shown to this person or to the intranet, newest first."""
        statement = (
            self.select_visible(person_id=person_id, everything=False)
            .where(col(Announcement.published_at) >= since)
            .order_by(col(Announcement.published_at).desc(), col(Announcement.id).desc())
            .limit(limit)
        )
        return (await self.session.exec(statement)).all()  # pyright: ignore

    def _was_sent_to(self, person_id: UUID) -> Any:
        mine = (
            select(Delivery.id)
            .join(Message, _of_message())
            .where(col(Delivery.commissioner_id) == self.tenant, col(Delivery.person_id) == person_id)
            .where(col(Message.source) == Source.ANNOUNCEMENT, col(Message.id) == col(Announcement.id))
        )
        return exists(mine)


def _of_message() -> Any:
    return (col(Message.commissioner_id) == Delivery.commissioner_id) & (col(Message.id) == Delivery.message_id)


async def count_deliveries(session: Tx, message_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """How many deliveries of each message are in which state, in one query."""
    state = col(Delivery.state)
    open_ = state.in_([each.value for each in OPEN])
    failed = state.in_([DeliveryState.FAILED.value, DeliveryState.PARKED.value])
    statement = (
        select_columns(
            col(Delivery.message_id),
            func.count(),
            func.count().filter(col(Delivery.person_id).is_(None)),
            func.count().filter(open_),
            func.count().filter(state == DeliveryState.SENT),
            func.count().filter(state == DeliveryState.DELIVERED),
            func.count().filter(failed),
            func.count().filter(state == DeliveryState.SUPPRESSED),
            func.count().filter((col(Delivery.doubts) > 0) | (state == DeliveryState.IN_DOUBT)),
            func.count().filter(col(Delivery.acknowledged_at).is_not(None)),
        )
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.message_id).in_(message_ids))
        .group_by(col(Delivery.message_id))
    )
    rows = (await (await session.connection()).execute(statement)).all()
    return {row[0]: Counts(*row[1:]) for row in rows}


def select_deliveries(tenant: UUID, message_id: UUID) -> Select[*tuple[Any, ...]]:
    return select(Delivery).where(col(Delivery.commissioner_id) == tenant, col(Delivery.message_id) == message_id)
