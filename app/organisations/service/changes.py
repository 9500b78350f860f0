"""Changes of practices: close, merge, move, and one commissioner taking over another's practices.

A change is recorded with the day from which it holds. When that day has come it is written to the register, as one
more source beside the files; until then it waits for the daily job.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.audit import audit
from app.core.clock import Period, london_date
from app.core.db import Tx, as_tenant
from app.core.errors import DomainError
from app.core.events import emit
from app.core.ids import PLATFORM_ID, new_id
from app.core.problems import problem_document
from app.core.repository import Expected
from app.core.wording import counted, day_text
from app.organisations.errors import (
    CommissionerNotFound,
    LocalityNotFound,
    NetworkNotFound,
    NotAMember,
    PracticeAlreadyClosed,
    PracticeChangeApplied,
    PracticeNotFound,
    TakesOverLater,
)
from app.organisations.events import LocalityChanged
from app.organisations.repository import changes, commissioners, register
from app.organisations.repository.changes import PracticeChangeRepository
from app.organisations.repository.filling import lock_register, raise_register_number, write_register_networks
from app.organisations.repository.localities import LocalityRepository
from app.organisations.service.commissioners import get_commissioner
from app.organisations.service.localities import place_practice
from app.organisations.service.memberships import record_memberships
from app.organisations.service.publishing import refresh_published
from app.organisations.tables import PracticeChange, RegisterPractice
from app.organisations.values import (
    Effect,
    MembershipSource,
    MembershipStatement,
    PracticeChangeKind,
    PracticeChangeRef,
)

_ENDING = (PracticeChangeKind.CLOSE, PracticeChangeKind.MERGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedChange:
    """A change as it was asked for. `commissioner` is the new one; of a commissioner merge, `practice` is none."""

    kind: PracticeChangeKind
    effective_on: date
    practice: str | None = None
    successor: str | None = None
    old_commissioner: str | None = None
    commissioner: str | None = None
    locality_id: UUID | None = None
    network: str | None = None

    @property
    def only_locality(self) -> bool:
        """It touches no more than the commissioner's own localities."""
        return self.kind is PracticeChangeKind.MOVE and not (self.commissioner or self.network)


async def plan_change(session: Tx, wanted: WantedChange, *, tenant: UUID | None, today: date) -> PracticeChangeRef:
    """Which practices it is about, when it can be. `tenant` is the commissioner that asks; None is the platform."""
    if wanted.kind is PracticeChangeKind.COMMISSIONER_MERGE:
        practices = await _practices_taken_over(session, wanted)
        if tenant is not None:
            await _require_own(session, wanted, practices, today=today)
    else:
        practices = [await _changing_practice(session, wanted, tenant, today=today)]
    await _require_succession(session, wanted)
    if wanted.commissioner is not None and not await _is_commissioner(session, wanted.commissioner):
        raise CommissionerNotFound
    if wanted.network is not None and not await changes.find_register_organisation(
        session, wanted.network, kind="network"
    ):
        raise NetworkNotFound
    if wanted.locality_id is not None:
        if tenant is None:
            raise LocalityNotFound
        await LocalityRepository(session, tenant).get(wanted.locality_id)
    return PracticeChangeRef(wanted.kind, tuple(practices), wanted.successor, wanted.commissioner, wanted.effective_on)


async def _practices_taken_over(session: Tx, wanted: WantedChange) -> list[str]:
    old = wanted.old_commissioner or ""
    if not await _is_commissioner(session, old):
        raise CommissionerNotFound
    return await changes.list_register_practices_of(session, old, on=wanted.effective_on)


async def _is_commissioner(session: Tx, code: str) -> bool:
    known = await changes.find_register_organisation(session, code, kind="commissioner")
    return known is not None or await commissioners.find_commissioner_row(session, code=code) is not None


