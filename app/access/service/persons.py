"""What access holds on one person, how it is given out or ended, and which practices are their own."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.access.repository import (
    ApiKeyRepository,
    RoleGrantRepository,
    list_hands,
    list_holders,
    list_practices_of,
    list_roles,
)
from app.access.service.grants import mark_ended
from app.access.service.keys import mark_revoked
from app.access.values import ROLE_SCOPES, Role
from app.core.clock import london_date, london_midnight, utc_text
from app.core.db import Tx
from app.organisations import service as organisations
from app.people.service import practices_of


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """The person's keys (never their secrets) and roles, ended ones too."""
    keys = await ApiKeyRepository(session, session.tenant).list_held(person_id=person_id)
    grants = await RoleGrantRepository(session, session.tenant).list_held(person_id=person_id)
    return {
        "api_keys": [
            {"name": k.name, "role": k.role, "prefix": k.prefix, "since": utc_text(k.created_at)} for k in keys
        ],
        "role_grants": [{"role": g.role, "boundary": g.boundary, "since": utc_text(g.valid_from)} for g in grants],
    }


async def own_practices(session: Tx, person_id: UUID, *, since: date, today: date) -> frozenset[str]:
    """The practices about which the person decides nothing: a post there on any day since then, or a key or a grant
    for it that is live today; and those that these have taken over.
    """
    posts = await practices_of(session, person_id, since=since, until=today)
    own = posts | await list_practices_of(session, person_id, live_after=london_midnight(today))
    return own.union(await organisations.predecessors(session, own, on=today))


async def list_holders_around(session: Tx, roles: Collection[Role], practice: str, now: datetime) -> frozenset[UUID]:
    """The persons who hold one of these roles now for the commissioner, for the practice's locality or for the practice."""
    locality = await organisations.locality_of(session, practice, on=london_date(now))
    return await list_holders(session, roles, now, places=frozenset({practice, str(locality)}))


async def scopes_of(session: Tx, people: Collection[UUID], *, by: str, now: datetime) -> dict[UUID, frozenset[str]]:
    """What each of them may do in the whole commissioner now, by those of their keys and roles that have that scope."""
    scopes = dict.fromkeys(people, frozenset[str]())
    for person, role in await list_roles(session, people, now):
        if by in ROLE_SCOPES[role]:
            scopes[person] |= ROLE_SCOPES[role]
    return scopes


async def hands_of(session: Tx, person_id: UUID) -> frozenset[UUID]:
    """Everybody who may have acted as this person: they, whoever made or rotated a key of theirs and so was shown its
    secret, whoever granted them a role or then changed the address by which they sign in, and the hands of those.
    """
    return await list_hands(session, person_id)


async def erase_person(session: Tx, person_id: UUID, *, now: datetime) -> None:
    """End every credential of the person. The rows stay, without a name, because decisions were made with them.

    A key is called what its giver liked, which may be the person's name; an ended grant still has the address.
    """
    for key in await ApiKeyRepository(session, session.tenant).list_held(person_id=person_id):
        if key.revoked_at is None:
            mark_revoked(session, key, now)
        key.name = key.role
        session.add(key)
    for grant in await RoleGrantRepository(session, session.tenant).list_held(person_id=person_id):
        if grant.valid_until is None or grant.valid_until > now:
            mark_ended(session, grant, now)
        grant.bound_email = None
        session.add(grant)
