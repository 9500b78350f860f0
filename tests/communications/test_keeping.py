"""What is kept of a person and for how long."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.communications import service
from app.communications.repository import keeping
from app.core.db import unit_of_work
from tests.factories.communications import announce, delivery_rows, give_post, publish
from tests.factories.jobs import job_rows
from tests.factories.service import LivePlenary
from workers.schedule import Planner


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    code = await shared.fresh_tenant()
    await shared.make_practice(f"{code}A", code)
    return code


async def _told(shared: LivePlenary, tenant: str) -> UUID:
    person = await shared.make_person("Ann Gone", tenant=tenant, email=f"ann@{tenant.lower()}.example")
    await give_post(shared, tenant, person, "gp", practice=f"{tenant}A")
    await publish(shared, tenant, audience={"roles": ["gp"]})
    return person


async def test_person_gets_a_copy_and_can_be_forgotten(shared, tenant):
    person = await _told(shared, tenant)
    async with shared.session(tenant) as session:
        copy = await service.export_person(session, person)
    assert [(each["subject"], each["state"]) for each in copy["messages"]] == [
        ("Protected learning time in June", "sent")
    ]
    async with shared.session(tenant) as session:
        await service.erase_person(session, person, now=shared.clock.now())
    [row] = await delivery_rows(shared, tenant)
    assert (row["name"], row["address"], row["state"], row["person_id"]) == (None, None, "sent", person)


async def test_mail_that_waits_for_a_forgotten_person_is_never_sent(shared, tenant):
    person = await shared.make_person("Ann Gone", tenant=tenant, email=f"ann@{tenant.lower()}.example")
    await give_post(shared, tenant, person, "gp", practice=f"{tenant}A")
    await announce(shared, tenant, audience={"roles": ["gp"]})
    shared.tools.settings = shared.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    try:
        await shared.work()
    finally:
        shared.tools.settings = shared.settings
    assert [row["state"] for row in await delivery_rows(shared, tenant)] == ["queued"]
    async with shared.session(tenant) as session:
        await service.erase_person(session, person, now=shared.clock.now())
    await shared.execute(
        "UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued'", tenant=shared.tenants[tenant]
    )
    await shared.work()
    assert [(row["state"], row["address"]) for row in await delivery_rows(shared, tenant)] == [("suppressed", None)]


async def test_deliveries_are_dropped_after_two_years_by_the_nightly_job(shared, tenant):
    await _told(shared, tenant)
    tenant_id = shared.tenants[tenant]
    await shared.execute("UPDATE delivery SET created_at = $1", datetime(2024, 11, 20, tzinfo=UTC), tenant=tenant_id)
    await shared.execute("UPDATE message SET created_at = $1", datetime(2024, 11, 20, tzinfo=UTC), tenant=tenant_id)
    await _told_again(shared, tenant)
    await Planner(shared.tools).plan(shared.clock.now())
    await shared.work()
    assert [job["state"] for job in await job_rows(shared, "communications.drop_old_deliveries", tenant)] == ["done"]
    assert len(await delivery_rows(shared, tenant)) == 1
    assert len(await shared.fetch("SELECT id FROM message", tenant=tenant_id)) == 1


async def test_messages_are_dropped_in_batches(shared, tenant):
    await _told(shared, tenant)
    await _told_again(shared, tenant)
    await shared.execute("DELETE FROM delivery", tenant=shared.tenants[tenant])
    late = datetime(2030, 1, 1, tzinfo=UTC)
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
        assert [await keeping.drop_messages(session, before=late, limit=1) for _ in range(3)] == [1, 1, 0]


async def _told_again(shared: LivePlenary, tenant: str) -> None:
    await publish(shared, tenant, audience={"roles": ["gp"]})
