"""Handlers that only tests register, and ways to put work in front of them."""

import contextlib
from collections.abc import Iterator

import asyncpg

from app.core.db import unit_of_work
from app.core.ids import PLATFORM_ID, new_id
from app.core.jobs import enqueue
from tests.factories.service import LivePlenary
from workers.jobs import HANDLERS, Handler, Registered


@contextlib.contextmanager
def handling(
    kind: str, run: Handler, *, queue: str = "default", attempts: int = 3, **options: object
) -> Iterator[None]:
    """Register a handler for the length of a test."""
    retry_on = options.get("retry_on", ())
    HANDLERS[kind] = Registered(kind, queue, run, retry_on, attempts, options.get("on_parked"))  # pyright: ignore
    try:
        yield
    finally:
        del HANDLERS[kind]


async def put_job(live: LivePlenary, kind: str, *, tenant: str, key: str = "1", queue: str = "default") -> None:
    async with unit_of_work(live.tools.worker_engine, live.tenants[tenant]) as session:
        await enqueue(session, kind, queue=queue, dedupe_key=key, payload={"key": key})


async def put_row(worker: asyncpg.Connection, queue: str, state: str) -> None:
    """A job of the platform's in that state, where no application runs."""
    await worker.execute(
        "INSERT INTO job (commissioner_id, id, kind, queue, dedupe_key, payload, state, run_at, lease_until, created_at)"
        " VALUES ($1, $2, 'x', $3, $4, '{}', $5, now(), now() + interval '1 hour', now())",
        PLATFORM_ID, new_id(), queue, new_id().hex, state,
    )  # fmt: skip


async def job_rows(live: LivePlenary, kind: str, tenant: str) -> list[dict]:
    rows = await live.fetch("SELECT * FROM job WHERE kind = $1 ORDER BY id", kind, tenant=live.tenants[tenant])
    return [dict(row) for row in rows]


async def make_due(live: LivePlenary, kind: str, tenant: str) -> None:
    """Let the time of a retry or a lease run out, as the database sees it."""
    await live.execute(
        "UPDATE job SET run_at = clock_timestamp() - interval '1 hour',"
        " lease_until = CASE WHEN state = 'running' THEN clock_timestamp() - interval '1 second' END WHERE kind = $1",
        kind,
        tenant=live.tenants[tenant],
    )
