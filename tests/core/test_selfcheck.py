"""The self-check passes on a migrated database, and names what somebody changed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core.selfcheck import Verdict, inspect, refuse_powerful_logins, render, selfcheck
from app.core.settings import Settings, SettingsInvalid
from app.main import close_services, make_services
from tests.factories.commands import plenary
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


def admin_url(servers: tuple[str, Any], settings: Settings) -> str:
    database = make_url(settings.asyncpg_url("app")).database
    return make_url(servers[0]).set(database=database).render_as_string(hide_password=False)


@pytest.fixture
async def admin(servers: tuple[str, Any], shared: LivePlenary) -> AsyncIterator[asyncpg.Connection]:
    """A superuser in a transaction that is rolled back."""
    connection = await asyncpg.connect(admin_url(servers, shared.settings))
    mischief = connection.transaction()
    await mischief.start()
    yield connection
    await mischief.rollback()
    await connection.close()


async def test_a_migrated_database_has_no_fault(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    await shared.make_key("practice_manager", tenant=code, practice="ZZ0950")
    verdicts = await selfcheck(shared.settings.asyncpg_url("app"))
    assert {verdict.name: verdict.faults for verdict in verdicts if verdict.faults} == {}
    assert len(verdicts) == 8


@pytest.mark.parametrize(
    ("check", "statement", "fault"), [(check, *case) for check, cases in MISCHIEF.items() for case in cases]
)
async def test_what_somebody_changed_is_named(
    shared: LivePlenary, admin: asyncpg.Connection, check: str, statement: str, fault: str
) -> None:
    await admin.execute(statement.format(**logins_of(shared.settings)))
    found = {verdict.name: verdict.faults for verdict in await inspect(admin)}
    assert any(fault in said for said in found[check]), found


async def test_the_command_ends_with_1_once_a_policy_is_gone_and_rows_show(
    live_settings: Settings, servers: tuple[str, Any], tmp_path: Path
) -> None:
    told = {"home": tmp_path, "database_url": live_settings.asyncpg_url("app")}
    passed = await plenary("selfcheck", **told)
    assert (passed.exit_code, passed.stdout.count(" ok")) == (0, 8)
    connection = await asyncpg.connect(admin_url(servers, live_settings))
    try:
        await connection.execute("DROP POLICY tenant ON locality")
        await connection.execute("ALTER TABLE published.change_number DISABLE ROW LEVEL SECURITY")
        await connection.execute("GRANT SELECT ON person TO {reader}".format(**logins_of(live_settings)))
    finally:
        await connection.close()
    failed = await plenary("selfcheck", **told)
    assert failed.exit_code == 1
    for fault in (
        "locality has no tenant policy",
        "app sees rows of published.change_number without a tenant",
        "reader has SELECT on person",
    ):
        assert fault in failed.stdout


def test_the_table_says_what_is_wrong_under_its_check() -> None:
    lines = list(render([Verdict("logins", ()), Verdict("policies", ("job has no tenant policy",))]))
    assert lines == ["logins    ok", "policies  FAULT", "          - job has no tenant policy"]


async def test_nothing_serves_as_a_superuser(live_settings: Settings, servers: tuple[str, Any]) -> None:
    superuser = admin_url(servers, live_settings)
    mistaken = live_settings.model_copy(update={"database_url": superuser, "worker_url": superuser})
    with pytest.raises(SettingsInvalid, match="app login is a superuser"):
        await make_services(mistaken, FixedClock())
    with pytest.raises(SettingsInvalid, match="worker login is a superuser"):
        await make_tools(mistaken)
    with pytest.raises(SettingsInvalid, match="backup login"):
        await refuse_powerful_logins(live_settings, ["backup"])
    services = await make_services(live_settings, FixedClock())
    await close_services(services)


async def test_a_database_that_is_starting_is_waited_for_and_one_that_refuses_is_not(live_settings: Settings) -> None:
    states = ["57P03", "57P03", "28P01"]

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(4), "big")
        await reader.readexactly(size - 4)
        answer = f"SFATAL\0C{states.pop(0)}\0Mnot now\0\0".encode()
        writer.write(b"E" + (len(answer) + 4).to_bytes(4, "big") + answer)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"postgresql://plenary@127.0.0.1:{port}/plenary?sslmode=disable"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await refuse_powerful_logins(live_settings.model_copy(update={"database_url": url}), ["app"])
    assert states == []
