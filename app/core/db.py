"""Sessions, the unit of work and the order in which it closes (docs/decisions/unit-of-work.md)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import Session as SyncSession
from sqlmodel.ext.asyncio.session import AsyncSession

SET_TENANT = text("SELECT set_config('app.commissioner', :tenant, true)")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who stands behind a change: written to the audit log and to events."""

    credential_id: UUID | None = None
    person_id: UUID | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    via: str = "api"
    scope: str | None = None
    """What the route asked for: whoever holds it may watch the long work that was started there."""


@dataclass(slots=True)
class Pending:
    """What a unit of work writes as it closes. It lives in `session.info["pending"]`."""

    tenant: UUID | None
    actor: Actor
    audit: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    writers: dict[str, Callable[["Tx"], Awaitable[None]]] = field(default_factory=dict)
    """Who writes what has been collected, by step: see `CLOSING_ORDER`."""
    has_work: bool = False
    """There are events or jobs, so the workers are worth waking after the commit."""


# The tenant's change number is a row lock; whatever is locked last is locked for the shortest time.
CLOSING_ORDER = ("answer", "audit", "events")


class _TenantSession(SyncSession):
    """The synchronous session under every `Tx`; exists so that the hooks below bind to it alone."""


@event.listens_for(_TenantSession, "after_begin")
def _set_tenant(session: SyncSession, transaction: Any, connection: Any) -> None:
    # Transaction-local, so a pooled connection never carries a tenant to its next user; empty when there is none,
    # and then every tenant table is empty.
    if transaction.nested:
        return
    tenant = pending(session).tenant
    connection.execute(SET_TENANT, {"tenant": str(tenant) if tenant else ""})


@event.listens_for(_TenantSession, "before_flush")
def _raise_row_versions(session: SyncSession, _context: Any, _instances: Any) -> None:
    for row in session.dirty:
        if hasattr(row, "version") and session.is_modified(row):
            row.version += 1


class Tx(AsyncSession):
    """A session inside one unit of work. Services receive it; only `unit_of_work` commits it."""

    sync_session_class = _TenantSession

    @property
    def pending(self) -> Pending:
        return self.info["pending"]

    @property
    def tenant(self) -> UUID:
        tenant = self.pending.tenant
        if tenant is None:
            raise RuntimeError("this unit of work has no tenant")
        return tenant


def pending(session: SyncSession | Tx) -> Pending:
    return session.info["pending"]


def make_engine(url: str, *, pool_size: int = 5, application: str = "plenary", pool_timeout: float = 5) -> AsyncEngine:
    """An engine on asyncpg. Time-outs are set on the login itself, so that no connection can miss them."""
    return create_async_engine(
        url,
        # Names and addresses are among them, and errors are kept: in the log, and with parked jobs.
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=pool_timeout,
        pool_recycle=1800,
        connect_args={"server_settings": {"application_name": application, "jit": "off"}, "timeout": 5},
    )


@asynccontextmanager
async def unit_of_work(
    engine: Any, tenant: UUID | None, *, actor: Actor | None = None, after_commit: Callable[[], None] | None = None
) -> AsyncIterator[Tx]:
    """One request or one job: everything inside commits together when the block ends, or not at all."""
    session = Tx(engine, expire_on_commit=False, info={"pending": Pending(tenant, actor or Actor())})
    async with session:
        yield session
        await close(session)
        await session.commit()
    if after_commit is not None and session.pending.has_work:
        after_commit()


_HAS_WRITTEN = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")


async def let_go(session: Tx) -> None:
    """End a transaction that has only read, so that none is open while something is worked out for seconds.

    What follows begins another, in the same tenant. One that has written stays as it is: its writes commit together.
    """
    if session.new or session.dirty or session.deleted:
        return
    if not (await (await session.connection()).execute(_HAS_WRITTEN)).scalar_one():
        await session.commit()


async def close(session: Tx) -> None:
    """Flush; the idempotency answer; the audit rows; then the change number and the events, as the last statement."""
    await session.flush()
    for step in CLOSING_ORDER:
        writer = session.pending.writers.pop(step, None)
        if writer is not None:
            await writer(session)


@asynccontextmanager
async def as_tenant(session: Tx, tenant: UUID) -> AsyncIterator[Tx]:
    """Work inside another tenant within the same transaction (the platform making a tenant's first keys)."""
    own = session.pending.tenant
    await session.flush()
    await _enter(session, tenant)
    try:
        yield session
        await session.flush()
    except BaseException:
        # After an error of the database nothing more can be said in this transaction, and nothing needs to be.
        with suppress(DBAPIError):
            await _enter(session, own)
        raise
    await _enter(session, own)


async def _enter(session: Tx, tenant: UUID | None) -> None:
    session.pending.tenant = tenant
    await (await session.connection()).execute(SET_TENANT, {"tenant": str(tenant) if tenant else ""})


_STAND = text("SELECT set_config('app.commissioner', :tenant, false)")
_LEAVE = text("RESET app.commissioner")


@asynccontextmanager
async def standing_connection(engine: AsyncEngine, tenant: UUID) -> AsyncIterator[AsyncConnection]:
    """A connection inside one tenant on which every statement commits by itself, at the price of one round trip.

    For notes between calls to the outside, where no transaction may be held. What is noted outlasts a crash of the
    server: the next call outside may rest on it.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(_STAND, {"tenant": str(tenant)})
        try:
            yield connection
        except BaseException:
            # It is for one tenant alone; a connection that may stay so must not return to the pool.
            await connection.invalidate()
            raise
        await connection.execute(_LEAVE)


async def _transaction(request: Request) -> Tx:
    return await request.state.unit.session()


# The route class in core/http/route.py opens and closes the unit of work around the whole handler, so that the commit
# happens after serialisation and before the response leaves. This dependency only hands the session out.
Transaction = Annotated[Tx, Depends(_transaction)]


async def _opener(request: Request) -> Callable[[], Awaitable[Tx]]:
    return request.state.unit.session


TransactionWhenNeeded = Annotated[Callable[[], Awaitable[Tx]], Depends(_opener)]
"""The same session, made only when the route calls this: for routes that as a rule read published rows."""
