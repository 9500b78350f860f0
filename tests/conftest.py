"""Databases, sessions, clients and workers for the tests. Real PostgreSQL and real Redis, never mocks of them.

Two kinds of database test: `db` and `client` work inside one transaction that is rolled back (fast); `live` is a database
of its own, cloned from a template and dropped afterwards, for whatever must really commit: published reads, the relay,
workers, races.
"""

import asyncio
import gc
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from app.core.logging import configure_logging
from tests.in_memory import keep_temporary_files_in_memory

# The process that hands out the tests runs none, and is spared the application.
if TYPE_CHECKING:
    from app.core.db import Tx
    from app.core.settings import Settings
    from tests.factories.service import LivePlenary


def pytest_configure(config: pytest.Config) -> None:
    # Looking for cycles, again and again in all that was imported, was an eighth of the tests' work.
    gc.set_threshold(50_000, 20, 20)
    keep_temporary_files_in_memory()
    configure_logging(json=True, level="WARNING")
    config.addinivalue_line("markers", "slow: takes more than five seconds")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with tests that take long come first, in an order by chance like the others: one that came last would be
    waited for while the other test processes have nothing left to do.
    """
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """What is there now stays until the end: nobody has to look at it again."""
    gc.collect()
    gc.freeze()


def _started(stack: ExitStack) -> tuple[str, str | None]:
    given = os.environ.get("PLENARY_ADMIN_DATABASE_URL")
    if given:
        return given, os.environ.get("PLENARY_REDIS_URL")
    from app.embedded.servers import temporary_servers

    started = stack.enter_context(temporary_servers())
    return started.admin_database_url, started.redis_url


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With several test processes, the one that hands out the tests starts the servers for all of them."""
    config = node.config
    if not hasattr(config, "plenary_servers"):
        config.plenary_stack = ExitStack()
        config.plenary_servers = _started(config.plenary_stack)
    node.workerinput["plenary_servers"] = config.plenary_servers


def pytest_unconfigure(config: pytest.Config) -> None:
    stack: ExitStack | None = getattr(config, "plenary_stack", None)
    if stack is not None:
        stack.close()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[str, str | None]]:
    """(admin URL, Redis URL): servers given by URL, or embedded ones in a temporary folder."""
    handed: tuple[str, str | None] | None = getattr(request.config, "workerinput", {}).get("plenary_servers")
    if handed is not None:
        yield handed
        return
    with ExitStack() as stack:
        yield _started(stack)


@pytest.fixture(scope="session")
def template(servers: tuple[str, str | None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A migrated, empty database per test process; the others are cloned from it. Returns the logins' URLs."""
    from app.core import migrate

    admin, _ = servers
    name = f"plenary_t{secrets.token_hex(4)}"
    urls = asyncio.run(migrate.create_database(admin, name=name))
    migrate.upgrade(urls["owner"])
    yield urls
    asyncio.run(_drop(admin, name, logins=True))


async def _drop(admin: str, name: str, *, logins: bool = False) -> None:
    from app.core import migrate

    connection = await asyncpg.connect(admin)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        if logins:
            for login in (*migrate.LOGINS, "lookup"):
                await connection.execute(f'DROP ROLE IF EXISTS "{name}_{login}"')
    finally:
        await connection.close()


async def _clone(admin: str, template: dict[str, str]) -> tuple[str, dict[str, str]]:
    from sqlalchemy.engine import make_url

    source = make_url(template["owner"]).database
    name = f"{source}_{secrets.token_hex(3)}"
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" OWNER "{source}_owner"')
    finally:
        await connection.close()
    moved = {
        login: make_url(url).set(database=name).render_as_string(hide_password=False) for login, url in template.items()
    }
    return name, moved


@pytest.fixture
async def live_settings(
    servers: tuple[str, str | None], template: dict[str, str], tmp_path: Path
) -> AsyncIterator["Settings"]:
    """Settings of a fresh committed database, cloned from the template."""
    from tests.factories.service import make_settings

    admin, redis_url = servers
    name, urls = await _clone(admin, template)
    yield make_settings(urls, home=tmp_path, redis_url=redis_url)
    await _drop(admin, name)


@pytest.fixture
async def live(live_settings: "Settings") -> AsyncIterator["LivePlenary"]:
    """The whole application on a committed database of its own, with a client per role and workers run on demand."""
    from tests.factories.service import LivePlenary

    async with AsyncExitStack() as stack:
        yield await LivePlenary.start(live_settings, stack)


@pytest.fixture(scope="module")
async def shared(
    servers: tuple[str, str | None], template: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator["LivePlenary"]:
    """Like `live`, but one for the whole test file: cheaper. Each test makes its own tenant (`fresh_tenant`)."""
    from tests.factories.service import LivePlenary, make_settings

    admin, redis_url = servers
    name, urls = await _clone(admin, template)
    async with AsyncExitStack() as stack:
        yield await LivePlenary.start(
            make_settings(urls, home=tmp_path_factory.mktemp("plenary"), redis_url=redis_url), stack
        )
    await _drop(admin, name)


@pytest.fixture
async def db(shared: "LivePlenary") -> AsyncIterator["Tx"]:
    """A session of the app login in a new tenant, inside one transaction that is rolled back: for services and repositories."""
    from app.core.db import Actor, Pending, Tx, make_engine

    tenant = await shared.fresh_tenant()
    engine = make_engine(shared.settings.sqlalchemy_url("app"), pool_size=1)
    async with engine.connect() as connection:
        outer = await connection.begin()
        pending = Pending(shared.tenants[tenant], Actor())
        async with Tx(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            session.info["pending"] = pending
            yield session
        await outer.rollback()
    await engine.dispose()
