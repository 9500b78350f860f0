"""Use cases of meetings: plan one, record who came."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.access import service as access
from app.core.audit import audit
from app.core.changes import Marks, locality_marks, practice_marks
from app.core.clock import london_date, london_midnight, utc_text
from app.core.db import Tx
from app.core.errors import FieldError, Forbidden
from app.core.events import emit
from app.core.ids import new_id
from app.core.pagination import Cursors, PageParams
from app.core.principal import Principal
from app.core.repository import Expected, Page
from app.meetings import rules
from app.meetings.errors import (
    AttendanceConfirmed,
    AttendanceInvalid,
    MeetingHasAttendance,
    MeetingNoEvidence,
    MeetingNotHeld,
)
from app.meetings.events import AttendanceChanged, MeetingChanged
from app.meetings.repository import AttendanceRepository, MeetingRepository
from app.meetings.rules import Key
from app.meetings.tables import Attendance, Meeting
from app.meetings.values import (
    AttendanceRef,
    Level,
    Listed,
    MeetingRef,
    PlannedMeeting,
    PublicMeeting,
    SchemeEvidence,
    Sight,
    times_problem,
)
from app.organisations import service as organisations
from app.people import service as people

WRITE = "meetings:write"
READ_LIST = "attendance:read"
# Whoever attends a meeting for a scheme is paid evidence: for those who answer for evidence in the whole commissioner.
EVIDENCE = "meetings:evidence"


async def sight_of(session: Tx, caller: Principal, *, today: date) -> Sight:
    """A practice's meetings are for that practice and for those who see all that concerns it; a locality's for whoever
    belongs to the locality. Those of the commissioner, of peer groups and of forums are for everybody.
    """
    practices = await organisations.reachable(session, caller, "meetings:all", on=today)
    if caller.covers_commissioner("meetings:read"):
        return Sight(practices, None)
    places = await people.places_of(session, caller, "meetings:read", on=today)
    return Sight(practices, None if places.is_everywhere else places.localities)


async def changes_seen(session: Tx, caller: Principal, now: datetime) -> Marks | None:
    """Of which meetings the change feed tells the caller: the same as they see."""
    sight = await sight_of(session, caller, today=london_date(now))
    if sight.practices is None and sight.localities is None:
        return None
    practices = frozenset({"practices"}) if sight.practices is None else practice_marks(sight.practices)
    localities = frozenset({"localities"}) if sight.localities is None else locality_marks(sight.localities)
    return practices | localities | {"open"}


def _announce(session: Tx, meeting: Meeting) -> None:
    practice = meeting.practice if meeting.level == Level.PRACTICE else None
    locality = str(meeting.locality_id) if meeting.level == Level.LOCALITY else None
    emit(session, MeetingChanged(subject=str(meeting.id), locality=locality, practice=practice))


def sees_joining(caller: Principal) -> bool:
    """How to join is for people who may come, not for a page that everybody in the building reads."""
    return caller.has("meetings:all") or caller.has("inbox:own")


async def plan_meeting(
    session: Tx, caller: Principal, given: PlannedMeeting, *, evidence: SchemeEvidence | None, now: datetime
) -> Meeting:
    """Plan a meeting at a level that the caller may plan for; whoever names a forum has checked that it is theirs.

    Without `evidence` it can be for no scheme.
    """
    if given.locality_id is not None:
        await organisations.get_locality(session, given.locality_id)
    if given.practice is not None:
        await organisations.get_practice(session, given.practice)
    meeting = Meeting(
        commissioner_id=session.tenant,
        title=given.title,
        purpose=given.purpose,
        level=given.level.value,
        locality_id=given.locality_id,
        practice=given.practice,
        forum_id=given.forum_id,
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        scheme_id=given.scheme_id,
        measure=given.measure,
        joining=given.joining,
        created_at=now,
    )
    if given.forum_id is None:
        _refuse_beyond_reach(caller, meeting)
    await _refuse_uncounted(session, meeting, evidence)
    session.add(meeting)
    audit(session, "meeting.planned", meeting.id)
    _announce(session, meeting)
    return meeting


def _refuse_beyond_reach(caller: Principal, meeting: Meeting) -> None:
    if reason := _beyond_reach(caller, meeting):
        raise Forbidden(reason)


def _beyond_reach(caller: Principal, meeting: Meeting) -> str | None:
    """Whoever has a locality or a practice only may act for their own meetings, not for the commissioner's.

    A meeting for a scheme is the commissioner's evidence; a practice enters its own, for others to confirm.
    """
    is_own_practice = meeting.level == Level.PRACTICE and meeting.practice in caller.practices(WRITE)
    is_own_locality = meeting.level == Level.LOCALITY and str(meeting.locality_id) in caller.localities(WRITE)
    if not (caller.covers_commissioner(WRITE) or is_own_locality or is_own_practice):
        return "Your role plans meetings of your own locality or practice only."
    if meeting.scheme_id is None or caller.covers_commissioner(EVIDENCE):
        return None
    if is_own_practice and meeting.practice in caller.practices("facts:enter"):
        return None
    return "A meeting whose attendance is evidence for a scheme is for those who answer for its evidence."


async def listed_practices(session: Tx, caller: Principal, meeting: Meeting, *, today: date) -> frozenset[str] | None:
    """Whose people on the meeting's list the caller sees: of all practices (None) for whoever may write all of it."""
    if meeting.level != Level.PRACTICE and _beyond_reach(caller, meeting) is None:
        return None
    return await organisations.reachable(session, caller, READ_LIST, on=today)


