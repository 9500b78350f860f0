"""Schemes and the versions of their definitions."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository
from app.schemes.errors import SchemeNotFound, VersionNotFound
from app.schemes.tables import SchemeRow, VersionRow
from app.schemes.values import (
    Drafts,
    SchemeState,
    VersionState,
)


class SchemeRepository(TenantRepository[SchemeRow]):
    table = SchemeRow
    missing = SchemeNotFound

    async def list_visible(
        self,
        *,
        drafts: Drafts,
        state: str | None,
        financial_year: str | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[SchemeRow]:
        statement, kind = self.select(), f"schemes:{state}:{financial_year}"
        if drafts is not Drafts.ALL:
            is_shown = col(SchemeRow.state) != SchemeState.DRAFT
            if drafts is Drafts.CONSULTED:
                is_shown = or_(is_shown, col(SchemeRow.id).in_(self._consulted()))
            statement = statement.where(is_shown)
        if state:
            statement = statement.where(col(SchemeRow.state) == state)
        if financial_year:
            statement = statement.where(col(SchemeRow.financial_year) == financial_year)
        return await self.page(statement, keys=[SchemeRow.id], params=params, cursors=cursors, kind=kind)

    async def list_begun(self, *, since: date, on: date) -> Sequence[SchemeRow]:
        """Not drafts, whose year begins from the one day to the other; by year and code."""
        return await self.list(
            *self._begun(since, on),
            order=[col(SchemeRow.starts_on), col(SchemeRow.code)],
        )

    async def page_begun(self, *, since: date, on: date, params: PageParams, cursors: Cursors) -> Page[SchemeRow]:
        """A page of `list_begun`."""
        return await self.page(
            self.select().where(*self._begun(since, on)),
            keys=[col(SchemeRow.starts_on), col(SchemeRow.code)],
            params=params,
            cursors=cursors,
            kind=f"schemes_begun:{since}:{on}",
        )

    def _begun(self, since: date, on: date) -> tuple[ColumnElement[bool], ...]:
        return (
            col(SchemeRow.state) != SchemeState.DRAFT,
            col(SchemeRow.starts_on) >= since,
            col(SchemeRow.starts_on) <= on,
        )

    async def is_consulted(self, scheme_id: UUID) -> bool:
        """Whether a version of the scheme was ever put to consultation."""
        return (
            await self.session.exec(self._consulted().where(col(VersionRow.scheme_id) == scheme_id))
        ).first() is not None

    def _consulted(self) -> Any:
        return select(VersionRow.scheme_id).where(
            col(VersionRow.commissioner_id) == self.tenant, col(VersionRow.consulted_at).is_not(None)
        )


class VersionRepository(TenantRepository[VersionRow]):
    table = VersionRow
    missing = VersionNotFound

    async def list_visible(
        self, scheme_id: UUID, *, drafts: Drafts, params: PageParams, cursors: Cursors
    ) -> Page[VersionRow]:
        statement, kind = self.select().where(col(VersionRow.scheme_id) == scheme_id), f"versions:{scheme_id}"
        if drafts is not Drafts.ALL:
            is_shown = col(VersionRow.state) == VersionState.PUBLISHED
            if drafts is Drafts.CONSULTED:
                is_shown = or_(is_shown, col(VersionRow.consulted_at).is_not(None))
            statement = statement.where(is_shown)
        return await self.page(statement, keys=[VersionRow.n], params=params, cursors=cursors, kind=kind)

    async def get_number(self, scheme_id: UUID, n: int, *, for_update: bool = False) -> VersionRow:
        row = await self.find(col(VersionRow.scheme_id) == scheme_id, col(VersionRow.n) == n, for_update=for_update)
        if row is None:
            raise VersionNotFound
        return row

    async def list_of(self, scheme_id: UUID) -> Sequence[VersionRow]:
        return await self.list(col(VersionRow.scheme_id) == scheme_id, order=(col(VersionRow.n),))

    async def list_published(self, schemes: Sequence[UUID]) -> Sequence[VersionRow]:
        """Of one scheme or several; of each the newest first."""
        return await self.list(
            col(VersionRow.scheme_id).in_(schemes),
            col(VersionRow.state) == VersionState.PUBLISHED,
            order=(col(VersionRow.n).desc(),),
        )
