"""Which practice is in which locality, and how far a caller's role reaches among the commissioner's practices."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.principal import Principal
from app.organisations.repository import changes, localities, members
from app.organisations.service.practices import get_practice
from app.organisations.values import PracticeRef


async def practices_in_locality(session: Tx, locality_id: UUID, *, on: date) -> list[str]:
    """The codes of the locality's practices on that day, sorted."""
    return list(await localities.list_practices_in(session, [locality_id], on=on))


async def practices_in_localities(session: Tx, localities_: Collection[UUID], *, on: date) -> list[str]:
    """The codes of all practices that are in one of these localities on that day, sorted."""
    return list(await localities.list_practices_in(session, localities_, on=on))


async def practices_in_networks(session: Tx, networks: Collection[str], *, on: date) -> list[str]:
    """The codes of the commissioner's practices that are in one of these networks on that day, sorted."""
    own = set(await members.list_members(session, session.tenant, on))
    return [code for code in await changes.list_register_networked(session, networks, on=on) if code in own]


async def localities_of(session: Tx, codes: Collection[str], *, on: date) -> frozenset[UUID]:
    """The localities in which these practices are on that day."""
    return frozenset(await localities.list_localities_of(session, codes, on=on))


async def locality_of(session: Tx, code: str, *, on: date) -> UUID | None:
    return await localities.find_locality_of(session, code, on=on)


async def reachable(session: Tx, principal: Principal, scope: str, *, on: date) -> frozenset[str] | None:
    """The practices for which the caller holds the scope; None: the whole commissioner."""
    if principal.covers_commissioner(scope):
        return None
    practices = principal.practices(scope)
    areas = [UUID(locality) for locality in principal.localities(scope)]
    return practices | set(await localities.list_practices_in(session, areas, on=on)) if areas else practices


async def reaches(session: Tx, principal: Principal, scope: str, *codes: str, on: date) -> bool:
    """Whether the caller holds the scope for all of these practices."""
    reach = await reachable(session, principal, scope, on=on)
    return reach is None or reach.issuperset(codes)


async def require_reach(session: Tx, principal: Principal, scope: str, code: str, *, on: date) -> PracticeRef:
    """The practice. 404 when it is not the tenant's; 403 when the caller's role ends short of it."""
    practice = await get_practice(session, code)
    await require_reach_to(session, principal, scope, code, on=on)
    return practice


async def require_reach_to(session: Tx, principal: Principal, scope: str, *codes: str, on: date) -> None:
    """403 when the caller's role ends short of one of these practices, which rows of the tenant name."""
    if not await reaches(session, principal, scope, *codes, on=on):
        raise Forbidden("Your role does not reach every practice that this concerns.")
