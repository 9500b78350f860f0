"""Databases, sessions, clients and workers for the tests. Real PostgreSQL and real Redis, never mocks of them.

Two kinds of database test: `db` and `client` work inside one transaction that is rolled back (fast); `live` is a database
of its own, cloned from a template and dropped afterwards, for whatever must really commit: published reads, the relay,
workers, races.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy.engine import make_url

from app.core import migrate
from app.core.settings import Settings
from tests.factories.service import LivePlenary, make_settings

TEMPLATE_LOCK = 7_304_511


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than five seconds")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str | None]]:
    """(admin URL, Redis URL): servers given by URL, or embedded ones in a temporary folder, shared by all workers."""
    given = os.environ.get("PLENARY_ADMIN_DATABASE_URL")
    if given:
        yield given, os.environ.get("PLENARY_REDIS_URL")
        return
    from app.embedded import temporary_servers

    with temporary_servers() as started:
        yield started.admin_database_url, started.redis_url


@pytest.fixture(scope="session")
def template(servers: tuple[str, str | None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A migrated, empty database per test process; the others are cloned from it. Returns the logins' URLs."""
    admin, _ = servers
    name = f"plenary_t{secrets.token_hex(4)}"
    urls = asyncio.run(migrate.create_database(admin, name=name))
    migrate.upgrade(urls["owner"])
    yield urls
    asyncio.run(_drop(admin, name, logins=True))


async def _drop(admin: str, name: str, *, logins: bool = False) -> None:
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        if logins:
            for login in (*migrate.LOGINS, "lookup"):
                await connection.execute(f'DROP ROLE IF EXISTS "{name}_{login}"')
    finally:
        await connection.close()


@pytest.fixture
async def live_settings(
    servers: tuple[str, str | None], template: dict[str, str], tmp_path: Path
) -> AsyncIterator[Settings]:
    """Settings of a fresh committed database, cloned from the template."""
    admin, redis_url = servers
    source = make_url(template["owner"]).database
    name = f"{source}_{secrets.token_hex(3)}"
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" OWNER "{source}_owner"')
    finally:
        await connection.close()
    urls = {login: make_url(url).set(database=name).render_as_string(hide_password=False) for login, url in template.items()}
    yield make_settings(urls, home=tmp_path, redis_url=redis_url)
    await _drop(admin, name)


@pytest.fixture
async def live(live_settings: Settings) -> AsyncIterator[LivePlenary]:
    """The whole application on a committed database, with a client per role and a worker that runs on demand."""
    async with AsyncExitStack() as stack:
        yield await LivePlenary.start(live_settings, stack)


@pytest.fixture
async def anonymous(live: LivePlenary) -> httpx.AsyncClient:
    return live.client(None)