async def _refuse_uncounted(session: Tx, meeting: Meeting, evidence: SchemeEvidence | None) -> None:
    """A list of attendance says nothing of facts that count for nobody, so that the meeting itself is refused."""
    if meeting.scheme_id is None or meeting.measure is None:
        return
    if evidence is None:
        raise MeetingNoEvidence
    day = london_date(meeting.starts_at)
    if problems := await evidence.refuse(session, meeting.scheme_id, meeting.measure, day):
        raise MeetingNoEvidence(errors=problems)


async def change_meeting(
    session: Tx,
    caller: Principal,
    meeting_id: UUID,
    changes: Mapping[str, Any],
    *,
    evidence: SchemeEvidence,
    expected: Expected,
    now: datetime,
) -> Meeting:
    meeting = await MeetingRepository(session, session.tenant).get(meeting_id, for_update=True)
    _refuse_beyond_reach(caller, meeting)
    attended = len(await AttendanceRepository(session, session.tenant).list_versions(meeting_id))
    expected.check_tag(rules.meeting_tag(meeting.version, attended))
    if attended and {"starts_at", "ends_at"} & changes.keys():
        raise MeetingHasAttendance
    for name, value in changes.items():
        setattr(meeting, name, value)
    meeting.changed_at = now
    if wrong := times_problem(meeting.starts_at, meeting.ends_at):
        raise AttendanceInvalid(errors=[FieldError("/ends_at", *wrong)])
    if "starts_at" in changes:
        await _refuse_uncounted(session, meeting, evidence)
    audit(session, "meeting.changed", meeting.id, members=sorted(changes))
    _announce(session, meeting)
    return meeting


async def record_attendance(
    session: Tx, caller: Principal, meeting_id: UUID, lines: Sequence[Listed], *, now: datetime, expected: Expected
) -> rules.Difference:
    """Make the list what is given. Each attendance that changes emits once; the same list again changes nothing.

    All lines or none: `AttendanceInvalid` names every line that cannot be taken.
    """
    # The lock lets two lists for one meeting follow each other instead of mixing.
    meeting = await MeetingRepository(session, session.tenant).get(meeting_id, for_update=True)
    _refuse_beyond_reach(caller, meeting)
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
        _announce(session, meeting)
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


def practice_of_list(caller: Principal, meeting: Meeting) -> str | None:
    """The practice of whose people alone the caller's list is; None where the list is the commissioner's or a locality's."""
    confirming = WRITE if meeting.scheme_id is None else EVIDENCE
    is_own = meeting.level == Level.PRACTICE and not caller.covers_commissioner(confirming)
    return meeting.practice if is_own else None


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


async def get_meeting(session: Tx, meeting_id: UUID) -> MeetingRef:
    row = await MeetingRepository(session, session.tenant).get(meeting_id)
    return _meeting_ref(row)


def _meeting_ref(row: Meeting) -> MeetingRef:
    return MeetingRef(
        id=row.id,
        title=row.title,
        level=Level(row.level),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        scheme_id=row.scheme_id,
        measure=row.measure,
        purpose=row.purpose,
        joining=row.joining,
    )


