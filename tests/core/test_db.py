"""The unit of work: what it sets, what it closes with, and in which order."""

import pytest
from sqlalchemy import text

from app.core.audit import audit
from app.core.db import Tx, let_go
from tests.factories.people import add_person
from tests.factories.service import LivePlenary


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


async def test_a_transaction_that_has_only_read_is_let_go_and_the_next_is_in_the_same_tenant(
    shared: LivePlenary,
) -> None:
    code = await shared.fresh_tenant()
    async with shared.session(code) as session:
        await (await session.connection()).execute(text("SELECT 1"))
        await let_go(session)
        assert not session.in_transaction()
        rows = (await (await session.connection()).execute(text("SELECT id FROM commissioner"))).scalars().all()
    assert rows == [shared.tenants[code]]


async def test_a_transaction_that_has_written_is_kept_whole(shared: LivePlenary) -> None:
    code = await shared.fresh_tenant()
    async with shared.session(code) as session:
        await add_person(session, "Ann Early")
        await let_go(session)
        await session.rollback()
    tenant = shared.tenants[code]
    assert await shared.fetch("SELECT FROM person WHERE commissioner_id = $1", tenant, tenant=tenant) == []
