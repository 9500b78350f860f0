"""Recurring work: every tenant once a day, and little asked of the database in between."""

from datetime import timedelta

from tests.factories.jobs import job_rows
from tests.factories.queries import statements_on
from tests.factories.service import LivePlenary
from workers.schedule import Planner

KIND = "core.retain"


async def test_a_day_is_planned_once_and_again_for_a_tenant_that_was_added(shared: LivePlenary) -> None:
    planner, now = Planner(shared.tools), shared.clock.now()
    first = await shared.fresh_tenant()
    await planner.plan(now)
    with statements_on(shared.tools.worker_engine) as asked:
        await planner.plan(now)
    assert asked == []
    second = await shared.fresh_tenant()
    await planner.plan(now)
    assert [len(await job_rows(shared, KIND, tenant)) for tenant in (first, second)] == [1, 1]


async def test_the_next_day_is_planned_too_and_by_several_processes_once(shared: LivePlenary) -> None:
    tenant, now = await shared.fresh_tenant(), shared.clock.now()
    for planner in (Planner(shared.tools), Planner(shared.tools)):
        await planner.plan(now)
        await planner.plan(now + timedelta(days=1))
    assert len(await job_rows(shared, KIND, tenant)) == 2
