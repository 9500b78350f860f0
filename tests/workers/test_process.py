"""The worker process itself: with Redis, without it, and stopping."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

import pytest

from tests.factories.jobs import handling, job_rows, put_job
from tests.factories.service import LivePlenary
from tests.factories.waiting import until
from workers.jobs import JobContext
from workers.settings import WorkerProcess, close_tools, make_tools


@contextlib.asynccontextmanager
async def running(live: LivePlenary, **how: float) -> AsyncIterator[WorkerProcess]:
    process = WorkerProcess(live.tools, ["default"], **how)
    task = asyncio.create_task(process.run())
    try:
        yield process
    finally:
        process.stopping.set()
        await asyncio.wait_for(task, 10)


async def all_done(live: LivePlenary, kind: str, tenant: str) -> bool:
    return {row["state"] for row in await job_rows(live, kind, tenant)} == {"done"}


async def quick(context: JobContext) -> None:
    return


@pytest.mark.parametrize("redis_url", ["given", None, "redis://127.0.0.1:1/0"])
async def test_work_is_done_with_redis_without_it_and_with_a_dead_one(live: LivePlenary, redis_url: str | None) -> None:
    tenant = await live.fresh_tenant()
    if redis_url != "given":
        live.tools.settings = live.settings.model_copy(update={"redis_url": redis_url})
    with handling("test.quick", quick):
        async with running(live):
            await put_job(live, "test.quick", tenant=tenant)
            await until(partial(all_done, live, "test.quick", tenant))
    assert (await job_rows(live, "test.quick", tenant))[0]["attempts"] == 1


async def test_a_stopping_worker_gives_its_job_back_uncounted(live: LivePlenary) -> None:
    tenant = await live.fresh_tenant()
    began = asyncio.Event()

    async def endless(context: JobContext) -> None:
        began.set()
        await asyncio.sleep(3600)

    with handling("test.endless", endless):
        await put_job(live, "test.endless", tenant=tenant)
        async with running(live):
            await asyncio.wait_for(began.wait(), 5)
    [row] = await job_rows(live, "test.endless", tenant)
    assert (row["state"], row["attempts"]) == ("queued", 0)


async def test_metrics_count_the_workers_that_live_for_each_queue(live: LivePlenary) -> None:
    scraper = await live.as_role("platform_admin", tenant="PLATFORM")

    async def count(queue: str) -> float:
        page = (await scraper.get("/metrics")).text
        return float(page.split(f'plenary_live_workers{{queue="{queue}"}} ')[1].split()[0])

    async with running(live):
        async with asyncio.timeout(8):
            while await count("default") == 0:
                await asyncio.sleep(0.05)
        assert (await count("default"), await count("payments")) == (1, 0)
    assert await count("default") == 0
    await live.execute(
        "INSERT INTO worker_heartbeat VALUES ('killed', 'default', now(), now() - interval '31 seconds')"
    )
    assert await count("default") == 0


async def test_nothing_in_redis_is_pickled(live: LivePlenary, caplog: pytest.LogCaptureFixture) -> None:
    if live.settings.redis_url is None:
        pytest.skip("no Redis was given for this run")
    tenant = await live.fresh_tenant()

    async def called_and_done() -> bool:
        # Again and again, because nobody hears it before the worker listens.
        live.tools.waker.wake()
        return await all_done(live, "test.woken", tenant)

    with handling("test.woken", quick):
        # It never looks by itself but once, when it starts: the second job is done because it was called.
        async with running(live, sweep_seconds=3600):
            for key in ("1", "2"):
                await put_job(live, "test.woken", tenant=tenant, key=key)
                await until(called_and_done)
    assert [record.message for record in caplog.records if "serializing" in record.message] == []


async def test_a_worker_starts_with_the_two_logins_that_it_uses_and_no_secret(live: LivePlenary) -> None:
    others = {"database_url": None, "reader_url": None, "owner_url": None, "secret_keys": None}
    tools = await make_tools(live.settings.model_copy(update=others))
    urls = [engine.url.render_as_string(hide_password=False) for engine in (tools.worker_engine, tools.platform_engine)]
    await close_tools(tools)
    assert urls == [live.settings.sqlalchemy_url("worker"), live.settings.sqlalchemy_url("platform")]
