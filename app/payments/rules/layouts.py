"""CSV as a ledger wants it: columns, headings, days and amounts by a layout that is data."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from app.calculation.values import Booking
from app.core.money import format_pounds
from app.core.sheets import safe_text
from app.payments.rules.files import total_of
from app.payments.rules.splitting import booked_lines
from app.payments.values import (
    AmountForm,
    BookedLine,
    CsvLayout,
    DateForm,
    FileField,
    FileHead,
    FilePayment,
    FileRows,
    LayoutColumn,
)

PLAIN: Final = CsvLayout(
    tuple(
        LayoutColumn(field, field.value)
        for field in (
            FileField.RECORD,
            FileField.PAYMENT_REFERENCE,
            FileField.PAYEE_TYPE,
            FileField.PAYEE_CODE,
            FileField.PAYEE_NAME,
            FileField.AMOUNT,
            FileField.PAY_BY,
            FileField.PRACTICE,
            FileField.STATEMENT_REFERENCE,
            FileField.COMMISSIONER,
            FileField.SCHEME,
            FileField.PERIOD_FROM,
            FileField.PERIOD_UNTIL,
            FileField.PAY_CODE,
            FileField.COST_CENTRE,
            FileField.COUNT,
        )
    )
)
# Not those of the machine's own language.
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# A number of pence, a day, or text; what is absent is empty.
Cell = int | date | str | None
Row = Mapping[FileField, Cell]


def csv_file(head: FileHead, payments: Sequence[FilePayment], layout: CsvLayout = PLAIN) -> bytes:
    """A row for each payment, or for each of its lines. Where the layout has `record`, a last row `control` follows, whose
    amount and count are the sums of those above it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=layout.separator.value, lineterminator="\r\n")
    writer.writerow([safe_text(column.heading) for column in layout.columns])
    rows = [row for payment in payments for row in _rows(head, payment, layout.rows)]
    if any(column.field is FileField.RECORD for column in layout.columns):
        rows.append(
            {
                FileField.RECORD: "control",
                FileField.AMOUNT: total_of(payments),
                FileField.COUNT: str(len(payments)),
            }
        )
    writer.writerows([_shown(row.get(column.field), layout) for column in layout.columns] for row in rows)
    return text.getvalue().encode()


def _rows(head: FileHead, payment: FilePayment, rows: FileRows) -> Iterator[Row]:
    shared = _shared(head, payment)
    lines = booked_lines(payment, head.booking)
    if rows is FileRows.PAYMENT:
        yield shared | _booked(_common(lines, head.booking)) | {FileField.AMOUNT: payment.payable, FileField.COUNT: "1"}
        return
    for no, line in enumerate(lines, 1):
        yield (
            shared
            | _booked(line.booking)
            | {
                FileField.AMOUNT: line.amount,
                FileField.LINE_NO: str(no),
                FileField.LINE_KIND: line.kind,
                # Counts payments, so that the sum of the column is that of the control row.
                FileField.COUNT: "1" if no == 1 else "0",
            }
        )


def _shared(head: FileHead, payment: FilePayment) -> dict[FileField, Cell]:
    supplier = payment.supplier
    return {
        FileField.RECORD: "payment",
        FileField.PAYMENT_REFERENCE: payment.reference,
        FileField.PAYEE_TYPE: payment.payee.type,
        FileField.PAYEE_CODE: payment.payee.code,
        FileField.PAYEE_NAME: payment.payee_name,
        FileField.SUPPLIER_NUMBER: supplier.supplier_number if supplier else None,
        FileField.SITE: supplier.site if supplier else None,
        FileField.PAYMENT_AMOUNT: payment.payable,
        FileField.PAY_BY: head.pay_by,
        FileField.RELEASED_ON: head.released_on,
        FileField.PRACTICE: payment.practice,
        FileField.STATEMENT_REFERENCE: payment.statement,
        FileField.COMMISSIONER: head.commissioner,
        FileField.SCHEME: head.scheme,
        FileField.RUN: str(head.run),
        FileField.PERIOD_FROM: head.period.valid_from,
        FileField.PERIOD_UNTIL: head.period.end,
    }


def _booked(booking: Booking) -> dict[FileField, Cell]:
    pensionable = None if booking.pensionable is None else "Y" if booking.pensionable else "N"
    return {
        FileField.PAY_CODE: booking.pay_code,
        FileField.COST_CENTRE: booking.cost_centre,
        FileField.SUBJECTIVE: booking.subjective,
        FileField.VAT_CODE: booking.vat_code,
        FileField.PENSIONABLE: pensionable,
    }


def _common(lines: Sequence[BookedLine], own: Booking) -> Booking:
    """What all lines of a payment agree on; where they do not, a row for the whole of it says nothing."""
    found = {line.booking for line in lines} or {own}

    def same(member: str) -> set[object]:
        return {getattr(booking, member) for booking in found}

    members = ("pay_code", "cost_centre", "subjective", "vat_code", "pensionable")
    return Booking(**{name: values.pop() for name in members if len(values := same(name)) == 1})  # pyright: ignore


def _shown(cell: Cell, layout: CsvLayout) -> str:
    if isinstance(cell, int):
        # A number, also below zero: a ledger must be able to add it up.
        return str(cell) if layout.amount_form is AmountForm.PENCE else format_pounds(cell)
    if isinstance(cell, date):
        return _day(cell, layout.date_form)
    return safe_text(cell or "")


def _day(day: date, form: DateForm) -> str:
    match form:
        case DateForm.ISO:
            return day.isoformat()
        case DateForm.SLASHES:
            return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"
        case DateForm.MONTH:
            return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year:04d}"
        case DateForm.DIGITS:
            return f"{day.year:04d}{day.month:02d}{day.day:02d}"
