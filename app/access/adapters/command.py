"""Keys from the command line, as the platform's own login makes them; used by `plenary keys`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from app.access.errors import ApiKeyNotFound, BoundaryInvalid, CommissionerRequired, PersonRequired, RoleUnknown
from app.access.repository import ApiKeyRepository, find_credential_tenant
from app.access.schemas import ApiKeyIn
from app.access.service import create_key, revoke_key
from app.access.tables import ApiKey
from app.access.values import PRACTICE_ROLES, ROLES_WITHOUT_PERSON, Boundary, KeyTerms, NamedPerson, Role, WantedRole
from app.core.clock import SystemClock
from app.core.db import Actor, Tx, as_tenant, make_engine, unit_of_work
from app.core.ids import PLATFORM_ID
from app.core.input_problems import refused_input
from app.core.repository import Expected
from app.core.settings import Settings
from app.organisations.errors import CommissionerNotFound
from app.organisations.service import find_commissioner, find_locality
from app.people.service import get_person

_ANY_VERSION = Expected("*", required=True)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key's text, which is stored nowhere, and in words whose it is; None where it is nobody's."""

    text: str
    acts_for: str | None


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One line of `plenary keys list`."""

    id: UUID
    role: str
    boundary: str
    name: str
    prefix: str
    state: str


def describe_role(
    role: str,
    *,
    commissioner: str | None,
    name: str | None,
    email: str | None,
    practice: str | None,
    locality: str | None,
) -> WantedRole:
    """From what was typed. A missing option is named here; the service says what else does not fit."""
    if role not in list(Role):
        raise RoleUnknown(f"There are: {', '.join(Role)}.")
    if commissioner is None and Role(role) is not Role.PLATFORM_ADMIN:
        raise CommissionerRequired(f"The role {role} belongs to a commissioner: name it with --commissioner CODE.")
    if practice is None and Role(role) in PRACTICE_ROLES:
        raise BoundaryInvalid(f"The role {role} is held in one practice: name it with --practice CODE.")
    if practice is not None and locality is not None:
        raise BoundaryInvalid("A role is held in one place: name it with --practice CODE or with --locality, not both.")
    if (name is None) != (email is None):
        raise PersonRequired("Give the person's name and e-mail address, both: --person NAME --email ADDRESS.")
    if name is None and Role(role) not in ROLES_WITHOUT_PERSON:
        raise PersonRequired(f"The role {role} acts for somebody: name the person with --person NAME --email ADDRESS.")
    boundary = Boundary("practice", practice) if practice else Boundary("locality", locality) if locality else None
    person = NamedPerson(name, email) if name is not None and email is not None else None
    return WantedRole(role=Role(role), boundary=boundary, person=person, by_platform=True)


async def make_key(settings: Settings, *, commissioner: str | None, wanted: WantedRole, terms: KeyTerms) -> MadeKey:
    """A new key, of the platform when no commissioner is named; what is typed has to be as the API wants it."""
    wanted = _checked(wanted, terms)
    async with _platform(settings) as session, _inside(session, commissioner):
        if wanted.boundary is not None and wanted.boundary.type == "locality":
            place = await find_locality(session, wanted.boundary.id or "")
            wanted = replace(wanted, boundary=Boundary("locality", str(place.id)))
        row, text = await create_key(session, wanted, terms, now=SystemClock().now())
        return MadeKey(text, await _acts_for(session, row, wanted.person))


def _checked(wanted: WantedRole, terms: KeyTerms) -> WantedRole:
    """With the address as the API would have taken it; refused in the API's words."""
    given = {"name": terms.name, "role": wanted.role, "origins": list(terms.origins)}
    if wanted.person is not None:
        given["person"] = {"name": wanted.person.name, "email": wanted.person.email}
    try:
        read = ApiKeyIn.model_validate(given)
    except ValidationError as error:
        raise refused_input(error, given) from None
    return replace(wanted, person=NamedPerson(read.person.name, read.person.email) if read.person else None)


async def _acts_for(session: Tx, row: ApiKey, named: NamedPerson | None) -> str | None:
    if named is None or row.person_id is None:
        return None
    person = await get_person(session, row.person_id)
    known = "" if person.name == named.name.strip() else f", who is known by that address and not as {named.name}"
    return f"{person.name} <{person.email}>{known}"


async def list_keys(settings: Settings, *, commissioner: str | None, role: Role | None) -> list[KeyLine]:
    now = SystemClock().now()
    async with _platform(settings) as session, _inside(session, commissioner):
        rows = await ApiKeyRepository(session, session.tenant).list_held(roles=None if role is None else [role])
        return [_line(row, now) for row in rows]


async def end_key(settings: Settings, key_id: UUID) -> None:
    """Revoke a key of whichever commissioner."""
    async with _platform(settings) as session:
        tenant = await find_credential_tenant(session, key_id)
        if tenant is None:
            raise ApiKeyNotFound
        async with as_tenant(session, tenant):
            await revoke_key(session, key_id, expected=_ANY_VERSION, now=SystemClock().now())


def _line(row: ApiKey, now: datetime) -> KeyLine:
    expired = row.expires_at is not None and row.expires_at <= now
    state = "revoked" if row.revoked_at else "expired" if expired else "live"
    return KeyLine(row.id, row.role, row.boundary_id or row.boundary, row.name, row.prefix, state)


@asynccontextmanager
async def _platform(settings: Settings) -> AsyncIterator[Tx]:
    engine = make_engine(settings.sqlalchemy_url("platform"), pool_size=1, application="plenary-keys")
    try:
        async with unit_of_work(engine, PLATFORM_ID, actor=Actor(via="cli")) as session:
            yield session
    finally:
        await engine.dispose()


@asynccontextmanager
async def _inside(session: Tx, commissioner: str | None) -> AsyncIterator[None]:
    if commissioner is None:
        yield
        return
    found = await find_commissioner(session, commissioner)
    if found is None:
        raise CommissionerNotFound
    async with as_tenant(session, found.id):
        yield
