"""Channels in Microsoft Teams."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
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

    async def record(self, channel_id: UUID, fault: str | None, *, broken_at: datetime | None) -> None:
        """What became of the last card."""
        statement = (
            update(TeamsChannel)
            .where(col(TeamsChannel.commissioner_id) == self.tenant, col(TeamsChannel.id) == channel_id)
            .where(col(TeamsChannel.fault).is_distinct_from(fault))
            .values(fault=fault, broken_at=broken_at)
        )
        connection: Any = await self.session.connection()
        await connection.execute(statement)
