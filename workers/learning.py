"""Handlers of the learning slice."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.learning import service
from app.meetings import service as meetings
from workers.jobs import JobContext, handler


# Two corrections worked on at once may clash on the entry's key; the later one then runs again.
@handler("learning.record_attendance", retry_on=(IntegrityError,))
async def record_attendance(context: JobContext) -> None:
    """Attendance recorded, corrected or taken back: the person's CPD hours follow."""
    async with context.transaction(final=True) as session:
        attendance = await meetings.get_attendance(session, UUID(context.payload["subject"]))
        await service.record_attendance(session, attendance, now=context.tools.clock.now())
