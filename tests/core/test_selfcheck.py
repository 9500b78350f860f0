"""The self-check passes on a migrated database, and names what somebody changed."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core.selfcheck import refuse_powerful_logins, render, selfcheck
from app.core.settings import Settings, SettingsInvalid
from app.main import close_services, make_services
from tests.factories.service import FixedClock, LivePlenary
from workers.settings import make_tools

MISCHIEF = {
    "policies": [
        ("DROP POLICY tenant ON locality", "locality has no tenant policy"),
        ("CREATE POLICY more ON audit_entry USING (true)", "audit_entry: policy more lets public ALL"),
        ("ALTER POLICY tenant ON job USING (true)", "job: the tenant policy is not what it was"),
        ("DROP POLICY worker ON job", "job: the policy for worker is gone"),
    ],
    "tables": [
        ("ALTER TABLE person NO FORCE ROW LEVEL SECURITY", "person: row-level security is not forced"),
        ("ALTER TABLE person DISABLE ROW LEVEL SECURITY", "person: row-level security is not enabled"),
        ("CREATE TABLE loose (x int)", "loose belongs to no tenant and to no list"),
        ("CREATE MATERIALIZED VIEW copied AS SELECT 1 AS x", "copied is neither a table nor a view"),
    ],
    "rights": [
        ("GRANT SELECT ON person TO {reader}", "reader has SELECT on person"),
        ("GRANT SELECT (name) ON commissioner TO {reader}", "reader has SELECT on commissioner"),
        ("GRANT UPDATE ON published.practice TO {reader}", "reader has UPDATE on published.practice"),
        ("GRANT USAGE ON SCHEMA public TO {reader}", "reader may use the schema public"),
        ("GRANT DELETE ON audit_entry TO {app}", "app has DELETE on audit_entry"),
        ("GRANT UPDATE ON register_practice TO {worker}", "worker has UPDATE on register_practice"),
        ("GRANT TRUNCATE ON event TO {worker}", "worker has TRUNCATE on event"),
        ("GRANT CREATE ON SCHEMA public TO {app}", "app may create in the schema public"),
    ],
    "keys": [
        ("CREATE UNIQUE INDEX everywhere ON locality (code)", "locality: everywhere does not begin with the tenant"),
        (
            "CREATE TABLE lost (commissioner_id uuid, id uuid UNIQUE, other uuid REFERENCES lost (id))",
            "lost: lost_other_fkey could point into another tenant",
        ),
    ],
    "views": [("CREATE VIEW shown AS SELECT * FROM person", "shown is not security_invoker")],
    "functions": [
        (
            "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM person'",
            "peek() runs with its owner's rights and is not listed",
        ),
        ("ALTER FUNCTION find_grants(text) RESET search_path", "find_grants(text) has no fixed search_path"),
        ("GRANT EXECUTE ON FUNCTION find_grants(text) TO PUBLIC", "find_grants(text) may be called by everybody"),
        ("DROP FUNCTION find_api_key(bytea)", "find_api_key(bytea) is listed and gone"),
    ],
}


def logins_of(settings: Settings) -> dict[str, str]:
    owner = make_url(settings.asyncpg_url("owner")).username or ""
    return {name: f'"{owner.removesuffix("owner")}{name}"' for name in ("app", "worker", "reader")}


async def faults_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    return {v.name: v.faults for v in await selfcheck(settings.asyncpg_url("app")) if v.faults}


async def test_a_migrated_database_has_no_fault(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    await shared.make_key("practice_manager", tenant=code, practice="ZZ0950")
    assert await faults_of(shared.settings) == {}


@pytest.mark.parametrize(
    ("check", "statement", "fault"), [(check, *case) for check, cases in MISCHIEF.items() for case in cases]
)
async def test_what_somebody_changed_is_named(
    live_settings: Settings, servers: tuple[str, Any], check: str, statement: str, fault: str
) -> None:
    admin = make_url(servers[0]).set(database=make_url(live_settings.asyncpg_url("app")).database)
    connection = await asyncpg.connect(admin.render_as_string(hide_password=False))
    try:
        await connection.execute(statement.format(**logins_of(live_settings)))
    finally:
        await connection.close()
    found = await faults_of(live_settings)
    assert any(fault in said for said in found.get(check, ())), found


async def test_rows_that_show_without_a_tenant_are_found_by_looking(live_settings: Settings, servers: Any) -> None:
    admin = make_url(servers[0]).set(database=make_url(live_settings.asyncpg_url("app")).database)
    connection = await asyncpg.connect(admin.render_as_string(hide_password=False))
    try:
        await connection.execute("ALTER POLICY tenant ON commissioner USING (true)")
        await connection.execute("ALTER TABLE published.change_number DISABLE ROW LEVEL SECURITY")
    finally:
        await connection.close()
    found = await faults_of(live_settings)
    assert found["no tenant, no rows"] == ("app sees rows of published.change_number without a tenant",)


def test_the_table_says_what_is_wrong_under_its_check() -> None:
    from app.core.selfcheck import Verdict

    lines = list(render([Verdict("logins", ()), Verdict("policies", ("job has no tenant policy",))]))
    assert lines == ["logins    ok", "policies  FAULT", "          - job has no tenant policy"]


async def test_nothing_serves_as_a_superuser(live_settings: Settings, servers: Any, tmp_path: Path) -> None:
    name = make_url(live_settings.asyncpg_url("app")).database
    admin = make_url(servers[0]).set(database=name).render_as_string(hide_password=False)
    mistaken = live_settings.model_copy(update={"database_url": admin, "worker_url": admin})
    with pytest.raises(SettingsInvalid, match="app login is a superuser"):
        await make_services(mistaken, FixedClock())
    with pytest.raises(SettingsInvalid, match="worker login is a superuser"):
        await make_tools(mistaken)
    with pytest.raises(SettingsInvalid, match="backup login"):
        await refuse_powerful_logins(live_settings, ["backup"])
    services = await make_services(live_settings, FixedClock())
    await close_services(services)
