"""Channels in Microsoft Teams."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, text, true, update
from sqlmodel import col

from app.communications.errors import TeamsChannelNotFound
from app.communications.tables import TeamsChannel
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository


class TeamsChannelRepository(TenantRepository[TeamsChannel]):
    table = TeamsChannel
    missing = TeamsChannelNotFound

    async def find_id(self, channel_id: UUID) -> TeamsChannel | None:
        return await self.find(col(TeamsChannel.id) == channel_id)

    async def list_whole(self) -> Sequence[TeamsChannel]:
        """Those that are not broken."""
        return await self.list(col(TeamsChannel.broken_at).is_(None))

    async def list_page(self, *, params: PageParams, cursors: Cursors) -> Page[TeamsChannel]:
        return await self.page(
            self.select(), keys=[col(TeamsChannel.id)], params=params, cursors=cursors, kind="teams-channels"
        )

    async def database_time(self) -> datetime:
        return (await (await self.session.connection()).execute(text("SELECT clock_timestamp()"))).scalar_one()

    async def record_success(self, channel_id: UUID, *, at: datetime) -> None:
        """A card that arrives makes the channel whole."""
        await self._note(channel_id, true(), fault=None, broken_at=None, last_success_at=at)

    async def record_error(self, channel_id: UUID, error: str, *, at: datetime) -> None:
        await self._note(channel_id, true(), fault=error, last_error=error, last_error_at=at)

    async def record_break(self, channel_id: UUID, error: str, *, at: datetime) -> bool:
        """Whether it was whole until now."""
        return await self._note(
            channel_id,
            col(TeamsChannel.broken_at).is_(None),
            fault=error,
            broken_at=at,
            last_error=error,
            last_error_at=at,
        )

    async def _note(self, channel_id: UUID, which: ColumnElement[bool], **values: Any) -> bool:
        statement = (
            update(TeamsChannel)
            .where(col(TeamsChannel.commissioner_id) == self.tenant, col(TeamsChannel.id) == channel_id, which)
            .values(**values)
        )
        found: Any = await (await self.session.connection()).execute(statement)
        return found.rowcount > 0
