"""Reminders: of offers and of claims, each once."""

from datetime import date

from app.core.db import unit_of_work
from app.schemes import service
from tests.factories.claims import Claiming
from tests.factories.schemes import PER_HEAD
from tests.factories.schemes_over_http import a_live_scheme, a_tenant
from tests.factories.service import LivePlenary


async def told(live: LivePlenary, tenant: str, day: date) -> list[tuple[str, str]]:
    """Subjects and practices of what is written on that night."""
    await live.work()
    before = await live.fetch("SELECT id FROM message", tenant=live.tenants[tenant])
    async with unit_of_work(live.tools.worker_engine, live.tenants[tenant]) as session:
        await service.remind(session, today=day)
    await live.work()
    found = await live.fetch(
        "SELECT subject, practice FROM message WHERE NOT id = ANY($1) ORDER BY practice",
        [row["id"] for row in before],
        tenant=live.tenants[tenant],
    )
    return [(row["subject"], row["practice"]) for row in found]


async def test_who_has_not_answered_an_offer_is_reminded_once_in_its_last_week(shared: LivePlenary) -> None:
    tenant, (one, two) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager, PER_HEAD)
    made = await manager.post(f"{path}/offers", json={"practices": "all", "respond_by": "2026-12-10"})
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=two)
    offer = next(each["id"] for each in made.json()["offers"] if each["practice"] == two)
    assert (await lead.post(f"/v1/offers/{offer}/decline", json={"reason": "No."})).is_success
    assert await told(shared, tenant, date(2026, 12, 2)) == []
    reminded = [("Still to be answered: A named lead in every practice", one)]
    assert await told(shared, tenant, date(2026, 12, 3)) == reminded
    assert await told(shared, tenant, date(2026, 12, 4)) == []


async def test_a_claim_that_is_opened_and_not_declared_is_reminded_of_once(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared, window_days=60)
    await claiming.open()
    assert await told(shared, claiming.tenant, date(2026, 11, 23)) == []
    reminded = [("Still to be claimed: A named lead in every practice", claiming.practice)]
    assert await told(shared, claiming.tenant, date(2026, 11, 24)) == reminded
    assert await told(shared, claiming.tenant, date(2026, 11, 25)) == []


async def test_where_a_scheme_is_claimed_by_quarters_whoever_has_not_claimed_is_reminded(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared, every="quarter", window_days=55)
    reminded = [("Still to be claimed: A named lead in every practice", claiming.practice)]
    assert await told(shared, claiming.tenant, date(2026, 11, 22)) == reminded
    refused = await claiming.open({"from": "2026-09-01", "until": "2026-10-01"})
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.no_claim_period")


async def test_whoever_has_declared_is_not_reminded(shared: LivePlenary) -> None:
    claiming = await Claiming.start(shared, every="quarter", window_days=55)
    await claiming.upto("declare")
    assert await told(shared, claiming.tenant, date(2026, 11, 22)) == []
