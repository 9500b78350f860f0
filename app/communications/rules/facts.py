"""What notices about money are made from: figures as they stand in the statement, the run or the agreement."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.core.wording import counted
from app.payments.values import AgreedDebt, LateRun, PaymentBrief, QueryBrief, RunBrief, StatementBrief


def statement_fields(statement: StatementBrief, run: RunBrief, *, scheme: str, query_days: int) -> Mapping[str, Any]:
    """What is paid is not always what the lines come to: money that is owed from before may be between the two.

    A practice that owes 70.00 from before earns 100.00: total 100.00, paid 30.00, and 70.00 is set against it. The bank's
    line has the payment's reference, not the statement's, so both are there.
    """
    payments = statement.payments
    paid = sum(each.payable for each in payments)
    return {
        "scheme": scheme,
        "practice": statement.practice,
        "reference": statement.reference,
        "period": run.period,
        "total": statement.total,
        "paid": paid,
        "pay_by": _day(run.pay_by),
        "is_set_off": paid != statement.total or any(each.carried_forward for each in payments),
        "payments": [_payment(each) for each in payments],
        "lines": statement.sentences,
        "how_to_query": f"If a line is not right, query it by its reference, such as {statement.reference}-1: the office"
        f" answers within {counted(query_days, 'working day')}.",
    }


def _payment(payment: PaymentBrief) -> Mapping[str, Any]:
    return {
        "reference": payment.reference,
        "payee": payment.payee,
        "paid": payment.payable,
        "from_before": -payment.brought_forward,
        "carried_forward": -payment.carried_forward,
    }


def late_run_fields(late: LateRun, *, scheme: str, because: str) -> Mapping[str, Any]:
    return {
        "scheme": scheme,
        "period": late.run.period,
        "because": because,
        "payments": late.payments,
        "total": late.total,
        "pay_by": _day(late.run.pay_by),
        "run": str(late.run.id),
    }


def debt_fields(debt: AgreedDebt, *, scheme: str) -> Mapping[str, Any]:
    """With the reason, which stands on the next statement as well; after the year's last run there is none."""
    return {
        "scheme": scheme,
        "practice": debt.practice,
        "payee": debt.payee,
        "agreed": "in_parts" if debt.waived is None else "waived",
        "amount": (debt.most or 0) if debt.waived is None else debt.waived,
        "reason": debt.reason,
    }


def query_fields(query: QueryBrief, **more: object) -> Mapping[str, Any]:
    """Nothing that anybody wrote: an answer is read where it may be read."""
    return {
        "line": query.line,
        "practice": query.practice,
        "due_on": query.due_on,
        "is_answered": query.is_answered,
        "outcome": query.outcome,
        **more,
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
