"""Background work, and how parked work is run again."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel
from sqlmodel import select

from app.core import jobs
from app.core.audit import audit
from app.core.auth import require
from app.core.clock import Instant
from app.core.db import Transaction
from app.core.errors import NotFound
from app.core.http import PageModel, Serving, paged
from app.core.jobs import JobNotParked, JobRow
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.repository import keyset_page
from app.core.router.root import router


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


class JobPage(PageModel):
    data: list[Job]


class JobParams(PageParams):
    state: Literal["queued", "running", "done", "parked"] = "parked"


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
