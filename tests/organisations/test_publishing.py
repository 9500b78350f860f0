"""Rebuilding the published practice: on days that fall due, and beside an import."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from app.core.clock import Period
from app.core.db import unit_of_work
from app.core.ids import PLATFORM_ID
from app.core.repository import Expected
from app.organisations import service
from app.organisations.repository.filling import lock_register
from app.organisations.values import CommissionerKind
from tests.factories.service import LivePlenary
from tests.factories.waiting import until_blocked
from workers.schedule import Planner


async def published(shared: LivePlenary, tenant: str, code: str) -> dict:
    sql = "SELECT * FROM published.practice WHERE commissioner_id = $1 AND code = $2"
    rows = await shared.fetch(sql, shared.tenants[tenant], code, tenant=shared.tenants[tenant])
    return dict(rows[0]) if rows else {}


async def test_a_membership_that_begins_later_is_published_on_its_day(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZP001", tenant, valid_from=date(2026, 11, 25), list_as_at=date(2026, 11, 25))
    assert await published(shared, tenant, "ZZP001") == {}
    before = shared.clock.instant
    try:
        shared.clock.instant = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
        await Planner(shared.tools).plan(shared.clock.now())
        await shared.work()
    finally:
        shared.clock.instant = before
    row = await published(shared, tenant, "ZZP001")
    assert (row["member_from"], row["list_as_at"]) == (date(2026, 11, 25), date(2026, 11, 25))


@pytest.mark.parametrize(("code", "by_platform"), [("ZZP002", True), ("ZZP003", False)])
async def test_a_rebuild_for_all_waits_for_a_tenants_own_change(shared: LivePlenary, code: str, by_platform: bool):
    tenant = await shared.fresh_tenant()
    await shared.make_practice(code, tenant)
    other = PLATFORM_ID if by_platform else shared.tenants[await shared.fresh_tenant()]
    now = shared.clock.now()

    async def rebuild_all() -> None:
        async with unit_of_work(shared.tools.platform_engine, other) as session:
            await service.refresh_published(session, today=now.date(), now=now, codes=[code])

    async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
        locality = await service.create_locality(session, code="N", name="North", description=None)
        period, expected = Period(date(2026, 4, 1)), Expected(None, required=False)
        await service.place_practice(session, locality.id, code, period, expected=expected, now=now)
        rebuilding = asyncio.create_task(rebuild_all())
        await until_blocked(shared)
        assert not rebuilding.done()
    await rebuilding
    assert (await published(shared, tenant, code))["locality_name"] == "North"


async def test_a_tenant_made_during_an_import_waits_for_it(shared: LivePlenary):
    code = f"ZP{len(shared.tenants)}MADE"

    async def make() -> None:
        async with unit_of_work(shared.tools.platform_engine, PLATFORM_ID) as session:
            await service.create_commissioner(
                session, code=code, name="NHS Made", kind=CommissionerKind.CCG, now=shared.clock.now()
            )

    async with unit_of_work(shared.tools.platform_engine, PLATFORM_ID) as session:
        await lock_register(session)
        making = asyncio.create_task(make())
        await until_blocked(shared)
        assert not making.done()
    await making
    async with unit_of_work(shared.tools.platform_engine, PLATFORM_ID) as session:
        assert await service.find_commissioner(session, code) is not None
