"""Announcements, and how far each has come."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, exists, func, or_, true
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col, select

from app.communications.errors import AnnouncementNotFound
from app.communications.tables import Announcement, Delivery, Message
from app.communications.values import OPEN, Area, Counts, DeliveryState, Source
from app.core.db import Tx
from app.core.repository import TenantRepository


class AnnouncementRepository(TenantRepository[Announcement]):
    table = Announcement
    missing = AnnouncementNotFound

    def select_visible(
        self, *, person_id: UUID | None, office: bool = False, area: Area | None = None
    ) -> Select[*tuple[Any, ...]]:
        """What a caller may read: what the intranet shows and what was sent to them; the office all that went to its
        area too.
        """
        seen = col(Announcement.on_intranet) & col(Announcement.withdrawn_at).is_(None)
        if person_id is not None:
            seen |= self._was_sent_to(person_id)
        if office:
            seen |= _is_within(area)
        return self.select().where(seen)

    async def is_within(self, announcement_id: UUID, area: Area | None) -> bool:
        """Whether it went to nobody outside this area. None: the whole commissioner."""
        return await self.find(col(Announcement.id) == announcement_id, _is_within(area)) is not None

    async def list_recent(self, *, person_id: UUID | None, since: datetime, limit: int) -> Sequence[Announcement]:
        """What is shown to this person or to the intranet, newest first."""
        statement = (
            self.select_visible(person_id=person_id)
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


def _is_within(area: Area | None) -> ColumnElement[bool]:
    if area is None:
        return true()
    localities, practices = col(Announcement.audience)["localities"], col(Announcement.audience)["practices"]
    names_places = or_(func.jsonb_typeof(localities) == "array", func.jsonb_typeof(practices) == "array")
    return (
        names_places
        & _are_among(localities, [str(locality) for locality in area.localities])
        & _are_among(practices, sorted(area.reach))
    )


def _are_among(named: Any, places: Sequence[str]) -> ColumnElement[bool]:
    return or_(func.jsonb_typeof(named) == "null", named.contained_by(cast(places, JSONB)))


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
