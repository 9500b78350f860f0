"""Imports: a file goes in, its outcome and the rows it left out can be read."""

import asyncio
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Form, Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction, Tx
from app.core.errors import Forbidden
from app.core.etag import version_etag
from app.core.http import Serving, accepted, paged
from app.core.operations import Operation, operation_answer
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.repository import Page
from app.organisations.errors import (
    BadZip,
    BrokenQuotes,
    EmptyFile,
    FileTooLarge,
    ImportNotFound,
    MissingColumns,
    OptionInvalid,
    TooManyErrors,
    TruncatedZip,
    UnknownColumns,
    UnknownKind,
    WrongEncoding,
    WrongKind,
)
from app.organisations.ports import HandedDown
from app.organisations.repository.imports import ImportRepository, list_all_faults, list_faults, list_problems
from app.organisations.router.root import router
from app.organisations.rules import faults_csv
from app.organisations.schemas.imports import (
    Import,
    ImportErrorPage,
    ImportErrorParams,
    ImportForm,
    ImportPage,
    ImportParams,
)
from app.organisations.service.imports import accept_import
from app.organisations.tables import ImportFault, ImportRun
from app.organisations.values import LOCAL_KINDS, FileKind

_REFUSALS = (
    UnknownKind,
    OptionInvalid,
    WrongKind,
    WrongEncoding,
    MissingColumns,
    UnknownColumns,
    EmptyFile,
    FileTooLarge,
    BadZip,
    TruncatedZip,
    BrokenQuotes,
    TooManyErrors,
)


@router.post("/v1/imports", status_code=202, responses=error_responses(Forbidden, *_REFUSALS))
async def create_import(
    form: Annotated[ImportForm, Form(media_type="multipart/form-data")],
    caller: Annotated[Principal, require("imports:write", upload=True)],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Operation:
    """Import a file: the national register's by the platform, its own localities, members and people by a commissioner.

    The file is read through before it is accepted: one of another kind, or one that cannot be read, is refused whole
    with 422. Accepted, it is applied as one operation. A row that cannot be used is left out and listed under
    `/v1/imports/{id}/errors`; it never stops the others. The same file again changes nothing, and an older file adds
    history without overwriting what newer files said.
    """
    kind = _allowed_kind(form.kind, caller)
    content = await form.file.read()
    options = form.options()
    await asyncio.to_thread(serving.part(HandedDown).read_file, kind, content, options=options)
    _, operation = await accept_import(
        session,
        kind=kind,
        file_name=_file_name(form.file.filename),
        content=content,
        options=options,
        dry_run=form.dry_run,
        now=serving.clock.now(),
    )
    accepted(response, operation.id)
    return operation_answer(operation)


def _allowed_kind(text: str, caller: Principal) -> FileKind:
    if text not in set(FileKind):
        raise UnknownKind(f"The kinds are {', '.join(FileKind)}.")
    kind = FileKind(text)
    scope = "imports:local" if kind in LOCAL_KINDS else "imports:register"
    if not caller.has(scope):
        raise Forbidden(f"Imports of kind {kind} need the scope {scope}.")
    return kind


def _file_name(given: str | None) -> str:
    return (given or "file").replace("\\", "/").rpartition("/")[2][:200] or "file"


@router.get("/v1/imports")
async def list_imports(
    params: Annotated[ImportParams, Query()],
    caller: Annotated[Principal, require("imports:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> ImportPage:
    """Files that were handed in, newest first."""
    page = await ImportRepository(session, session.tenant).list_light(
        file_kind=params.kind, state=params.state, params=params, cursors=serving.cursors
    )
    return paged(request, response, Page(await _answers(session, page.rows), page.next_cursor, page.total))


@router.get("/v1/imports/{import_id}", responses=error_responses(ImportNotFound))
async def get_import(
    import_id: UUID,
    caller: Annotated[Principal, require("imports:read")],
    session: Transaction,
    response: Response,
) -> Import:
    """One import and what became of it."""
    row = await ImportRepository(session, session.tenant).get_light(import_id)
    response.headers["ETag"] = version_etag(row.version)
    return (await _answers(session, [row]))[0]


async def _answers(session: Tx, rows: Sequence[ImportRun]) -> list[Import]:
    problems = await list_problems(session, rows)
    given = [name for name in Import.model_fields if name != "problem"]
    return [
        Import.model_validate(
            {name: getattr(row, name) for name in given} | {"problem": problems.get(row.operation_id)}
        )
        for row in rows
    ]


@router.get(
    "/v1/imports/{import_id}/errors",
    response_model=ImportErrorPage,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}} | error_responses(ImportNotFound),
)
async def list_import_errors(
    import_id: UUID,
    params: Annotated[ImportErrorParams, Query()],
    caller: Annotated[Principal, require("imports:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> Response | dict[str, object]:
    """The rows that were left out, and why, in the order of the file. As CSV all at once."""
    await ImportRepository(session, session.tenant).get_light(import_id)
    if params.format == "csv" or (params.format is None and _wants_csv(request)):
        return _csv(await list_all_faults(session, import_id))
    page = await list_faults(session, import_id, params=params, cursors=serving.cursors)
    return paged(request, response, page)


def _wants_csv(request: Request) -> bool:
    accepts = request.headers.get("accept", "")
    return "text/csv" in accepts and "application/json" not in accepts


def _csv(faults: list[ImportFault]) -> Response:
    text = faults_csv((fault.row, fault.column, fault.code, fault.detail) for fault in faults)
    return Response(text, media_type="text/csv; charset=utf-8")