async def _changing_practice(session: Tx, wanted: WantedChange, tenant: UUID | None, *, today: date) -> str:
    """404 where it never was the asking commissioner's; 409 where it is not theirs to change, or closed by then."""
    code = wanted.practice or ""
    row = await _register_practice(session, code)
    if tenant is not None:
        if not await changes.was_member(session, tenant, code):
            raise PracticeNotFound
        await _require_own(session, wanted, [code], today=today)
    if row.closed_on is not None and row.closed_on < _day_before(wanted):
        raise PracticeAlreadyClosed
    return code


async def _require_own(session: Tx, wanted: WantedChange, practices: Sequence[str], *, today: date) -> None:
    """A commissioner changes what is its own: the day before, and since then, to this day and later, nobody else's.

    Without the second a day in the past, or a change recorded before the practice left, reaches a practice of which
    somebody else decides by now. A practice that has closed is nobody else's, so that its closure can be put right.
    """
    if wanted.practice is not None:
        days = {_day_before(wanted)} | ({today} if wanted.only_locality and today >= wanted.effective_on else set())
        for day in days:
            if not await changes.list_members_among(session, session.tenant, practices, on=day):
                raise NotAMember
    if wanted.only_locality:
        return
    since = min(today, wanted.effective_on) if wanted.practice is not None else wanted.effective_on
    allowed = [(await get_commissioner(session)).code, *([wanted.commissioner] if wanted.commissioner else [])]
    if elsewhere := await changes.list_register_practices_elsewhere(session, practices, allowed=allowed, since=since):
        raise NotAMember(f"Since {since:%-d %B %Y}, or later, with another commissioner: {', '.join(elsewhere)}.")


def _day_before(wanted: WantedChange) -> date:
    """What changes has to be there before it does: the last day of the old state."""
    return date.fromordinal(wanted.effective_on.toordinal() - 1)


async def _register_practice(session: Tx, code: str) -> RegisterPractice:
    rows = await register.list_register_practices(session, [code])
    if not rows or not rows[0].is_practice:
        raise PracticeNotFound
    return rows[0]


async def _require_succession(session: Tx, wanted: WantedChange) -> None:
    """Whoever takes over is open until then, also where it was to take over from another: two that are merged into each other
    would be a circle. Of several that merge on one day each may name the next; if the last one closed, nobody would have
    what is left.
    """
    if wanted.successor is not None:
        row = await _register_practice(session, wanted.successor)
        if row.closed_on is not None and row.closed_on < wanted.effective_on:
            raise PracticeAlreadyClosed("The successor is closed by then.")
    if wanted.kind in _ENDING:
        since = wanted.effective_on if wanted.successor else _day_before(wanted)
        taken = await register.list_register_takeovers(session, wanted.practice or "", since=since)
        if taken:
            days = (f"{each.code} on {day_text(each.closed_on + timedelta(days=1))}" for each in taken)
            raise TakesOverLater(f"It takes over {', '.join(days)}.")


async def effects_of_practice_change(session: Tx, change: PracticeChangeRef) -> list[Effect]:
    """What it touches of the tenant's own: members that leave, and places in localities that end."""
    day = change.effective_on
    members = await changes.list_members_among(session, session.tenant, change.practices, on=day)
    placed = await changes.list_places_held(session, change.practices, on=day)
    left = f"from {day_text(day)}"
    return [
        Effect(
            "members",
            len(members),
            f"{counted(len(members), 'practice is', 'practices are')} no longer as now a member {left}.",
        ),
        Effect(
            "localities",
            len(placed),
            f"{counted(len(placed), 'practice is', 'practices are')} no longer in the present locality {left}.",
        ),
    ]


