"""England-sized invented data in a database of its own, and the means to serve and measure."""

import asyncio
import contextlib
import os
import secrets
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.service import new_secret
from app.core import migrate
from app.core.db import make_engine
from app.core.ids import new_id
from app.core.secrets import new_key_setting
from app.core.settings import Settings
from app.embedded.servers import temporary_servers
from workers.jobs import Tools
from workers.settings import close_tools, collect_seldom, make_tools

COMMISSIONERS, PRACTICES = 42, 7_000
ENV = {
    "app": "DATABASE_URL",
    "worker": "WORKER_URL",
    "platform": "PLATFORM_URL",
    "reader": "READER_URL",
    "owner": "OWNER_URL",
    "backup": "BACKUP_URL",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is the product's cost over the simplest program's (more than 1 is slower), measured in the same run."""

    name: str
    ours: float
    simplest: float
    unit: str
    ratio: float

    def line(self) -> str:
        return f"{self.name:38} ours {self.ours:10.3f} {self.unit:8} simplest {self.simplest:10.3f}   ratio {self.ratio:5.2f}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Spent:
    """Seconds on the clock, and those of this process's own processor time, which no neighbour can lengthen."""

    wall: float = 0.0
    own: float = 0.0

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        wall, own = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.own += time.process_time() - own

    def against(self, name: str, ours: "Spent") -> Figure:
        return Figure(name, ours.wall, self.wall, "s", ours.wall / self.wall)


def compare(name: str, ours: list[float], simplest: list[float], unit: str) -> Figure:
    """Medians of rounds that took turns, so that both saw the same machine."""
    a, b = statistics.median(ours), statistics.median(simplest)
    return Figure(name, a, b, unit, a / b)


@dataclass(frozen=True, slots=True)
class Server:
    address: str
    pid: int

    def own(self) -> float:
        """Milliseconds of processor time that the process has had (Linux)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Place:
    urls: dict[str, str]
    settings: dict[str, str]
    tenants: list[UUID]
    key: str
    stack: AsyncExitStack

    @contextlib.asynccontextmanager
    async def tools(self, **more: str) -> AsyncIterator[Tools]:
        """What a worker of this place has in hand, for running jobs in this process."""
        named = {name.removeprefix("PLENARY_").lower(): value for name, value in self.settings.items()}
        collect_seldom()
        tools = await make_tools(Settings.model_validate(named | more))
        try:
            yield tools
        finally:
            await close_tools(tools)

    def app_engine(self) -> AsyncEngine:
        return make_engine(self.urls["app"].replace("postgresql://", "postgresql+asyncpg://"))

    async def serve(self, *command: str) -> "Server":
        """Start a server process on a free port and wait until it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        env = os.environ | self.settings | {"PLENARY_PORT": str(port), "BENCH_PORT": str(port)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command, env=env, stdout=asyncio.subprocess.DEVNULL
        )
        self.stack.push_async_callback(_end, process)
        for _ in range(300):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return Server(f"127.0.0.1:{port}", process.pid)
            await asyncio.sleep(0.1)
        raise RuntimeError(f"{command} did not answer")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()


@contextlib.contextmanager
def admin_url() -> Iterator[str]:
    """The server that is named in the environment, else one of our own. It has a loop of its own, so it is started
    before the benchmarks' loop runs.
    """
    named = os.environ.get("PLENARY_ADMIN_DATABASE_URL")
    if named is not None:
        yield named
        return
    with temporary_servers() as servers:
        yield servers.admin_database_url


@contextlib.asynccontextmanager
async def opened(admin: str) -> AsyncIterator[Place]:
    """A migrated database with 42 commissioners and 7,000 practices; gone afterwards."""
    async with AsyncExitStack() as stack:
        name = f"plenary_bench{secrets.token_hex(3)}"
        urls = await migrate.create_database(admin, name=name)
        stack.push_async_callback(_drop, admin, name)
        await asyncio.to_thread(migrate.upgrade, urls["owner"])
        home = stack.enter_context(tempfile.TemporaryDirectory())
        settings = {f"PLENARY_{ENV[login]}": url for login, url in urls.items()}
        settings |= {
            "PLENARY_HOME": home,
            "PLENARY_SECRET_KEYS": new_key_setting(),
            "PLENARY_RATE_LIMIT": "1000000",
            "PLENARY_LOG_LEVEL": "INFO",
        }
        tenants, key = await _fill(urls)
        yield Place(urls, settings, tenants, key, stack)


async def _drop(admin: str, name: str) -> None:
    connection = await asyncpg.connect(admin)
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    for login in (*migrate.LOGINS, "lookup"):
        await connection.execute(f'DROP ROLE IF EXISTS "{name}_{login}"')
    await connection.close()


async def _fill(urls: dict[str, str]) -> tuple[list[UUID], str]:
    """Invented rows straight into the projection: what is measured is reading them."""
    platform = await asyncpg.connect(urls["platform"])
    tenants = [new_id() for _ in range(COMMISSIONERS)]
    await platform.executemany(
        "INSERT INTO commissioner (id, code, name, kind, created_at) VALUES ($1, $2, $3, 'ccg', now())",
        [(tenant, f"ZB{n:02d}", f"NHS Invented {n}") for n, tenant in enumerate(tenants)],
    )
    await platform.executemany(
        "INSERT INTO published.change_number (commissioner_id) VALUES ($1)", [(t,) for t in tenants]
    )
    await platform.execute(
        """INSERT INTO published.practice (commissioner_id, code, name, search, status, address, postcode, postcode_key,
        commissioner_code, commissioner_name, member_from, registered, weighted, list_as_at, profile, changed_at)
        SELECT ($1::uuid[])[1 + n % $2], 'ZB' || lpad(n::text, 4, '0'), 'Invented Surgery ' || n, 'invented surgery ' || n,
        'active', '{"lines": ["1 High Street", "Aldermere"], "postcode": "ZZ1 1AA"}', 'ZZ1 1AA', 'ZZ11AA', 'ZB00',
        'NHS Invented', '2013-04-01', 5000 + n, 5100 + n, '2026-04-01', '{}', now() FROM generate_series(0, $3 - 1) n""",
        tenants, COMMISSIONERS, PRACTICES,
    )  # fmt: skip
    key, prefix, hashed = new_secret()
    async with platform.transaction():
        await platform.execute("SELECT set_config('app.commissioner', $1, true)", str(tenants[0]))
        await platform.execute(
            "INSERT INTO api_key (commissioner_id, id, name, role, boundary, boundary_id, prefix, secret_hash, created_at)"
            " VALUES ($1, $2, 'bench', 'intranet', 'commissioner', 'ZB00', $3, $4, now())",
            tenants[0], new_id(), prefix, hashed,
        )  # fmt: skip
    await _fill_register(platform)
    await platform.execute("ANALYZE")
    await platform.close()
    return tenants, key


async def _fill_register(platform: asyncpg.Connection) -> None:
    """The same practices as the register knows them: members of the same commissioners, with a list."""
    await platform.execute(
        """INSERT INTO register_practice (code, name, status, prescribing_setting, is_practice, address_lines, as_at,
        updated_at) SELECT 'ZB' || lpad(n::text, 4, '0'), 'Invented Surgery ' || n, 'active', '4', true, '{}',
        '2026-04-01', now() FROM generate_series(0, $1 - 1) n""", PRACTICES,
    )  # fmt: skip
    await platform.execute(
        """INSERT INTO register_membership (id, practice, commissioner, valid_from, source, recorded_at)
        SELECT gen_random_uuid(), code, 'ZB' || lpad((right(code, 4)::int % $1)::text, 2, '0'), '2013-04-01', 'bench',
        now() FROM register_practice""", COMMISSIONERS,
    )  # fmt: skip
    await platform.execute(
        """INSERT INTO register_list_size (id, practice, as_at, source, registered, weighted, recorded_at)
        SELECT gen_random_uuid(), code, '2026-04-01', 'bench', 5000 + right(code, 4)::int, 5100.25 + right(code, 4)::int,
        now() FROM register_practice"""
    )


async def calls(address: str, request: bytes, *, count: int, connections: int = 8) -> float:
    """Milliseconds per request over keep-alive connections; a few lines of sockets, so that the client is cheap."""
    host, port = address.split(":")

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for _ in range(number):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if head[9:10] not in b"23":
                raise RuntimeError(head.decode())
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
            )
            await reader.readexactly(length)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one(count // connections) for _ in range(connections)))
    return (time.perf_counter() - started) * 1000 / (count // connections * connections)


def get(path: str, key: str, *, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n{more}\r\n".encode()
