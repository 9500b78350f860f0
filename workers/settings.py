"""The worker process: sweeps PostgreSQL every second, and runs arq beside it while Redis is there."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker
from arq.worker import func as arq_function
from redis.exceptions import RedisError
from sqlalchemy import text

import workers.handlers  # noqa: F401 - registers every handler
from app.core import jobs, logging
from app.core.clock import SystemClock
from app.core.database_problems import DATABASE_ERRORS, is_passing
from app.core.db import make_engine, unit_of_work
from app.core.jobs import QUEUES, WAKE_CHANNEL, Waker
from app.core.outside import OutsideClient
from app.core.selfcheck import refuse_powerful_logins
from app.core.settings import Settings, load_settings
from workers.jobs import Tools, drain
from workers.relay import relay
from workers.schedule import Planner

log = structlog.get_logger("plenary.worker")
SWEEP_SECONDS = 1.0
_BEAT = text(
    """INSERT INTO worker_heartbeat (name, queues, started_at, seen_at)
VALUES (:name, :queues, clock_timestamp(), clock_timestamp())
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at"""
)
_FORGET = text("DELETE FROM worker_heartbeat WHERE name = :name OR seen_at < clock_timestamp() - interval '1 day'")


def collect_seldom() -> None:
    """For a process that is a worker and nothing else, once.

    A large run makes hundreds of thousands of objects that live until its end and have no cycles; looking for cycles among
    them, and among all that was there before, again and again, took longer than the sums.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def make_tools(settings: Settings) -> Tools:
    await refuse_powerful_logins(settings, ("worker", "platform"))
    return Tools(
        settings=settings,
        clock=SystemClock(),
        worker_engine=make_engine(settings.sqlalchemy_url("worker"), pool_size=16, application="plenary-worker"),
        platform_engine=make_engine(settings.sqlalchemy_url("platform"), pool_size=2, application="plenary-worker"),
        waker=Waker(settings.redis_url),
        crowd_engine=make_engine(
            settings.sqlalchemy_url("worker"), pool_size=4, application="plenary-worker", pool_timeout=60
        ),
        outside=OutsideClient(settings.own_networks),
    )


async def close_tools(tools: Tools) -> None:
    await tools.waker.aclose()
    await tools.outside.aclose()
    await tools.worker_engine.dispose()
    await tools.crowd_engine.dispose()
    await tools.platform_engine.dispose()


