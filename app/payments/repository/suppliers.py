"""By which supplier and site a ledger knows a payee: what was proposed, what is in force, and what was."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col

from app.calculation.values import Payee
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among
from app.payments.errors import SupplierNotFound
from app.payments.tables import Supplier
from app.payments.values import SupplierState, SupplierTerms

# A file of a run has the same bytes whenever it is asked for, so a supplier that is changed later does not change it.
_AT_RELEASE = text(
    """
SELECT DISTINCT ON (payee_type, payee_code) payee_type, payee_code, supplier_number, site
FROM supplier
WHERE commissioner_id = :tenant AND confirmed_at IS NOT NULL AND payee_code = ANY(:codes)
ORDER BY payee_type, payee_code, confirmed_at > :released_at,
  CASE WHEN confirmed_at <= :released_at THEN confirmed_at END DESC, confirmed_at
"""
)


class SupplierRepository(TenantRepository[Supplier]):
    table = Supplier
    missing = SupplierNotFound

    async def list_page(
        self, *, payee: str | None, state: SupplierState | None, params: PageParams, cursors: Cursors
    ) -> Page[Supplier]:
        """Newest first."""
        statement = self.select()
        if payee is not None:
            statement = statement.where(col(Supplier.payee_code) == payee)
        if state is not None:
            statement = statement.where(col(Supplier.state) == state)
        return await self.page(
            statement,
            keys=[col(Supplier.id)],
            params=params,
            cursors=cursors,
            kind=f"suppliers:{payee}:{state}",
            descending=True,
        )

    async def lock_of(self, payee: Payee) -> Sequence[Supplier]:
        """All of the payee's, by id, so that proposals and confirmations for it come one after the other."""
        rows = self.select().where(col(Supplier.payee_type) == payee.type, col(Supplier.payee_code) == payee.code)
        locked = rows.order_by(col(Supplier.id)).with_for_update().execution_options(populate_existing=True)
        return (await self.session.exec(locked)).all()  # pyright: ignore - SQLModel's select is another type

    async def list_organisations(self, codes: Collection[str], *, known_at: datetime | None = None) -> frozenset[str]:
        """Those of these organisations that have a supplier in force, or had one by then. One is replaced by another alone."""
        if not codes:
            return frozenset()
        in_force = (
            col(Supplier.state) == SupplierState.CONFIRMED
            if known_at is None
            else col(Supplier.confirmed_at) <= known_at
        )
        rows = await self.list(
            among(col(Supplier.payee_code), codes), col(Supplier.payee_type) == "organisation", in_force
        )
        return frozenset(row.payee_code for row in rows)

    async def list_names(self, codes: Collection[str]) -> dict[str, str]:
        """What the suppliers in force of these payees are called, where that was said."""
        if not codes:
            return {}
        rows = await self.list(
            among(col(Supplier.payee_code), codes),
            col(Supplier.state) == SupplierState.CONFIRMED,
            col(Supplier.name).is_not(None),
        )
        return {row.payee_code: row.name for row in rows if row.name is not None}

    async def list_of_person(self, person: UUID) -> Sequence[Supplier]:
        return await self.list((col(Supplier.proposed_by) == person) | (col(Supplier.confirmed_by) == person))

    async def list_at_release(self, payees: Iterable[Payee], *, released_at: datetime) -> dict[Payee, SupplierTerms]:
        """What was in force for each payee when its run was released, or else the first that was confirmed since."""
        rows = await (await self.session.connection()).execute(
            _AT_RELEASE,
            {"tenant": self.tenant, "codes": sorted({payee.code for payee in payees}), "released_at": released_at},
        )
        return {Payee(row.payee_type, row.payee_code): SupplierTerms(row.supplier_number, row.site) for row in rows}
