"""The unit of work: what it sets, what it closes with, and in which order."""

import pytest
from sqlalchemy import text

from app.core.audit import audit
from app.core.db import Tx


async def test_every_transaction_carries_its_tenant(db: Tx) -> None:
    shown = (await (await db.connection()).execute(text("SELECT current_setting('app.commissioner')"))).scalar_one()
    assert shown == str(db.tenant)


async def test_another_tenants_rows_are_invisible(db: Tx) -> None:
    rows = (await (await db.connection()).execute(text("SELECT id FROM commissioner"))).scalars().all()
    assert rows == [db.tenant]


async def test_audit_outside_a_tenant_is_refused() -> None:
    from app.core.db import Actor, Pending

    session = Tx(info={"pending": Pending(None, Actor())})
    with pytest.raises(RuntimeError, match="no tenant"):
        audit(session, "thing.done", "x")
