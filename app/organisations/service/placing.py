"""A commissioner's own spreadsheets: which practice is in which locality, and which belong to a place."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.core.audit import audit
from app.core.clock import Period, london_date
from app.core.db import Tx
from app.core.events import emit
from app.core.ids import new_id
from app.organisations.errors import NotAPlace
from app.organisations.events import LocalityChanged
from app.organisations.repository import register
from app.organisations.repository.localities import (
    LocalityMembershipRepository,
    LocalityRepository,
    PlaceMembershipRepository,
    check_overlaps,
)
from app.organisations.rules import Placement, lay_placements, overlap_words
from app.organisations.service.commissioners import get_commissioner
from app.organisations.service.practices import list_member_codes
from app.organisations.service.publishing import refresh_published
from app.organisations.tables import Locality, LocalityMembership, PlaceMembership
from app.organisations.values import (
    CommissionerKind,
    ImportOutcome,
    LocalityRow,
    MemberRow,
    PlacementOutcome,
    RowError,
)


@dataclass(slots=True)
class _Wanted:
    """One row of the file that names a practice which is known."""

    practice: str
    placement: Placement
    number: int


@dataclass(slots=True)
class _Laid:
    """What all rows of a file come to."""

    outcome: ImportOutcome = field(default_factory=ImportOutcome)
    written: list[tuple[str, Placement]] = field(default_factory=list)
    removed: list[UUID] = field(default_factory=list)
    practices: set[str] = field(default_factory=set)
    groups: set[UUID | None] = field(default_factory=set)


async def apply_localities(
    session: Tx, rows: Sequence[LocalityRow], *, numbers: Sequence[int], now: datetime
) -> ImportOutcome:
    """Put practices into localities, making those that are new and of which a row is kept. A row that cannot be is left out and told.

    A locality is meant by its code or its name, whatever the case. What a row overlaps in the same locality is replaced
    by it; a practice that is in another locality at that time has to leave it, in the same file or before.
    """
    codes = {row.practice for row in rows}
    known = codes & set(await list_member_codes(session, on=None))
    localities, new = await _localities_named(session, [row.locality for row in rows if row.practice in known])
    memberships = LocalityMembershipRepository(session, session.tenant)
    existing = {row.id: row for row in await memberships.lock_of(known)}
    wanted = [
        _Wanted(row.practice, Placement(localities[_key(row.locality)].id, _period(row)), number)
        for row, number in zip(rows, numbers, strict=True)
        if row.practice in known
    ]
    stored = [(row.practice, Placement(row.locality_id, _period(row), row.id)) for row in existing.values()]
    laid = _lay(stored, wanted, names={row.id: row.name for row in localities.values()})
    laid.outcome.errors += _unknown(rows, numbers, known)
    await _add(session, [locality for locality in new if locality.id in laid.groups])
    for gone in laid.removed:
        await session.delete(existing[gone])
    for practice, placement in laid.written:
        if placement.id is not None:
            _move(existing[placement.id], placement.period)
            continue
        session.add(
            LocalityMembership(
                commissioner_id=session.tenant,
                id=new_id(),
                locality_id=placement.group,  # pyright: ignore - every placement here has a locality
                practice=practice,
                valid_from=placement.period.valid_from,
                valid_until=placement.period.valid_until,
                recorded_at=now,
            )
        )
    await _finish(session, laid, now=now)
    for locality in sorted(str(group) for group in laid.groups):
        emit(session, LocalityChanged(subject=locality))
    return laid.outcome


async def apply_members(
    session: Tx, rows: Sequence[MemberRow], *, numbers: Sequence[int], now: datetime
) -> ImportOutcome:
    """Say which practices belong to a place. What a row overlaps of the same practice is replaced by it."""
    if (await get_commissioner(session)).kind != CommissionerKind.PLACE:
        raise NotAPlace
    codes = {row.practice for row in rows}
    known = {row.code for row in await register.list_register_practices(session, sorted(codes)) if row.is_practice}
    existing = {row.id: row for row in await PlaceMembershipRepository(session, session.tenant).lock_of(known)}
    wanted = [
        _Wanted(row.practice, Placement(None, _period(row)), number)
        for row, number in zip(rows, numbers, strict=True)
        if row.practice in known
    ]
    stored = [(row.practice, Placement(None, _period(row), row.id)) for row in existing.values()]
    laid = _lay(stored, wanted, names={})
    laid.outcome.errors += _unknown(rows, numbers, known)
    for gone in laid.removed:
        await session.delete(existing[gone])
    for practice, placement in laid.written:
        if placement.id is not None:
            _move(existing[placement.id], placement.period)
            continue
        session.add(
            PlaceMembership(
                commissioner_id=session.tenant,
                id=new_id(),
                practice=practice,
                valid_from=placement.period.valid_from,
                valid_until=placement.period.valid_until,
                recorded_at=now,
            )
        )
    await _finish(session, laid, now=now)
    return laid.outcome


async def _localities_named(session: Tx, names: Iterable[str]) -> tuple[Mapping[str, Locality], list[Locality]]:
    """Each locality by its code and by its name; and those that are not stored yet."""
    found: dict[str, Locality] = {}
    for row in await LocalityRepository(session, session.tenant).list():
        # A code is the surer word where one locality is called what another has for a code.
        found.setdefault(_key(row.name), row)
        found[_key(row.code)] = row
    new: list[Locality] = []
    for name in names:
        if _key(name) in found:
            continue
        row = Locality(commissioner_id=session.tenant, id=new_id(), code=name[:40].strip(), name=name, description=None)
        found[_key(name)] = row
        new.append(row)
    return found, new


async def _add(session: Tx, localities: Sequence[Locality]) -> None:
    for locality in localities:
        session.add(locality)
        audit(session, "locality.created", locality.id)
    # Memberships refer to the localities by key, with no relationship from which the order could be known.
    await session.flush()


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _period(row: LocalityRow | MemberRow | LocalityMembership | PlaceMembership) -> Period:
    return Period(row.valid_from, row.valid_until)


def _move(row: LocalityMembership | PlaceMembership, period: Period) -> None:
    row.valid_from, row.valid_until = period.valid_from, period.valid_until


def _unknown(
    rows: Sequence[LocalityRow] | Sequence[MemberRow], numbers: Sequence[int], known: set[str]
) -> list[RowError]:
    return [
        RowError(number, "practice_code", "organisations.practice_not_found", "There is no such practice here.")
        for row, number in zip(rows, numbers, strict=True)
        if row.practice not in known
    ]


def _lay(
    existing: Iterable[tuple[str, Placement]], wanted: Iterable[_Wanted], *, names: Mapping[UUID | None, str]
) -> _Laid:
    """Lay each practice's rows beside what is stored of it. `names` are those of the localities; a place has one group."""
    stored: defaultdict[str, list[Placement]] = defaultdict(list)
    for practice, placement in existing:
        stored[practice].append(placement)
    asked: defaultdict[str, list[_Wanted]] = defaultdict(list)
    for one in wanted:
        asked[one.practice].append(one)
    total = _Laid()
    for practice, ones in asked.items():
        laid = lay_placements(stored[practice], [one.placement for one in ones])
        for place, (one, outcome) in enumerate(zip(ones, laid.outcomes, strict=True)):
            if outcome is PlacementOutcome.OVERLAPPING:
                other = laid.in_the_way[place]
                words = overlap_words(names.get(other.group, "another locality"), other.period)
                error = RowError(one.number, "from", "organisations.overlapping_membership", words)
                total.outcome.errors.append(error)
            else:
                _count(total, one, outcome)
        total.written += [(practice, placement) for placement in laid.written]
        total.removed += laid.removed
    return total


def _count(total: _Laid, one: _Wanted, outcome: PlacementOutcome) -> None:
    if outcome is PlacementOutcome.UNCHANGED:
        total.outcome.unchanged += 1
    else:
        total.practices.add(one.practice)
        total.groups.add(one.placement.group)
        if outcome is PlacementOutcome.CREATED:
            total.outcome.created += 1
        else:
            total.outcome.updated += 1


async def _finish(session: Tx, laid: _Laid, *, now: datetime) -> None:
    """Look for overlaps while they can still be told, and publish what changed."""
    if not laid.practices:
        return
    await check_overlaps(session)
    await refresh_published(
        session, today=london_date(now), now=now, tenants=[session.tenant], codes=sorted(laid.practices)
    )
