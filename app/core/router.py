"""Routes of the platform itself: health, operations, the change feed, jobs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlmodel import select

from app.core import jobs
from app.core.audit import AuditEntry, audit
from app.core.auth import Caller, public, require
from app.core.clock import Instant
from app.core.database_problems import DATABASE_ERRORS, database_problem
from app.core.db import Transaction, unit_of_work
from app.core.errors import (
    CursorExpired,
    CursorInvalid,
    DomainError,
    FieldError,
    Forbidden,
    InvalidRequest,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from app.core.events import EventRow
from app.core.http import PageModel, Services, Serving, find_caller, make_router, paged
from app.core.jobs import JobNotParked, JobRow
from app.core.operations import OperationRow, get_operation
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import ProblemKind, error_responses, problem_kind
from app.core.repository import keyset_page
from app.core.streams import Streams

router = make_router("platform")


class Health(BaseModel):
    status: Literal["ok"]


class Release(BaseModel):
    name: str
    version: str
    api: str


class Progress(BaseModel):
    done: int
    total: int | None


class Operation(BaseModel):
    """Long work that was accepted. `result` names what is being made, from the first answer on."""

    id: UUID
    kind: str
    status: Literal["queued", "running", "succeeded", "failed"]
    progress: Progress
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    created_at: Instant
    finished_at: Instant | None


class Change(BaseModel):
    """One change: fetch `href` for what it is now, or drop it when `removed`."""

    kind: str
    id: str
    href: str
    removed: bool
    number: int
    at: Instant


class ChangePage(BaseModel):
    data: list[Change]
    next_cursor: str
    has_more: bool


class Job(BaseModel):
    id: UUID
    kind: str
    queue: str
    state: Literal["queued", "running", "done", "parked"]
    attempts: int
    last_error: str | None
    run_at: Instant
    created_at: Instant
    finished_at: Instant | None


class AuditRecord(BaseModel):
    """Who did what to which thing. `detail` holds ids, codes and figures, never names."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198c0de-0000-7000-8000-00000000a001",
                    "at": "2026-11-22T10:00:00Z",
                    "action": "key.created",
                    "subject": "0198c0de-0000-7000-8000-00000000a002",
                    "credential_id": "0198c0de-0000-7000-8000-00000000a003",
                    "person_id": "0198c0de-0000-7000-8000-00000000a004",
                    "via": "api",
                    "request_id": "7d1c1f0e-55a1-4d4c-a3a5-1e4c1f8f2f10",
                    "correlation_id": "7d1c1f0e-55a1-4d4c-a3a5-1e4c1f8f2f10",
                    "detail": {"role": "auditor", "boundary": "commissioner", "boundary_id": "ZZ1"},
                }
            ]
        }
    )

    id: UUID
    at: Instant
    action: str
    subject: str
    credential_id: UUID | None
    person_id: UUID | None
    via: str
    request_id: str | None
    correlation_id: str | None
    detail: dict[str, Any]


class AuditPage(PageModel):
    data: list[AuditRecord]


class AuditParams(PageParams):
    subject: str | None = Field(default=None, max_length=200, description="The id or code of one thing.")
    action: str | None = Field(default=None, max_length=100, description="Such as `payment_run.approved`.")
    person_id: UUID | None = Field(default=None, description="Whoever acted.")


class JobPage(PageModel):
    data: list[Job]


class JobParams(PageParams):
    state: Literal["queued", "running", "done", "parked"] = "parked"


