"""Giving and ending roles of persons who sign in with a token."""

from datetime import datetime
from uuid import UUID

from app.access.errors import AlreadyExpired, PersonRequired
from app.access.events import MoneyRoleGranted
from app.access.repository import RoleGrantRepository
from app.access.service.roles import check_giver, settle_boundary, settle_person
from app.access.tables import RoleGrant
from app.access.values import MONEY_ROLES, WantedRole
from app.core.addresses import address_key
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit
from app.core.repository import Expected
from app.people.service import get_person


async def grant_role(
    session: Tx, wanted: WantedRole, *, valid_from: datetime, valid_until: datetime | None, now: datetime
) -> RoleGrant:
    check_giver(session, wanted)
    if valid_until is not None and valid_until <= max(valid_from, now):
        raise AlreadyExpired(errors=[FieldError("/valid_until", "in_the_past", "It ends after it begins.")])
    boundary = await settle_boundary(session, wanted)
    person_id = await settle_person(session, wanted)
    address = (await get_person(session, person_id)).email if person_id is not None else None
    if person_id is None or address is None:
        # A token is matched by its address, so a grant to nobody or to a person without one could never be used.
        raise PersonRequired(errors=[FieldError("/person", "missing", "Name a person who has an e-mail address.")])
    grant = RoleGrant(
        commissioner_id=session.tenant,
        person_id=person_id,
        role=wanted.role,
        boundary=boundary.type,
        boundary_id=boundary.id,
        bound_email=address_key(address) if wanted.role in MONEY_ROLES else None,
        created_at=now,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    session.add(grant)
    audit(session, "grant.created", grant.id, role=grant.role, boundary=boundary.type, boundary_id=boundary.id)
    if wanted.role in MONEY_ROLES:
        emit(session, MoneyRoleGranted(subject=str(grant.id), role=grant.role, person_id=str(person_id), how="grant"))
    return grant


async def end_grant(session: Tx, grant_id: UUID, *, expected: Expected, now: datetime) -> RoleGrant:
    """Ended from now on, in every process within five seconds. Ending again changes nothing."""
    grant = await RoleGrantRepository(session, session.tenant).get(grant_id, for_update=True)
    expected.check(grant.version)
    if grant.valid_until is None or grant.valid_until > now:
        mark_ended(session, grant, now)
    return grant


def mark_ended(session: Tx, grant: RoleGrant, now: datetime) -> None:
    grant.valid_until = max(now, grant.valid_from)
    session.add(grant)
    audit(session, "grant.ended", grant.id, role=grant.role)
