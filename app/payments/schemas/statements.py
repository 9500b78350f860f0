"""Statements, their lines and payments."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.clock import PeriodModel
from app.core.http import PageModel
from app.core.money import PoundsSum
from app.payments.schemas.examples import LINE, PAYEE, PAYMENT, STATEMENT, example
from app.payments.values import LineKind, Outcome


class Payee(BaseModel):
    model_config = example(PAYEE)

    type: Literal["practice", "organisation"]
    code: str
    name: str | None


class StatementLine(BaseModel):
    """One figure, with one sentence that explains it and the tree of workings behind it."""

    model_config = example(LINE)

    reference: str
    component: str
    kind: LineKind
    period: PeriodModel
    quantity: str | None
    rate: str | None
    amount: PoundsSum
    payee: Payee
    sentence: str
    workings: dict[str, Any]
    blocked: bool = Field(description="0.00 because something that is needed, such as a list size, is not known yet.")


class StatementPayment(BaseModel):
    """One payee's part. `payable` is what leaves in a file; a negative sum is carried forward and never does."""

    model_config = example(PAYMENT)

    reference: str = Field(description="Invoice number, remittance title and bank text: at most 18 of A-Z and 0-9.")
    payee: Payee
    total: PoundsSum
    brought_forward: PoundsSum
    payable: PoundsSum
    carried_forward: PoundsSum
    outcome: Outcome | None = Field(description="What the ledger said last.")
    paid_on: date | None
    reason: str | None = Field(description="Why the ledger rejected it.")


class Statement(BaseModel):
    """What a practice is paid by one run. The lines add up to the total, and so do the payments."""

    model_config = example(STATEMENT)

    reference: str
    run: UUID
    scheme: UUID
    practice: str
    period: PeriodModel
    total: PoundsSum
    pay_by: date | None
    payments: list[StatementPayment]
    lines: list[StatementLine]
    notes: list[str] = Field(description="What was seen and is not paid, such as facts that nobody has confirmed yet.")


class StatementPage(PageModel):
    model_config = example({"data": [STATEMENT], "next_cursor": None})

    data: list[Statement]
