"""Tenants: making one, and finding it."""

from datetime import datetime

from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.organisations.repository import commissioners
from app.organisations.repository.filling import lock_register
from app.organisations.service.publishing import refresh_published
from app.organisations.tables import Commissioner
from app.organisations.values import CommissionerKind, CommissionerRef


def _ref(row: Commissioner) -> CommissionerRef:
    return CommissionerRef(row.id, row.code, row.name, CommissionerKind(row.kind))


async def create_commissioner(
    session: Tx, *, code: str, name: str, kind: CommissionerKind, now: datetime
) -> Commissioner:
    """Make a tenant. Its practices are those that the register already gives to its code."""
    # An import that is under way would not see this tenant, nor would we see what the import is adding.
    await lock_register(session, shared=True)
    row = Commissioner(code=code, name=name, kind=kind, created_at=now)
    await commissioners.add_commissioner(session, row)
    await refresh_published(session, today=london_date(now), now=now, tenants=[row.id])
    audit(session, "commissioner.created", row.id, code=code, kind=kind)
    return row


async def get_commissioner(session: Tx) -> CommissionerRef:
    """The tenant itself."""
    return _ref(await commissioners.get_own_commissioner_row(session))


async def find_commissioner(session: Tx, code: str) -> CommissionerRef | None:
    """A tenant by its code; only the platform finds others than its own."""
    row = await commissioners.find_commissioner_row(session, code=code)
    return None if row is None else _ref(row)
