"""What the ledger has answered."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.core.bulk import add_rows
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among, keyset_page
from app.payments.errors import AcknowledgementNotFound
from app.payments.tables import Payment, PaymentAcknowledgement
from app.payments.values import Answer, Outcome


class AcknowledgementRepository(TenantRepository[PaymentAcknowledgement]):
    table = PaymentAcknowledgement
    missing = AcknowledgementNotFound

    async def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        columns = (
            "id",
            "run_id",
            "payment_id",
            "outcome",
            "amount",
            "paid_on",
            "reason",
            "recorded_by",
            "recorded_at",
        )
        await add_rows(self.session, "payment_acknowledgement", columns=columns, rows=rows)

    async def list_heard(self, payments: Iterable[UUID]) -> list[Answer]:
        """All that the ledger has said of these payments, in the order it came."""
        answers = PaymentAcknowledgement
        found = (
            select_columns(
                col(Payment.reference),
                col(answers.outcome),
                col(answers.paid_on),
                col(answers.reason),
                col(answers.amount),
            )
            .join(
                Payment,
                (col(Payment.commissioner_id) == col(answers.commissioner_id))
                & (col(Payment.id) == col(answers.payment_id)),
            )
            .where(col(answers.commissioner_id) == self.tenant, among(col(answers.payment_id), payments))
            .order_by(col(answers.recorded_at), col(answers.id))
        )
        rows = (await (await self.session.connection()).execute(found)).all()
        return [
            Answer(payment, Outcome(outcome), paid_on, reason, amount)
            for payment, outcome, paid_on, reason, amount in rows
        ]

    async def list_latest(self, payments: Iterable[UUID]) -> dict[UUID, PaymentAcknowledgement]:
        """The newest answer about each payment; that it was accepted comes before what became of it, however late."""
        is_final = col(PaymentAcknowledgement.outcome) != Outcome.ACCEPTED
        rows = await self.list(
            among(col(PaymentAcknowledgement.payment_id), payments),
            order=[is_final, col(PaymentAcknowledgement.recorded_at), col(PaymentAcknowledgement.id)],
        )
        return {row.payment_id: row for row in rows}

    async def get_of_run(self, run_id: UUID, row_id: UUID) -> PaymentAcknowledgement:
        row = await self.find(col(PaymentAcknowledgement.run_id) == run_id, col(PaymentAcknowledgement.id) == row_id)
        if row is None:
            raise self.missing
        return row

    async def list_references(self, payments: Iterable[UUID]) -> dict[UUID, str]:
        found = select(Payment.id, Payment.reference).where(
            col(Payment.commissioner_id) == self.tenant, among(col(Payment.id), payments)
        )
        return dict((await self.session.exec(found)).all())

    async def list_of_run(self, run_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[PaymentAcknowledgement]:
        return await keyset_page(
            self.session,
            self.select().where(col(PaymentAcknowledgement.run_id) == run_id),
            keys=[col(PaymentAcknowledgement.id)],
            params=params,
            cursors=cursors,
            kind=f"acknowledgements:{run_id}",
        )
