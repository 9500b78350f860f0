"""Every SELECT and write of CPD entries."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select

from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository
from app.learning.tables import CpdEntry

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:attendance, 7))")


class CpdRepository(TenantRepository[CpdEntry]):
    table = CpdEntry

    async def lock(self, attendance_id: UUID) -> None:
        """Hold this attendance's entries, those that are still to be made too, against whoever follows it as well."""
        await (await self.session.connection()).execute(_LOCK, {"attendance": str(attendance_id)})

    async def list_of_attendance(self, attendance_id: UUID) -> Sequence[CpdEntry]:
        statement = self.select().where(col(CpdEntry.attendance_id) == attendance_id)
        return (await self.session.exec(statement)).all()  # pyright: ignore

    async def list_of_person(self, person_id: UUID) -> Sequence[CpdEntry]:
        """Those not taken back."""
        return await self.list(col(CpdEntry.person_id) == person_id, col(CpdEntry.removed_at).is_(None))

    async def list_page(self, person_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[CpdEntry]:
        statement = self.select().where(col(CpdEntry.person_id) == person_id, col(CpdEntry.removed_at).is_(None))
        return await self.page(statement, keys=[CpdEntry.id], params=params, cursors=cursors, kind=f"cpd:{person_id}")

    async def sum_minutes(self, person_id: UUID) -> int:
        statement = select(func.coalesce(func.sum(CpdEntry.minutes), 0)).where(
            CpdEntry.commissioner_id == self.tenant,
            CpdEntry.person_id == person_id,
            col(CpdEntry.removed_at).is_(None),
        )
        return int((await self.session.exec(statement)).one())
