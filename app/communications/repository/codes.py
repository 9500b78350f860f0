"""Codes that were asked for. What they are is not among it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.communications.tables import MobileCode
from app.core.db import Tx


async def find_code(session: Tx, person_id: UUID) -> MobileCode | None:
    mine = (col(MobileCode.commissioner_id) == session.tenant, col(MobileCode.person_id) == person_id)
    return (await session.exec(select(MobileCode).where(*mine))).one_or_none()


async def replace_code(session: Tx, person_id: UUID, operation_id: UUID, *, now: datetime) -> None:
    """The one that is good from now on; the one before it is not, and neither are the tries at it."""
    fresh = {"operation_id": operation_id, "asked_at": now, "wrong_codes": 0}
    statement = insert(MobileCode).values(commissioner_id=session.tenant, person_id=person_id, **fresh)
    statement = statement.on_conflict_do_update(constraint="pk_mobile_code", set_=fresh)
    await (await session.connection()).execute(statement)


async def forget_code(session: Tx, person_id: UUID) -> None:
    mine = (col(MobileCode.commissioner_id) == session.tenant, col(MobileCode.person_id) == person_id)
    await (await session.connection()).execute(delete(MobileCode).where(*mine))
