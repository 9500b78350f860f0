"""What of a run no payment carries, as a journal: with the run's payments it is all that the run has posted."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from app.calculation.values import Booking
from app.core.money import format_pounds
from app.core.sheets import safe_text
from app.core.wording import span_text
from app.payments.rules.references import line_reference
from app.payments.rules.splitting import booked_lines
from app.payments.values import FileHead, FilePayment, JournalRecord, JournalRow, PaymentFile

COLUMNS: Final = (
    "record",
    "date",
    "period_from",
    "period_until",
    "cost_centre",
    "subjective",
    "pay_code",
    "vat_code",
    "pensionable",
    "practice",
    "payee_type",
    "payee_code",
    "reference",
    "debit",
    "credit",
    "text",
    "count",
)


def journal_file(head: FileHead, payments: Sequence[FilePayment]) -> PaymentFile:
    """Debits and credits, which are equal, and a last row `control` with the sums of both and the number of rows."""
    rows = [row for payment in payments for row in journal_rows(head, payment)]
    debits = sum(row.amount for row in rows if row.amount > 0)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    total = format_pounds(debits)
    control = {"record": "control", "debit": total, "credit": total, "count": str(len(rows))}
    for cells in (*(_cells(head, row) for row in rows), control):
        writer.writerow([cells.get(name, "") for name in COLUMNS])
    return PaymentFile(text.getvalue().encode(), len(rows), debits)


def journal_rows(head: FileHead, payment: FilePayment) -> Iterator[JournalRow]:
    """Each line of what is not paid, or the balance of what is paid in part; then what the payee owes more, or less, by it.

    40.00 to C100 and -40.00 from C200 cancel out: debit C100 with 40.00 and credit C200. -120.00 of C100 are owed: credit
    C100 with 120.00 and debit what the payee owes. Where 200.00 to C200 are paid less those 120.00, the payment's file has
    them as a balance that is booked to C200: debit C200 with 120.00, so that it bears the 200.00 it has to, and credit what
    the payee owes. The rule is ours.
    """
    booked = list(_taken_back(head, payment) if payment.payable else _not_paid(head, payment))
    yield from booked
    balance = -sum(row.amount for row in booked)
    if balance:
        what = "owes" if balance > 0 else "owes less"
        text = f"{head.scheme}, {span_text(head.period)}: {payment.payee.code} {what} by {payment.statement}"
        yield JournalRow(JournalRecord.BALANCE, payment, payment.reference, head.period, balance, text, Booking())


def _not_paid(head: FileHead, payment: FilePayment) -> Iterator[JournalRow]:
    for entry in payment.entries:
        reference = line_reference(payment.statement, entry.no)
        text = f"{head.scheme}, {span_text(entry.period)}: {entry.component}"
        yield JournalRow(JournalRecord.LINE, payment, reference, entry.period, entry.amount, text, entry.booking)


def _taken_back(head: FileHead, payment: FilePayment) -> Iterator[JournalRow]:
    for line in booked_lines(payment, head.booking):
        if line.is_balance:
            text = f"{head.scheme}, {span_text(head.period)}: balance of {payment.reference} booked back"
            yield JournalRow(
                JournalRecord.RECOVERY, payment, payment.reference, head.period, -line.amount, text, line.booking
            )


def _cells(head: FileHead, row: JournalRow) -> dict[str, str]:
    payment, booking = row.payment, row.booking
    texts = {
        "cost_centre": booking.cost_centre,
        "subjective": booking.subjective,
        "pay_code": booking.pay_code,
        "vat_code": booking.vat_code,
        "practice": payment.practice,
        "payee_code": payment.payee.code,
        "text": row.text,
    }
    return {
        "record": row.record,
        "date": head.released_on.isoformat(),
        "period_from": row.period.valid_from.isoformat(),
        "period_until": row.period.end.isoformat(),
        **{name: safe_text(cell or "") for name, cell in texts.items()},
        "pensionable": "" if booking.pensionable is None else "Y" if booking.pensionable else "N",
        "payee_type": payment.payee.type,
        "reference": row.reference,
        "debit" if row.amount > 0 else "credit": format_pounds(abs(row.amount)),
        "count": "1",
    }
