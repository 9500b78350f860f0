"""Newsletters and their editions."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, cast, or_, true
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlmodel import col, select

from app.communications.errors import NewsletterNotFound
from app.communications.tables import Newsletter, NewsletterEdition
from app.communications.values import EditionState, NewsletterSight, NewsletterState
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository


def _uuids(values: Collection[UUID]) -> Any:
    return cast(sorted(values), ARRAY(Uuid))


class NewsletterRepository(TenantRepository[Newsletter]):
    table = Newsletter
    missing = NewsletterNotFound

    def _seen(self, sight: NewsletterSight) -> ColumnElement[bool]:
        is_out = col(Newsletter.on_intranet) & (col(Newsletter.state) == NewsletterState.SENT)
        seen = and_(is_out, _reaches(sight.localities))
        return or_(seen, _within(sight.area)) if sight.is_editor else seen

    async def list_page(
        self, sight: NewsletterSight, *, state: str | None, params: PageParams, cursors: Cursors
    ) -> Page[Newsletter]:
        """The newest first."""
        statement = self.select().where(self._seen(sight))
        if state is not None:
            statement = statement.where(col(Newsletter.state) == state)
        kind = f"newsletters:{state}"
        return await self.page(
            statement, keys=[Newsletter.id], params=params, cursors=cursors, kind=kind, descending=True
        )

    async def get_seen(self, newsletter_id: UUID, sight: NewsletterSight) -> Newsletter:
        return await self.get_one(self.select().where(col(Newsletter.id) == newsletter_id, self._seen(sight)))

    async def lock_within(self, newsletter_id: UUID, area: frozenset[UUID] | None) -> Newsletter:
        """Held against its sending and against another editor."""
        statement = self.select().where(col(Newsletter.id) == newsletter_id, _within(area))
        return await self.get_one(statement.with_for_update().execution_options(populate_existing=True))


def _reaches(localities: frozenset[UUID] | None) -> ColumnElement[bool]:
    if localities is None:
        return true()
    return col(Newsletter.for_commissioner) | col(Newsletter.localities).overlap(_uuids(localities))  # pyright: ignore


def _within(area: frozenset[UUID] | None) -> ColumnElement[bool]:
    if area is None:
        return true()
    return ~col(Newsletter.for_commissioner) & col(Newsletter.localities).contained_by(_uuids(area))  # pyright: ignore


class EditionRepository(TenantRepository[NewsletterEdition]):
    table = NewsletterEdition
    missing = NewsletterNotFound

    async def list_of(self, newsletter_id: UUID, localities: frozenset[UUID] | None) -> Sequence[NewsletterEdition]:
        """The commissioner's first; of localities, those of these (None: all)."""
        return await self.list(
            col(NewsletterEdition.newsletter_id) == newsletter_id,
            _for(localities),
            order=(col(NewsletterEdition.locality_id).nulls_first(),),
        )

    async def get_of(
        self, newsletter_id: UUID, edition_id: UUID, localities: frozenset[UUID] | None
    ) -> NewsletterEdition:
        return await self.get_one(
            self.select().where(
                col(NewsletterEdition.newsletter_id) == newsletter_id,
                col(NewsletterEdition.id) == edition_id,
                _for(localities),
            )
        )

    async def list_open(
        self, locality_id: UUID | None, *, limit: int
    ) -> Sequence[tuple[Newsletter, NewsletterEdition]]:
        """What was sent and is on the intranet, the newest first: of each the locality's edition, or else everybody's."""
        place = col(NewsletterEdition.locality_id)
        found = (
            select(Newsletter, NewsletterEdition)
            .join(
                NewsletterEdition,
                and_(
                    col(NewsletterEdition.commissioner_id) == Newsletter.commissioner_id,
                    col(NewsletterEdition.newsletter_id) == Newsletter.id,
                ),
            )
            .where(col(Newsletter.commissioner_id) == self.tenant, col(Newsletter.on_intranet))
            .where(col(NewsletterEdition.state) == EditionState.SENT)
            .where(or_(place.is_(None), place == locality_id) if locality_id else place.is_(None))
            .ext(distinct_on(col(Newsletter.id)))
            .order_by(col(Newsletter.id).desc(), place.nulls_last())
            .limit(limit)
        )
        return (await self.session.exec(found)).all()  # pyright: ignore


def _for(localities: frozenset[UUID] | None) -> ColumnElement[bool]:
    if localities is None:
        return true()
    place = col(NewsletterEdition.locality_id)
    return or_(place.is_(None), place.in_(localities))
