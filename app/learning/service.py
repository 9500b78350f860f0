"""Use cases of learning: attendance becomes CPD hours that belong to the person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.db import Tx
from app.learning.repository import CpdRepository
from app.learning.tables import CpdEntry
from app.meetings import service as meetings
from app.meetings.values import AttendanceRef


async def follow_attendance(session: Tx, attendance_id: UUID, *, now: datetime) -> None:
    """Make the CPD hours what the attendance says: one entry for its person, none where it was taken back or nobody is
    known by the name. Running it twice changes nothing.
    """
    repository = CpdRepository(session, session.tenant)
    # Before the attendance is read, so that of two corrections the later one is never overwritten by the earlier.
    await repository.lock(attendance_id)
    attendance = await meetings.get_attendance(session, attendance_id)
    wanted = None if attendance.is_removed else attendance.person_id
    kept = False
    for entry in await repository.list_of_attendance(attendance.id):
        if entry.person_id == wanted:
            kept = True
            _set(entry, attendance)
            entry.removed_at = None
        elif entry.removed_at is None:
            entry.removed_at = now
        session.add(entry)
    if wanted is not None and not kept:
        entry = CpdEntry(
            commissioner_id=session.tenant, person_id=wanted, attendance_id=attendance.id, title=attendance.title,
            on=attendance.on, minutes=attendance.minutes, recorded_at=now,
        )  # fmt: skip
        session.add(entry)


def _set(entry: CpdEntry, attendance: AttendanceRef) -> None:
    entry.title, entry.on, entry.minutes = attendance.title, attendance.on, attendance.minutes


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """Everything learning holds on a person, for their own copy."""
    rows = await CpdRepository(session, session.tenant).list_of_person(person_id)
    return {"cpd": [{"title": row.title, "on": row.on.isoformat(), "minutes": row.minutes} for row in rows]}


async def erase_person(session: Tx, person_id: UUID, *, now: datetime) -> None:
    """Take back the hours, which were the person's own and nobody else reads."""
    for entry in await CpdRepository(session, session.tenant).list_of_person(person_id):
        entry.removed_at = now
        session.add(entry)
