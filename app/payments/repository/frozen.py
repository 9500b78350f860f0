"""What a run is worked out from, as it was frozen."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.core.bulk import add_rows
from app.core.repository import TenantRepository, among
from app.payments.tables import PaymentRunInput, PaymentRunPart


class FrozenRow(NamedTuple):
    """What one part of a run knows of one practice, in canonical form."""

    run_id: UUID
    part_no: int
    practice: str
    frozen: Mapping[str, Any] | None
    posted: Sequence[Any]
    corrections: Sequence[Any]


class PartRepository(TenantRepository[PaymentRunPart]):
    table = PaymentRunPart

    async def list_parts(self, run_id: UUID) -> Sequence[PaymentRunPart]:
        return await self.list(col(PaymentRunPart.run_id) == run_id, order=[col(PaymentRunPart.no)])

    async def list_changed(self, runs: Iterable[UUID]) -> Sequence[PaymentRunPart]:
        """Of several runs, those that they worked out."""
        return await self.list(
            col(PaymentRunPart.run_id).in_(runs), col(PaymentRunPart.changed).is_(True), order=[col(PaymentRunPart.no)]
        )

    async def first_day(self, run_id: UUID) -> date | None:
        """Of all periods that the run pays or corrects."""
        found = select(func.min(PaymentRunPart.period_from)).where(
            col(PaymentRunPart.commissioner_id) == self.tenant,
            col(PaymentRunPart.run_id) == run_id,
            col(PaymentRunPart.changed),
        )
        return (await self.session.exec(found)).one()

    async def add_inputs(self, rows: Sequence[tuple[UUID, int, str, str | None, str, str]]) -> None:
        await add_rows(
            self.session,
            "payment_run_input",
            columns=("run_id", "part_no", "practice", "frozen", "posted", "corrections"),
            rows=rows,
        )

    async def list_inputs(
        self, *, whole: Sequence[UUID], some: Mapping[UUID, Sequence[str]] | None = None
    ) -> list[FrozenRow]:
        """Of whole runs, and of some runs what they know of some practices. Columns only: rows of the session would cost
        several times as much.
        """
        some = some or {}
        practices = sorted({code for codes in some.values() for code in codes})
        of_some = col(PaymentRunInput.run_id).in_(some) & among(PaymentRunInput.practice, practices)
        found = (
            select_columns(
                col(PaymentRunInput.run_id),
                col(PaymentRunInput.part_no),
                col(PaymentRunInput.practice),
                col(PaymentRunInput.frozen),
                col(PaymentRunInput.posted),
                col(PaymentRunInput.corrections),
            )
            .where(
                col(PaymentRunInput.commissioner_id) == self.tenant, col(PaymentRunInput.run_id).in_(whole) | of_some
            )
            .order_by(col(PaymentRunInput.part_no), col(PaymentRunInput.practice))
        )
        return [FrozenRow(*row) for row in (await (await self.session.connection()).execute(found)).all()]
