"""What other slices are told of meetings and of who came."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from app.core.clock import london_date, london_midnight
from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.principal import Principal
from app.core.repository import Page
from app.meetings.repository import AttendanceRepository, MeetingRepository
from app.meetings.service.sight import sight_of
from app.meetings.tables import Attendance, Meeting
from app.meetings.values import (
    AttendanceRef,
    Level,
    MeetingRef,
    PublicMeeting,
    Sight,
)
from app.organisations import service as organisations


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