async def record_change(
    session: Tx, wanted: WantedChange, change: PracticeChangeRef, *, effects: Sequence[Mapping[str, Any]], now: datetime
) -> PracticeChange:
    """Keep the change, and apply it at once where its day has come. The session has the platform's login."""
    row = PracticeChange(
        commissioner_id=session.tenant,
        id=new_id(),
        kind=wanted.kind,
        practice=wanted.practice,
        successor=wanted.successor,
        detail={
            "old_commissioner": wanted.old_commissioner,
            "commissioner": wanted.commissioner,
            "locality_id": str(wanted.locality_id) if wanted.locality_id else None,
            "network": wanted.network,
            "effects": list(effects),
        },
        effective_on=wanted.effective_on,
        created_at=now,
    )
    session.add(row)
    audit(session, "practice_change.recorded", row.id, kind=row.kind, practice=row.practice)
    if wanted.effective_on <= london_date(now):
        await _apply(session, row, change.practices, now=now)
    return row


async def withdraw_change(session: Tx, change_id: UUID, *, expected: Expected) -> None:
    """Take back a change whose day has not come, or which was refused on its day."""
    row = await PracticeChangeRepository(session, session.tenant).get(change_id, for_update=True)
    expected.check(row.version)
    if row.applied_at is not None:
        raise PracticeChangeApplied
    await session.delete(row)
    audit(session, "practice_change.withdrawn", row.id, kind=row.kind, practice=row.practice)


async def list_due_changes(session: Tx, *, now: datetime) -> Sequence[UUID]:
    """The tenant's changes whose day has come and which are neither applied nor refused, in the order of their days."""
    return await PracticeChangeRepository(session, session.tenant).list_due(london_date(now))


async def apply_due_change(session: Tx, change_id: UUID, *, now: datetime) -> None:
    """Apply a change whose day has come; another worker may have done so, or somebody withdrawn it, meanwhile."""
    row = await PracticeChangeRepository(session, session.tenant).lock_waiting(change_id)
    if row is None:
        return
    practices = [row.practice] if row.practice else []
    if row.kind == PracticeChangeKind.COMMISSIONER_MERGE:
        # Those that are with the old commissioner by now, not those of the day on which it was recorded.
        practices = await changes.list_register_practices_of(
            session, row.detail["old_commissioner"], on=row.effective_on
        )
    await _apply(session, row, practices, now=now)


async def refuse_change(session: Tx, change_id: UUID, error: DomainError, *, now: datetime) -> None:
    """What was recorded does not fit any more on its day: it is not tried again, and says why, until it is withdrawn."""
    row = await PracticeChangeRepository(session, session.tenant).lock_waiting(change_id)
    if row is None:
        return
    row.refused_at, row.problem = now, problem_document(error)
    session.add(row)
    audit(session, "practice_change.refused", row.id, kind=row.kind, practice=row.practice, code=error.code)


async def _apply(session: Tx, row: PracticeChange, practices: Collection[str], *, now: datetime) -> None:
    today, codes = london_date(now), sorted(practices)
    await lock_register(session)
    if session.tenant != PLATFORM_ID:
        # Asked again behind the lock: on its day the practice may have left, and now another change may have moved it.
        await _require_own(session, _as_wanted(row), codes, today=today)
    # Of mergers announced one behind the other, an earlier one may have closed the successor meanwhile.
    await _require_succession(session, _as_wanted(row))
    touched = await changes.list_tenants_touched(session, codes, on=row.effective_on)
    if row.kind in _ENDING:
        await _close(session, row, today=today, now=now)
    elif row.detail["commissioner"]:
        await _hand_over(session, row, codes, today=today, now=now)
    if row.detail["network"]:
        await _change_network(session, row, codes, today=today, now=now)
    for tenant in touched if row.kind in _ENDING or row.detail["commissioner"] else ():
        async with as_tenant(session, tenant.id):
            await _end_placements(session, row, codes)
    if row.detail["locality_id"]:
        await _change_locality(session, row, now=now)
    row.applied_at = now
    await refresh_published(session, today=today, now=now, codes=[*codes, *([row.successor] if row.successor else [])])
    await raise_register_number(session)
    audit(session, "practice_change.applied", row.id, kind=row.kind, practices=len(codes))


