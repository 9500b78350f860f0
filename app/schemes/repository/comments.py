"""What was said in consultations."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col

from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository
from app.schemes.errors import CommentNotFound
from app.schemes.tables import CommentRow


class CommentRepository(TenantRepository[CommentRow]):
    table = CommentRow
    missing = CommentNotFound

    async def list_of(self, scheme_id: UUID, n: int, *, params: PageParams, cursors: Cursors) -> Page[CommentRow]:
        statement = self.select().where(col(CommentRow.scheme_id) == scheme_id, col(CommentRow.n) == n)
        kind = f"comments:{scheme_id}:{n}"
        return await self.page(statement, keys=[CommentRow.id], params=params, cursors=cursors, kind=kind)

    async def get_of(self, scheme_id: UUID, n: int, comment_id: UUID, *, for_update: bool = False) -> CommentRow:
        found = await self.find(
            col(CommentRow.scheme_id) == scheme_id,
            col(CommentRow.n) == n,
            col(CommentRow.id) == comment_id,
            for_update=for_update,
        )
        if found is None:
            raise CommentNotFound
        return found

    async def list_by(self, person_id: UUID) -> Sequence[CommentRow]:
        """Said or answered by the person."""
        return await self.list(or_(col(CommentRow.author_id) == person_id, col(CommentRow.answered_by) == person_id))
