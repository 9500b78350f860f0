"""Imports: a file is accepted, waits, is applied in one transaction, and its outcome is kept."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import DomainError
from app.core.events import emit
from app.core.ids import new_id
from app.core.operations import OperationRow, fail, record_progress, start_operation, succeed
from app.organisations.errors import ImportFailed
from app.organisations.events import ImportRequested
from app.organisations.ports import Applier, Options, Parsed
from app.organisations.repository.filling import lock_register, raise_register_number
from app.organisations.repository.imports import ImportRepository, add_faults
from app.organisations.service.filling import FILLERS
from app.organisations.service.publishing import refresh_published
from app.organisations.tables import ImportRun
from app.organisations.values import LOCAL_KINDS, FileKind, ImportOutcome, ImportState, RowError

Progress = Callable[[int, int], Awaitable[None]]
Opening = Callable[[], AbstractAsyncContextManager[Tx]]
"""Opens a transaction of its own."""


class _Tried(Exception):
    """Ends the transaction of a dry run, and carries out what it would have done."""

    def __init__(self, result: "ImportResult") -> None:
        super().__init__()
        self.result = result


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file: counts of its rows, and the rows that were left out."""

    rows: int
    created: int
    updated: int
    unchanged: int
    warnings: tuple[str, ...]
    errors: tuple[RowError, ...]

    def summary(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": len(self.errors),
            "warnings": list(self.warnings),
        }


async def accept_import(
    session: Tx,
    *,
    kind: FileKind,
    file_name: str,
    content: bytes,
    options: Options,
    dry_run: bool,
    now: datetime,
    waits: bool = True,
) -> tuple[ImportRun, OperationRow]:
    """Keep a file that was found readable, and announce that it waits, unless the caller applies it at once."""
    import_id = new_id()
    operation = await start_operation(session, "import", result={"import": str(import_id)})
    row = ImportRun(
        commissioner_id=session.tenant,
        id=import_id,
        kind=kind,
        file_name=file_name,
        file_digest=hashlib.sha256(content).digest(),
        content=content,
        options=dict(options),
        dry_run=dry_run,
        state=ImportState.QUEUED,
        operation_id=operation.id,
        created_at=now,
    )
    session.add(row)
    if waits:
        emit(session, ImportRequested(subject=str(import_id)))
    audit(session, "import.requested", import_id, kind=kind, dry_run=dry_run)
    return row, operation


async def get_waiting_import(session: Tx, import_id: UUID) -> ImportRun | None:
    """The import with its file; None when it has ended. One that was parked still has its file, and may run again."""
    row = await ImportRepository(session, session.tenant).get(import_id)
    return row if row.content is not None else None


async def apply_import(
    session: Tx,
    kind: FileKind,
    parsed: Parsed[Any],
    *,
    appliers: Mapping[FileKind, Applier],
    now: datetime,
    progress: Progress,
) -> ImportResult:
    """Write a file's rows: those of the register in the platform's transaction, a commissioner's own in its own."""
    if kind in LOCAL_KINDS:
        outcome = await appliers[kind](session, parsed.rows, numbers=parsed.numbers, now=now)
    else:
        outcome = await _fill_register(session, kind, parsed, now=now, progress=progress)
    errors = sorted([*parsed.errors, *outcome.errors], key=lambda error: error.row)
    return ImportResult(
        parsed.total_rows,
        outcome.created,
        outcome.updated,
        outcome.unchanged,
        (*parsed.warnings, *outcome.warnings),
        tuple(errors),
    )


async def _fill_register(
    session: Tx, kind: FileKind, parsed: Parsed[Any], *, now: datetime, progress: Progress
) -> ImportOutcome:
    async def step(share: float) -> None:
        await progress(int(parsed.total_rows * share), parsed.total_rows)

    await lock_register(session)
    filled = await FILLERS[kind](session, parsed, now=now, step=step)
    if filled.has_changed:
        # The name or the parent of a commissioner shows on practices that the file does not hold.
        codes = None if filled.organisations else sorted(filled.practices)
        await refresh_published(session, today=london_date(now), now=now, codes=codes)
        await raise_register_number(session)
    await step(0.95)
    return filled.outcome


async def carry_out(
    run: ImportRun,
    parsed: Parsed[Any],
    *,
    appliers: Mapping[FileKind, Applier],
    now: datetime,
    progress: Progress,
    applying: Opening,
    noting: Opening,
) -> ImportResult | DomainError:
    """Apply a file in one transaction that keeps the outcome too; of a dry run, or a refusal, the outcome is kept alone."""
    try:
        async with applying() as session:
            result = await apply_import(
                session, FileKind(run.kind), parsed, appliers=appliers, now=now, progress=progress
            )
            if run.dry_run:
                raise _Tried(result)
            await finish_import(session, run.id, result, now=now)
    except _Tried as tried:
        result = tried.result
        async with noting() as session:
            await finish_import(session, run.id, result, now=now)
    except DomainError as error:
        async with noting() as session:
            await fail_import(session, run.id, error, now=now)
        return error
    return result


async def note_progress(session: Tx, operation_id: UUID, done: int, total: int) -> None:
    await record_progress(session, operation_id, done=done, total=total)


async def finish_import(session: Tx, import_id: UUID, result: ImportResult, *, now: datetime) -> None:
    """Keep the outcome. The file itself has done its service; its digest stays."""
    row = await ImportRepository(session, session.tenant).get(import_id, for_update=True)
    row.state, row.result, row.finished_at, row.content = ImportState.SUCCEEDED, result.summary(), now, None
    await add_faults(session, import_id, result.errors)
    await succeed(session, row.operation_id, result={"import": str(import_id)} | result.summary())
    audit(session, "import.finished", import_id, kind=row.kind, dry_run=row.dry_run, rows=result.rows)


async def fail_import(
    session: Tx, import_id: UUID, error: DomainError | str, *, now: datetime, keep_file: bool = False
) -> None:
    """The import came to nothing, and says why. With its file it can be run again from the parked job."""
    row = await ImportRepository(session, session.tenant).get(import_id, for_update=True)
    row.state, row.finished_at = ImportState.FAILED, now
    if not keep_file:
        row.content = None
    await fail(session, row.operation_id, error if isinstance(error, DomainError) else ImportFailed(error))
    audit(session, "import.failed", import_id, kind=row.kind)
