"""The application as tests use it: on a committed database, with keys for any role and workers run on demand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI

import workers.handlers  # noqa: F401 - registers every handler
from app.access.service import new_secret
from app.core.clock import Clock
from app.core.db import Tx, unit_of_work
from app.core.ids import PLATFORM_ID, new_id
from app.core.jobs import QUEUES
from app.core.outside import OutsideClient
from app.core.secrets import new_key_setting
from app.core.settings import Settings
from app.main import create_app
from tests.fakes.names import NameServer
from workers.jobs import Tools, drain
from workers.relay import relay
from workers.settings import make_tools

# With parts of a second, as every real instant has.
NOW = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@dataclass
class FixedClock(Clock):
    """A clock that stands until it is moved."""

    instant: datetime = NOW

    def now(self) -> datetime:
        return self.instant


def make_settings(urls: dict[str, str], *, home: Path, redis_url: str | None) -> Settings:
    return Settings(
        home=home,
        database_url=urls["app"],
        owner_url=urls["owner"],
        worker_url=urls["worker"],
        platform_url=urls["platform"],
        reader_url=urls["reader"],
        backup_url=urls["backup"],
        redis_url=redis_url,
        secret_keys=new_key_setting(),
        outbox=home / "outbox",
        pool_size=4,
        rate_limit=100_000,
        rate_limit_address=100_000,
        # Where the tests' own receivers listen.
        outside_networks="127.0.0.0/8",
    )


async def _expect_documented(answer: httpx.Response) -> None:
    """Every test checks the contract in passing: what a route answers has to be what its document says it may answer."""
    from tests.contracts.routes import operation_of

    operation = operation_of(answer.request.method, answer.request.url.path)
    if operation is None or answer.status_code in (304, 500):
        # Nothing is declared for a bug; the test that meets one says so itself.
        return
    assert str(answer.status_code) in operation.statuses, f"{operation} answers {answer.status_code}, undocumented"


@dataclass
class LivePlenary:
    """Everything a test needs of the running service."""

    settings: Settings
    app: FastAPI
    tools: Tools
    clock: FixedClock
    owner: asyncpg.Connection
    platform: asyncpg.Connection
    stack: AsyncExitStack
    names: NameServer
    tenants: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def start(cls, settings: Settings, stack: AsyncExitStack) -> "LivePlenary":
        clock = FixedClock()
        app = create_app(settings, clock=clock)
        await stack.enter_async_context(app.router.lifespan_context(app))
        tools = await make_tools(settings)
        tools.clock = clock
        stack.push_async_callback(tools.worker_engine.dispose)
        stack.push_async_callback(tools.crowd_engine.dispose)
        stack.push_async_callback(tools.platform_engine.dispose)
        stack.push_async_callback(tools.waker.aclose)
        names = NameServer()
        outside = await stack.enter_async_context(OutsideClient(settings.own_networks, resolve=names))
        app.state.services.outside = tools.outside = outside
        # Rows that no API makes are written with the backup login's reach: it alone bypasses row-level security, so
        # tests use the admin's own connection for seeding.
        owner = await asyncpg.connect(settings.asyncpg_url("owner"))
        stack.push_async_callback(owner.close)
        # One for all tenants and practices of the test file: each would be a connection of its own otherwise.
        platform = await asyncpg.connect(settings.asyncpg_url("platform"))
        stack.push_async_callback(platform.close)
        plenary = cls(settings, app, tools, clock, owner, platform, stack, names)
        await plenary._ensure_platform()
        return plenary

    async def _ensure_platform(self) -> None:
        self.tenants["PLATFORM"] = PLATFORM_ID

    async def execute(self, sql: str, *args: Any, tenant: UUID | None = None) -> None:
        """Run a statement as the owner inside one tenant; forced row-level security binds the owner too."""
        async with self.owner.transaction():
            await self.owner.execute("SELECT set_config('app.commissioner', $1, true)", str(tenant or ""))
            await self.owner.execute(sql, *args)

    async def fetch(self, sql: str, *args: Any, tenant: UUID | None = None) -> list[asyncpg.Record]:
        async with self.owner.transaction():
            await self.owner.execute("SELECT set_config('app.commissioner', $1, true)", str(tenant or ""))
            return await self.owner.fetch(sql, *args)

    @asynccontextmanager
    async def session(self, tenant: str) -> AsyncIterator[Tx]:
        """A unit of work of the API's login in that tenant, committed at its end: for slices' own services."""
        async with unit_of_work(self.app.state.services.app_engine, self.tenants[tenant]) as session:
            yield session

    @asynccontextmanager
    async def worker_session(self, tenant: str) -> AsyncIterator[Tx]:
        """The same of the worker's login."""
        async with unit_of_work(self.tools.worker_engine, self.tenants[tenant]) as session:
            yield session

    async def make_tenant(self, code: str = "ZZ1", *, kind: str = "sub_icb_location", name: str | None = None) -> UUID:
        """A commissioner through the platform's own door (SQL, as `POST /v1/commissioners` is tested elsewhere)."""
        tenant = new_id()
        await self.platform.execute(
            "INSERT INTO commissioner (id, code, name, kind, created_at) VALUES ($1, $2, $3, $4, $5)",
            tenant,
            code,
            name or f"NHS {code}",
            kind,
            NOW,
        )
        await self.platform.execute("INSERT INTO published.change_number (commissioner_id) VALUES ($1)", tenant)
        self.tenants[code] = tenant
        return tenant

    async def fresh_tenant(self, **options: Any) -> str:
        """A new commissioner with a code of its own; returns the code."""
        code = f"ZT{len(self.tenants)}{new_id().hex[-3:].upper()}"
        await self.make_tenant(code, **options)
        return code

    async def make_practice(self, code: str, commissioner: str = "ZZ1", **facts: Any) -> None:
        """An active practice in the register, a member from `valid_from`, and its row in the tenant's projection."""
        from tests.factories.organisations import make_practice

        await make_practice(self, code, commissioner, **facts)

    async def make_person(self, name: str, *, tenant: str = "ZZ1", email: str | None = None) -> UUID:
        person = new_id()
        address = email or f"{name.lower().replace(' ', '.')}@example.nhs.uk"
        await self.execute(
            "INSERT INTO person (commissioner_id, id, name, email, email_key, name_key, created_at)"
            " VALUES ($1, $2, $3, $4, lower($4), lower($3), $5)",
            self.tenants[tenant],
            person,
            name,
            address,
            NOW,
            tenant=self.tenants[tenant],
        )
        return person

    async def make_key(
        self,
        role: str,
        *,
        tenant: str = "ZZ1",
        practice: str | None = None,
        locality: str | None = None,
        person: UUID | None = None,
        origins: list[str] | None = None,
    ) -> str:
        """A key for the role. Roles that act for somebody get a person of their own unless one is given."""
        from app.access.values import ROLES_WITHOUT_PERSON, Role

        tenant_id = self.tenants[tenant]
        if person is None and Role(role) not in ROLES_WITHOUT_PERSON:
            person = await self.make_person(f"{role.replace('_', ' ').title()} {new_id().hex[-4:]}", tenant=tenant)
        boundary, boundary_id = "commissioner", tenant
        if practice:
            boundary, boundary_id = "practice", practice
        elif locality:
            boundary, boundary_id = "locality", locality
        elif role == "platform_admin":
            boundary, boundary_id = "platform", None
        elif role == "sessional_clinician":
            boundary, boundary_id = "self", None
        key, prefix, hashed = new_secret()
        await self.execute(
            "INSERT INTO api_key (commissioner_id, id, name, role, boundary, boundary_id, person_id, prefix, secret_hash,"
            " origins, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            tenant_id,
            new_id(),
            role,
            role,
            boundary,
            boundary_id,
            person,
            prefix,
            hashed,
            origins or [],
            NOW,
            tenant=tenant_id,
        )
        return key

    def client(self, key: str | None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=("203.0.113.7", 5000))
        client = httpx.AsyncClient(
            transport=transport,
            base_url="http://plenary.test",
            headers=headers,
            event_hooks={"response": [_expect_documented]},
        )
        self.stack.push_async_callback(client.aclose)
        return client

    async def as_role(self, role: str, **options: Any) -> httpx.AsyncClient:
        """A client whose key has the role: `await live.as_role("practice_manager", practice="ZZ0001")`."""
        return self.client(await self.make_key(role, **options))

    async def work(self, *, rounds: int = 20) -> int:
        """Relay events and run due jobs until nothing is left to do. Returns how many jobs were run."""
        total = 0
        for _ in range(rounds):
            moved = await relay(self.tools)
            ran = 0
            for queue in QUEUES:
                ran += await drain(self.tools, queue, stopping=asyncio.Event())
            total += ran
            if not moved and not ran:
                return total
        return total
