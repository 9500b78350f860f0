"""The worker process itself: with Redis, without it, and stopping."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.factories.jobs import handling, job_rows, put_job
from tests.factories.service import LivePlenary
from workers.jobs import JobContext
from workers.settings import WorkerProcess, close_tools, make_tools


@contextlib.asynccontextmanager
async def running(live: LivePlenary) -> AsyncIterator[WorkerProcess]:
    process = WorkerProcess(live.tools, ["default"])
    task = asyncio.create_task(process.run())
    try:
        yield process
    finally:
        process.stopping.set()
        await asyncio.wait_for(task, 10)


async def until_done(live: LivePlenary, kind: str, tenant: str, seconds: float = 8) -> None:
    async with asyncio.timeout(seconds):
        while [row["state"] for row in await job_rows(live, kind, tenant)] != ["done"]:
            await asyncio.sleep(0.05)


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
            await until_done(live, "test.quick", tenant)
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


async def test_nothing_in_redis_is_pickled(live: LivePlenary, caplog: pytest.LogCaptureFixture) -> None:
    if live.settings.redis_url is None:
        pytest.skip("no Redis was given for this run")
    tenant = await live.fresh_tenant()
    with handling("test.woken", quick):
        async with running(live):
            await asyncio.sleep(1)  # until it listens
            await put_job(live, "test.woken", tenant=tenant)
            live.tools.waker.wake()
            await until_done(live, "test.woken", tenant)
    assert [record.message for record in caplog.records if "serializing" in record.message] == []


async def test_a_worker_starts_with_the_two_logins_that_it_uses_and_no_secret(live: LivePlenary) -> None:
    others = {"database_url": None, "reader_url": None, "owner_url": None, "secret_keys": None}
    tools = await make_tools(live.settings.model_copy(update=others))
    await close_tools(tools)
