"""When files left for the ledger."""

from uuid import UUID

from sqlmodel import col

from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository
from app.payments.errors import SendingNotFound
from app.payments.tables import PaymentSending
from app.payments.values import FileForm


class SendingRepository(TenantRepository[PaymentSending]):
    table = PaymentSending
    missing = SendingNotFound

    async def list_of_run(self, run_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[PaymentSending]:
        """In the order in which they were sent."""
        return await self.page(
            self.select().where(col(PaymentSending.run_id) == run_id),
            keys=[col(PaymentSending.id)],
            params=params,
            cursors=cursors,
            kind=f"sendings:{run_id}",
        )

    async def was_sent(self, run_id: UUID, form: FileForm) -> bool:
        """The run's payments in whatever form, or its journal."""
        is_journal = col(PaymentSending.format) == FileForm.JOURNAL
        of_kind = is_journal if form is FileForm.JOURNAL else ~is_journal
        return bool(await self.list(col(PaymentSending.run_id) == run_id, of_kind))

    async def get_of_run(self, run_id: UUID, row_id: UUID) -> PaymentSending:
        return await self.get_one(
            self.select().where(col(PaymentSending.run_id) == run_id, col(PaymentSending.id) == row_id)
        )
