"""What a bulk claim in CQRS Local is filled with: one row for each provider and component of the service."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from app.core.clock import Period
from app.core.money import format_pounds
from app.core.sheets import safe_text
from app.payments.rules.files import total_of
from app.payments.values import FileHead, FilePayment, LineKind

COLUMNS: Final = (
    "Provider Code",
    "Provider Name",
    "Service",
    "Component",
    "Entry",
    "Period Start",
    "Period End",
    "Achievement",
    "Amount",
    "Reference",
)
_ONE_DAY: Final = timedelta(days=1)


def claim_file(head: FileHead, payments: Sequence[FilePayment]) -> bytes:
    """The rows of a payment add up to it: what is recovered from before is a row `balance` of its own. The last row holds
    the number of payments and their sum.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for payment in payments:
        writer.writerows(_rows(head, payment))
    control = ["CONTROL", *[""] * 6, str(len(payments)), format_pounds(total_of(payments)), ""]
    writer.writerow(control)
    return text.getvalue().encode()


def _rows(head: FileHead, payment: FilePayment) -> Iterator[list[str]]:
    for entry in payment.entries:
        # An adjustment pays a difference, and what it was reckoned from is not what it pays for.
        achievement = entry.quantity or "" if entry.kind is LineKind.ENTITLEMENT else ""
        yield _row(head, payment, entry.component, entry.kind.value, entry.period, achievement, entry.amount)
    balance = payment.payable - sum(entry.amount for entry in payment.entries)
    if balance:
        yield _row(head, payment, "", "balance", head.period, "", balance)


def _row(
    head: FileHead, payment: FilePayment, component: str, entry: str, period: Period, achievement: str, amount: int
) -> list[str]:
    texts = (payment.payee.code, payment.payee_name or "", head.scheme, component, entry)
    last_day = period.end - _ONE_DAY
    days = (period.valid_from.isoformat(), last_day.isoformat())
    return [*map(safe_text, texts), *days, achievement, format_pounds(amount), payment.reference]
