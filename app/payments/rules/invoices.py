"""An Oracle Payables import: a pair of files, invoices and their lines, in the columns of the open interface tables."""

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import Final

from app.calculation.values import Booking
from app.core.money import format_pounds
from app.core.sheets import safe_text
from app.core.wording import span_text
from app.payments.rules.files import total_of
from app.payments.rules.splitting import booked_lines
from app.payments.values import BookedLine, FileHead, FilePayment, InvoiceLayout

# The loader takes columns by their place and none of the headings; what follows the last one given counts as empty.
HEADERS: Final = (
    "INVOICE_ID",
    "OPERATING_UNIT",
    "SOURCE",
    "INVOICE_NUM",
    "INVOICE_AMOUNT",
    "INVOICE_DATE",
    "VENDOR_NAME",
    "VENDOR_NUM",
    "VENDOR_SITE_CODE",
    "INVOICE_CURRENCY_CODE",
    "PAYMENT_CURRENCY_CODE",
    "DESCRIPTION",
    "GROUP_ID",
    "INVOICE_TYPE_LOOKUP_CODE",
)
LINES: Final = (
    "INVOICE_ID",
    "LINE_NUMBER",
    "LINE_TYPE_LOOKUP_CODE",
    "AMOUNT",
    "QUANTITY_INVOICED",
    "UNIT_PRICE",
    "UNIT_OF_MEAS_LOOKUP_CODE",
    "DESCRIPTION",
    "PO_NUMBER",
    "PO_LINE_NUMBER",
    "PO_SHIPMENT_NUM",
    "PO_DISTRIBUTION_NUM",
    "ITEM_DESCRIPTION",
    "RELEASE_NUM",
    "PURCHASING_CATEGORY",
    "RECEIPT_NUMBER",
    "RECEIPT_LINE_NUMBER",
    "CONSUMPTION_ADVICE_NUMBER",
    "CONSUMPTION_ADVICE_LINE_NUMBER",
    "PACKING_SLIP",
    "FINAL_MATCH_FLAG",
    "DIST_CODE_CONCATENATED",
    "DISTRIBUTION_SET_NAME",
    "ACCOUNTING_DATE",
    "ACCOUNT_SEGMENT",
    "BALANCING_SEGMENT",
    "COST_CENTER_SEGMENT",
    "TAX_CLASSIFICATION_CODE",
)
_PLACE: Final = re.compile(r"\{(cost_centre|subjective|pay_code)\}")
_MOST_DESCRIPTION: Final = 240


def invoice_files(head: FileHead, payments: Sequence[FilePayment], layout: InvoiceLayout) -> bytes:
    """A ZIP of both files, the same bytes each time; its comment holds the control totals.

    The invoice's number is the payment's reference, so the ledger itself refuses a payment that is loaded twice. The lines
    add up to the invoice: 150.00 to C100, 50.00 to C200 and a balance of -120.00 make an invoice of 80.00.
    """
    invoices = _csv(HEADERS, (_invoice(head, payment, layout) for payment in payments))
    booked = ((payment, line) for payment in payments for line in enumerate(booked_lines(payment, head.booking), 1))
    lines = _csv(LINES, (_line(head, payment, no, line, layout) for payment, (no, line) in booked))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, body in (("ApInvoicesInterface.csv", invoices), ("ApInvoiceLinesInterface.csv", lines)):
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), body)
        archive.comment = f"count={len(payments)} total={format_pounds(total_of(payments))}".encode()
    return content.getvalue()


def missing_from_account(
    head: FileHead, payments: Sequence[FilePayment], layout: InvoiceLayout
) -> dict[str, list[str]]:
    """What the layout's account names and a payment's booking does not say, with the references of those payments."""
    found: dict[str, list[str]] = {}
    for part in _PLACE.findall(layout.distribution or ""):
        lacking = [
            payment.reference
            for payment in payments
            if any(getattr(line.booking, part) is None for line in booked_lines(payment, head.booking))
        ]
        if lacking:
            found[part] = lacking
    return found


def _invoice(head: FileHead, payment: FilePayment, layout: InvoiceLayout) -> dict[str, str]:
    supplier = payment.supplier
    return {
        "INVOICE_ID": _invoice_id(payment.reference),
        "OPERATING_UNIT": safe_text(layout.business_unit),
        "SOURCE": safe_text(layout.source),
        "INVOICE_NUM": payment.reference,
        "INVOICE_AMOUNT": format_pounds(payment.payable),
        "INVOICE_DATE": _day(head),
        "VENDOR_NUM": supplier.supplier_number if supplier else "",
        "VENDOR_SITE_CODE": supplier.site if supplier else "",
        "INVOICE_CURRENCY_CODE": "GBP",
        "PAYMENT_CURRENCY_CODE": "GBP",
        "DESCRIPTION": _words(f"{head.scheme}, {span_text(head.period)}, {payment.practice}, {payment.statement}"),
        "GROUP_ID": str(head.run),
        "INVOICE_TYPE_LOOKUP_CODE": "STANDARD",
    }


def _line(head: FileHead, payment: FilePayment, no: int, line: BookedLine, layout: InvoiceLayout) -> dict[str, str]:
    booking = line.booking
    what = "recovered from before" if line.is_balance else booking.pay_code or head.scheme
    return {
        "INVOICE_ID": _invoice_id(payment.reference),
        "LINE_NUMBER": str(no),
        "LINE_TYPE_LOOKUP_CODE": "ITEM",
        "AMOUNT": format_pounds(line.amount),
        "DESCRIPTION": _words(f"{head.scheme}, {span_text(head.period)}: {what}"),
        **_account(booking, layout),
        "TAX_CLASSIFICATION_CODE": safe_text(booking.vat_code or ""),
    }


def _account(booking: Booking, layout: InvoiceLayout) -> dict[str, str]:
    if layout.distribution is None:
        segments = {"ACCOUNT_SEGMENT": booking.subjective, "COST_CENTER_SEGMENT": booking.cost_centre}
        return {name: safe_text(code or "") for name, code in segments.items()}
    account = _PLACE.sub(lambda place: str(getattr(booking, place[1])), layout.distribution)
    return {"DIST_CODE_CONCATENATED": safe_text(account)}


def _invoice_id(reference: str) -> str:
    """Up to 18 digits that bind the lines to their invoice while they are loaded; made from the reference, so that those
    of two files do not meet.
    """
    number = int.from_bytes(hashlib.sha256(reference.encode()).digest()[:8], "big")
    return str(number % 10**18)


def _day(head: FileHead) -> str:
    return head.released_on.strftime("%Y/%m/%d")


def _words(text: str) -> str:
    return safe_text(" ".join(text.split())[:_MOST_DESCRIPTION])


def _csv(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writerows(rows)
    return text.getvalue().encode()
