"""What is held of one person: their copy, and what is forgotten of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.audit import audit
from app.core.clock import london_date, utc_text
from app.core.db import Tx
from app.meetings.repository import AttendanceRepository
from app.meetings.tables import Attendance, Meeting
from app.people import service as people


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
