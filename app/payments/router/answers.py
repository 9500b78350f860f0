"""What several of the slice's routes answer alike."""

from typing import Any

from app.core.clock import Period, PeriodModel
from app.core.repository import Page
from app.payments.tables import PaymentLine, PaymentRun


def shown(page: Page[Any], show: Any) -> Page[Any]:
    return Page([show(row) for row in page.rows], page.next_cursor, page.total)


def period_answer(row: PaymentRun | PaymentLine) -> PeriodModel:
    return PeriodModel.of(Period(row.period_from, row.period_until))
