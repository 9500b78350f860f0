"""The nightly clean-up: what goes, and what stays."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from app.core import jobs
from app.core.db import unit_of_work
from tests.factories.jobs import job_rows, put_job
from tests.factories.schemes_over_http import a_live_scheme, a_tenant
from tests.factories.service import LivePlenary
from workers.jobs import drain, run_job
from workers.retention import RULES


async def age(live: LivePlenary, tenant: str, table: str, column: str, days: int) -> None:
    sql = f"UPDATE {table} SET {column} = clock_timestamp() - make_interval(days => $1)"
    await live.execute(sql, days, tenant=live.tenants[tenant])


async def rows(live: LivePlenary, tenant: str, table: str) -> int:
    return len(await live.fetch(f"SELECT 1 FROM {table}", tenant=live.tenants[tenant]))


async def test_old_work_goes_and_parked_work_stays(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    for key, state in (("a", "done"), ("b", "parked"), ("c", "queued")):
        await put_job(shared, "test.old", tenant=tenant, key=key)
        await shared.execute(
            "UPDATE job SET state = $1 WHERE dedupe_key = $2", state, key, tenant=shared.tenants[tenant]
        )
    await age(shared, tenant, "job", "finished_at", 8)
    await put_job(shared, "core.retain", tenant=tenant)
    await drain(shared.tools, "default", stopping=asyncio.Event())
    left = await shared.fetch("SELECT state FROM job WHERE kind = 'test.old'", tenant=shared.tenants[tenant])
    assert sorted(row["state"] for row in left) == ["parked", "queued"]


async def test_the_feed_is_kept_ninety_days_and_older_cursors_get_410(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    start = (await admin.get("/v1/changes")).json()["next_cursor"]
    for number in range(3):
        made = await admin.post("/v1/localities", json={"code": f"L{number}", "name": f"Locality {number}"})
        assert made.status_code == 201
        await shared.work()
    assert len((await admin.get(f"/v1/changes?cursor={start}")).json()["data"]) == 3
    await shared.execute(
        "UPDATE event SET occurred_at = clock_timestamp() - interval '91 days'"
        " WHERE change_number < (SELECT max(change_number) FROM event)",
        tenant=shared.tenants[tenant],
    )
    await put_job(shared, "core.retain", tenant=tenant)
    await drain(shared.tools, "default", stopping=asyncio.Event())
    assert await rows(shared, tenant, "event") == 1
    late = await admin.get(f"/v1/changes?cursor={start}")
    assert (late.status_code, late.json()["code"]) == (410, "cursor.expired")


async def test_simulations_go_with_their_practices_after_twenty_four_months(shared: LivePlenary) -> None:
    tenant, _ = await a_tenant(shared, "1", registered="2500")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    version = f"{await a_live_scheme(manager)}/versions/1"
    for _ in range(2):
        assert (await manager.post(f"{version}/simulate")).status_code == 202
    await shared.work()
    old, kept = [each["id"] for each in (await manager.get(f"{version}/simulations")).json()["data"]]
    aged = "UPDATE scheme_simulation SET created_at = clock_timestamp() - CAST($2 AS interval) WHERE id = $1"
    for simulation, age_of_it in ((old, timedelta(days=732)), (kept, timedelta(days=729))):
        await shared.execute(aged, UUID(simulation), age_of_it, tenant=shared.tenants[tenant])
    await put_job(shared, "core.retain", tenant=tenant)
    await drain(shared.tools, "default", stopping=asyncio.Event())
    assert (await manager.get(f"{version}/simulations/{old}")).status_code == 404
    assert len((await manager.get(f"{version}/simulations/{kept}")).json()["practices"]) == 1
    assert await rows(shared, tenant, "scheme_simulation_practice") == 1


async def put_old_events(live: LivePlenary, tenant: str, numbers: list[int], *, waiting: int | None = None) -> None:
    for number in numbers:
        await live.execute(
            "INSERT INTO event (commissioner_id, id, change_number, position, name, version, subject, removed, payload,"
            " occurred_at, relayed_at) VALUES ($1, gen_random_uuid(), $2, 1, 'organisations.locality_changed', 1, 'x',"
            " false, '{}', clock_timestamp() - interval '100 days', CASE WHEN NOT $3::bool THEN clock_timestamp() END)",
            live.tenants[tenant],
            number,
            number == waiting,
            tenant=live.tenants[tenant],
        )


async def one_batch_of_each(live: LivePlenary, tenant: str, *, batch: int) -> list[int]:
    """The numbers of the events that are left."""
    async with unit_of_work(live.tools.worker_engine, live.tenants[tenant]) as session:
        for rule in RULES:
            values = {"tenant": live.tenants[tenant], "batch": batch}
            await (await session.connection()).execute(text(rule), values)
    left = await live.fetch("SELECT change_number FROM event ORDER BY change_number", tenant=live.tenants[tenant])
    return [row["change_number"] for row in left]


async def test_the_oldest_of_the_feed_go_first(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await put_old_events(shared, tenant, [3, 2, 1])
    assert await one_batch_of_each(shared, tenant, batch=2) == [3]


async def test_nothing_goes_from_behind_an_event_that_waits_for_the_relay(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await put_old_events(shared, tenant, [1, 2, 3], waiting=2)
    assert await one_batch_of_each(shared, tenant, batch=10) == [2, 3]


async def test_the_clean_up_ends_with_its_worker(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await put_old_events(shared, tenant, [1])
    await put_job(shared, "core.retain", tenant=tenant)
    async with unit_of_work(shared.tools.worker_engine, None) as session:
        [job] = await jobs.claim(session, queue="default", kinds=["core.retain"], limit=1)
    stopping = asyncio.Event()
    stopping.set()
    await run_job(shared.tools, job, stopping=stopping)
    assert await rows(shared, tenant, "event") == 1
    assert [row["state"] for row in await job_rows(shared, "core.retain", tenant)] == ["done"]
