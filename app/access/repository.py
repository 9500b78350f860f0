"""Every statement of access. Credentials are found by functions that see all tenants and return only what access needs."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, text
from sqlmodel import col

from app.access.errors import ApiKeyNotFound, RoleGrantNotFound
from app.access.tables import ApiKey, RoleGrant
from app.access.values import FoundGrant, FoundKey, Role
from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository

Held = TypeVar("Held", ApiKey, RoleGrant)
_FIND_KEY = text("SELECT * FROM find_api_key(:hash)")
_FIND_GRANTS = text("SELECT * FROM find_grants(:address)")
_FIND_ORIGIN = text("SELECT find_origin(:origin, :now)")
_FIND_TENANT = text("SELECT find_credential_tenant(:credential)")


class _CredentialRepository(TenantRepository[Held]):
    """What a person or a machine acts by."""

    listed_as: ClassVar[str]

    def is_live(self, at: datetime) -> ColumnElement[bool]:
        raise NotImplementedError

    def _select_held(
        self, *, roles: Collection[Role] | None, person_id: UUID | None, live_at: datetime | None
    ) -> Select[Any]:
        statement, table = self.select(), cast(Any, self.table)
        if roles is not None:
            statement = statement.where(col(table.role).in_(list(roles)))
        if person_id is not None:
            statement = statement.where(col(table.person_id) == person_id)
        return statement if live_at is None else statement.where(self.is_live(live_at))

    async def list_page(
        self,
        *,
        role: Role | None,
        person_id: UUID | None,
        live_at: datetime | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[Held]:
        statement = self._select_held(roles=None if role is None else [role], person_id=person_id, live_at=live_at)
        keys, kind = [cast(Any, self.table).id], f"{self.listed_as}:{self.tenant}:{live_at is None}:{role}:{person_id}"
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind=kind)

    async def list_held(
        self,
        *,
        roles: Collection[Role] | None = None,
        person_id: UUID | None = None,
        live_at: datetime | None = None,
    ) -> Sequence[Held]:
        statement = self._select_held(roles=roles, person_id=person_id, live_at=live_at)
        return (await self.session.exec(statement)).all()  # pyright: ignore


class ApiKeyRepository(_CredentialRepository[ApiKey]):
    table = ApiKey
    missing = ApiKeyNotFound
    listed_as = "api-keys"

    def is_live(self, at: datetime) -> ColumnElement[bool]:
        ends = col(ApiKey.expires_at)
        return and_(col(ApiKey.revoked_at).is_(None), or_(ends.is_(None), ends > at))


class RoleGrantRepository(_CredentialRepository[RoleGrant]):
    table = RoleGrant
    missing = RoleGrantNotFound
    listed_as = "role-grants"

    def is_live(self, at: datetime) -> ColumnElement[bool]:
        ends = col(RoleGrant.valid_until)
        return or_(ends.is_(None), ends > at)


# Who gave a key its secret, a person a role or a person with a role an address is in the audit log, which nobody can
# change. Whoever signs in with a token is the person of an address, which may be the giver's own.
_HANDS = text(
    """WITH RECURSIVE hand(person_id) AS (
  SELECT CAST(:person AS uuid)
  UNION SELECT a.person_id FROM hand h
  CROSS JOIN LATERAL (
    SELECT CAST(k.id AS text) AS subject, ARRAY['key.created', 'key.rotated'] AS actions
    FROM api_key k WHERE k.commissioner_id = :tenant AND k.person_id = h.person_id
    UNION ALL SELECT CAST(g.id AS text), ARRAY['grant.created']
    FROM role_grant g WHERE g.commissioner_id = :tenant AND g.person_id = h.person_id
    UNION SELECT CAST(g.person_id AS text), ARRAY['person.changed']
    FROM role_grant g WHERE g.commissioner_id = :tenant AND g.person_id = h.person_id
  ) given
  JOIN audit_entry a ON a.commissioner_id = :tenant AND a.subject = given.subject AND a.action = ANY(given.actions)
    AND a.person_id IS NOT NULL
    AND (a.action <> 'person.changed' OR a.detail -> 'members' ? 'email' OR a.detail ->> 'by' = 'import')
) SELECT person_id FROM hand"""
)


async def list_hands(session: Tx, person_id: UUID) -> frozenset[UUID]:
    values = {"tenant": session.tenant, "person": person_id}
    return frozenset((await (await session.connection()).execute(_HANDS, values)).scalars())


async def list_practices_of(session: Tx, person_id: UUID, *, live_after: datetime) -> frozenset[str]:
    """The practices for which the person has a key or a grant that still holds after that instant."""
    found: set[str] = set()
    for repository in (ApiKeyRepository, RoleGrantRepository):
        rows = await repository(session, session.tenant).list_held(person_id=person_id, live_at=live_after)
        found |= {row.boundary_id for row in rows if row.boundary == "practice" and row.boundary_id}
    return frozenset(found)


async def list_holders(
    session: Tx, roles: Collection[Role], now: datetime, *, places: Collection[str] | None = None
) -> frozenset[UUID]:
    """The persons of the session's tenant who hold one of these roles now, by key or by grant; with `places`, for the
    whole commissioner or for one of these alone.
    """
    by_key = await ApiKeyRepository(session, session.tenant).list_held(roles=roles, live_at=now)
    by_grant = await RoleGrantRepository(session, session.tenant).list_held(roles=roles, live_at=now)
    begun = [grant for grant in by_grant if grant.valid_from <= now]
    return frozenset(
        held.person_id
        for held in (*by_key, *begun)
        if held.person_id is not None
        and (places is None or held.boundary == "commissioner" or held.boundary_id in places)
    )


async def find_key(session: Tx, hashed: bytes) -> FoundKey | None:
    found = await (await session.connection()).execute(_FIND_KEY, {"hash": hashed})
    row = found.mappings().one_or_none()
    return FoundKey(**row) if row else None


async def list_grants(session: Tx, address: str) -> list[FoundGrant]:
    found = await (await session.connection()).execute(_FIND_GRANTS, {"address": address})
    return [FoundGrant(**row) for row in found.mappings()]


async def find_origin(session: Tx, origin: str, now: datetime) -> bool:
    found = await (await session.connection()).execute(_FIND_ORIGIN, {"origin": origin, "now": now})
    return found.scalar_one()


async def find_credential_tenant(session: Tx, credential: UUID) -> UUID | None:
    """Whose key or grant this is; the platform login may ask."""
    return (await (await session.connection()).execute(_FIND_TENANT, {"credential": credential})).scalar_one()


_ROLES = text(
    """SELECT person_id, role FROM api_key WHERE commissioner_id = :tenant AND person_id = ANY(CAST(:people AS uuid[]))
  AND boundary = 'commissioner' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
UNION SELECT person_id, role FROM role_grant WHERE commissioner_id = :tenant
  AND person_id = ANY(CAST(:people AS uuid[])) AND boundary = 'commissioner' AND valid_from <= :now
  AND (valid_until IS NULL OR valid_until > :now)"""
)


async def list_roles(session: Tx, people: Collection[UUID], now: datetime) -> list[tuple[UUID, Role]]:
    """Who of these holds which role for the whole commissioner now, by key or by grant."""
    values = {"tenant": session.tenant, "people": list(people), "now": now}
    return [(row[0], Role(row[1])) for row in await (await session.connection()).execute(_ROLES, values)]
