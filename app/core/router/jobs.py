"""Background work, and how parked work is run again."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel

from app.core import jobs, records
from app.core.audit import audit
from app.core.auth import require
from app.core.clock import Instant
from app.core.db import Transaction
from app.core.errors import NotFound, PreconditionFailed
from app.core.etag import digest_etag
from app.core.http import MayMatch, PageModel, Serving, paged
from app.core.jobs import JobNotParked, JobRow
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.router.root import router


class Job(BaseModel):
    id: UUID
    kind: str
    queue: str
    state: Literal["queued", "running", "done", "parked"]
    attempts: int
    failures: int
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
    page = await records.list_jobs(session, params.state, params=params, cursors=serving.cursors)
    return paged(request, response, page)


@router.get("/v1/jobs/{job_id}", responses=error_responses(NotFound))
async def get_job(
    job_id: UUID, caller: Annotated[Principal, require("jobs:read")], session: Transaction, response: Response
) -> Job:
    """One job with its last error."""
    return _shown(response, await records.get_job(session, job_id))


@router.post("/v1/jobs/{job_id}/redrive", responses=error_responses(NotFound, JobNotParked, PreconditionFailed))
async def redrive_job(
    job_id: UUID,
    caller: Annotated[Principal, require("jobs:write")],
    session: Transaction,
    expected: MayMatch,
    response: Response,
) -> Job:
    """Run a parked job again, after what stopped it has been put right."""
    # Locked, so that of two who read it parked only one runs it again.
    expected.check_tag(_tag(await records.get_job(session, job_id, for_update=True)))
    if not await jobs.redrive(session, job_id=job_id):
        raise JobNotParked
    audit(session, "job.redriven", job_id)
    return _shown(response, await records.get_job(session, job_id))


def _tag(row: JobRow) -> str:
    """Each time it is run it is claimed under another token; between those its state, time and attempts move."""
    return digest_etag("job", row.token, row.state, row.run_at, row.attempts, row.failures)


def _shown(response: Response, row: JobRow) -> Job:
    response.headers["ETag"] = _tag(row)
    return Job.model_validate(row, from_attributes=True)
