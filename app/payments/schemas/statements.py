"""Statements, their lines and payments."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.clock import Instant, PeriodModel
from app.core.http import PageModel
from app.core.money import PoundsSum
from app.payments.schemas.examples import EXPLAINED, LINE, PAYEE, PAYMENT, STATEMENT, example
from app.payments.values import LineKind, Outcome


class Payee(BaseModel):
    model_config = example(PAYEE)

    type: Literal["practice", "organisation"]
    code: str
    name: str | None = Field(
        description="As the register, or else the confirmed supplier, had it when the run was worked out; of a payee that is paid"
        " nothing as it is now."
    )


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


class ListEvidence(BaseModel):
    """A list size that the figure rests on, as it was recorded when the run's inputs were frozen."""

    basis: str
    value: str
    as_at: date
    source: str | None = Field(description="The publication or file it came from.")
    published_period: str | None
    recorded_at: Instant | None


class FactEvidence(BaseModel):
    external_id: str
    on: date
    value: str


class PostEvidence(BaseModel):
    """For how much of the period the practice had somebody in a post that the rules ask for."""

    post: str
    from_: date = Field(alias="from")
    until: date | None


class Evidence(BaseModel):
    lists: list[ListEvidence]
    facts: list[FactEvidence]
    posts: list[PostEvidence]


class ExplainedLine(StatementLine):
    """One line by itself, with the rows on which its figure rests."""

    model_config = example(EXPLAINED)

    statement: str
    run: UUID
    scheme: UUID
    practice: str
    payment: str | None = Field(description="The reference of the payment in which it leaves.")
    unrounded: str | None = Field(description="Exact pounds before the one rounding; null where nothing was rounded.")
    rounded: PoundsSum | None
    evidence: Evidence


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
