"""Handlers, and how one claimed job is run: lease, fence, retry, parking."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core import jobs
from app.core.clock import Clock
from app.core.database_problems import DATABASE_ERRORS, is_passing, server_words, sqlstate
from app.core.db import Actor, Tx, unit_of_work
from app.core.errors import DomainError
from app.core.jobs import Claimed, LostLease, Waker, WorkerLost
from app.core.outside import OutsideClient
from app.core.secrets import SecretBox
from app.core.settings import Settings

log = structlog.get_logger("plenary.worker")
ATTEMPTS = 8
MOST_LOSSES = 20
"""How often workers may end in a job that gets nowhere. In a bad hour each that takes up the work of one that ended may end
itself within seconds, and with it all jobs that it held; one that brings its workers down has them all in three minutes.
"""
# Of a queue: how many jobs run beside each other, and how many a lane claims at once. A payment run waits for PostgreSQL
# half of its time, in which another one is worked out; both are held in memory.
LANES = {"payments": (2, 1)}
# Of a queue whose jobs wait for others' machines most of the time: how many run beside each other. Each has a place to
# itself, so that one that waits long keeps nobody from being begun; it holds no connection to the database meanwhile.
PLACES = {"webhooks": 100}
LOOK_SECONDS = 0.25
GATHER_SECONDS = 0.01


@dataclass(slots=True)
class Tools:
    """What handlers may use; built once by workers/settings.py."""

    settings: Settings
    clock: Clock
    worker_engine: AsyncEngine
    platform_engine: AsyncEngine
    waker: Waker
    crowd_engine: AsyncEngine
    """The worker login for queues that run very many jobs at once: they wait for each other, and take no connection that
    another queue needs.
    """
    outside: OutsideClient
    _secrets: SecretBox | None = None

    @property
    def secrets(self) -> SecretBox:
        """Read when the first handler needs it: some workers have nothing to open."""
        self._secrets = self._secrets or SecretBox.from_setting(self.settings.secret_keys_value())
        return self._secrets


End = Callable[[Tx, Claimed], Awaitable[bool]]
"""Says whether the job was left for good or only held on to."""


@dataclass(slots=True)
class JobContext:
    """One job in hand. Every transaction it opens proves that the lease still holds."""

    tools: Tools
    job: Claimed
    stopping: asyncio.Event
    """Set when the worker is told to end: whoever sends one thing after another stops before the next."""
    ended: bool = False

    @property
    def payload(self) -> dict:
        return self.job.payload

    def id(self, name: str) -> UUID:
        return UUID(self.job.payload[name])

    @asynccontextmanager
    async def transaction(
        self, *, final: bool = False, platform: bool = False, end: End | None = None
    ) -> AsyncIterator[Tx]:
        """A unit of work in the job's tenant. `final` marks the job done in the same commit, so both happen or neither;
        `end` is another way to leave it.

        `platform` uses the platform login: the register and tenants; for jobs of the platform's own tenant.
        """
        engine = self.tools.platform_engine if platform else self.tools.worker_engine
        actor = Actor(correlation_id=self.job.correlation_id, via="worker")
        async with unit_of_work(
            engine, self.job.commissioner_id, actor=actor, after_commit=self.tools.waker.wake
        ) as session:
            yield session
            if end is not None:
                final = await end(session, self.job)
            else:
                await (jobs.finish if final else jobs.hold)(session, self.job)
        self.ended = self.ended or final


async def advanced(session: Tx, job: Claimed) -> bool:
    """The end of a transaction that did a part for good and has more to do."""
    await jobs.advance(session, job)
    return False


Handler = Callable[[JobContext], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Parked:
    """What a hook is told of a job that ends without success."""

    job: Claimed
    error: Exception
    at: datetime


OnParked = Callable[[Tx, Parked], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Registered:
    kind: str
    queue: str
    run: Handler
    retry_on: tuple[type[Exception], ...]
    attempts: int
    on_parked: OnParked | None


HANDLERS: dict[str, Registered] = {}


def handler(
    kind: str,
    *,
    queue: str = "default",
    retry_on: tuple[type[Exception], ...] = (),
    attempts: int = ATTEMPTS,
    on_parked: OnParked | None = None,
) -> Callable[[Handler], Handler]:
    """Register a handler. Errors in `retry_on`, of the system outside, and passing database faults become retries with
    back-off; anything else, and the last attempt, parks the job. `on_parked` runs in the parking transaction (to fail
    an operation); the job is parked without it when it fails itself.
    """

    def register(run: Handler) -> Handler:
        if kind in HANDLERS or queue not in jobs.QUEUES:
            raise RuntimeError(f"handler {kind} is registered twice or names an unknown queue")
        HANDLERS[kind] = Registered(kind, queue, run, retry_on, attempts, on_parked)
        return run

    return register


def back_off(failures: int) -> float:
    """Seconds to wait: 1, 2, 4 … up to 15 minutes, each with up to half as much again at random."""
    return min(2.0 ** (failures - 1), 900.0) * random.uniform(1.0, 1.5)  # noqa: S311 - jitter, not a secret


async def run_job(tools: Tools, claimed: Claimed, *, stopping: asyncio.Event) -> None:
    """Run one claimed job to its end. Whatever the handler raises, the outcome is a row."""
    registered = HANDLERS[claimed.kind]
    structlog.contextvars.bind_contextvars(
        job=str(claimed.id), kind=claimed.kind, correlation_id=claimed.correlation_id
    )
    try:
        if claimed.losses >= MOST_LOSSES:
            # Nobody else would ever stop a job that brings its workers down.
            await _park(tools, registered, claimed, WorkerLost(f"The worker ended {claimed.losses} times in this job."))
            return
        async with unit_of_work(tools.worker_engine, claimed.commissioner_id) as session:
            job = await jobs.begin(session, claimed)
        await _run(registered, claimed, JobContext(tools, job, stopping))
    except LostLease:
        log.warning("lease_lost")
    finally:
        structlog.contextvars.clear_contextvars()


async def _run(registered: Registered, claimed: Claimed, context: JobContext) -> None:
    tools = context.tools
    heart = asyncio.create_task(_keep_lease(tools, context.job))
    try:
        await registered.run(context)
        if not context.ended:
            async with context.transaction(final=True):
                pass
    except LostLease:
        raise
    except asyncio.CancelledError:
        await asyncio.shield(_record(tools, claimed, jobs.give_back))
        raise
    except Exception as error:  # noqa: BLE001 - whatever a handler raises becomes a retry or a parked job, never a lost one
        await _record_failure(tools, registered, context.job, error)
    finally:
        heart.cancel()


async def _keep_lease(tools: Tools, job: Claimed) -> None:
    """Renew the lease from beside the handler. Stops by itself when the job has moved on."""
    while True:
        await asyncio.sleep(jobs.LEASE_SECONDS / 4)
        try:
            async with unit_of_work(tools.worker_engine, job.commissioner_id) as session:
                await jobs.hold(session, job)
        except LostLease:
            return
        except DATABASE_ERRORS as error:
            log.info("lease_not_renewed", error=type(error).__name__)


async def _record_failure(tools: Tools, registered: Registered, job: Claimed, error: Exception) -> None:
    # A full disk or a socket that is away passes too, whichever thing outside it belongs to.
    may_retry = is_passing(error) or isinstance(error, (OSError, *registered.retry_on))
    if not may_retry:
        await _park(tools, registered, job, error)
        return
    failures = 0

    async def count(session: Tx, failed: Claimed) -> None:
        nonlocal failures
        # As the row has it: the job may have got on since it was claimed.
        failures = await jobs.count_failure(session, failed)

    await _record(tools, job, count)
    if failures >= registered.attempts:
        await _park(tools, registered, job, error)
    elif failures:
        text = in_words(error)
        log.info("job_retried", error=text[:200], failures=failures)
        await _record(tools, job, jobs.retry, error=text, delay=back_off(failures))


def in_words(error: Exception) -> str:
    """What is kept with the job and shown to operators: nothing of what the database was given."""
    if isinstance(error, DomainError):
        return f"{error.code}: {error}"
    name = type(error).__name__
    if isinstance(error, DATABASE_ERRORS) and not isinstance(error, OSError):
        return f"{name} ({sqlstate(error)}): {server_words(error)}"
    return f"{name}: {error}"


async def _park(tools: Tools, registered: Registered, job: Claimed, error: Exception) -> None:
    text = in_words(error)
    log.error("job_parked", error=text[:500], attempts=job.attempts, exc_info=error)

    async def tell_and_park(session: Tx, parked: Claimed) -> None:
        if registered.on_parked is not None:
            await registered.on_parked(session, Parked(parked, error, tools.clock.now()))
        await jobs.park(session, parked, error=text)

    try:
        await _record(tools, job, tell_and_park)
    except Exception as fault:
        # Whoever waits is not told then, but the job must not run for ever because of it.
        log.exception("on_parked_failed", error=type(fault).__name__)
        await _record(tools, job, jobs.park, error=f"{text[:1000]} (on_parked failed: {in_words(fault)[:900]})")


async def _record(tools: Tools, job: Claimed, write: Callable[..., Awaitable[None]], **values: object) -> None:
    try:
        async with unit_of_work(tools.worker_engine, job.commissioner_id) as session:
            await write(session, job, **values)
    except LostLease:
        log.warning("lease_lost_before_outcome")
    except DATABASE_ERRORS as error:
        if not is_passing(error):
            raise
        # The lease runs out and the job is taken up again; nothing is lost.
        log.warning("outcome_not_recorded", error=type(error).__name__)


async def drain(tools: Tools, queue: str, *, stopping: asyncio.Event) -> int:
    """Claim and run due jobs of one queue until there are none. Returns how many were run."""
    kinds = [kind for kind, registered in HANDLERS.items() if registered.queue == queue]
    if not kinds:
        return 0
    if queue in PLACES:
        return await _drain_places(tools, queue, kinds, PLACES[queue], stopping)
    lanes, batch = LANES.get(queue, (1, 10))
    ran = await asyncio.gather(
        *(_drain_lane(tools, queue, kinds, batch, stopping) for _ in range(lanes)), return_exceptions=True
    )
    for outcome in ran:
        if isinstance(outcome, BaseException):
            raise outcome
    return sum(outcome for outcome in ran if isinstance(outcome, int))


async def _drain_lane(tools: Tools, queue: str, kinds: list[str], batch: int, stopping: asyncio.Event) -> int:
    count = 0
    while not stopping.is_set():
        async with unit_of_work(tools.worker_engine, None) as session:
            claimed = await jobs.claim(session, queue=queue, kinds=kinds, limit=batch)
        if not claimed:
            return count
        for position, job in enumerate(claimed):
            if stopping.is_set():
                for waiting in claimed[position:]:
                    await _record(tools, waiting, jobs.give_back)
                return count
            await run_job(tools, job, stopping=stopping)
            count += 1
    return count


async def _drain_places(tools: Tools, queue: str, kinds: list[str], places: int, stopping: asyncio.Event) -> int:
    """Each place that becomes free is given away again; what has come due meanwhile is looked for all the while."""
    tools = replace(tools, worker_engine=tools.crowd_engine)
    running: set[asyncio.Task[None]] = set()
    count = 0
    try:
        while True:
            claimed: list[Claimed] = []
            if not stopping.is_set() and len(running) < places:
                async with unit_of_work(tools.worker_engine, None) as session:
                    claimed = await jobs.claim(session, queue=queue, kinds=kinds, limit=places - len(running))
            running |= {asyncio.create_task(run_job(tools, job, stopping=stopping)) for job in claimed}
            count += len(claimed)
            if not running:
                return count
            done, running = await asyncio.wait(running, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if done:
                # Places that become free at about the same time are given away together.
                await asyncio.sleep(GATHER_SECONDS)
            for task in done:
                task.result()
    except asyncio.CancelledError:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        raise
    except Exception:
        # A fault of one, or of the claim, ends the drain; what the others have sent is written down first.
        await asyncio.gather(*running, return_exceptions=True)
        raise
