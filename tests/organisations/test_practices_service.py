"""What other slices ask about a tenant's practices."""

from datetime import date
from decimal import Decimal

import pytest

from app.core.clock import Period
from app.core.db import Tx, unit_of_work
from app.organisations import service
from app.organisations.errors import PracticeNotFound
from tests.factories.service import LivePlenary


async def test_a_tenant_knows_its_members_of_a_day(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZA001", tenant)
    await shared.make_practice("ZZA002", tenant, valid_until=date(2020, 4, 1))
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
        assert await service.list_member_codes(session, on=date(2019, 6, 1)) == ["ZZA001", "ZZA002"]
        assert await service.list_member_codes(session, on=date(2020, 4, 1)) == ["ZZA001"]
        assert await service.list_member_codes(session, on=None) == ["ZZA001", "ZZA002"]
        periods = await service.member_periods(session, ["ZZA001", "ZZA002", "ZZA999"])
    assert periods == {
        "ZZA001": [Period(date(2013, 4, 1))],
        "ZZA002": [Period(date(2013, 4, 1), date(2020, 4, 1))],
    }


async def test_another_tenants_practice_is_not_there(shared: LivePlenary, db: Tx):
    await shared.make_practice("ZZA003", await shared.fresh_tenant())
    with pytest.raises(PracticeNotFound):
        await service.get_practice(db, "ZZA003")


async def test_a_practice_is_told_with_its_lists_and_profile(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZA004", tenant, registered="5000.25", weighted=None, dispensing=True)
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
        practice = await service.get_practice(session, "ZZA004")
        sizes = await service.list_sizes(session, ["ZZA004", "ZZA998"])
        profile = (await service.profiles(session, ["ZZA004"], on=date(2026, 4, 1)))["ZZA004"]
        before = (await service.profiles(session, ["ZZA004"], on=date(2026, 3, 31)))["ZZA004"]
    assert (practice.name, practice.opened_on) == ("Surgery ZZA004", date(2013, 4, 1))
    assert [(size.as_at, size.registered, size.weighted) for size in sizes["ZZA004"]] == [
        (date(2026, 4, 1), Decimal("5000.25"), None)
    ]
    assert sizes["ZZA998"] == ()
    assert (profile.registered, profile.dispensing, profile.rural) == (Decimal("5000.25"), True, None)
    assert before.registered is None


async def test_members_join_with_their_locality_in_one_query(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZA005", tenant)
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
        chosen = service.select_member_practices(session.tenant, date(2026, 11, 22))
        rows = (await (await session.connection()).execute(chosen)).all()
    assert [tuple(row) for row in rows] == [("ZZA005", None)]


async def test_a_practice_is_published_to_its_tenant_once(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZA006", tenant, name="O'Neill & Partners (St. Ann's)", closed_on=date(2026, 11, 21))
    tenant_id = shared.tenants[tenant]
    rows = await shared.fetch("SELECT * FROM published.practice WHERE code = 'ZZA006'", tenant=tenant_id)
    assert len(rows) == 1
    row = rows[0]
    assert (row["search"], row["status"], row["commissioner_code"], row["postcode_key"]) == (
        " zza006 oneill partners st anns",
        "closed",
        tenant,
        "zz11aa",
    )
    now = shared.clock.now()
    async with unit_of_work(shared.tools.worker_engine, tenant_id) as session:
        assert await service.refresh_published(session, today=now.date(), now=now) == 0
