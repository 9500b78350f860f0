"""What other slices ask about the tenant's practices. All answers are of the session's tenant."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from app.calculation.values import ListSize
from app.core.clock import Period
from app.core.db import Tx
from app.core.repository import Statement
from app.organisations.errors import PracticeNotFound
from app.organisations.repository import members, register
from app.organisations.values import PracticeProfile, PracticeRef, Succession

_CODE: Final = re.compile(r"[A-Z0-9]{3,8}")
_NEXT_DAY: Final = timedelta(days=1)


async def get_practice(session: Tx, code: str) -> PracticeRef:
    """The practice, which is or was a member of the tenant; otherwise it is not there."""
    return (await get_practices(session, [code]))[code]


async def get_practices(session: Tx, codes: Collection[str]) -> dict[str, PracticeRef]:
    """All of them, or `PracticeNotFound`, which names the first ten that are missing."""
    wanted = sorted(set(codes))
    known = {row.practice for row in await members.list_periods(session, session.tenant, wanted)}
    if len(known) < len(wanted):
        raise PracticeNotFound(_missing_words([code for code in wanted if code not in known]))
    rows = await register.list_register_practices(session, wanted)
    return {row.code: PracticeRef(row.code, row.name, row.opened_on, row.closed_on) for row in rows}


async def successors(session: Tx, codes: Collection[str]) -> dict[str, Succession]:
    """Of those of the practices that close and have one: who takes over, and from which day."""
    rows = await register.list_register_practices(session, sorted(set(codes)))
    return {
        row.code: Succession(row.successor_code, row.closed_on + _NEXT_DAY)
        for row in rows
        if row.successor_code is not None and row.closed_on is not None
    }


async def last_successor(session: Tx, code: str, *, on: date) -> str:
    """The practice that has by that day what was this one's: itself, or who took it over, or who took over from that one."""
    seen: list[str] = [code]
    while (succession := (await successors(session, seen[-1:])).get(seen[-1])) is not None:
        if succession.takes_over_on > on or succession.successor in seen:
            break
        seen.append(succession.successor)
    return seen[-1]


async def predecessors(session: Tx, codes: Collection[str], *, on: date) -> dict[str, str]:
    """The practices that these have taken over by that day, also by way of one that was taken over in its turn: each with
    the one of these that has it.
    """
    return await register.list_register_predecessors(session, codes, on=on) if codes else {}


def _missing_words(missing: Sequence[str]) -> str:
    """Only what looks like a code is said again; anything else may be whatever somebody typed."""
    named = [code for code in missing if _CODE.fullmatch(code)][:10]
    if not named:
        return f"{len(missing)} of them are not known here."
    rest = f" and {len(missing) - len(named)} more" if len(missing) > len(named) else ""
    return f"Not known here: {', '.join(named)}{rest}."


async def organisation_names(session: Tx, codes: Collection[str]) -> dict[str, str]:
    """What the register calls whoever has these codes, practice or not; one that it does not know is absent."""
    return await register.list_register_names(session, codes)


async def list_member_codes(session: Tx, *, on: date | None) -> list[str]:
    """Members on that day, sorted; None: all that are or were."""
    return await members.list_members(session, session.tenant, on)


async def member_periods(session: Tx, codes: Collection[str]) -> dict[str, list[Period]]:
    """When each practice was the tenant's member; one that never was is absent."""
    found: defaultdict[str, list[Period]] = defaultdict(list)
    for row in await members.list_periods(session, session.tenant, sorted(set(codes))):
        found[row.practice].append(Period(row.valid_from, row.valid_until))
    return dict(found)


async def list_sizes(
    session: Tx, codes: Collection[str], *, known_on: datetime | None = None
) -> dict[str, tuple[ListSize, ...]]:
    """Every list of each practice, oldest first, as known at that instant or now; a practice without one has ()."""
    found: dict[str, list[ListSize]] = {code: [] for code in codes}
    for row in await register.list_register_list_sizes(session, sorted(found), known_on=known_on):
        found[row.practice].append(
            ListSize(
                row.as_at,
                row.registered,
                row.weighted,
                row.source,
                row.published_period,
                row.recorded_at,
                row.adjusted,
            )
        )
    return {code: tuple(lists) for code, lists in found.items()}


async def profiles(session: Tx, codes: Collection[str], *, on: date) -> dict[str, PracticeProfile]:
    """What is known of each practice on that day: the list in force, the locality, the kind of practice."""
    rows = await register.list_register_profiles(session, sorted(set(codes)), on=on)
    return {row["code"]: PracticeProfile(**row) for row in rows}


def select_member_practices(tenant: UUID, on: date) -> Statement:
    """`code` and `locality_id` of the tenant's members on that day, to join with: any number of practices, one query."""
    return members.select_members_in_localities(tenant, on)
