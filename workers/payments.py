"""Handlers of the payments slice."""

import asyncio
from datetime import date
from uuid import UUID

from app.core.db import Tx
from app.core.errors import DomainError
from app.payments import service
from app.payments.errors import RunNotWorkedOut
from workers.jobs import JobContext, Parked, advanced, handler
from workers.schedule import DAILY, Daily

CHUNK = 500


async def _give_up(session: Tx, parked: Parked) -> None:
    # What an unexpected error says of itself is for the operator, in the log and on the parked job.
    known = parked.error if isinstance(parked.error, DomainError) else RunNotWorkedOut()
    await service.fail_run(session, UUID(parked.job.payload["subject"]), known, now=parked.at)


@handler("payments.calculate_run", queue="payments", on_parked=_give_up)
async def calculate_run(context: JobContext) -> None:
    """Freeze, work out, write in chunks, publish once. Each step may be done again from what the last one left."""
    run_id = context.id("subject")
    async with context.transaction() as session:
        frozen = await service.freeze_run(session, run_id, now=context.tools.clock.now())
    if frozen is None:
        return
    # In a thread, so that the lease is renewed while the sums are done.
    worked = await asyncio.to_thread(frozen.work_out)
    if worked.excess:
        async with context.transaction(final=True) as session:
            await service.stop_run(session, run_id, worked, now=context.tools.clock.now())
        return
    waiting = [statement for statement in worked.statements if statement.practice not in frozen.written]
    while len(waiting) > CHUNK:
        chunk, waiting = waiting[:CHUNK], waiting[CHUNK:]
        async with context.transaction(end=advanced) as session:
            await service.write_statements(session, run_id, chunk)
            await service.record_written(session, run_id, left=len(waiting), total=len(worked.statements))
    async with context.transaction(final=True) as session:
        await service.write_statements(session, run_id, waiting)
        await service.publish_run(session, run_id, worked, now=context.tools.clock.now())


DAILY.append(Daily("payments.watch_runs", queue="payments"))


@handler("payments.watch_runs", queue="payments")
async def watch_runs(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        day = date.fromisoformat(context.payload["day"])
        await service.watch_runs(session, today=day, now=context.tools.clock.now())


@handler("payments.escalate_queries", queue="payments")
async def escalate_queries(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.escalate_overdue(session, now=context.tools.clock.now())


DAILY.append(Daily("payments.escalate_queries", queue="payments"))
