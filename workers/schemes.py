"""Handlers of schemes."""

from datetime import date
from uuid import UUID

from app.core import operations
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import DomainError
from app.schemes import service
from app.schemes.errors import SimulationFailed
from app.schemes.values import Simulated
from workers.jobs import JobContext, Parked, handler
from workers.schedule import DAILY, Daily


async def _fail_simulation(session: Tx, parked: Parked) -> None:
    """Whoever waits for the simulation is told; the reason itself is for the operator, with the parked job."""
    known = parked.error if isinstance(parked.error, DomainError) else SimulationFailed()
    await operations.fail(session, UUID(parked.job.payload["subject"]), known)


@handler("schemes.simulate", queue="payments", on_parked=_fail_simulation)
async def simulate(context: JobContext) -> None:
    """Worked out a part at a time, so that whoever waits sees how far it is, and kept as a whole."""
    operation, against, now = context.id("subject"), context.payload.get("against"), context.tools.clock.now()
    async with context.transaction() as session:
        plan = await service.plan_simulation(
            session,
            context.id("scheme"),
            context.payload["n"],
            against=UUID(against) if against else None,
            today=london_date(now),
        )
    found = Simulated()
    for codes in service.chunks(plan):
        async with context.transaction() as session:
            found += await service.simulate(session, plan, codes)
            done = len(found.practices) + len(found.not_worked_out)
            await operations.record_progress(session, operation, done=done, total=len(plan.codes))
    async with context.transaction(final=True) as session:
        await service.keep_simulation(session, operation, plan, found, now=now)


@handler("schemes.record_attendance")
async def record_attendance(context: JobContext) -> None:
    """Attendance recorded, corrected or taken back: the scheme's fact follows."""
    async with context.transaction(final=True) as session:
        await service.record_attendance(session, context.id("subject"), now=context.tools.clock.now())


DAILY.append(Daily("schemes.remind"))


@handler("schemes.remind")
async def remind(context: JobContext) -> None:
    """Offers without an answer, claims whose time is nearly over, and sessions of the month before."""
    today = date.fromisoformat(context.payload["day"])
    async with context.transaction(final=True) as session:
        await service.remind(session, today=today)
        await service.ask_for_sessions(session, today=today)
