"""Jobs that are called again and again, and queues that give each job a place to itself."""

import asyncio
from uuid import UUID

import pytest

from app.core import jobs
from app.core.db import unit_of_work
from tests.factories.jobs import handling, job_rows
from tests.factories.service import LivePlenary
from workers import jobs as running
from workers.jobs import JobContext, drain

KIND = "test.standing"


async def call(live: LivePlenary, tenant: UUID, *keys: str) -> None:
    async with unit_of_work(live.tools.worker_engine, None) as session:
        await jobs.call_all(session, [jobs.NewJob(tenant, KIND, "webhooks", key, {"key": key}) for key in keys])


async def work_off(live: LivePlenary) -> int:
    return await drain(live.tools, "webhooks", stopping=asyncio.Event())


class Standing:
    """Notes each time it is run; `during` happens in the middle of the first."""

    def __init__(self, *, pause: float | None = None) -> None:
        self.runs = 0
        self.pause = pause
        self.during = None

    async def __call__(self, context: JobContext) -> None:
        async with context.transaction() as session:
            known = await jobs.last_call(session, context.job)
        self.runs += 1
        if self.during is not None and self.runs == 1:
            await self.during()

        async def end(session, job) -> bool:
            await jobs.rest(session, job, known=known, pause=self.pause)
            return True

        async with context.transaction(end=end):
            pass


async def test_many_calls_are_one_run_and_a_later_call_another(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    standing = Standing()
    with handling(KIND, standing, queue="webhooks"):
        for _ in range(3):
            await call(shared, shared.tenants[code], "a")
        await work_off(shared)
        await work_off(shared)
        assert standing.runs == 1
        await call(shared, shared.tenants[code], "a")
        await work_off(shared)
    assert standing.runs == 2
    assert [row["state"] for row in await job_rows(shared, KIND, code)] == ["done"]


async def test_a_call_while_it_runs_is_not_lost(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    standing = Standing()
    standing.during = lambda: call(shared, shared.tenants[code], "a")
    with handling(KIND, standing, queue="webhooks"):
        await call(shared, shared.tenants[code], "a")
        await work_off(shared)
    assert standing.runs == 2


async def test_a_pause_ends_early_when_somebody_calls(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    standing = Standing(pause=3600)
    with handling(KIND, standing, queue="webhooks"):
        await call(shared, shared.tenants[code], "a")
        await work_off(shared)
        await work_off(shared)
        assert standing.runs == 1
        await call(shared, shared.tenants[code], "a")
        await work_off(shared)
    assert standing.runs == 2


async def test_what_is_held_for_a_person_stays_held_when_it_is_called(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    standing = Standing()
    with handling(KIND, standing, queue="webhooks"):
        await call(shared, shared.tenants[code], "a")
        async with unit_of_work(shared.tools.worker_engine, None) as session:
            await jobs.park_waiting(session, queues=["webhooks"], error="Restored.")
        await call(shared, shared.tenants[code], "a")
        await work_off(shared)
    assert standing.runs == 0


async def test_one_that_waits_long_keeps_no_later_one_from_being_begun(
    shared: LivePlenary, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = await shared.fresh_tenant()
    monkeypatch.setitem(running.PLACES, "webhooks", 2)
    others = asyncio.Event()
    order: list[str] = []

    async def run(context: JobContext) -> None:
        key = context.payload["key"]
        if key == "slow":
            # It ends only once one has run that was not even called when it began.
            await call(shared, shared.tenants[code], "later")
            await others.wait()
        order.append(key)
        if key == "later":
            others.set()

    with handling(KIND, run, queue="webhooks"):
        await call(shared, shared.tenants[code], "slow", "quick1", "quick2", "quick3")
        async with asyncio.timeout(20):
            assert await work_off(shared) == 5
    assert order[-1] == "slow"