def _as_wanted(row: PracticeChange) -> WantedChange:
    return WantedChange(
        kind=PracticeChangeKind(row.kind),
        effective_on=row.effective_on,
        practice=row.practice,
        successor=row.successor,
        commissioner=row.detail["commissioner"],
        network=row.detail["network"],
    )


async def _close(session: Tx, row: PracticeChange, *, today: date, now: datetime) -> None:
    """The practice closes: its membership and its network end, and a successor without a network takes the network."""
    code, day = row.practice or "", row.effective_on
    await changes.close_register_practice(
        session, code, effective_on=day, successor=row.successor, today=today, now=now
    )
    held = await changes.list_register_commissioners_of(session, [code], on=day)
    ended = [_statement(code, one.commissioner, one.valid_from, day, today) for one in held if one.valid_from < day]
    await record_memberships(session, ended, now=now)
    networks = await changes.list_register_networks_of(session, [code], on=day)
    links: list[tuple[str, str, date, date | None]] = [
        (code, one.network, one.valid_from, day) for one in networks if one.valid_from < day
    ]
    if row.successor and networks and not await changes.list_register_networks_of(session, [row.successor], on=day):
        links.append((row.successor, networks[0].network, day, None))
    await write_register_networks(session, links, as_at=today, now=now)


def _statement(code: str, commissioner: str, start: date, end: date | None, today: date) -> MembershipStatement:
    return MembershipStatement(code, commissioner, start, end, MembershipSource.PRACTICE_CHANGE, today)


async def _hand_over(session: Tx, row: PracticeChange, codes: Sequence[str], *, today: date, now: datetime) -> None:
    """The practices are with the new commissioner from the day on, and until then with whom they were."""
    new, day = row.detail["commissioner"], row.effective_on
    held = await changes.list_register_commissioners_of(session, codes, on=day)
    ended = [
        _statement(one.practice, one.commissioner, one.valid_from, day, today)
        for one in held
        if one.valid_from < day and one.commissioner != new
    ]
    there = {one.practice for one in held if one.commissioner == new}
    begun = [_statement(code, new, day, None, today) for code in codes if code not in there]
    await record_memberships(session, [*ended, *begun], now=now)


async def _change_network(
    session: Tx, row: PracticeChange, codes: Sequence[str], *, today: date, now: datetime
) -> None:
    new, day = row.detail["network"], row.effective_on
    held = await changes.list_register_networks_of(session, codes, on=day)
    if any(one.network == new for one in held):
        return
    ended = [(one.practice, one.network, one.valid_from, day) for one in held if one.valid_from < day]
    await write_register_networks(session, [*ended, *((code, new, day, None) for code in codes)], as_at=today, now=now)


async def _end_placements(session: Tx, row: PracticeChange, codes: Sequence[str]) -> None:
    """In one tenant: a closed practice leaves localities and places; one that moved leaves where it is no member."""
    leaving, day = set(codes), row.effective_on
    if row.kind in _ENDING:
        await changes.end_placements(session, "place_membership", leaving, on=day)
    else:
        leaving -= set(await changes.list_members_among(session, session.tenant, codes, on=day))
    for locality in sorted(await changes.end_placements(session, "locality_membership", leaving, on=day)):
        emit(session, LocalityChanged(subject=str(locality)))


async def _change_locality(session: Tx, row: PracticeChange, *, now: datetime) -> None:
    """Within the tenant: out of the locality it is in on that day, into the new one."""
    code, day = row.practice or "", row.effective_on
    left = await changes.end_placements(session, "locality_membership", [code], on=day)
    for locality in sorted(left):
        emit(session, LocalityChanged(subject=str(locality)))
    await place_practice(
        session, UUID(row.detail["locality_id"]), code, Period(day), expected=Expected(None, required=False), now=now
    )
