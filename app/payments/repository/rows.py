"""What the repositories of payments share."""

from app.core.clock import Period
from app.payments.tables import PaymentRun, PaymentRunPart
from app.payments.values import READABLE


def readable(run: PaymentRun) -> bool:
    return run.state in READABLE


def period_of(row: PaymentRun | PaymentRunPart) -> Period:
    return Period(row.period_from, row.period_until)
