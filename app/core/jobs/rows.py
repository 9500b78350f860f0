"""The rows: written, claimed, held, ended. All SQL on the table `job` is here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.db import Tx
from app.core.errors import DomainError
from app.core.ids import new_id

QUEUES: Final = ("payments", "notifications", "bulk", "webhooks", "documents", "default")
"""`notifications`: what somebody waits for. `bulk`: what goes to many and may take its time."""
OUTWARD: Final = ("notifications", "bulk", "webhooks")
"""The queues of everything whose effect is outside: what a restore holds back."""
LEASE_SECONDS: Final = 8


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
    failures: int
    last_error: str | None
    correlation_id: str | None
    created_at: datetime
    finished_at: datetime | None


class JobNotParked(DomainError):
    status = 409
    code = "jobs.not_parked"
    title = "Only a parked job can be run again"
    hint = "`GET /v1/jobs?state=parked` lists those that wait for a person; others run by themselves or have ended."


class WorkerLost(DomainError):
    status = 500
    code = "jobs.worker_lost"
    title = "Workers ended again and again while they did this."


class LostLease(Exception):
    """Another worker has taken the job over; whatever this one did since must be rolled back."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job in a worker's hands. `token` is the fence: a write with an older token is refused. `attempts` is how often it was
    begun since it last got on, and `failures` how often it said then that it failed.
    """

    commissioner_id: UUID
    id: UUID
    kind: str
    queue: str
    payload: dict[str, Any]
    token: int
    attempts: int
    failures: int
    correlation_id: str | None

    @property
    def losses(self) -> int:
        """How often whoever began it said nothing more: the worker ended, or the database was away."""
        return max(self.attempts - self.failures, 0)


@dataclass(frozen=True, slots=True)
class NewJob:
    """The same (tenant, kind, key) twice is one job. `run_at` None: at once. `last_error`: why what it goes on with did
    not succeed before.
    """

    tenant: UUID
    kind: str
    queue: str
    key: str
    payload: dict[str, Any]
    run_at: datetime | None = None
    correlation_id: str | None = None
    last_error: str | None = None


_ENQUEUE = text(
    """
INSERT INTO job (commissioner_id, id, kind, queue, dedupe_key, payload, state, run_at, token, attempts, correlation_id,
                 last_error, created_at)
SELECT tenant, id, kind, queue, key, payload::jsonb, 'queued', coalesce(run_at, clock_timestamp()), 0, 0, correlation,
       last_error, clock_timestamp()
FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:queues AS text[]),
            CAST(:keys AS text[]), CAST(:payloads AS text[]), CAST(:times AS timestamptz[]),
            CAST(:correlations AS text[]), CAST(:errors AS text[]))
     AS j(tenant, id, kind, queue, key, payload, run_at, correlation, last_error)
ON CONFLICT (commissioner_id, kind, dedupe_key) DO NOTHING
"""
)


async def enqueue_all(session: Tx, wanted: Iterable[NewJob]) -> None:
    """Write jobs of any kinds and tenants in this transaction, in one statement."""
    jobs = list(wanted)
    if not jobs:
        return
    await (await session.connection()).execute(
        _ENQUEUE,
        {
            "tenants": [job.tenant for job in jobs],
            "ids": [new_id() for _ in jobs],
            "kinds": [job.kind for job in jobs],
            "queues": [job.queue for job in jobs],
            "keys": [job.key for job in jobs],
            "payloads": [msgspec.json.encode(job.payload).decode() for job in jobs],
            "times": [job.run_at for job in jobs],
            "correlations": [job.correlation_id for job in jobs],
            "errors": [job.last_error and job.last_error[:2000] for job in jobs],
        },
    )
    session.pending.has_work = True


async def enqueue(
    session: Tx,
    kind: str,
    *,
    queue: str,
    dedupe_key: str,
    payload: dict[str, Any],
    tenant: UUID | None = None,
    run_at: datetime | None = None,
    last_error: str | None = None,
) -> None:
    """One job, of the session's tenant unless another is named."""
    correlation = session.pending.actor.correlation_id
    job = NewJob(tenant or session.tenant, kind, queue, dedupe_key, payload, run_at, correlation, last_error)
    await enqueue_all(session, [job])


async def enqueue_many(session: Tx, kind: str, *, queue: str, payloads: Mapping[str, dict[str, Any]]) -> None:
    """Many jobs of one kind for the session's tenant; the payloads by their dedupe keys."""
    tenant, correlation = session.tenant, session.pending.actor.correlation_id
    await enqueue_all(
        session,
        (NewJob(tenant, kind, queue, key, payload, None, correlation) for key, payload in payloads.items()),
    )


_IS_DUE = text(
    """SELECT EXISTS (SELECT FROM job WHERE commissioner_id = :tenant AND queue = :queue AND state = 'queued'
  AND run_at <= clock_timestamp() AND payload @> CAST(:payload AS jsonb))"""
)


async def is_due(session: Tx, *, queue: str, payload: Mapping[str, Any]) -> bool:
    """Whether a job with these in its payload, among others, waits only for a worker."""
    values = {"tenant": session.tenant, "queue": queue, "payload": msgspec.json.encode(payload).decode()}
    return (await (await session.connection()).execute(_IS_DUE, values)).scalar_one()


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
RETURNING j.commissioner_id, j.id, j.kind, j.queue, j.payload, j.token, j.attempts, j.failures, j.correlation_id
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


