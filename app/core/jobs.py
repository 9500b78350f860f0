"""Jobs: rows with a lease and a fencing token. PostgreSQL is the memory; Redis only wakes the workers sooner."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import redis.asyncio as redis
import structlog
from sqlalchemy import Column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.db import Tx, make_engine, unit_of_work
from app.core.errors import DomainError, NotFound
from app.core.ids import PLATFORM_ID, new_id
from app.core.settings import Settings

QUEUES = ("payments", "notifications", "documents", "default")
WAKE_CHANNEL = "plenary:wake"
LEASE_SECONDS = 10
log = structlog.get_logger(__name__)


class JobRow(SQLModel, table=True):
    __tablename__ = "job"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    kind: str
    queue: str
    dedupe_key: str
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str
    run_at: datetime
    lease_until: datetime | None
    token: int
    attempts: int
    last_error: str | None
    correlation_id: str | None
    created_at: datetime
    finished_at: datetime | None


class JobNotParked(DomainError):
    status = 409
    code = "jobs.not_parked"
    title = "Only a parked job can be run again"


class WorkerLost(DomainError):
    status = 500
    code = "jobs.worker_lost"
    title = "The worker ended each time it did this."


class LostLease(Exception):
    """Another worker has taken the job over; whatever this one did since must be rolled back."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job in a worker's hands. `token` is the fence: a write with an older token is refused."""

    commissioner_id: UUID
    id: UUID
    kind: str
    queue: str
    payload: dict[str, Any]
    token: int
    attempts: int
    correlation_id: str | None


async def enqueue(
    session: Tx,
    kind: str,
    *,
    queue: str,
    dedupe_key: str,
    payload: dict[str, Any],
    tenant: UUID | None = None,
    run_at: datetime | None = None,
) -> None:
    """Write a job in this transaction. The same (tenant, kind, key) twice is one job. Used by the relay and by workers."""
    await (await session.connection()).execute(
        _ENQUEUE,
        {
            "tenant": tenant or session.tenant,
            "id": new_id(),
            "kind": kind,
            "queue": queue,
            "key": dedupe_key,
            "payload": msgspec.json.encode(payload).decode(),
            "run_at": run_at,
            "correlation": session.pending.actor.correlation_id,
        },
    )
    session.pending.has_work = True


_ENQUEUE = text(
    """
INSERT INTO job (commissioner_id, id, kind, queue, dedupe_key, payload, state, run_at, token, attempts, correlation_id,
                 created_at)
VALUES (:tenant, :id, :kind, :queue, :key, CAST(:payload AS jsonb), 'queued',
        coalesce(CAST(:run_at AS timestamptz), clock_timestamp()), 0, 0, :correlation, clock_timestamp())
ON CONFLICT (commissioner_id, kind, dedupe_key) DO NOTHING
"""
)

_ENQUEUE_MANY = text(
    """
INSERT INTO job (commissioner_id, id, kind, queue, dedupe_key, payload, state, run_at, token, attempts, correlation_id,
                 created_at)
SELECT :tenant, j.id, :kind, :queue, j.key, j.payload::jsonb, 'queued', clock_timestamp(), 0, 0, :correlation,
       clock_timestamp()
FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[]), CAST(:payloads AS text[])) AS j(id, key, payload)
ON CONFLICT (commissioner_id, kind, dedupe_key) DO NOTHING
"""
)


async def enqueue_many(session: Tx, kind: str, *, queue: str, payloads: Mapping[str, dict[str, Any]]) -> None:
    """Many jobs of one kind for the session's tenant in one statement; the payloads by their dedupe keys."""
    if not payloads:
        return
    await (await session.connection()).execute(
        _ENQUEUE_MANY,
        {
            "tenant": session.tenant,
            "kind": kind,
            "queue": queue,
            "ids": [new_id() for _ in payloads],
            "keys": list(payloads),
            "payloads": [msgspec.json.encode(payload).decode() for payload in payloads.values()],
            "correlation": session.pending.actor.correlation_id,
        },
    )
    session.pending.has_work = True


