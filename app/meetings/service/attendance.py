"""Recording who came."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.access import service as access
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.repository import Expected
from app.meetings import rules
from app.meetings.errors import (
    AttendanceConfirmed,
    AttendanceInvalid,
    MeetingNotHeld,
)
from app.meetings.events import AttendanceChanged
from app.meetings.repository import AttendanceRepository, MeetingRepository
from app.meetings.rules import Key
from app.meetings.service.planning import announce
from app.meetings.service.sight import practice_of_list, refuse_beyond_reach
from app.meetings.tables import Attendance, Meeting
from app.meetings.values import (
    Listed,
)
from app.organisations import service as organisations
from app.people import service as people


async def record_attendance(
    session: Tx, caller: Principal, meeting_id: UUID, lines: Sequence[Listed], *, now: datetime, expected: Expected
) -> rules.Difference:
    """Make the list what is given. Each attendance that changes emits once; the same list again changes nothing.

    All lines or none: `AttendanceInvalid` names every line that cannot be taken.
    """
    # The lock lets two lists for one meeting follow each other instead of mixing.
    meeting = await MeetingRepository(session, session.tenant).get(meeting_id, for_update=True)
    refuse_beyond_reach(caller, meeting)
    repository = AttendanceRepository(session, session.tenant)
    expected.check_tag(rules.attendance_tag(await repository.list_versions(meeting_id)))
    if meeting.starts_at > now:
        raise MeetingNotHeld("Send the list once the meeting has begun.")
    hand = await _hand_of(session, caller, meeting, now=now)
    wanted = await _wanted(session, meeting, lines, hand)
    rows, doubled = _by_person(await repository.list_of(meeting_id, with_removed=True, practice=hand.only))
    known = {k: rules.Recorded(r.role, r.from_at, r.until_at, r.removed_at is not None) for k, r in rows.items()}
    found = rules.difference({k: (line.role, there) for k, (line, there, _) in wanted.items()}, known)
    gone = [*(rows[key] for key in found.removed), *doubled]
    if meeting.scheme_id is not None:
        _refuse_confirmed([*(rows[key] for key in found.changed), *gone], hand)
    _write_lines(session, meeting, {key: wanted[key] for key in (*found.added, *found.changed)}, rows, hand, now=now)
    _take_back(session, meeting, gone, now=now)
    if found.added or found.changed or found.removed:
        announce(session, meeting)
        counts: dict[str, Any] = {
            "added": len(found.added),
            "changed": len(found.changed),
            "removed": len(found.removed),
        }
        audit(session, "meeting.attendance_recorded", meeting_id, **counts)
    return found


@dataclass(frozen=True, slots=True)
class _Hand:
    """Whose list it is: of which practice alone (None: of all), who sent it, and whose attendance it confirms."""

    person: UUID | None
    only: str | None
    tied: frozenset[str]

    def confirms(self, practice: str) -> bool:
        return self.only is None and practice not in self.tied


async def _hand_of(session: Tx, caller: Principal, meeting: Meeting, *, now: datetime) -> _Hand:
    """A practice that lists its own people enters evidence, and so does the office for a practice in which whoever sends
    the list has a post: somebody else has to confirm it before it is paid.
    """
    own, tied = practice_of_list(caller, meeting), frozenset[str]()
    if meeting.scheme_id is not None and caller.person_id is not None and own is None:
        since = london_date(meeting.starts_at)
        tied = await access.own_practices(session, caller.person_id, since=since, today=london_date(now))
    return _Hand(caller.person_id, own, tied)


def _by_person(rows: Iterable[Attendance]) -> tuple[dict[Key, Attendance], list[Attendance]]:
    """One row for each person; and the others of a list that was recorded when names were compared letter by letter."""
    kept, doubled = dict[Key, Attendance](), list[Attendance]()
    for row in sorted(rows, key=lambda each: each.removed_at is not None):
        first = kept.setdefault((people.name_key(row.name_key), row.practice), row)
        if first is not row and row.removed_at is None:
            doubled.append(row)
    return kept, doubled


def _refuse_confirmed(rows: Iterable[Attendance], hand: _Hand) -> None:
    """Confirmed evidence is paid: whoever cannot confirm a line neither changes it nor takes it back."""
    kept = [row for row in rows if row.removed_at is None and row.is_confirmed and not hand.confirms(row.practice)]
    if kept:
        who = ", ".join(sorted(f"{row.name} ({row.practice})" for row in kept))
        raise AttendanceConfirmed(f"Confirmed already: {who}. Somebody else at the commissioner's corrects it.")


def _write_lines(
    session: Tx,
    meeting: Meeting,
    lines: Mapping[Key, tuple[Listed, rules.Stay, UUID | None]],
    rows: Mapping[Key, Attendance],
    hand: _Hand,
    *,
    now: datetime,
) -> None:
    for key, (line, there, holder) in lines.items():
        row = rows.get(key) or Attendance(
            commissioner_id=session.tenant, id=new_id(), meeting_id=meeting.id, name_key=key[0], practice=key[1],
            name=line.name, role=line.role, person_id=None, from_at=there.from_at, until_at=there.until_at,
            minutes=there.minutes, is_confirmed=False, recorded_at=now,
        )  # fmt: skip
        row.person_id, row.recorded_by = holder, hand.person
        row.name, row.role, row.removed_at, row.recorded_at = line.name, line.role, None, now
        row.from_at, row.until_at, row.minutes = there.from_at, there.until_at, there.minutes
        row.is_confirmed = hand.confirms(row.practice)
        session.add(row)
        emit(session, AttendanceChanged(subject=str(row.id), meeting=str(meeting.id), practice=row.practice))


def _take_back(session: Tx, meeting: Meeting, rows: Sequence[Attendance], *, now: datetime) -> None:
    for row in rows:
        row.removed_at = now
        session.add(row)
        event = AttendanceChanged(subject=str(row.id), meeting=str(meeting.id), practice=row.practice, removed=True)
        emit(session, event)


async def _wanted(
    session: Tx, meeting: Meeting, lines: Sequence[Listed], hand: _Hand
) -> dict[Key, tuple[Listed, rules.Stay, UUID | None]]:
    day = london_date(meeting.starts_at)
    members = frozenset(await organisations.list_member_codes(session, on=day))
    found = await people.find_members_by_name(session, {(line.practice, line.name) for line in lines}, on=day)
    holders = [found.get((line.practice, line.name)) for line in lines]
    keys = [(people.name_key(line.name), line.practice) for line in lines]
    problems = rules.refuse_lines(lines, keys, holders, members=members, only=hand.only)
    wanted: dict[Key, tuple[Listed, rules.Stay, UUID | None]] = {}
    for number, (line, key, holder) in enumerate(zip(lines, keys, holders, strict=True)):
        there = rules.stay(line, meeting.starts_at, meeting.ends_at)
        if there is None:
            problems.append(FieldError(f"/attendance/{number}/from", "outside_meeting", "Not within the meeting."))
        else:
            wanted[key] = (line, there, holder)
    if problems:
        raise AttendanceInvalid(errors=problems)
    return wanted


async def confirm_attendances(session: Tx, ids: Iterable[UUID]) -> None:
    """Somebody has confirmed the facts of these attendances, so that a practice's list no longer takes them back."""
    for row in await AttendanceRepository(session, session.tenant).lock_unconfirmed(ids):
        row.is_confirmed = True
        session.add(row)
        emit(session, AttendanceChanged(subject=str(row.id), meeting=str(row.meeting_id), practice=row.practice))
