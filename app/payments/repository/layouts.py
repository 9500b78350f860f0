"""How a tenant's ledger wants its files laid out."""

from sqlmodel import col

from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository
from app.payments.errors import LayoutNotFound
from app.payments.tables import FileLayout


class LayoutRepository(TenantRepository[FileLayout]):
    table = FileLayout
    missing = LayoutNotFound

    async def find_named(self, name: str, *, for_update: bool = False) -> FileLayout | None:
        return await self.find(col(FileLayout.name) == name, for_update=for_update)

    async def get_named(self, name: str) -> FileLayout:
        row = await self.find_named(name)
        if row is None:
            raise self.missing
        return row

    async def list_page(self, *, params: PageParams, cursors: Cursors) -> Page[FileLayout]:
        return await self.page(
            self.select(), keys=[col(FileLayout.name)], params=params, cursors=cursors, kind="file_layouts"
        )
