"""Which practices belong to a tenant, and when: selects on the view `practice_member`, which knows the four kinds."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, String, Uuid, and_, column, select, table
from sqlalchemy.sql import Select
from sqlmodel import col

from app.core.db import Tx
from app.core.repository import among, is_valid
from app.organisations.tables import LocalityMembership

practice_member = table(
    "practice_member",
    column("commissioner_id", Uuid()),
    column("practice", String()),
    column("register_commissioner", String()),
    column("valid_from", Date()),
    column("valid_until", Date()),
)


def _select_members(tenant: UUID, on: date | None) -> Select[Any]:
    """The codes of the tenant's members on that day; None: of all that are or were."""
    member = practice_member.c
    statement = select(member.practice.label("code")).where(member.commissioner_id == tenant).distinct()
    return statement if on is None else statement.where(is_valid(member.valid_from, member.valid_until, on))


def select_members_in_localities(tenant: UUID, on: date) -> Select[Any, Any]:
    """`code` and `locality_id` of each member on that day."""
    members = _select_members(tenant, on).subquery()
    placed = and_(
        col(LocalityMembership.commissioner_id) == tenant,
        col(LocalityMembership.practice) == members.c.code,
        is_valid(col(LocalityMembership.valid_from), col(LocalityMembership.valid_until), on),
    )
    return select(members.c.code, col(LocalityMembership.locality_id)).outerjoin_from(
        members, LocalityMembership, placed
    )


async def list_members(session: Tx, tenant: UUID, on: date | None) -> list[str]:
    """The members' codes, sorted; None: of all that are or were."""
    return sorted((await (await session.connection()).execute(_select_members(tenant, on))).scalars())


async def list_periods(session: Tx, tenant: UUID, codes: Sequence[str]) -> Sequence[Any]:
    """Rows (practice, valid_from, valid_until) in order, of the practices named."""
    member = practice_member.c
    statement = (
        select(member.practice, member.valid_from, member.valid_until)
        .where(member.commissioner_id == tenant, among(member.practice, codes))
        .order_by(member.practice, member.valid_from)
    )
    return (await (await session.connection()).execute(statement)).all()
