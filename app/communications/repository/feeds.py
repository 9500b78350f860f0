"""Feeds, and how one is found before its tenant is known."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, text
from sqlmodel import col

from app.communications.errors import FeedNotFound
from app.communications.tables import Feed
from app.communications.values import FeedAccess, FoundFeed
from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository

_FIND = text("SELECT * FROM find_feed(:name, :hash)")


async def find_feed(session: Tx, name: str, hashed: bytes) -> FoundFeed | None:
    """By its name, or by the hash of its secret."""
    row = (await (await session.connection()).execute(_FIND, {"name": name, "hash": hashed})).mappings().one_or_none()
    if row is None:
        return None
    return FoundFeed(
        commissioner_id=row["commissioner_id"],
        id=row["id"],
        version=row["version"],
        access=FeedAccess(row["access"]),
        number=row["number"],
    )


class FeedRepository(TenantRepository[Feed]):
    table = Feed
    missing = FeedNotFound

    def _select_seen(self, localities: Collection[UUID] | None, *, with_secret: bool) -> Select[Any]:
        """None: of every locality and of the commissioner."""
        statement = self.select()
        if localities is not None:
            statement = statement.where(col(Feed.locality_id).in_(localities))
        return statement if with_secret else statement.where(col(Feed.access) == FeedAccess.PUBLIC)

    async def list_page(
        self, localities: Collection[UUID] | None, *, with_secret: bool, params: PageParams, cursors: Cursors
    ) -> Page[Feed]:
        statement = self._select_seen(localities, with_secret=with_secret)
        return await self.page(statement, keys=[Feed.id], params=params, cursors=cursors, kind="feeds")

    async def get_seen(
        self, feed_id: UUID, localities: Collection[UUID] | None, *, with_secret: bool, for_update: bool = False
    ) -> Feed:
        statement = self._select_seen(localities, with_secret=with_secret).where(col(Feed.id) == feed_id)
        return await self.get_one(statement.with_for_update() if for_update else statement)
