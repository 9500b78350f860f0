"""Both servers of one home, started together."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.embedded.account import Account, Identity, identity_for, serving_account
from app.embedded.home import Home
from app.embedded.journal import FileJournal
from app.embedded.postgres import PostgresServer, refuse_other_major
from app.embedded.processes import Launcher, Process
from app.embedded.valkey import ValkeyServer
from app.embedded.wheels import postgres_programs, valkey_program


@dataclass(frozen=True)
class Servers:
    """What a home has to offer, not yet started."""

    account: Account
    identity: Identity
    postgres: PostgresServer
    valkey: ValkeyServer


@dataclass(frozen=True)
class EmbeddedServers:
    admin_database_url: str
    redis_url: str
    processes: tuple[Process, ...]


def prepare_servers(home: Home, launcher: Launcher, *, run_as: str | None = None, durable: bool = True) -> Servers:
    """Everything that can be refused is refused here, before anything is started or written over."""
    refuse_other_major(home.postgres_data)
    programs, valkey = postgres_programs(), valkey_program()
    account = serving_account(run_as, home.data_keeper())
    sockets = home.create_server_folders(account)
    identity = identity_for(account, [home.servers, sockets, programs / "postgres", valkey])
    postgres = PostgresServer(
        programs=programs,
        data=home.postgres_data,
        sockets=sockets,
        password=home.superuser_password(),
        account=account,
        identity=identity,
        launcher=launcher,
        durable=durable,
    )
    return Servers(
        account,
        identity,
        postgres,
        ValkeyServer(program=valkey, folder=home.valkey_folder, sockets=sockets, identity=identity, launcher=launcher),
    )


@asynccontextmanager
async def start_embedded(
    path: Path, *, run_as: str | None = None, durable: bool = True
) -> AsyncIterator[EmbeddedServers]:
    """Both servers for as long as the block runs; what they say is in `*.log` files in the home."""
    home = Home(path)
    home.create()
    async with AsyncExitStack() as stack:
        stack.enter_context(home.locked())
        launcher = Launcher(FileJournal(home.path))
        stack.push_async_callback(launcher.close)
        servers = prepare_servers(home, launcher, run_as=run_as, durable=durable)
        stack.callback(home.remove_sockets)
        postgres, valkey = await asyncio.gather(_started(servers.postgres, stack), _started(servers.valkey, stack))
        yield EmbeddedServers(servers.postgres.admin_url, servers.valkey.url, (postgres, valkey))


@contextmanager
def temporary_servers() -> Iterator[EmbeddedServers]:
    """Servers for one run of the tests, quick and forgetful, in a folder that is removed afterwards. Start them once
    and hand the two URLs to parallel workers as PLENARY_ADMIN_DATABASE_URL and PLENARY_REDIS_URL.

    An event loop of its own, never made the current one, so that it disturbs no loop of the tests.
    """
    with (
        tempfile.TemporaryDirectory(prefix="plenary-") as folder,
        asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner,
    ):
        stack = AsyncExitStack()
        try:
            home = Path(folder) / "home"
            if os.geteuid() == 0:
                home.parent.chmod(0o711)
            yield runner.run(stack.enter_async_context(start_embedded(home, durable=False)))
        finally:
            runner.run(stack.aclose())


@contextmanager
def database_of(home_path: Path, *, run_as: str | None = None) -> Iterator[str]:
    """The superuser's URL of a home's own PostgreSQL, which is started for the block: for commands that need the server
    while `plenary up` does not run.
    """
    home = Home(home_path)
    home.create()
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner, home.locked():
        launcher = Launcher(FileJournal(home.path))
        try:
            servers = prepare_servers(home, launcher, run_as=run_as)
            process = runner.run(servers.postgres.start())
            yield servers.postgres.admin_url
            runner.run(servers.postgres.stop(process))
        finally:
            runner.run(launcher.close())
            home.remove_sockets()


async def _started(server: PostgresServer | ValkeyServer, stack: AsyncExitStack) -> Process:
    process = await server.start()
    stack.push_async_callback(server.stop, process)
    return process
