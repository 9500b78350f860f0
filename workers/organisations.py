"""Handlers of the organisations slice."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import structlog

from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import DomainError
from app.core.ids import PLATFORM_ID
from app.organisations import service as organisations
from app.organisations.adapters.register_files import read_file
from app.organisations.errors import FileRefused
from app.organisations.service.imports import carry_out, fail_import, get_waiting_import, note_progress
from app.people import service as people
from workers.jobs import JobContext, Parked, handler
from workers.schedule import DAILY, Daily

log = structlog.get_logger("plenary.worker")


async def _note_failure(session: Tx, parked: Parked) -> None:
    # The job's own words may quote the database; they are kept with the job, from which the import can be run again.
    words = "The job was parked; see its error."
    await fail_import(session, UUID(parked.job.payload["subject"]), words, now=parked.at, keep_file=True)


@handler("organisations.import_file", on_parked=_note_failure)
async def import_file(context: JobContext) -> None:
    """Read the file, then apply all of it in one transaction that also ends the job."""
    import_id = context.id("subject")
    on_platform = context.job.commissioner_id == PLATFORM_ID
    now = context.tools.clock.now()
    async with context.transaction() as session:
        run = await get_waiting_import(session, import_id)
    if run is None or run.content is None:
        return
    try:
        parsed = await asyncio.to_thread(read_file, run.kind, run.content, options=run.options)
    except FileRefused as error:
        async with context.transaction(final=True) as session:
            await fail_import(session, import_id, error, now=now)
        return
    progress = _progress(context, run.operation_id)
    await progress(0, parsed.total_rows)
    await carry_out(
        run,
        parsed,
        appliers=people.APPLIERS,
        now=now,
        progress=progress,
        applying=partial(context.transaction, final=True, platform=on_platform),
        noting=partial(context.transaction, final=True),
    )


def _progress(context: JobContext, operation_id: UUID) -> Callable[[int, int], Awaitable[None]]:
    """Progress is seen while the import's own transaction is still open, so it has one of its own."""

    async def progress(done: int, total: int) -> None:
        async with context.transaction() as session:
            await note_progress(session, operation_id, done, total)

    return progress


@handler("organisations.refresh_practices")
async def refresh_practices(context: JobContext) -> None:
    """Publish what fell due at midnight: memberships, localities, networks and lists that begin or end today."""
    now = context.tools.clock.now()
    async with context.transaction(final=True, platform=True) as session:
        await organisations.refresh_published(session, today=london_date(now), now=now)


DAILY.append(Daily("organisations.refresh_practices", platform_only=True))


@handler("organisations.apply_practice_changes")
async def apply_practice_changes(context: JobContext) -> None:
    """Apply the tenant's changes of practices whose day has come; they are written to the register by the platform.

    Each in a transaction of its own, so that one that fits no more does not hold up the others.
    """
    now = context.tools.clock.now()
    async with context.transaction(platform=True) as session:
        due = await organisations.list_due_changes(session, now=now)
    for change_id in due:
        try:
            async with context.transaction(platform=True) as session:
                await organisations.apply_due_change(session, change_id, now=now)
        except DomainError as error:
            log.warning("practice_change_refused", change=str(change_id), code=error.code)
            async with context.transaction(platform=True) as session:
                await organisations.refuse_change(session, change_id, error, now=now)
    async with context.transaction(final=True):
        pass


DAILY.append(Daily("organisations.apply_practice_changes"))
