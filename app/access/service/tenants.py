"""The platform works inside the tenant it names; everybody else is in their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from app.access import repository
from app.core.db import Tx, as_tenant
from app.core.errors import DomainError
from app.core.principal import Principal
from app.organisations.errors import CommissionerNotFound
from app.organisations.service import find_commissioner


@asynccontextmanager
async def in_tenant(session: Tx, caller: Principal, code: str | None) -> AsyncIterator[None]:
    """Inside the commissioner named, which is the caller's own unless the platform calls."""
    if code is None or code == caller.commissioner_code:
        yield
        return
    found = await find_commissioner(session, code) if caller.is_platform else None
    if found is None:
        raise CommissionerNotFound
    async with as_tenant(session, found.id):
        yield


@asynccontextmanager
async def in_tenant_of(
    session: Tx, caller: Principal, credential: UUID, missing: type[DomainError]
) -> AsyncIterator[None]:
    """Inside the tenant whose key or grant this is, when the platform calls; else inside the caller's own."""
    if not caller.is_platform:
        yield
        return
    tenant = await repository.find_credential_tenant(session, credential)
    if tenant is None:
        raise missing
    async with as_tenant(session, tenant):
        yield
