"""CPD hours follow attendance, in the order in which it was corrected."""

import asyncio
from uuid import UUID

from app.core.db import unit_of_work
from app.learning.repository import CpdRepository
from app.learning.service import follow_attendance
from tests.factories.communications import give_post
from tests.factories.service import NOW, LivePlenary

MEETING = {
    "title": "Protected learning afternoon",
    "purpose": "Share how urgent visits are handled",
    "level": "commissioner",
    "starts_at": "2026-11-12T13:00:00Z",
    "ends_at": "2026-11-12T17:00:00Z",
}


async def an_attendance(live: LivePlenary, tenant: str) -> UUID:
    practice = f"ZZ{tenant[2:]}A"[:8]
    await live.make_practice(practice, tenant)
    await give_post(live, tenant, await live.make_person("Ana Field", tenant=tenant), "gp", practice=practice)
    office = await live.as_role("engagement_lead", tenant=tenant)
    address = (await office.post("/v1/meetings", json=MEETING)).headers["Location"]
    line = {"name": "Ana Field", "practice": practice, "role": "gp"}
    listed = await office.put(f"{address}/attendance", json={"attendance": [line]})
    return UUID(listed.json()["data"][0]["id"])


async def wait_for_a_waiting_lock(live: LivePlenary) -> None:
    async with asyncio.timeout(5):
        while not await live.fetch("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            await asyncio.sleep(0.01)


async def test_an_earlier_correction_that_is_late_does_not_overwrite_a_later_one(live: LivePlenary) -> None:
    tenant = await live.fresh_tenant()
    attendance, key = await an_attendance(live, tenant), live.tenants[tenant]

    async def follow() -> None:
        async with unit_of_work(live.tools.worker_engine, key) as session:
            await follow_attendance(session, attendance, now=NOW)

    async with unit_of_work(live.tools.worker_engine, key) as session:
        await CpdRepository(session, key).lock(attendance)
        late = asyncio.create_task(follow())
        await wait_for_a_waiting_lock(live)
        await live.execute("UPDATE attendance SET minutes = 60 WHERE id = $1", attendance, tenant=key)
    await late
    rows = await live.fetch("SELECT minutes FROM cpd_entry WHERE attendance_id = $1", attendance, tenant=key)
    assert [row["minutes"] for row in rows] == [60]