async def list_forum_meetings(session: Tx, forum_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[MeetingRef]:
    """A forum's meetings in the order of their start."""
    page = await MeetingRepository(session, session.tenant).list_page(
        Sight(None, None), since=None, level=None, forum_id=forum_id, params=params, cursors=cursors
    )
    return page.map(_meeting_ref)


async def list_next_meetings(
    session: Tx, caller: Principal, practice: str, *, now: datetime, limit: int = 5
) -> list[MeetingRef]:
    """Meetings to come that concern a practice, as far as the caller sees them, soonest first."""
    today = london_date(now)
    locality_id = await organisations.locality_of(session, practice, on=today)
    rows = await MeetingRepository(session, session.tenant).list_next(
        await sight_of(session, caller, today=today), now=now, practice=practice, locality_id=locality_id, limit=limit
    )
    return [_meeting_ref(row) for row in rows]


async def list_open_meetings(session: Tx, locality_id: UUID | None, *, today: date, limit: int) -> list[PublicMeeting]:
    """What anybody may know of the commissioner's own meetings and, of a locality, of its own: those that are not over yet,
    the last changed first. How to join is for those who may come.
    """
    rows = await MeetingRepository(session, session.tenant).list_open(
        locality_id, since=london_midnight(today), limit=limit
    )
    return [
        PublicMeeting(
            row.id, row.title, row.purpose, row.starts_at, row.ends_at, row.created_at, row.changed_at or row.created_at
        )
        for row in rows
    ]


async def get_attendance(session: Tx, attendance_id: UUID) -> AttendanceRef:
    """One attendance with what its meeting says of it; one taken back too, marked so."""
    return _attendance_ref(*await AttendanceRepository(session, session.tenant).get_with_meeting(attendance_id))


def _attendance_ref(row: Attendance, meeting: Meeting) -> AttendanceRef:
    return AttendanceRef(
        id=row.id,
        meeting_id=meeting.id,
        title=meeting.title,
        practice=row.practice,
        person_id=row.person_id,
        name=row.name,
        role=row.role,
        on=london_date(meeting.starts_at),
        minutes=row.minutes,
        scheme_id=meeting.scheme_id,
        measure=meeting.measure,
        is_confirmed=row.is_confirmed,
        is_removed=row.removed_at is not None,
        recorded_by=row.recorded_by,
    )


async def list_attendances(session: Tx, scheme_id: UUID, practices: Sequence[str]) -> list[AttendanceRef]:
    """Who came for those practices to the scheme's meetings."""
    rows = await AttendanceRepository(session, session.tenant).list_of_scheme(scheme_id, practices)
    return [_attendance_ref(row, meeting) for row, meeting in rows]


async def measures_of_meetings(session: Tx, scheme_id: UUID) -> frozenset[str]:
    """The names under which attendance of the scheme's meetings becomes its facts."""
    return frozenset(await MeetingRepository(session, session.tenant).list_measures(scheme_id))


async def confirm_attendances(session: Tx, ids: Iterable[UUID]) -> None:
    """Somebody has confirmed the facts of these attendances, so that a practice's list no longer takes them back."""
    for row in await AttendanceRepository(session, session.tenant).lock_unconfirmed(ids):
        row.is_confirmed = True
        session.add(row)
        emit(session, AttendanceChanged(subject=str(row.id), meeting=str(row.meeting_id), practice=row.practice))


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """The meetings the person is listed at, for their own copy."""
    return {
        "attendances": [
            {
                "meeting": meeting.title,
                "on": london_date(meeting.starts_at).isoformat(),
                "practice": row.practice,
                "name": row.name,
                "role": row.role,
                "from": utc_text(row.from_at),
                "until": utc_text(row.until_at),
            }
            for row, meeting in await _attendances_of(session, person_id)
        ]
    }


async def erase_person(session: Tx, person_id: UUID, *, now: datetime) -> None:
    """That somebody came stays, without a name, because it was evidence; before `people` forgets the name and posts."""
    del now
    rows = await _attendances_of(session, person_id)
    for row, _ in rows:
        row.name, row.name_key, row.person_id = people.ERASED_NAME, f"erased {row.id}", None
        session.add(row)
    if rows:
        audit(session, "attendances.forgotten", person_id, attendances=len(rows))


async def _attendances_of(session: Tx, person_id: UUID) -> Sequence[tuple[Attendance, Meeting]]:
    """A list that came before the person was known holds the name alone, so that name and practices are asked for."""
    name, practices = await people.name_and_practices(session, person_id)
    # The second is how a list of an earlier release kept it.
    keys = {people.name_key(name), " ".join(name.lower().split())}
    return await AttendanceRepository(session, session.tenant).list_of_person(
        person_id, name_keys=keys, practices=practices
    )
