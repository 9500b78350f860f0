"""Planning a meeting and changing it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit
from app.core.principal import Principal
from app.core.repository import Expected
from app.meetings import rules
from app.meetings.errors import (
    AttendanceInvalid,
    MeetingHasAttendance,
    MeetingNoEvidence,
)
from app.meetings.events import MeetingChanged
from app.meetings.repository import AttendanceRepository, MeetingRepository
from app.meetings.service.sight import refuse_beyond_reach
from app.meetings.tables import Meeting
from app.meetings.values import (
    Level,
    PlannedMeeting,
    SchemeEvidence,
    times_problem,
)
from app.organisations import service as organisations


def announce(session: Tx, meeting: Meeting) -> None:
    practice = meeting.practice if meeting.level == Level.PRACTICE else None
    locality = str(meeting.locality_id) if meeting.level == Level.LOCALITY else None
    emit(session, MeetingChanged(subject=str(meeting.id), locality=locality, practice=practice))


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
        refuse_beyond_reach(caller, meeting)
    await _refuse_uncounted(session, meeting, evidence)
    session.add(meeting)
    audit(session, "meeting.planned", meeting.id)
    announce(session, meeting)
    return meeting


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
    refuse_beyond_reach(caller, meeting)
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
    announce(session, meeting)
    return meeting
