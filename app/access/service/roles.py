"""What keys and grants have in common: who may give a role, to whom, and where it holds."""

from uuid import UUID

from app.access.errors import BoundaryInvalid, PersonRequired
from app.access.rules import needs_platform
from app.access.values import ROLE_BOUNDARIES, ROLES_WITHOUT_PERSON, Boundary, Role, WantedRole
from app.core.db import Tx
from app.core.errors import FieldError, Forbidden
from app.core.ids import PLATFORM_ID
from app.organisations.errors import LocalityNotFound
from app.organisations.service import get_commissioner, get_locality, get_practice
from app.people.service import find_or_create_person, get_person


def check_giver(session: Tx, wanted: WantedRole) -> None:
    if needs_platform(wanted.role) and not wanted.by_platform:
        raise Forbidden(f"Only platform_admin gives the role {wanted.role}.")
    if (wanted.role is Role.PLATFORM_ADMIN) != (session.tenant == PLATFORM_ID):
        raise BoundaryInvalid(
            errors=[
                FieldError("/role", "wrong_place", "platform_admin belongs to the platform, and every other role not.")
            ]
        )


async def settle_person(session: Tx, wanted: WantedRole) -> UUID | None:
    """The person named by id or by e-mail address, made when new; none where the role needs none."""
    if wanted.person_id is not None and wanted.person is not None:
        raise PersonRequired(
            "Name the person once.", errors=[FieldError("/person", "given_twice", "Give `person_id` or `person`.")]
        )
    if wanted.person_id is not None:
        return (await get_person(session, wanted.person_id)).id
    if wanted.person is not None:
        return await find_or_create_person(session, name=wanted.person.name, email=wanted.person.email)
    if wanted.role not in ROLES_WITHOUT_PERSON:
        raise PersonRequired(errors=[FieldError("/person", "missing", f"The role {wanted.role} needs a person.")])
    return None


async def settle_boundary(session: Tx, wanted: WantedRole) -> Boundary:
    """The boundary as it is stored; refused where the role cannot be held there or the place is not the tenant's."""
    allowed = ROLE_BOUNDARIES[wanted.role]
    boundary = wanted.boundary or Boundary(allowed[0], None)
    if boundary.type not in allowed:
        raise _refused("/boundary/type", "not_a_choice", f"{wanted.role} is held within: {', '.join(allowed)}.")
    match boundary.type:
        case "commissioner":
            return await _own_commissioner(session, boundary)
        case "locality":
            return Boundary("locality", str((await get_locality(session, _locality_id(boundary))).id))
        case "practice":
            return Boundary("practice", (await get_practice(session, _given(boundary))).code)
        case _:
            if boundary.id is not None:
                raise _refused("/boundary/id", "not_allowed", "A boundary of this type has no id.")
            return boundary


async def _own_commissioner(session: Tx, boundary: Boundary) -> Boundary:
    code = (await get_commissioner(session)).code
    if boundary.id not in (None, code):
        raise _refused("/boundary/id", "not_yours", "Give the code of the commissioner, or leave it out.")
    return Boundary("commissioner", code)


def _locality_id(boundary: Boundary) -> UUID:
    try:
        return UUID(_given(boundary))
    except ValueError:
        raise LocalityNotFound from None


def _given(boundary: Boundary) -> str:
    if boundary.id is None:
        raise _refused("/boundary/id", "missing", "Name the locality or the practice.")
    return boundary.id


def _refused(pointer: str, code: str, detail: str) -> BoundaryInvalid:
    return BoundaryInvalid(errors=[FieldError(pointer, code, detail)])
