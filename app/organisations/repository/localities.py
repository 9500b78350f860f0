"""A commissioner's localities, and which of its practices are in them."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from app.core.db import Tx
from app.core.repository import TenantRepository
from app.organisations.errors import LocalityNotFound
from app.organisations.repository.members import is_valid
from app.organisations.tables import Locality, LocalityMembership


class LocalityRepository(TenantRepository[Locality]):
    table = Locality
    missing = LocalityNotFound


async def list_practices_in(session: Tx, localities: Iterable[UUID], *, on: date) -> Sequence[str]:
    membership = LocalityMembership
    statement = (
        select(membership.practice)
        .where(col(membership.commissioner_id) == session.tenant, col(membership.locality_id).in_(list(localities)))
        .where(is_valid(col(membership.valid_from), col(membership.valid_until), on))
        .order_by(col(membership.practice))
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
