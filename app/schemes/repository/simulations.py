"""Simulations: what versions would have paid, practice by practice."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository
from app.schemes.errors import SimulationNotFound
from app.schemes.repository.rows import ROWS, as_json
from app.schemes.tables import SimulatedRow, SimulationRow

_COLUMNS = (
    "commissioner_id, simulation_id, practice, least, expected, most, budget, before_least, before_expected,"
    " before_most, registered, rural, dispensing, imd_decile"
)
_ADD = text(
    f"INSERT INTO scheme_simulation_practice ({_COLUMNS}) SELECT {_COLUMNS} {ROWS.format('scheme_simulation_practice')}"
)


class SimulationRepository(TenantRepository[SimulationRow]):
    table = SimulationRow
    missing = SimulationNotFound

    async def list_of(self, scheme_id: UUID, n: int, *, params: PageParams, cursors: Cursors) -> Page[SimulationRow]:
        """The newest first."""
        statement = self.select().where(col(SimulationRow.scheme_id) == scheme_id, col(SimulationRow.n) == n)
        kind = f"simulations:{scheme_id}:{n}"
        return await self.page(
            statement, keys=[SimulationRow.id], params=params, cursors=cursors, kind=kind, descending=True
        )

    async def get_of(self, scheme_id: UUID, n: int, simulation_id: UUID) -> SimulationRow:
        found = await self.find(
            col(SimulationRow.scheme_id) == scheme_id,
            col(SimulationRow.n) == n,
            col(SimulationRow.id) == simulation_id,
        )
        if found is None:
            raise SimulationNotFound
        return found

    async def list_practices(self, simulation_id: UUID) -> list[SimulatedRow]:
        statement = select(SimulatedRow).where(
            col(SimulatedRow.commissioner_id) == self.tenant, col(SimulatedRow.simulation_id) == simulation_id
        )
        # Sorted here: the database's collation is not that of a digest.
        return sorted((await self.session.exec(statement)).all(), key=lambda row: row.practice)

    async def add_practices(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await (await self.session.connection()).execute(_ADD, {"rows": as_json(rows)})
