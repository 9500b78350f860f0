"""The nightly clean-up: what goes, and what stays."""

import asyncio

from tests.factories.jobs import put_job
from tests.factories.service import LivePlenary
from workers.jobs import drain


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
