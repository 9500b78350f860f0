"""Named leads as intranets see them, over time and under a race."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

from tests.factories.service import LivePlenary
from workers.schedule import Planner


async def lead_of(shared: LivePlenary, tenant: str, code: str) -> Any:
    rows = await shared.fetch(
        "SELECT lead_name FROM published.practice WHERE code = $1", code, tenant=shared.tenants[tenant]
    )
    return rows[0]["lead_name"]


async def test_a_lead_appears_on_the_first_day_and_goes_after_the_last(live: LivePlenary) -> None:
    tenant = await live.fresh_tenant()
    await live.make_practice("ZZ0001", tenant)
    admin = await live.as_role("commissioner_admin", tenant=tenant)
    body = {"role": "named_lead", "practice": "ZZ0001", "person": {"name": "Lena Lead"}}
    answer = await admin.post("/v1/posts", json=body | {"from": "2026-12-01", "until": "2026-12-03"})
    assert answer.status_code == 201
    shown = []
    for month, day in ((11, 22), (11, 30), (12, 1), (12, 2), (12, 3)):
        await Planner(live.tools).plan(datetime(2026, month, day, 0, 5, tzinfo=UTC))
        await live.work()
        shown.append(await lead_of(live, tenant, "ZZ0001"))
    assert shown == [None, None, "Lena Lead", "Lena Lead", None]


async def test_the_posts_of_a_closed_practice_end_with_its_last_day(live: LivePlenary) -> None:
    tenant = await live.fresh_tenant()
    await live.make_practice("ZZ0001", tenant, status="closed", closed_on=date(2026, 10, 31))
    await live.make_practice("ZZ0002", tenant)
    admin = await live.as_role("commissioner_admin", tenant=tenant)
    for code, start in (("ZZ0001", "2026-04-01"), ("ZZ0002", "2026-04-01"), ("ZZ0001", "2026-11-15")):
        person = {"name": "Lena Lead", "email": f"{start}@{code}.example"}
        body = {"role": "gp", "practice": code, "person": person, "from": start}
        assert (await admin.post("/v1/posts", json=body)).status_code == 201
    await Planner(live.tools).plan(live.clock.now())
    await live.work()
    posts = (await admin.get("/v1/posts?ended=true")).json()["data"]
    assert sorted((post["practice"], post["until"]) for post in posts) == [
        ("ZZ0001", "2026-11-01"),
        ("ZZ0002", None),
    ]


async def test_of_two_leads_added_at_once_one_is_refused(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZL001", tenant)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)

    async def add(number: int) -> int:
        person = {"name": f"Lead {number}", "email": f"lead{number}@surgery.example"}
        body = {"role": "named_lead", "practice": "ZZL001", "person": person}
        return (await admin.post("/v1/posts", json=body)).status_code

    assert sorted(await asyncio.gather(*(add(number) for number in range(6)))) == [201] + [409] * 5
    assert await lead_of(shared, tenant, "ZZL001") is not None


async def test_one_address_added_many_times_at_once_is_one_person(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    codes = [f"ZZL01{number}" for number in range(6)]
    for code in codes:
        await shared.make_practice(code, tenant)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)

    async def add(code: str) -> str:
        person = {"name": "Amira Khan", "email": "amira@example.org"}
        answer = await admin.post("/v1/posts", json={"role": "gp", "practice": code, "person": person})
        assert answer.status_code == 201, answer.text
        return answer.json()["person"]["id"]

    assert len(set(await asyncio.gather(*map(add, codes)))) == 1
