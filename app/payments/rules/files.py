"""Files for a ledger. The same run gives the same bytes, and each file carries its own control totals."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.core.clock import Period
from app.core.money import format_pounds
from app.payments.rules.splitting import booked_lines
from app.payments.values import BookedLine, FileHead, FilePayment


def json_file(head: FileHead, payments: Sequence[FilePayment]) -> bytes:
    """Each payment with the lines by which it is booked, which add up to it; then the count and the sum of payments."""
    return msgspec.json.encode(
        {
            "run": str(head.run),
            "commissioner": head.commissioner,
            "scheme": head.scheme,
            "period": _period(head.period),
            "pay_by": head.pay_by,
            "pay_code": head.booking.pay_code,
            "cost_centre": head.booking.cost_centre,
            "payments": [_payment(head, payment) for payment in payments],
            "control": {"count": len(payments), "total": format_pounds(total_of(payments))},
        }
    )


def total_of(payments: Sequence[FilePayment]) -> int:
    return sum(payment.payable for payment in payments)


def _payment(head: FileHead, payment: FilePayment) -> dict[str, Any]:
    return {
        "reference": payment.reference,
        "payee": {"type": payment.payee.type, "code": payment.payee.code, "name": payment.payee_name},
        "amount": format_pounds(payment.payable),
        "practice": payment.practice,
        "statement": payment.statement,
        "lines": [_line(line) for line in booked_lines(payment, head.booking)],
    }


def _line(line: BookedLine) -> dict[str, Any]:
    booking = line.booking
    return {
        "kind": line.kind,
        "amount": format_pounds(line.amount),
        "pay_code": booking.pay_code,
        "cost_centre": booking.cost_centre,
        "subjective": booking.subjective,
        "vat_code": booking.vat_code,
        "pensionable": booking.pensionable,
    }


def _period(period: Period) -> dict[str, str]:
    return {"from": period.valid_from.isoformat(), "until": period.end.isoformat()}
