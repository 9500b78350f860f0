"""Files for a ledger. The same run gives the same bytes, and each file carries its own control totals."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from app.core.money import format_pounds
from app.core.sheets import safe_text
from app.payments.values import FileHead, FilePayment

COLUMNS: Final[tuple[str, ...]] = (
    "record",
    "payment_reference",
    "payee_type",
    "payee_code",
    "payee_name",
    "amount",
    "pay_by",
    "practice",
    "statement_reference",
    "commissioner",
    "scheme",
    "period_from",
    "period_until",
    "pay_code",
    "cost_centre",
    "count",
)


def csv_file(head: FileHead, payments: Sequence[FilePayment]) -> bytes:
    """One row for each payment, then one `control` row whose amount and count are the sums of the rows above it."""
    text = io.StringIO(newline="")
    writer: csv.DictWriter[str] = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for payment in payments:
        writer.writerow({name: safe_text(value or "") for name, value in _row(head, payment).items()})
    writer.writerow({"record": "control", "amount": _total(payments), "count": str(len(payments))})
    return text.getvalue().encode()


def json_file(head: FileHead, payments: Sequence[FilePayment]) -> bytes:
    return msgspec.json.encode(
        {
            "run": str(head.run),
            "commissioner": head.commissioner,
            "scheme": head.scheme,
            "period": _period(head),
            "pay_by": head.pay_by,
            "pay_code": head.pay_code,
            "cost_centre": head.cost_centre,
            "payments": [_item(payment) for payment in payments],
            "control": {"count": len(payments), "total": _total(payments)},
        }
    )


def _row(head: FileHead, payment: FilePayment) -> dict[str, str | None]:
    period = _period(head)
    return {
        "record": "payment",
        "payment_reference": payment.reference,
        "payee_type": payment.payee.type,
        "payee_code": payment.payee.code,
        "payee_name": payment.payee_name,
        "amount": format_pounds(payment.payable),
        "pay_by": head.pay_by,
        "practice": payment.practice,
        "statement_reference": payment.statement,
        "commissioner": head.commissioner,
        "scheme": head.scheme,
        "period_from": period["from"],
        "period_until": period["until"],
        "pay_code": head.pay_code,
        "cost_centre": head.cost_centre,
        "count": "1",
    }


def _item(payment: FilePayment) -> dict[str, Any]:
    return {
        "reference": payment.reference,
        "payee": {"type": payment.payee.type, "code": payment.payee.code, "name": payment.payee_name},
        "amount": format_pounds(payment.payable),
        "practice": payment.practice,
        "statement": payment.statement,
    }


def _period(head: FileHead) -> dict[str, str]:
    until = head.period.valid_until
    return {"from": head.period.valid_from.isoformat(), "until": until.isoformat() if until else ""}


def _total(payments: Sequence[FilePayment]) -> str:
    return format_pounds(sum(payment.payable for payment in payments))
