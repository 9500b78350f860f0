"""Handlers of schemes."""

from uuid import UUID

from app.core import operations
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import DomainError
from app.schemes import service
from app.schemes.errors import SimulationFailed
from workers.jobs import JobContext, Parked, handler


async def _fail_simulation(session: Tx, parked: Parked) -> None:
    """Whoever waits for the simulation is told; the reason itself is for the operator, with the parked job."""
    known = parked.error if isinstance(parked.error, DomainError) else SimulationFailed()
    await operations.fail(session, UUID(parked.job.payload["subject"]), known)


@handler("schemes.simulate", queue="payments", on_parked=_fail_simulation)
async def simulate(context: JobContext) -> None:
    today = london_date(context.tools.clock.now())
    async with context.transaction(final=True) as session:
        await service.simulate(
            session, context.id("subject"), scheme_id=context.id("scheme"), n=context.payload["n"], today=today
        )


@handler("schemes.record_attendance")
async def record_attendance(context: JobContext) -> None:
    """Attendance recorded, corrected or taken back: the scheme's fact follows."""
    async with context.transaction(final=True) as session:
        await service.record_attendance(session, context.id("subject"), now=context.tools.clock.now())
