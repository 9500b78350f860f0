"""What was agreed about money that payees owe."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col

from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository
from app.payments.errors import ArrangementNotFound
from app.payments.tables import PaymentArrangement
from app.payments.values import ArrangementKind


class ArrangementRepository(TenantRepository[PaymentArrangement]):
    table = PaymentArrangement
    missing = ArrangementNotFound

    async def list_of_scheme(
        self, scheme_id: UUID, *, params: PageParams, cursors: Cursors
    ) -> Page[PaymentArrangement]:
        """Newest first."""
        return await self.page(
            self.select().where(col(PaymentArrangement.scheme_id) == scheme_id),
            keys=[col(PaymentArrangement.id)],
            params=params,
            cursors=cursors,
            kind=f"arrangements:{scheme_id}",
            descending=True,
        )

    async def get_of_scheme(self, scheme_id: UUID, row_id: UUID) -> PaymentArrangement:
        row = await self.get(row_id)
        if row.scheme_id != scheme_id:
            raise self.missing
        return row

    async def list_waivers(self, scheme_id: UUID) -> Sequence[PaymentArrangement]:
        """Those that were agreed, the oldest first."""
        agreed = col(PaymentArrangement.agreed_at)
        return await self.list(
            col(PaymentArrangement.scheme_id) == scheme_id,
            col(PaymentArrangement.kind) == ArrangementKind.WAIVE,
            agreed.is_not(None),
            order=(agreed, col(PaymentArrangement.id)),
        )

    async def list_of_person(self, person: UUID) -> Sequence[PaymentArrangement]:
        return await self.list(
            (col(PaymentArrangement.proposed_by) == person) | (col(PaymentArrangement.agreed_by) == person)
        )
