"""A commissioner's localities, and which of its practices are in them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, case, cast, func, or_, text
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, is_valid, keyset_page
from app.organisations.errors import LocalityNotFound, PlacementNotFound
from app.organisations.tables import Locality, LocalityMembership, PlaceMembership, PublishedPractice
from app.organisations.values import PracticeStatus


class LocalityRepository(TenantRepository[Locality]):
    table = Locality
    missing = LocalityNotFound

    def _select_counted(self, today: date) -> Select[*tuple[Any, ...]]:
        """Each locality with its open practices and their registered patients, as published today."""
        practice = PublishedPractice
        counted = (
            select(
                practice.locality_id,
                func.count().label("practice_count"),
                func.sum(practice.registered).label("registered"),
            )
            .where(col(practice.commissioner_id) == self.tenant, col(practice.status) != PracticeStatus.CLOSED)
            .where(or_(col(practice.member_until).is_(None), col(practice.member_until) > today))
            .group_by(col(practice.locality_id))
            .subquery()
        )
        # Nobody in a locality without practices; unknown in one whose practices have no list.
        patients = case((counted.c.practice_count.is_(None), 0), else_=counted.c.registered)
        return (
            select_columns(
                col(Locality.id),
                col(Locality.code),
                col(Locality.name),
                col(Locality.description),
                col(Locality.version),
                func.coalesce(counted.c.practice_count, 0).label("practice_count"),
                cast(func.trim_scale(patients), Text).label("registered_patients"),
            )
            .outerjoin_from(Locality, counted, counted.c.locality_id == col(Locality.id))
            .where(col(Locality.commissioner_id) == self.tenant)
        )

    async def list_counted(self, today: date, *, params: PageParams, cursors: Cursors) -> Page[Any]:
        statement, keys = self._select_counted(today), [col(Locality.code)]
        return await keyset_page(self.session, statement, keys=keys, params=params, cursors=cursors, kind="localities")

    async def get_counted(self, locality_id: UUID, *, today: date) -> Any:
        return await self.get_one(self._select_counted(today).where(col(Locality.id) == locality_id))

    async def list_by_ids(self, ids: Iterable[UUID]) -> Sequence[Locality]:
        return await self.list(col(Locality.id).in_(list(ids)))

    async def list_named(self, named: str) -> Sequence[Locality]:
        """By id or by code, which are one locality's alone; else by name, whatever the size of its letters."""
        text = named.strip().lower()
        exact = or_(cast(col(Locality.id), Text) == text, func.lower(col(Locality.code)) == text)
        return await self.list(exact) or await self.list(func.lower(col(Locality.name)) == text)


class LocalityMembershipRepository(TenantRepository[LocalityMembership]):
    table = LocalityMembership

    async def list_of(
        self, locality_id: UUID, *, as_at: date | None, params: PageParams, cursors: Cursors
    ) -> Page[LocalityMembership]:
        membership, kind = LocalityMembership, f"locality-practices:{locality_id}:{as_at}"
        statement = self.select().where(col(membership.locality_id) == locality_id)
        if as_at is not None:
            statement = statement.where(is_valid(col(membership.valid_from), col(membership.valid_until), as_at))
        return await self.page(statement, keys=[col(membership.id)], params=params, cursors=cursors, kind=kind)

    async def get_latest(self, locality_id: UUID, code: str, *, today: date) -> LocalityMembership:
        """The practice's time in the locality that holds today, or else the last one."""
        membership = LocalityMembership
        rows = await self.list(
            col(membership.locality_id) == locality_id,
            col(membership.practice) == code,
            order=(
                is_valid(col(membership.valid_from), col(membership.valid_until), today).desc(),
                col(membership.valid_from).desc(),
            ),
        )
        if not rows:
            raise PlacementNotFound
        return rows[0]

    async def lock_of(self, codes: Iterable[str]) -> Sequence[LocalityMembership]:
        """All that these practices are and were in, held against another change of them, in one order."""
        statement = (
            self.select()
            .where(col(LocalityMembership.practice).in_(list(codes)))
            .order_by(col(LocalityMembership.id))
            .with_for_update()
        )
        return (await self.session.exec(statement)).all()  # pyright: ignore


class PlaceMembershipRepository(TenantRepository[PlaceMembership]):
    table = PlaceMembership

    async def lock_of(self, codes: Iterable[str]) -> Sequence[PlaceMembership]:
        statement = (
            self.select()
            .where(col(PlaceMembership.practice).in_(list(codes)))
            .order_by(col(PlaceMembership.id))
            .with_for_update()
        )
        return (await self.session.exec(statement)).all()  # pyright: ignore


_CHECK_NOW = text("SET CONSTRAINTS ex_locality_membership_overlap, ex_place_membership_overlap IMMEDIATE")
_CHECK_LATER = text("SET CONSTRAINTS ex_locality_membership_overlap, ex_place_membership_overlap DEFERRED")


async def check_overlaps(session: Tx) -> None:
    """Have the database look for overlaps now that all rows of a change are written, and not at the commit only."""
    await session.flush()
    connection = await session.connection()
    await connection.execute(_CHECK_NOW)
    await connection.execute(_CHECK_LATER)


async def list_practices_in(session: Tx, localities: Iterable[UUID], *, on: date) -> Sequence[str]:
    membership = LocalityMembership
    statement = (
        select(membership.practice)
        .where(col(membership.commissioner_id) == session.tenant, col(membership.locality_id).in_(list(localities)))
        .where(is_valid(col(membership.valid_from), col(membership.valid_until), on))
        .order_by(col(membership.practice))
    )
    return (await session.exec(statement)).all()


async def list_localities_of(session: Tx, practices: Iterable[str], *, on: date) -> Sequence[UUID]:
    membership = LocalityMembership
    statement = (
        select(membership.locality_id)
        .where(col(membership.commissioner_id) == session.tenant, col(membership.practice).in_(list(practices)))
        .where(is_valid(col(membership.valid_from), col(membership.valid_until), on))
    )
    return (await session.exec(statement)).all()


async def find_locality_of(session: Tx, practice: str, *, on: date) -> UUID | None:
    membership = LocalityMembership
    statement = (
        select(membership.locality_id)
        .where(col(membership.commissioner_id) == session.tenant, col(membership.practice) == practice)
        .where(is_valid(col(membership.valid_from), col(membership.valid_until), on))
    )
    return (await session.exec(statement)).one_or_none()
