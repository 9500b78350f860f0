"""The tenants. A tenant's login sees its own row; the platform's sees all of them."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, keyset_page
from app.organisations.tables import Commissioner
from app.organisations.values import CommissionerKind

_MAKE_NUMBER = text("INSERT INTO published.change_number (commissioner_id) VALUES (:tenant)")


async def find_commissioner_row(
    session: Tx, *, commissioner_id: UUID | None = None, code: str | None = None
) -> Commissioner | None:
    statement = select(Commissioner).where(col(Commissioner.kind) != CommissionerKind.PLATFORM)
    if commissioner_id is not None:
        statement = statement.where(col(Commissioner.id) == commissioner_id)
    if code is not None:
        statement = statement.where(col(Commissioner.code) == code)
    return (await session.exec(statement)).one_or_none()


async def list_commissioners(
    session: Tx, kind: str | None, *, params: PageParams, cursors: Cursors
) -> Page[Commissioner]:
    """Every tenant but the platform's own, of one kind or of all, by code."""
    statement = select(Commissioner).where(col(Commissioner.kind) != CommissionerKind.PLATFORM)
    if kind is not None:
        statement = statement.where(col(Commissioner.kind) == kind)
    return await keyset_page(
        session,
        statement,
        keys=[col(Commissioner.code)],
        params=params,
        cursors=cursors,
        kind=f"commissioners:{kind}",
    )


async def get_own_commissioner_row(session: Tx) -> Commissioner:
    return (await session.exec(select(Commissioner).where(col(Commissioner.id) == session.tenant))).one()


async def add_commissioner(session: Tx, row: Commissioner) -> None:
    """The tenant's row and its change number, without which it could announce nothing."""
    session.add(row)
    # The unique code is checked here, where its clash can be told.
    await session.flush()
    await (await session.connection()).execute(_MAKE_NUMBER, {"tenant": row.id})
