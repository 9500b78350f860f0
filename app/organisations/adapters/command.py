"""Imports a file at once, in this process: what `plenary import` does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.clock import Clock, SystemClock
from app.core.db import Actor, make_engine, unit_of_work
from app.core.errors import DomainError
from app.core.ids import PLATFORM_ID
from app.core.settings import Settings
from app.organisations.adapters.register_files import read_file
from app.organisations.errors import CommissionerNotFound, OptionInvalid, UnknownKind
from app.organisations.ports import Applier, Options
from app.organisations.rules import faults_csv
from app.organisations.service import find_commissioner
from app.organisations.service.imports import (
    ImportResult,
    Opening,
    Progress,
    accept_import,
    carry_out,
    fail_import,
    note_progress,
)
from app.organisations.tables import ImportRun
from app.organisations.values import LOCAL_KINDS, FileKind

_ACTOR = Actor(via="cli")


@dataclass(frozen=True, slots=True)
class ImportCommand:
    """One file, and what was said beside it on the command line."""

    kind: FileKind
    path: Path
    options: Options
    commissioner: str | None
    dry_run: bool

    @classmethod
    def of(cls, kind: str, path: Path, *, options: Options, commissioner: str | None, dry_run: bool) -> "ImportCommand":
        if kind not in set(FileKind):
            raise UnknownKind(f"The kinds are {', '.join(FileKind)}.")
        if (FileKind(kind) in LOCAL_KINDS) is (commissioner is None):
            raise OptionInvalid("Localities, members and people need --commissioner; the other kinds take none.")
        return cls(FileKind(kind), path, options, commissioner, dry_run)


async def import_now(
    command: ImportCommand,
    *,
    platform: AsyncEngine,
    worker: AsyncEngine,
    appliers: Mapping[FileKind, Applier],
    clock: Clock,
    report: Callable[[int, int], None],
) -> ImportResult:
    """Read the file, apply it in one transaction and keep the outcome, as the worker does with an upload."""
    tenant = await _tenant(platform, command.commissioner)
    engine = platform if tenant == PLATFORM_ID else worker
    now = clock.now()
    parsed = read_file(command.kind, command.path, options=command.options)
    report(0, parsed.total_rows)
    begin = partial(unit_of_work, engine, tenant, actor=_ACTOR)
    run = await _accept(begin, command, now)
    progress = _progress(begin, run.operation_id, report)
    try:
        result = await carry_out(
            run, parsed, appliers=appliers, now=now, progress=progress, applying=begin, noting=begin
        )
    except BaseException:
        # Ctrl-C arrives as a cancellation; the import would look as if it went on for ever.
        async with begin() as session:
            await fail_import(session, run.id, "The command ended with an error; see its output.", now=now)
        raise
    if isinstance(result, DomainError):
        raise result
    report(parsed.total_rows, parsed.total_rows)
    return result


async def _tenant(platform: AsyncEngine, code: str | None) -> UUID:
    if code is None:
        return PLATFORM_ID
    async with unit_of_work(platform, PLATFORM_ID) as session:
        found = await find_commissioner(session, code)
    if found is None:
        raise CommissionerNotFound
    return found.id


async def _accept(begin: Opening, command: ImportCommand, now: datetime) -> ImportRun:
    async with begin() as session:
        run, _ = await accept_import(
            session,
            kind=command.kind,
            file_name=command.path.name,
            content=command.path.read_bytes(),
            options=command.options,
            dry_run=command.dry_run,
            now=now,
            waits=False,
        )
        return run


def _progress(begin: Opening, operation_id: UUID, report: Callable[[int, int], None]) -> Progress:
    async def progress(done: int, total: int) -> None:
        report(done, total)
        async with begin() as session:
            await note_progress(session, operation_id, done, total)

    return progress


async def run_import(
    settings: Settings,
    command: ImportCommand,
    *,
    appliers: Mapping[FileKind, Applier],
    report: Callable[[int, int], None],
    clock: Clock | None = None,
) -> ImportResult:
    """`import_now` with the logins that the settings name."""
    platform = make_engine(settings.sqlalchemy_url("platform"), pool_size=2, application="plenary-import")
    worker = make_engine(settings.sqlalchemy_url("worker"), pool_size=2, application="plenary-import")
    try:
        return await import_now(
            command, platform=platform, worker=worker, appliers=appliers, clock=clock or SystemClock(), report=report
        )
    finally:
        await platform.dispose()
        await worker.dispose()


def refused_rows(result: ImportResult) -> str:
    """CSV of the rows that were left out, and why, as the API has it."""
    return faults_csv((error.row, error.column, error.code, error.detail) for error in result.errors)
