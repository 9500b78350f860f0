"""Commissioners' own wording of messages."""

from collections.abc import Sequence

from sqlmodel import col

from app.communications.errors import TemplateVersionNotFound
from app.communications.tables import MessageTemplate
from app.communications.values import TemplateState
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository


class TemplateRepository(TenantRepository[MessageTemplate]):
    table = MessageTemplate
    missing = TemplateVersionNotFound

    async def find_published(self, kind: str, *, for_update: bool = False) -> MessageTemplate | None:
        return await self.find(
            col(MessageTemplate.kind) == kind,
            col(MessageTemplate.state) == TemplateState.PUBLISHED,
            for_update=for_update,
        )

    async def list_published(self) -> Sequence[MessageTemplate]:
        return await self.list(col(MessageTemplate.state) == TemplateState.PUBLISHED)

    async def get_number(self, kind: str, n: int, *, for_update: bool = False) -> MessageTemplate:
        row = await self.find(col(MessageTemplate.kind) == kind, col(MessageTemplate.n) == n, for_update=for_update)
        if row is None:
            raise self.missing
        return row

    async def next_number(self, kind: str) -> int:
        newest = self.select().where(col(MessageTemplate.kind) == kind).order_by(col(MessageTemplate.n).desc()).limit(1)
        row: MessageTemplate | None = (await self.session.exec(newest)).first()  # pyright: ignore
        return row.n + 1 if row else 1

    async def list_versions(self, kind: str, *, params: PageParams, cursors: Cursors) -> Page[MessageTemplate]:
        """The newest first."""
        return await self.page(
            self.select().where(col(MessageTemplate.kind) == kind),
            keys=[col(MessageTemplate.n)],
            params=params,
            cursors=cursors,
            kind=f"message_templates:{kind}",
            descending=True,
        )
