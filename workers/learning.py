"""Handlers of the learning slice."""

from app.learning import service
from workers.jobs import JobContext, handler


@handler("learning.record_attendance")
async def record_attendance(context: JobContext) -> None:
    """Attendance recorded, corrected or taken back: the person's CPD hours follow."""
    async with context.transaction(final=True) as session:
        await service.follow_attendance(session, context.id("subject"), now=context.tools.clock.now())