# Tenants take turns: each tenant's oldest due job comes before any tenant's second. The tenants are found by skipping
# through the index from one to the next, so a tenant with very much to do costs no more than one with little. Of each
# there are more candidates than can be taken, because other workers claim at the same time. All times are the
# database's, so a worker's clock cannot matter; that of the statement may be used by an index. A job whose lease ran
# out is due again, with a higher token; there are never more of those than dead workers held.
_CLAIM = text(
    """
WITH RECURSIVE waiting AS (
  (SELECT commissioner_id FROM job WHERE queue = :queue AND state = 'queued' ORDER BY commissioner_id LIMIT 1)
  UNION ALL
  SELECT (SELECT j.commissioner_id FROM job j
          WHERE j.queue = :queue AND j.state = 'queued' AND j.commissioner_id > w.commissioner_id
          ORDER BY j.commissioner_id LIMIT 1)
  FROM waiting w WHERE w.commissioner_id IS NOT NULL
), oldest AS (
  SELECT o.commissioner_id, o.id, o.run_at FROM waiting w CROSS JOIN LATERAL (
    SELECT commissioner_id, id, run_at FROM job j
    WHERE j.queue = :queue AND j.state = 'queued' AND j.commissioner_id = w.commissioner_id
      AND j.run_at <= statement_timestamp() AND j.kind = ANY(:kinds)
    ORDER BY j.run_at, j.id LIMIT 4 * CAST(:limit AS int)
  ) o
  UNION ALL
  SELECT commissioner_id, id, run_at FROM job
  WHERE queue = :queue AND state = 'running' AND lease_until < statement_timestamp() AND kind = ANY(:kinds)
), due AS (
  SELECT commissioner_id, id, row_number() OVER (PARTITION BY commissioner_id ORDER BY run_at, id) AS turn, run_at
  FROM oldest ORDER BY turn, run_at LIMIT 20 * CAST(:limit AS int)
), chosen AS (
  SELECT j.commissioner_id, j.id FROM job j JOIN due d USING (commissioner_id, id)
  WHERE (j.state = 'queued' AND j.run_at <= statement_timestamp())
     OR (j.state = 'running' AND j.lease_until < statement_timestamp())
  ORDER BY d.turn, d.run_at FOR UPDATE OF j SKIP LOCKED LIMIT :limit
)
UPDATE job j SET state = 'running', token = j.token + 1,
       lease_until = clock_timestamp() + make_interval(secs => :lease)
FROM chosen c WHERE j.commissioner_id = c.commissioner_id AND j.id = c.id
RETURNING j.commissioner_id, j.id, j.kind, j.queue, j.payload, j.token, j.attempts, j.correlation_id
"""
)


async def claim(session: Tx, *, queue: str, kinds: Sequence[str], limit: int) -> list[Claimed]:
    """Take up to `limit` due jobs of kinds this worker knows; an unknown kind stays in the database for a newer worker.

    `attempts` is how often each was begun before: one that waits behind others in its batch has not been tried.
    """
    result = await (await session.connection()).execute(
        _CLAIM, {"queue": queue, "kinds": list(kinds), "limit": limit, "lease": float(LEASE_SECONDS)}
    )
    return [Claimed(**row) for row in result.mappings()]


_HOLD = text(
    """UPDATE job SET lease_until = clock_timestamp() + make_interval(secs => :lease)
WHERE commissioner_id = :tenant AND id = :id AND token = :token AND state = 'running'"""
)
_BEGIN = text(
    """UPDATE job SET attempts = attempts + 1, lease_until = clock_timestamp() + make_interval(secs => :lease)
WHERE commissioner_id = :tenant AND id = :id AND token = :token AND state = 'running'"""
)
_DONE = text(
    """UPDATE job SET state = 'done', finished_at = clock_timestamp(), lease_until = NULL, last_error = NULL
WHERE commissioner_id = :tenant AND id = :id AND token = :token AND state = 'running'"""
)
_RETRY = text(
    """UPDATE job SET state = 'queued', lease_until = NULL, last_error = :error,
       run_at = clock_timestamp() + make_interval(secs => :delay)
WHERE commissioner_id = :tenant AND id = :id AND token = :token AND state = 'running'"""
)
_PARK = text(
    """UPDATE job SET state = 'parked', lease_until = NULL, last_error = :error, finished_at = clock_timestamp()
WHERE commissioner_id = :tenant AND id = :id AND token = :token AND state = 'running'"""
)
_GIVE_BACK = text(
    """UPDATE job SET state = 'queued', lease_until = NULL, run_at = clock_timestamp(), attempts = :attempts
WHERE commissioner_id = :tenant AND id = :id AND token = :token AND state = 'running'"""
)


async def _fenced(session: Tx, statement: Any, job: Claimed, **values: Any) -> None:
    result = await (await session.connection()).execute(
        statement, {"tenant": job.commissioner_id, "id": job.id, "token": job.token} | values
    )
    if result.rowcount != 1:
        raise LostLease(str(job.id))


async def hold(session: Tx, job: Claimed) -> None:
    """Renew the lease and prove that the job is still ours; otherwise `LostLease`."""
    await _fenced(session, _HOLD, job, lease=float(LEASE_SECONDS))


async def begin(session: Tx, job: Claimed) -> Claimed:
    """Count the attempt and renew the lease, just before the handler runs; `LostLease` when it waited too long."""
    await _fenced(session, _BEGIN, job, lease=float(LEASE_SECONDS))
    return replace(job, attempts=job.attempts + 1)


async def finish(session: Tx, job: Claimed) -> None:
    """Mark the job done with its fence, in the transaction of its effect."""
    await _fenced(session, _DONE, job)


async def retry(session: Tx, job: Claimed, *, error: str, delay: float) -> None:
    await _fenced(session, _RETRY, job, error=error[:2000], delay=delay)
    session.pending.has_work = True


