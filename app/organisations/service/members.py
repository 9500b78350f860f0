"""Which practices are the tenant's on a day."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, column, or_, select, table
from sqlmodel import col

from app.organisations.tables import LocalityMembership

_member = table(
    "practice_member", column("commissioner_id"), column("practice"), column("valid_from"), column("valid_until")
)


def select_member_practices(tenant: UUID, on: date) -> Select[Any]:
    """The commissioner's member practices of that day, as a statement: (code, locality_id)."""
    in_locality = and_(
        col(LocalityMembership.commissioner_id) == tenant,
        col(LocalityMembership.practice) == _member.c.practice,
        col(LocalityMembership.valid_from) <= on,
        or_(col(LocalityMembership.valid_until).is_(None), col(LocalityMembership.valid_until) > on),
    )
    return (
        select(_member.c.practice.label("code"), col(LocalityMembership.locality_id))
        .select_from(_member)
        .outerjoin(LocalityMembership, in_locality)
        .where(_member.c.commissioner_id == tenant, _member.c.valid_from <= on)
        .where(or_(_member.c.valid_until.is_(None), _member.c.valid_until > on))
        .distinct()
    )