class WorkerProcess:
    """One process. PostgreSQL alone is enough for all work to be done; Redis makes it sooner."""

    def __init__(self, tools: Tools, queues: Sequence[str], *, sweep_seconds: float = SWEEP_SECONDS) -> None:
        self.tools = tools
        self.queues = tuple(queues)
        self.sweep_seconds = sweep_seconds
        self.name = f"{socket.gethostname()}-{uuid4().hex[:8]}"
        self.stopping = asyncio.Event()
        self.woken = asyncio.Event()
        self._due = {queue: asyncio.Event() for queue in self.queues}

    async def run(self) -> None:
        loops = [self._sweep(), self._keep_time(), *(self._serve(queue) for queue in self.queues)]
        if self.tools.settings.redis_url:
            loops.append(self._redis())
        tasks = [asyncio.create_task(loop) for loop in loops]
        await self.stopping.wait()
        self.woken.set()
        self._wake_queues()
        # Whoever is in the middle of a job may end it; after that the job is handed back.
        _, unfinished = await asyncio.wait(tasks, timeout=5)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(*DATABASE_ERRORS):
            async with unit_of_work(self.tools.worker_engine, None) as session:
                await (await session.connection()).execute(_FORGET, {"name": self.name})

    async def _guarded(self, what: str, call: Any) -> bool:
        try:
            return bool(await call())
        except Exception as error:  # noqa: BLE001 - the loop outlives any fault; a passing one is only noted
            level = log.info if is_passing(error) else log.exception
            level("worker_step_failed", step=what, error=type(error).__name__)
            await asyncio.sleep(0.5)
            return False

    async def _sweep(self) -> None:
        """Relay events and beat the heart, once a second or as soon as somebody calls."""
        while not self.stopping.is_set():
            if await self._guarded("relay", lambda: relay(self.tools)):
                self._wake_queues()
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), self.sweep_seconds)
            self.woken.clear()

    def _wake_queues(self) -> None:
        for event in self._due.values():
            event.set()

    async def _serve(self, queue: str) -> None:
        due = self._due[queue]
        while not self.stopping.is_set():
            due.clear()
            await self._guarded(f"drain {queue}", lambda: drain(self.tools, queue, stopping=self.stopping))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(due.wait(), self.sweep_seconds)

    async def _keep_time(self) -> None:
        planner = Planner(self.tools)
        while not self.stopping.is_set():
            await self._guarded("heartbeat", self._beat)
            await self._guarded("plan_day", lambda: planner.plan(self.tools.clock.now()))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 5)

    async def _beat(self) -> None:
        async with unit_of_work(self.tools.worker_engine, None) as session:
            await (await session.connection()).execute(_BEAT, {"name": self.name, "queues": ",".join(self.queues)})

    async def _redis(self) -> None:
        """Hear the API's plain message and run arq while Redis is there; PostgreSQL is swept all the while."""
        while not self.stopping.is_set():
            try:
                pool = await create_pool(
                    _redis_settings(self.tools.settings),
                    default_queue_name=self._arq_queue,
                    # JSON, never pickle: whoever can write to Redis must not run code here.
                    job_serializer=msgspec.json.encode,
                    job_deserializer=msgspec.json.decode,
                )
            except (RedisError, OSError, TimeoutError) as error:
                log.info("redis_away", error=type(error).__name__)
            else:
                try:
                    await self._with_redis(pool)
                finally:
                    await pool.aclose()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 2)

    async def _with_redis(self, pool: ArqRedis) -> None:
        """Until Redis goes away or the process stops. arq exits when Redis does, and is made anew when it is back."""
        worker = self._make_arq_worker(pool)
        tasks = [
            asyncio.create_task(worker.async_run()),
            asyncio.create_task(self._listen(pool)),
            asyncio.create_task(self.stopping.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # arq runs nothing but wake-ups; its last word on each has to reach Redis before the connection is closed.
            worker.allow_pick_jobs = False
            if worker.tasks:
                await asyncio.wait(worker.tasks.values(), timeout=1)
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, RedisError | OSError):
                    log.info("redis_away", error=type(outcome).__name__)

    async def _listen(self, pool: ArqRedis) -> None:
        """On each message, look for new events and enqueue our own drains."""
        async with pool.pubsub() as channel:
            await channel.subscribe(WAKE_CHANNEL)
            while True:
                if await channel.get_message(ignore_subscribe_messages=True, timeout=1.0):
                    self.woken.set()
                    for queue in self.queues:
                        await pool.enqueue_job(f"drain_{queue}", _job_id=f"{self.name}:{queue}:{uuid4().hex}")

    @property
    def _arq_queue(self) -> str:
        return f"plenary:{self.name}"

    def _make_arq_worker(self, pool: ArqRedis) -> Worker:
        def function(queue: str) -> Any:
            # The drain itself runs in our own loop: arq cancels what it runs when Redis goes away.
            async def run(ctx: dict[Any, Any], *_: Any, **__: Any) -> None:
                self._due[queue].set()

            return arq_function(run, name=f"drain_{queue}", keep_result=0, max_tries=1)

        return Worker(
            functions=[function(queue) for queue in self.queues],
            queue_name=self._arq_queue,
            redis_pool=pool,
            handle_signals=False,
            keep_result=0,
            max_jobs=10,
            poll_delay=0.2,
            job_timeout=30,
            health_check_interval=3600,
            log_results=False,
            job_serializer=msgspec.json.encode,
            job_deserializer=msgspec.json.decode,
            timezone=None,
        )


def _redis_settings(settings: Settings) -> RedisSettings:
    found = RedisSettings.from_dsn(settings.redis_url or "")
    found.conn_timeout = 1
    found.conn_retries = 0
    return found


async def _run(queues: Sequence[str] | None) -> None:
    settings = load_settings()
    logging.configure_logging(json=settings.log_format == "json", level=settings.log_level)
    collect_seldom()
    tools = await make_tools(settings)
    process = WorkerProcess(tools, queues or QUEUES)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, process.stopping.set)
    try:
        await process.run()
    finally:
        await close_tools(tools)


def run(queues: Sequence[str] | None = None) -> None:
    """Run a worker until SIGTERM or SIGINT. `queues` None: all of them."""
    unknown = set(queues or ()) - set(jobs.QUEUES)
    if unknown:
        raise SystemExit(f"no such queue: {', '.join(sorted(unknown))}; there are {', '.join(jobs.QUEUES)}")
    asyncio.run(_run(queues))
