"""What was paid to a practice is the affair of the one that took it over, from the day on which it did."""

from datetime import date

from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.principal import Principal
from app.organisations import service as organisations


async def followed(session: Tx, caller: Principal, scope: str, *, today: date) -> dict[str, str]:
    """The practices for which the caller may act by a role at a practice, each with the practice of that role: these
    themselves, and those that they have taken over.
    """
    own = caller.practices(scope)
    return await organisations.predecessors(session, own, on=today) | {code: code for code in own}


async def require_statements_of(session: Tx, caller: Principal, code: str, *, today: date) -> None:
    """404 when it is not the tenant's practice; 403 when the caller's role reaches neither it nor who took it over."""
    scope = "statements:own"
    await organisations.get_practice(session, code)
    if await organisations.reaches(session, caller, scope, code, on=today):
        return
    if code not in await followed(session, caller, scope, today=today):
        raise Forbidden("Your role reaches neither this practice nor one that has taken it over.")