def operation_answer(row: OperationRow) -> Operation:
    return Operation(
        id=row.id,
        kind=row.kind,
        status=row.status,  # pyright: ignore - the database checks it
        progress=Progress(done=row.done, total=row.total),
        result=row.result,
        problem=row.problem,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


@router.get("/livez", dependencies=[public("liveness probes carry no credential")])
async def get_liveness() -> Health:
    """Answers while the process runs."""
    return Health(status="ok")


@router.get("/readyz", dependencies=[public("readiness probes carry no credential")], responses=error_responses())
async def get_readiness(serving: Serving) -> Health:
    """200 only when the database answers, its migrations are in place and, in a demo, the demo is loaded."""
    await serving.check_ready()
    return Health(status="ok")


@router.get("/version", dependencies=[public("says which release answers; nothing private")])
async def get_version(serving: Serving) -> Release:
    """Which release answers."""
    return Release(name="plenary", version=serving.version, api="v1")


@router.get(
    "/problems/{code}",
    dependencies=[public("what a code means is the same for everybody")],
    responses=error_responses(NotFound),
)
async def get_problem_kind(code: str) -> ProblemKind:
    """What a problem's `type` leads to: the kind of problem behind a `code`, and what to do about it."""
    return problem_kind(code)


@router.get(
    "/metrics",
    dependencies=[public("local scrapers carry no credential; others are refused below")],
    response_class=PlainTextResponse,
    responses=error_responses(Unauthenticated, Forbidden),
)
async def get_metrics(request: Request, serving: Serving) -> Response:
    """Prometheus metrics. Answered to this machine, or with a key that has `metrics:read`."""
    if not await _may_scrape(request, serving):
        raise Forbidden("Metrics are for this machine or for a key with metrics:read.")
    async with unit_of_work(serving.platform_engine, None) as session:
        await serving.refresh_gauges(session)
    body, media_type = serving.metrics.render()
    return Response(body, media_type=media_type)


async def _may_scrape(request: Request, serving: Services) -> bool:
    if request.client is not None and request.client.host in ("127.0.0.1", "::1", "testclient"):
        return "x-forwarded-for" not in request.headers
    authorization = request.headers.get("authorization", "")
    if not authorization.lower().startswith("bearer "):
        return False
    principal = await serving.authenticator.authenticate(authorization[7:].strip(), commissioner=None, fresh=False)
    return principal.has("metrics:read")


@router.get("/v1/operations/{operation_id}", responses=error_responses(NotFound))
async def get_operation_status(operation_id: UUID, caller: Caller, session: Transaction) -> Operation:
    """How far long work has come. Poll it, or listen to `/events`."""
    return operation_answer(await get_operation(session, operation_id))


@router.get(
    "/v1/operations/{operation_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}
    | error_responses(NotFound, TooManyRequests),
)
async def stream_operation(operation_id: UUID, caller: Caller, serving: Serving, request: Request) -> StreamingResponse:
    """Server-sent events: one `progress` event per change, then `done` with the finished operation.

    The stream ends early when the credential is revoked or the database is away; listen again then. A key has ten
    streams at a time, and an eleventh is 429.
    """
    await _read_operation(serving, caller, operation_id)
    return _STREAMS.response(str(caller.credential_id), _progress(serving, request, caller, operation_id))


async def _read_operation(serving: Services, caller: Principal, operation_id: UUID) -> Operation:
    # A stream takes no transaction with it: each look is one short unit of work.
    engine = serving.platform_engine if caller.is_platform else serving.app_engine
    async with unit_of_work(engine, caller.commissioner_id) as session:
        return operation_answer(await get_operation(session, operation_id))


_STREAMS: Final = Streams()


async def _is_still_admitted(serving: Services, request: Request) -> bool:
    try:
        await find_caller(request, serving)
    except DomainError:
        return False
    return True


async def _progress(serving: Services, request: Request, caller: Principal, operation_id: UUID) -> AsyncIterator[bytes]:
    last: Operation | None = None
    for tick in range(7200):
        try:
            if tick % 4 == 3 and not await _is_still_admitted(serving, request):
                return
            operation = await _read_operation(serving, caller, operation_id)
        except DATABASE_ERRORS as error:
            if isinstance(database_problem(error), Unavailable):
                return
            raise
        if operation != last:
            finished = operation.status in ("succeeded", "failed")
            name = "done" if finished else "progress"
            yield f"id: {tick}\nevent: {name}\ndata: {operation.model_dump_json()}\n\n".encode()
            if finished:
                return
            last = operation
        elif tick % 60 == 0:
            yield b": still here\n\n"
        await asyncio.sleep(0.25)


_HREFS = {
    "practice": "/v1/practices/{}",
    "locality": "/v1/localities/{}",
    "scheme": "/v1/incentive-schemes/{}",
    "announcement": "/v1/announcements/{}",
}
FEED_SCOPES = {
    "practice": "practices:read",
    "locality": "practices:read",
    "scheme": "schemes:read",
    "announcement": "announcements:read",
}


class ChangeParams(BaseModel):
    model_config = {"extra": "forbid"}
    cursor: str | None = None
    kinds: str | None = Field(
        default=None,
        description=f"Only these, separated by commas, of: {', '.join(f'`{kind}`' for kind in FEED_SCOPES)}.",
    )
    limit: Annotated[int, Query(ge=1, le=200)] = 50


_OLDEST = text("SELECT coalesce(min(change_number), 0) FROM event WHERE commissioner_id = :tenant")


@router.get("/v1/changes", responses=error_responses(CursorExpired, CursorInvalid))
async def list_changes(
    params: Annotated[ChangeParams, Query()],
    caller: Annotated[Principal, require("changes:read")],
    session: Transaction,
    serving: Serving,
) -> ChangePage:
    """What has changed since the cursor, in an order that never skips a late commit.

    Without a cursor: from now on (fetch your first copy, then follow). A cursor older than the feed keeps (90 days), or
    from before a restore, gives 410 `cursor.expired`: fetch everything again and start without a cursor.
    """
    kinds = _wanted_kinds(params.kinds, caller)
    number, position = await _start(session, serving, params.cursor)
    statement = (
        select(EventRow)
        .where(EventRow.commissioner_id == session.tenant, EventRow.resource.in_(kinds))  # pyright: ignore
        .where(_after(number, position))
        .order_by(EventRow.change_number, EventRow.position)  # pyright: ignore
        .limit(params.limit + 1)
    )
    rows = (await session.exec(statement)).all()
    shown = rows[: params.limit]
    last = (shown[-1].change_number, shown[-1].position) if shown else (number, position)
    cursor = serving.cursors.encode("changes", {"number": last[0], "position": last[1]})
    return ChangePage(data=[_change(row) for row in shown], next_cursor=cursor, has_more=len(rows) > params.limit)


def _after(number: int, position: int) -> Any:
    from sqlalchemy import tuple_  # noqa: PLC0415 - one use

    return tuple_(EventRow.change_number, EventRow.position) > tuple_(number, position)


def _wanted_kinds(text_: str | None, caller: Principal) -> list[str]:
    visible = [kind for kind, scope in FEED_SCOPES.items() if caller.has(scope)]
    if text_ is None:
        return visible
    wanted = set(text_.split(","))
    if not wanted <= FEED_SCOPES.keys():
        detail = f"Kinds, separated by commas, of: {', '.join(FEED_SCOPES)}."
        raise InvalidRequest(errors=[FieldError("?kinds", "not_a_choice", detail)])
    return [kind for kind in visible if kind in wanted]


async def _start(session: Any, serving: Services, cursor: str | None) -> tuple[int, int]:
    if cursor is not None:
        values = serving.cursors.decode("changes", cursor)
        oldest = (await session.exec(_OLDEST, params={"tenant": session.tenant})).scalar_one()
        if oldest and values["number"] + 1 < oldest:
            raise CursorExpired("The feed no longer reaches back to this cursor; fetch everything again.")
        return values["number"], values["position"]
    current = text("SELECT number FROM published.change_number WHERE commissioner_id = :tenant")
    number = (await session.exec(current, params={"tenant": session.tenant})).scalar_one_or_none()
    return number or 0, 1_000_000_000


def _change(row: EventRow) -> Change:
    href = _HREFS[row.resource or ""].format(row.subject)
    return Change(
        kind=row.resource or "",
        id=row.subject,
        href=href,
        removed=row.removed,
        number=row.change_number,
        at=row.occurred_at,
    )


@router.get("/v1/audit-entries", responses=error_responses(CursorInvalid))
async def list_audit_entries(
    params: Annotated[AuditParams, Query()],
    caller: Annotated[Principal, require("audit:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> AuditPage:
    """What was done, by whom and when, newest first. Nothing in it is ever changed or taken away."""
    wanted = params.model_dump(include={"subject", "action", "person_id"}, exclude_none=True)
    statement = select(AuditEntry).where(AuditEntry.commissioner_id == session.tenant).filter_by(**wanted)
    page = await keyset_page(
        session,
        statement,
        keys=[AuditEntry.id],
        params=params,
        cursors=serving.cursors,
        kind=f"audit:{params.subject}:{params.action}:{params.person_id}",
        descending=True,
    )
    return paged(request, response, page)  # pyright: ignore


@router.get("/v1/jobs")
async def list_jobs(
    params: Annotated[JobParams, Query()],
    caller: Annotated[Principal, require("jobs:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> JobPage:
    """Background work of this commissioner by state; parked work first of all, with its error."""
    statement = select(JobRow).where(JobRow.commissioner_id == session.tenant, JobRow.state == params.state)
    page = await keyset_page(
        session, statement, keys=[JobRow.id], params=params, cursors=serving.cursors, kind=f"jobs:{params.state}"
    )
    return paged(request, response, page)  # pyright: ignore


async def _job(session: Any, job_id: UUID) -> JobRow:
    statement = select(JobRow).where(JobRow.commissioner_id == session.tenant, JobRow.id == job_id)
    row = (await session.exec(statement.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise NotFound("There is no such job.")
    return row


@router.get("/v1/jobs/{job_id}", responses=error_responses(NotFound))
async def get_job(job_id: UUID, caller: Annotated[Principal, require("jobs:read")], session: Transaction) -> Job:
    """One job with its last error."""
    return await _job(session, job_id)  # pyright: ignore


@router.post("/v1/jobs/{job_id}/redrive", responses=error_responses(NotFound, JobNotParked))
async def redrive_job(job_id: UUID, caller: Annotated[Principal, require("jobs:write")], session: Transaction) -> Job:
    """Run a parked job again, after what stopped it has been put right."""
    await _job(session, job_id)
    if not await jobs.redrive(session, job_id=job_id):
        raise JobNotParked
    audit(session, "job.redriven", job_id)
    return await _job(session, job_id)  # pyright: ignore
