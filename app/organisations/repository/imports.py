"""Import runs of the tenant and the rows they left out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import defer
from sqlmodel import col, select

from app.core.db import Tx
from app.core.operations import OperationRow
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, keyset_page
from app.organisations.errors import ImportNotFound
from app.organisations.repository.staging import run
from app.organisations.tables import ImportFault, ImportRun
from app.organisations.values import RowError


class ImportRepository(TenantRepository[ImportRun]):
    table = ImportRun
    missing = ImportNotFound

    def _select_light(self) -> Select[tuple[ImportRun]]:
        """Without the files' bytes."""
        return self.select().options(defer(ImportRun.content))  # pyright: ignore

    async def get_light(self, import_id: UUID) -> ImportRun:
        return await self.get_one(self._select_light().where(col(ImportRun.id) == import_id))

    async def list_light(
        self, *, file_kind: str | None, state: str | None, params: PageParams, cursors: Cursors
    ) -> Page[ImportRun]:
        """The newest first."""
        statement, kind = self._select_light(), f"imports:{file_kind}:{state}"
        if file_kind is not None:
            statement = statement.where(col(ImportRun.kind) == file_kind)
        if state is not None:
            statement = statement.where(col(ImportRun.state) == state)
        keys = [col(ImportRun.id)]
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind=kind, descending=True)


async def list_problems(session: Tx, imports: Sequence[ImportRun]) -> dict[UUID, dict[str, Any]]:
    """Why imports came to nothing, by their operations; those that did not fail are absent."""
    statement = select(OperationRow.id, OperationRow.problem).where(
        OperationRow.commissioner_id == session.tenant,
        col(OperationRow.id).in_([row.operation_id for row in imports]),
        col(OperationRow.problem).is_not(None),
    )
    return {operation: dict(problem or {}) for operation, problem in (await session.exec(statement)).all()}


async def add_faults(session: Tx, import_id: UUID, errors: Sequence[RowError]) -> None:
    sql = """
INSERT INTO import_error (commissioner_id, import_id, no, "row", "column", code, detail)
SELECT :tenant, :import_id, place, r, c, code, detail
FROM unnest(CAST(:rows AS int[]), CAST(:columns AS text[]), CAST(:codes AS text[]), CAST(:details AS text[]))
  WITH ORDINALITY AS e(r, c, code, detail, place)"""
    if errors:
        await run(
            session,
            sql,
            tenant=session.tenant,
            import_id=import_id,
            rows=[error.row for error in errors],
            columns=[error.column for error in errors],
            codes=[error.code for error in errors],
            details=[error.detail for error in errors],
        )


def _select_faults(tenant: UUID, import_id: UUID) -> Select[Any]:
    return select(ImportFault).where(ImportFault.commissioner_id == tenant, ImportFault.import_id == import_id)


async def list_faults(session: Tx, import_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[ImportFault]:
    statement, kind = _select_faults(session.tenant, import_id), f"import-errors:{import_id}"
    return await keyset_page(session, statement, keys=[col(ImportFault.no)], params=params, cursors=cursors, kind=kind)


async def list_all_faults(session: Tx, import_id: UUID) -> list[ImportFault]:
    statement = _select_faults(session.tenant, import_id).order_by(col(ImportFault.no))
    return list((await session.exec(statement)).all())  # pyright: ignore