# The fence: a job is a worker's own as long as nobody has claimed it under a higher token.
_OURS = "commissioner_id = :tenant AND id = :id AND token = :token AND state = 'running'"
_RENEWED = "lease_until = clock_timestamp() + make_interval(secs => :lease)"
_PARKED = "state = 'parked', lease_until = NULL, last_error = :error, finished_at = clock_timestamp()"
_HOLD = text(f"UPDATE job SET {_RENEWED} WHERE {_OURS}")
_ADVANCE = text(f"UPDATE job SET attempts = 0, failures = 0, {_RENEWED} WHERE {_OURS}")
_BEGIN = text(f"UPDATE job SET attempts = attempts + 1, {_RENEWED} WHERE {_OURS}")
_DONE = text(
    "UPDATE job SET state = 'done', finished_at = clock_timestamp(), lease_until = NULL, last_error = NULL"
    f" WHERE {_OURS}"
)
_RETRY = text(
    "UPDATE job SET state = 'queued', lease_until = NULL, last_error = :error,"
    f" run_at = clock_timestamp() + make_interval(secs => :delay) WHERE {_OURS}"
)
_FAIL = text(f"UPDATE job SET failures = failures + 1, {_RENEWED} WHERE {_OURS} RETURNING failures")
_PARK = text(f"UPDATE job SET {_PARKED} WHERE {_OURS}")
_GIVE_BACK = text(
    "UPDATE job SET state = 'queued', lease_until = NULL, run_at = clock_timestamp(), attempts = least(attempts, :attempts)"
    f" WHERE {_OURS}"
)


def held_by(*, tenant: str, job: str, fence: str) -> str:
    """SQL that finds a row while that worker's lease runs, for a statement with placeholders of its own."""
    return (
        f"SELECT FROM job WHERE commissioner_id = {tenant} AND id = {job} AND token = {fence} AND state = 'running'"
        " AND lease_until > clock_timestamp()"
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


async def advance(session: Tx, job: Claimed) -> None:
    """`hold`, where a part of the work has been done for good: what ends workers now is not what ended others before."""
    await _fenced(session, _ADVANCE, job, lease=float(LEASE_SECONDS))


async def begin(session: Tx, job: Claimed) -> Claimed:
    """Count the attempt and renew the lease, just before the handler runs; `LostLease` when it waited too long."""
    await _fenced(session, _BEGIN, job, lease=float(LEASE_SECONDS))
    return replace(job, attempts=job.attempts + 1)


async def finish(session: Tx, job: Claimed) -> None:
    """Mark the job done with its fence, in the transaction of its effect."""
    await _fenced(session, _DONE, job)


async def count_failure(session: Tx, job: Claimed) -> int:
    """How often the job has failed since it last got on, this time included."""
    values = {"tenant": job.commissioner_id, "id": job.id, "token": job.token, "lease": float(LEASE_SECONDS)}
    failures = (await (await session.connection()).execute(_FAIL, values)).scalar_one_or_none()
    if failures is None:
        raise LostLease(str(job.id))
    return failures


async def retry(session: Tx, job: Claimed, *, error: str, delay: float) -> None:
    await _fenced(session, _RETRY, job, error=error[:2000], delay=delay)
    session.pending.has_work = True


async def park(session: Tx, job: Claimed, *, error: str) -> None:
    await _fenced(session, _PARK, job, error=error[:2000])


async def give_back(session: Tx, job: Claimed) -> None:
    """Return a job as it was claimed (a worker that is told to stop); it does not count as an attempt."""
    await _fenced(session, _GIVE_BACK, job, attempts=job.attempts)


_REDRIVE = text(
    """UPDATE job SET state = 'queued', run_at = clock_timestamp(), attempts = 0, failures = 0, finished_at = NULL
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


_PARK_WAITING = text(f"UPDATE job SET {_PARKED} WHERE queue = ANY(:queues) AND state IN ('queued', 'running')")
_FREE = text("UPDATE job SET state = 'queued', lease_until = NULL WHERE state = 'running'")
_DROP_DONE = text(
    """DELETE FROM job WHERE commissioner_id = :tenant AND id IN (
  SELECT id FROM job WHERE commissioner_id = :tenant AND state = 'done'
    AND finished_at < clock_timestamp() - make_interval(days => :days) ORDER BY id LIMIT :limit)"""
)


async def park_waiting(session: Tx, *, queues: Sequence[str], error: str) -> int:
    """Hold all work of these queues for a person, every tenant's, as the worker login sees it. Returns how many."""
    values = {"queues": list(queues), "error": error}
    return (await (await session.connection()).execute(_PARK_WAITING, values)).rowcount


async def free_running(session: Tx) -> None:
    """Queue again what workers held that are gone for certain: those of another server, after a restore."""
    await (await session.connection()).execute(_FREE)


async def drop_done(session: Tx, *, days: int, limit: int) -> int:
    """Delete this tenant's jobs that were done so long ago, the oldest first. Returns how many."""
    values = {"tenant": session.tenant, "days": days, "limit": limit}
    return (await (await session.connection()).execute(_DROP_DONE, values)).rowcount
