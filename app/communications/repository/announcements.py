"""Announcements, and how far each has come."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, exists, func, or_, true, update
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import col, select

from app.communications.errors import AnnouncementNotFound
from app.communications.repository.joins import OF_MESSAGE
from app.communications.repository.personal import deliveries_of
from app.communications.tables import Announcement, Delivery, Message
from app.communications.values import OPEN, Area, Channel, Counts, DeliveryState, Sight, Source
from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, keyset_page
from app.organisations.values import Places


class AnnouncementRepository(TenantRepository[Announcement]):
    table = Announcement
    missing = AnnouncementNotFound

    def _select_visible(self, sight: Sight) -> Select[Any]:
        return self.select().where(self._is_visible(sight))

    def _is_visible(self, sight: Sight) -> ColumnElement[bool]:
        """What a caller may read: what the intranet shows them and what was sent to them; the office all that went to
        its area too.
        """
        seen = col(Announcement.on_intranet) & _is_shown() & _is_for(sight.places)
        if sight.person_id is not None:
            seen |= self._was_sent_to(sight.person_id)
        if sight.is_office:
            seen |= _is_within(sight.area)
        return seen

    async def list_page(
        self,
        sight: Sight,
        page: Places | None,
        *,
        published_since: datetime | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[Announcement]:
        """The newest first. `page`: only what a page about these places shows; without one, of the intranet only what
        is for everybody or for the caller's own places.
        """
        own = sight if page else replace(sight, places=sight.places or Places(frozenset(), frozenset()))
        statement = self._select_visible(own).where(_is_for(page))
        if published_since is not None:
            statement = statement.where(col(Announcement.published_at) >= published_since)
        keys, kind = [col(Announcement.published_at), col(Announcement.id)], "announcements"
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind=kind, descending=True)

    async def get_visible(self, announcement_id: UUID, sight: Sight) -> Announcement:
        return await self.get_one(self._select_visible(sight).where(col(Announcement.id) == announcement_id))

    async def is_within(self, announcement_id: UUID, area: Area | None) -> bool:
        """Whether it went to nobody outside this area. None: the whole commissioner."""
        return await self.find(col(Announcement.id) == announcement_id, _is_within(area)) is not None

    async def list_recent(self, sight: Sight, page: Places, *, since: datetime, limit: int) -> Sequence[Announcement]:
        """What a page about these places shows the caller, newest first."""
        statement = (
            self._select_visible(sight)
            .where(_is_for(page), col(Announcement.published_at) >= since)
            # Each practice has its own words in the inbox.
            .where(~col(Announcement.is_personalised))
            .order_by(col(Announcement.published_at).desc(), col(Announcement.id).desc())
            .limit(limit)
        )
        return (await self.session.exec(statement)).all()  # pyright: ignore

    async def list_open(self, locality_id: UUID | None, *, now: datetime, limit: int) -> Sequence[Announcement]:
        """What the intranet shows everybody, or everybody in the locality, newest first; nothing that names practices."""
        place = Places(frozenset(), frozenset({locality_id} if locality_id else ()))
        statement = (
            self.select()
            .where(col(Announcement.on_intranet), _is_shown())
            .where(col(Announcement.published_at) <= now)
            .where(_is_for(place), func.jsonb_typeof(_PRACTICES) == "null")
            .order_by(col(Announcement.published_at).desc(), col(Announcement.id).desc())
            .limit(limit)
        )
        return (await self.session.exec(statement)).all()  # pyright: ignore

    async def list_between(self, start: datetime, end: datetime, sight: Sight) -> list[tuple[Announcement, bool]]:
        """What was or is to be published then, the first first, and whether the caller may read it."""
        at = col(Announcement.published_at)
        statement = (
            select(Announcement, self._is_visible(sight))
            .where(col(Announcement.commissioner_id) == self.tenant, col(Announcement.withdrawn_at).is_(None))
            .where(at >= start, at <= end)
            .order_by(at)
            .limit(200)
        )
        return [(row, is_visible) for row, is_visible in await self.session.exec(statement)]

    def _was_sent_to(self, person_id: UUID) -> Any:
        mine = (
            select(Delivery.id)
            .join(Message, OF_MESSAGE)
            .where(col(Delivery.commissioner_id) == self.tenant, col(Delivery.person_id) == person_id)
            .where(col(Message.source) == Source.ANNOUNCEMENT)
            .where(col(Message.source_id) == cast(col(Announcement.id), Text))
            # Who was no longer meant when it was to go out has no part in it.
            .where(col(Delivery.state) != DeliveryState.WITHDRAWN)
        )
        return exists(mine)


_LOCALITIES = col(Announcement.audience)["localities"]
_PRACTICES = func.coalesce(col(Announcement.audience)["shown_at"], col(Announcement.audience)["practices"], type_=JSONB)
_NAMES_PLACES = or_(func.jsonb_typeof(_LOCALITIES) == "array", func.jsonb_typeof(_PRACTICES) == "array")


def _is_shown() -> ColumnElement[bool]:
    return col(Announcement.is_out) & col(Announcement.withdrawn_at).is_(None)


def _is_within(area: Area | None) -> ColumnElement[bool]:
    if area is None:
        return true()
    return (
        _NAMES_PLACES
        & _are_among(_LOCALITIES, [str(locality) for locality in area.localities])
        & _are_among(_PRACTICES, sorted(area.reach))
    )


def _is_for(places: Places | None) -> ColumnElement[bool]:
    """Addressed to everybody or to one of these places. None: wherever it was addressed to."""
    if places is None:
        return true()
    return or_(
        ~_NAMES_PLACES,
        _LOCALITIES.has_any(cast([str(locality) for locality in places.localities], ARRAY(Text))),
        _PRACTICES.has_any(cast(sorted(places.practices), ARRAY(Text))),
    )


def _are_among(named: Any, places: Sequence[str]) -> ColumnElement[bool]:
    return or_(func.jsonb_typeof(named) == "null", named.contained_by(cast(places, JSONB)))


async def stop_waiting(session: Tx, announcement_id: UUID) -> None:
    """What has not gone out does not go out."""
    of_it = (col(Message.source) == Source.ANNOUNCEMENT) & (col(Message.source_id) == str(announcement_id))
    await (await session.connection()).execute(
        update(Delivery)
        .where(col(Delivery.commissioner_id) == session.tenant, OF_MESSAGE, of_it)
        .where(col(Delivery.state).in_([DeliveryState.QUEUED.value, DeliveryState.HELD.value]))
        .values(state=DeliveryState.WITHDRAWN.value, batch=None, in_inbox=False, detail="withdrawn by the office")
    )


async def count_deliveries(session: Tx, message_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """How many recipients of each message are in which state, in one query."""
    statement = (
        select_columns(col(Delivery.message_id), *_counted())
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.message_id).in_(message_ids))
        .group_by(col(Delivery.message_id))
    )
    rows = (await (await session.connection()).execute(statement)).all()
    return {row[0]: Counts(*row[1:]) for row in rows}


async def count_together(session: Tx, of: ColumnElement[bool]) -> Counts:
    """Of all these deliveries, whichever messages they are of."""
    statement = select_columns(*_counted()).where(col(Delivery.commissioner_id) == session.tenant, of)
    return Counts(*(await (await session.connection()).execute(statement)).one())


def _counted() -> list[ColumnElement[int]]:
    state = col(Delivery.state)
    failed = state.in_([DeliveryState.FAILED.value, DeliveryState.PARKED.value])
    sent = [DeliveryState.SENT.value, DeliveryState.DELIVERED.value]
    # Each recipient once: what goes by another way besides is a copy.
    counted = (
        true(),
        col(Delivery.person_id).is_(None),
        state.in_([each.value for each in OPEN]),
        state.in_([DeliveryState.SENT, DeliveryState.DIGESTED]),
        state == DeliveryState.DELIVERED,
        failed,
        state == DeliveryState.SUPPRESSED,
        state == DeliveryState.WITHDRAWN,
        state == DeliveryState.HELD,
        _is_doubtful(),
        col(Delivery.acknowledged_at).is_not(None),
    )
    return [
        *(func.count().filter(col(Delivery.is_first), each) for each in counted),
        *(
            func.count().filter(col(Delivery.channel) == each.value, state.in_(sent))
            for each in (Channel.TEXT, Channel.PUSH)
        ),
    ]


async def list_deliveries(
    session: Tx,
    row: Announcement,
    *,
    state: str | None,
    channel: str | None,
    in_doubt: bool | None,
    params: PageParams,
    cursors: Cursors,
) -> Page[Delivery]:
    message_id = row.message_id or row.id
    statement = select(Delivery).where(
        col(Delivery.commissioner_id) == session.tenant,
        deliveries_of(session.tenant, message_id, for_each=row.is_personalised),
    )
    if state is not None:
        statement = statement.where(col(Delivery.state) == state)
    if channel is not None:
        statement = statement.where(col(Delivery.channel) == channel)
    if in_doubt is not None:
        statement = statement.where(_is_doubtful() if in_doubt else ~_is_doubtful())
    keys, kind = [col(Delivery.id)], f"deliveries:{message_id}"
    return await keyset_page(session, statement, keys=keys, params=params, cursors=cursors, kind=kind)


def _is_doubtful() -> ColumnElement[bool]:
    return (col(Delivery.doubts) > 0) | (col(Delivery.state) == DeliveryState.IN_DOUBT)
