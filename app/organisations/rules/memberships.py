"""Working out which commissioner a practice belonged to, from everything that sources have said; and who is above it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from app.organisations.ports import GP_PRACTICE_SETTING, PracticeRow
from app.organisations.values import MembershipSource, MembershipStatement, PracticeStatus

# Sources that state what was true of a year in passing; the others are the register, which states dates.
PUBLICATIONS = (MembershipSource.GP_PAYMENTS, MembershipSource.LIST_SIZES)
# Of two sources with knowledge of the same day the later one here stands.
_TRUST = {source: place for place, source in enumerate(MembershipSource)}


@dataclass(frozen=True, slots=True)
class Membership:
    commissioner: str
    valid_from: date
    valid_until: date | None
    source: str


def membership_sequence(statements: Iterable[MembershipStatement]) -> list[Membership]:
    """One practice's memberships, in order and without overlap, whichever source was read first.

    On every day the newest source that speaks of it is believed. A membership that an older source left open ends
    where a newer source lets another begin, and does not come back after it. A publication's year counts only where no
    register source knows any membership in that year. Neighbouring periods with the same commissioner are one.

    The 2019 register says 09F from 2013-04-01, open; the 2023 register says 97R from 2020-04-01. The sequence is 09F
    from 2013-04-01 until 2020-04-01, then 97R, and "as at 2019-06-01" is 09F.
    """
    given = list(statements)
    found: list[Membership] = []
    register = [one for one in given if one.source not in PUBLICATIONS]
    for statement in sorted(register, key=_by_knowledge):
        found = _painted(found, statement)
    for statement in sorted((one for one in given if one.source in PUBLICATIONS), key=_by_year):
        if not any(_overlap(statement, other) for other in found):
            found.append(_membership(statement))
    return _joined(found)


def _by_knowledge(statement: MembershipStatement) -> tuple[date, int, date, str]:
    return statement.as_at, _TRUST[MembershipSource(statement.source)], statement.valid_from, statement.commissioner


def _by_year(statement: MembershipStatement) -> tuple[date, int, str]:
    return statement.valid_from, -_TRUST[MembershipSource(statement.source)], statement.commissioner


def _membership(statement: MembershipStatement) -> Membership:
    return Membership(statement.commissioner, statement.valid_from, statement.valid_until, statement.source)


def _painted(found: list[Membership], newer: MembershipStatement) -> list[Membership]:
    """What was found before, with the newer statement laid over it."""
    kept = [part for older in found for part in _uncovered(older, newer)]
    return [*kept, _membership(newer)]


def _uncovered(older: Membership, newer: MembershipStatement) -> Iterable[Membership]:
    if not _overlap(older, newer):
        yield older
        return
    if older.valid_from < newer.valid_from:
        yield replace(older, valid_until=newer.valid_from)
    # What comes after is kept only where the older source stated its end, and spoke of another commissioner.
    states_end = newer.valid_until is not None and older.valid_until is not None
    if states_end and older.valid_until > newer.valid_until and older.commissioner != newer.commissioner:  # pyright: ignore
        yield replace(older, valid_from=newer.valid_until)  # pyright: ignore


def _overlap(one: Membership | MembershipStatement, other: Membership | MembershipStatement) -> bool:
    return one.valid_from < (other.valid_until or date.max) and other.valid_from < (one.valid_until or date.max)


def _joined(found: list[Membership]) -> list[Membership]:
    joined: list[Membership] = []
    for one in sorted(found, key=lambda membership: membership.valid_from):
        last = joined[-1] if joined else None
        if last and last.commissioner == one.commissioner and last.valid_until == one.valid_from:
            joined[-1] = replace(last, valid_until=one.valid_until)
        else:
            joined.append(one)
    return joined


def sub_icb_parents(rows: Iterable[PracticeRow]) -> Mapping[str, str]:
    """The ICB of each sub-ICB location: the health geography that most of its active GP practices name."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        is_gp = row.status is PracticeStatus.ACTIVE and row.prescribing_setting == GP_PRACTICE_SETTING
        if is_gp and row.commissioner and row.health_geography:
            counted[row.commissioner][row.health_geography] += 1
    return {commissioner: max(sorted(named), key=named.__getitem__) for commissioner, named in sorted(counted.items())}
