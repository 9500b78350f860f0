"""What was paid by stays as it was: the logins that serve may not change it, whatever the code does."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.factories.schemes_over_http import SIGNATORY, a_fact, a_live_scheme, a_tenant
from tests.factories.service import LivePlenary


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    """A commissioner with a published version, an offer that was accepted and a confirmed fact."""
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    made = await manager.post(f"{path}/offers", json={"practices": [practice], "respond_by": "2026-12-31"})
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    offer = f"/v1/offers/{made.json()['offers'][0]['id']}/accept"
    assert (await lead.post(offer, json={"signatory": SIGNATORY})).status_code == 200
    assert (await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, "f1")]})).status_code == 201
    return tenant


@pytest.fixture(params=["app", "worker"])
async def login(request: pytest.FixtureRequest, shared: LivePlenary, tenant: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(shared.settings.asyncpg_url(request.param))
    await connection.execute("SELECT set_config('app.commissioner', $1, false)", str(shared.tenants[tenant]))
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "scheme_fact SET value = 99",
        "scheme_fact SET practice = 'X'",
        "scheme_version SET definition = '{}'",
        "scheme_version SET words = 'Other words.'",
        "scheme_version SET applies_until = applies_until + 1",
        "participation SET words_digest = repeat('0', 64)",
        "participation SET version_n = 2",
        "participation SET state = 'offered'",
    ],
)
async def test_no_login_that_serves_changes_what_money_was_worked_out_by(
    login: asyncpg.Connection, change: str
) -> None:
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.IntegrityConstraintViolationError)):
        await login.execute(f"UPDATE {change}")


async def test_a_fact_is_still_superseded_and_a_named_lead_still_forgotten(shared: LivePlenary, tenant: str) -> None:
    async with shared.session(tenant) as session:
        connection = await session.connection()
        changed = await connection.exec_driver_sql(
            "UPDATE scheme_fact SET superseded_at = now(), version = version + 1"
        )
        forgotten = await connection.exec_driver_sql("UPDATE participation SET named_lead_id = NULL")
        assert (changed.rowcount, forgotten.rowcount) == (1, 1)
