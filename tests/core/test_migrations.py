"""What a migration may do to a filled database: row-level security binds the owner who migrates as it binds everybody."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from alembic import op
from app.core import migrate
from app.core.ids import new_id
from tests.factories.service import LivePlenary

TENANTS = ("ZZ1", "ZZ2")
RENAMED = "UPDATE person SET name = 'Renamed'"
# Of the team that a migration under test adds.
TEAM = ["person_id uuid NOT NULL"]
KEY = (
    "ALTER TABLE team ADD CONSTRAINT fk_team_person FOREIGN KEY (commissioner_id, person_id)"
    " REFERENCES person (commissioner_id, id)"
)


async def migrating(live: LivePlenary, change: Callable[[], None]) -> None:
    """In one transaction of the owner, as a migration is run."""

    def run(connection: Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            change()

    engine = create_async_engine(live.settings.sqlalchemy_url("owner"))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


@pytest.fixture
async def filled(live: LivePlenary) -> LivePlenary:
    """Two tenants with a practice, a person and a key each."""
    for tenant in TENANTS:
        await live.make_tenant(tenant)
        await live.make_practice(f"{tenant}001", tenant)
        await live.make_key("intranet", tenant=tenant)
        await live.make_person("Amira Khan", tenant=tenant)
    return live


async def people(live: LivePlenary) -> list[str]:
    """Names of everybody, tenant by tenant."""
    rows = [await live.fetch("SELECT name FROM person", tenant=live.tenants[tenant]) for tenant in TENANTS]
    return [row["name"] for found in rows for row in found]


async def counted(live: LivePlenary) -> dict[str, int]:
    """Rows of every table, through the one login that sees past row-level security."""
    connection = await asyncpg.connect(live.settings.asyncpg_url("backup"))
    try:
        tables = await connection.fetch(
            "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace::regnamespace::text IN ('public', 'published')"
        )
        names = [table["name"] for table in tables]
        return {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in names}
    finally:
        await connection.close()


async def is_forced(live: LivePlenary, table: str) -> bool:
    [row] = await live.fetch("SELECT relforcerowsecurity FROM pg_class WHERE oid = $1::text::regclass", table)
    return row["relforcerowsecurity"]


async def add_team(live: LivePlenary, *, orphaned: bool) -> None:
    """A table of tenants whose rows name persons; those of the second tenant name nobody, where it is orphaned."""
    await migrating(live, lambda: migrate.tenant_table("team", TEAM))
    for tenant in TENANTS:
        [person] = await live.fetch("SELECT id FROM person", tenant=live.tenants[tenant])
        named = new_id() if orphaned and tenant == TENANTS[-1] else person["id"]
        insert = "INSERT INTO team (commissioner_id, id, person_id) VALUES ($1, $2, $3)"
        await live.execute(insert, live.tenants[tenant], new_id(), named, tenant=live.tenants[tenant])


async def test_a_statement_without_a_tenant_changes_nothing_and_without_force_every_tenants_rows(
    filled: LivePlenary,
) -> None:
    await migrating(filled, lambda: op.execute(RENAMED))
    assert await people(filled) == ["Amira Khan"] * 2
    await migrating(filled, lambda: migrate.without_force(RENAMED, "person"))
    assert await people(filled) == ["Renamed"] * 2
    assert await is_forced(filled, "person")


async def test_a_foreign_key_over_an_orphan_is_refused(filled: LivePlenary) -> None:
    await add_team(filled, orphaned=True)
    with pytest.raises(IntegrityError, match="fk_team_person"):
        await migrating(filled, lambda: migrate.without_force(KEY, "team", "person"))
    assert await is_forced(filled, "person")


async def test_a_foreign_key_whose_rows_are_all_there_is_added(filled: LivePlenary) -> None:
    await add_team(filled, orphaned=False)
    await migrating(filled, lambda: migrate.without_force(KEY, "team", "person"))
    assert await filled.fetch("SELECT 1 FROM pg_constraint WHERE conname = 'fk_team_person' AND convalidated")
    assert (await is_forced(filled, "team"), await is_forced(filled, "person")) == (True, True)


async def test_the_newest_migration_keeps_every_tenants_rows(filled: LivePlenary) -> None:
    owner = filled.settings.asyncpg_url("owner")
    await asyncio.to_thread(migrate.downgrade, owner, "-1")
    before = await counted(filled)
    assert (before["person"], before["api_key"], before["published.practice"]) == (2, 2, 2)
    await asyncio.to_thread(migrate.upgrade, owner)
    after = await counted(filled)
    assert {name: after.get(name) for name in before} == before
