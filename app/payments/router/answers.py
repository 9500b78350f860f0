"""What several of the slice's routes answer alike."""

from app.core.clock import Period, PeriodModel
from app.payments.tables import PaymentLine, PaymentRun


def period_answer(row: PaymentRun | PaymentLine) -> PeriodModel:
    return PeriodModel.of(Period(row.period_from, row.period_until))
