"""What a request needs, built once for the whole process."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.auth import Authenticator
from app.core.clock import Clock, london_date
from app.core.db import Tx, unit_of_work
from app.core.errors import Unavailable
from app.core.jobs import QUEUES, Waker
from app.core.limits import RateLimiter
from app.core.metrics import Metrics
from app.core.migrate import place_of
from app.core.outside import OutsideClient
from app.core.pagination import Cursors
from app.core.read import Reader
from app.core.secrets import SecretBox
from app.core.settings import Settings

_REVISION = text("SELECT version_num FROM alembic_version")
_FIGURES = text("SELECT queue, oldest_due, parked FROM queue_figures()")
# A worker says every five seconds that it is there.
_WORKERS = text(
    "SELECT queue, count(h.name) AS live FROM unnest(CAST(:queues AS text[])) AS queue LEFT JOIN worker_heartbeat h"
    " ON queue = ANY(string_to_array(h.queues, ',')) AND h.seen_at > clock_timestamp() - interval '30 seconds'"
    " GROUP BY queue"
)
_AGES = text("SELECT relay_lag, oldest_transaction FROM age_figures()")


Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Figure:
    """A gauge of a slice's own, measured at each scrape by the platform login without a tenant."""

    name: str
    meaning: str
    measure: Callable[[Tx], Awaitable[float]]


@dataclass(slots=True)
class Services:
    """Everything a request needs, built once when the application starts: `request.app.state.services`."""

    settings: Settings
    clock: Clock
    version: str
    app_engine: AsyncEngine
    platform_engine: AsyncEngine
    reader: Reader
    cursors: Cursors
    secrets: SecretBox
    waker: Waker
    outside: OutsideClient
    authenticator: Authenticator
    key_limiter: RateLimiter
    address_limiter: RateLimiter
    metrics: Metrics
    epoch: str
    revision: str
    figures: Sequence[Figure] = ()
    """What slices have to show at /metrics."""
    parts: Sequence[Any] = ()
    """What the application hands down to slices that may not look for it above them; see `part`."""

    def today(self) -> date:
        """The date in London now."""
        return london_date(self.clock.now())

    def part(self, kind: type[Part]) -> Part:
        """What was handed down for the slice that declares this type."""
        return next(part for part in self.parts if isinstance(part, kind))

    async def check_ready(self) -> None:
        """Raise `Unavailable` unless the database answers and has all the migrations of this release.

        It may have newer ones: they leave what this release needs, and it goes on serving until it is replaced.
        """
        async with self.reader.pool.acquire(timeout=2) as connection:
            if await connection.fetchval("SELECT epoch FROM published.epoch") != self.epoch:
                raise Unavailable("The database was restored; this process must be started again.")
        async with unit_of_work(self.platform_engine, None) as session:
            found = (await (await session.connection()).execute(_REVISION)).scalar_one_or_none()
        if place_of(found) < place_of(self.revision):
            raise Unavailable("The database is older than this release; run `plenary migrate`.")

    async def refresh_gauges(self, session: Tx) -> None:
        """Read what /metrics shows of the database: counts and ages only, and how long a connection to it is waited for."""
        found = (await (await session.connection()).execute(_FIGURES)).mappings().all()
        for row in found:
            self.metrics.oldest_due_job.labels(row["queue"]).set(row["oldest_due"])
            self.metrics.parked_jobs.labels(row["queue"]).set(row["parked"])
        for row in await (await session.connection()).execute(_WORKERS, {"queues": list(QUEUES)}):
            self.metrics.live_workers.labels(row.queue).set(row.live)
        ages = (await (await session.connection()).execute(_AGES)).one()
        self.metrics.relay_lag.set(ages.relay_lag)
        self.metrics.oldest_transaction.set(ages.oldest_transaction)
        for figure in self.figures:
            self.metrics.show(figure.name, figure.meaning, await figure.measure(session))
        # Tried once for each scrape, so that requests do not pay for it.
        waits = await asyncio.gather(_wait(self.app_engine.connect()), _wait(self.reader.pool.acquire(timeout=2)))
        self.metrics.pool_wait.set(max(waits))


async def _wait(connection: AbstractAsyncContextManager[Any]) -> float:
    """Seconds until the pool gives a connection, or has given up."""
    started = time.perf_counter()
    with suppress(TimeoutError, PoolTimeout):
        async with connection:
            return time.perf_counter() - started
    return time.perf_counter() - started


async def _services(request: Request) -> Services:
    return request.app.state.services


Serving = Annotated[Services, Depends(_services)]