async def park(session: Tx, job: Claimed, *, error: str) -> None:
    await _fenced(session, _PARK, job, error=error[:2000])


async def give_back(session: Tx, job: Claimed) -> None:
    """Return a job as it was claimed (a worker that is told to stop); it does not count as an attempt."""
    await _fenced(session, _GIVE_BACK, job, attempts=job.attempts)


_REDRIVE = text(
    """UPDATE job SET state = 'queued', run_at = clock_timestamp(), attempts = 0, finished_at = NULL
WHERE commissioner_id = :tenant AND state = 'parked'
  AND (CAST(:id AS uuid) IS NULL OR id = CAST(:id AS uuid)) AND (CAST(:kind AS text) IS NULL OR kind = CAST(:kind AS text))
RETURNING id"""
)


async def redrive(session: Tx, *, job_id: UUID | None = None, kind: str | None = None) -> int:
    """Queue parked jobs of this tenant again, one by id or all of a kind. Returns how many."""
    result = await (await session.connection()).execute(
        _REDRIVE, {"tenant": session.tenant, "id": job_id, "kind": kind}
    )
    moved = len(result.all())
    session.pending.has_work = session.pending.has_work or moved > 0
    return moved


# The worker login sees every tenant's jobs; these two are for an operator at the machine, who has its URL.
_EVERYWHERE = text(
    """SELECT j.id, j.commissioner_id, j.kind, j.attempts, j.last_error FROM job j
WHERE j.state = :state AND (CAST(:tenant AS uuid) IS NULL OR j.commissioner_id = CAST(:tenant AS uuid))
ORDER BY j.created_at LIMIT 1000"""
)
_TENANTS = text("SELECT id, code FROM commissioner")


async def _codes(settings: Settings) -> dict[UUID, str]:
    """Tenants by id, which the platform login may read."""
    engine = make_engine(settings.sqlalchemy_url("platform"), pool_size=1)
    try:
        async with unit_of_work(engine, PLATFORM_ID) as session:
            found = (await (await session.connection()).execute(_TENANTS)).all()
    finally:
        await engine.dispose()
    return {row.id: row.code for row in found}


def _tenant(codes: dict[UUID, str], commissioner: str | None) -> UUID | None:
    if commissioner is None:
        return None
    for tenant, code in codes.items():
        if code == commissioner:
            return tenant
    raise NotFound(f"There is no commissioner {commissioner}.")


async def list_everywhere(settings: Settings, *, state: str, commissioner: str | None) -> list[dict[str, Any]]:
    """Jobs in a state, of one commissioner or all, oldest first; at most 1,000."""
    codes = await _codes(settings)
    engine = make_engine(settings.sqlalchemy_url("worker"), pool_size=1)
    try:
        async with unit_of_work(engine, None) as session:
            values = {"state": state, "tenant": _tenant(codes, commissioner)}
            rows = (await (await session.connection()).execute(_EVERYWHERE, values)).mappings().all()
    finally:
        await engine.dispose()
    return [dict(row) | {"commissioner": codes.get(row["commissioner_id"], "?")} for row in rows]


async def redrive_everywhere(
    settings: Settings, *, job_id: UUID | None, kind: str | None, commissioner: str | None
) -> int:
    """Queue parked jobs again, one by id or all of a kind, tenant by tenant. Returns how many."""
    codes = await _codes(settings)
    wanted = _tenant(codes, commissioner)
    engine = make_engine(settings.sqlalchemy_url("worker"), pool_size=1)
    moved = 0
    try:
        for tenant in [wanted] if wanted else sorted(codes):
            async with unit_of_work(engine, tenant) as session:
                moved += await redrive(session, job_id=job_id, kind=kind)
    finally:
        await engine.dispose()
    return moved


class Waker:
    """Tells the workers after a commit that there is work: one message for many commits, never awaited by a request.

    A failure opens the circuit for five seconds; the workers' own sweep finds the work anyway.
    """

    def __init__(self, redis_url: str | None) -> None:
        self._redis = redis.from_url(redis_url, socket_timeout=0.2, socket_connect_timeout=0.2) if redis_url else None
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._closed_until = 0.0

    def wake(self) -> None:
        if self._redis is None or time.monotonic() < self._closed_until:
            return
        if self._task is not None and not self._task.done():
            self._again = True
            return
        self._task = asyncio.get_running_loop().create_task(self._publish())

    async def _publish(self) -> None:
        assert self._redis is not None
        while True:
            self._again = False
            try:
                await asyncio.wait_for(self._redis.publish(WAKE_CHANNEL, "work"), 0.2)
            except (redis.RedisError, OSError, TimeoutError) as error:
                self._closed_until = time.monotonic() + 5
                log.info("wake_failed", error=type(error).__name__)
                return
            if not self._again:
                return

    async def aclose(self) -> None:
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        if self._redis is not None:
            await self._redis.aclose()
