"""The ledger's answers, and a scheme's money."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.money import Pounds, PoundsSum
from app.core.privacy import SafeText
from app.payments.schemas.examples import SCHEME_ID, example
from app.payments.values import Outcome, RunState


class AcknowledgementIn(StrictModel):
    """What the ledger says of one payment."""

    model_config = example({"payment": "P7C1M0XQ94GDKE", "outcome": "paid", "paid_on": "2026-12-18"})

    payment: Annotated[str, Field(min_length=1, max_length=18)]
    outcome: Outcome
    amount: Pounds | None = Field(
        default=None, description="What the ledger names; another amount than the payment's keeps the run unfinished."
    )
    paid_on: date | None = None
    reason: Annotated[SafeText, Field(min_length=1, max_length=500)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> "AcknowledgementIn":
        if (self.outcome is Outcome.PAID) != (self.paid_on is not None):
            raise PydanticCustomError("paid_on", "`paid_on` belongs to the outcome `paid`, and to it alone.")
        if self.outcome is Outcome.REJECTED and self.reason is None:
            raise PydanticCustomError("reason", "A rejected payment needs a reason.")
        if self.amount is not None and self.amount.startswith("-"):
            raise PydanticCustomError("too_small", "A ledger pays no negative amount.")
        return self


class AcknowledgementsIn(StrictModel):
    model_config = example(
        {"acknowledgements": [{"payment": "P7C1M0XQ94GDKE", "outcome": "paid", "paid_on": "2026-12-18"}]}
    )

    acknowledgements: Annotated[list[AcknowledgementIn], Field(min_length=1, max_length=20_000)]


class AcknowledgementsLoaded(BaseModel):
    """Loading the same answers twice changes nothing."""

    model_config = example({"created": 43, "unchanged": 0, "rejected": 0, "mismatched": 0, "state": "acknowledged"})

    created: int
    unchanged: int
    rejected: int = Field(description="Payments of the run that the ledger's latest answer rejects: still to be paid.")
    mismatched: int = Field(
        description="Payments of the run of which the ledger's latest answer names another amount than was released."
    )
    state: RunState


class Acknowledgement(BaseModel):
    model_config = example(
        {
            "id": "0198c0de-0000-7000-8000-00000000e001",
            "payment": "P7C1M0XQ94GDKE",
            "outcome": "paid",
            "amount": None,
            "paid_on": "2026-12-18",
            "reason": None,
            "recorded_at": "2026-12-19T09:00:00Z",
        }
    )

    id: UUID
    payment: str
    outcome: Outcome
    amount: PoundsSum | None
    paid_on: date | None
    reason: str | None
    recorded_at: Instant


class AcknowledgementPage(PageModel):
    data: list[Acknowledgement]


_COST_CENTRE = {
    "cost_centre": "C100",
    "pay_code": "GP01",
    "entitled": "128000.00",
    "posted": "96000.00",
    "paid": "96000.00",
    "accrual": "32000.00",
}


class CostCentreStand(BaseModel):
    model_config = example(_COST_CENTRE)

    cost_centre: str | None
    pay_code: str | None
    entitled: PoundsSum
    posted: PoundsSum
    paid: PoundsSum
    accrual: PoundsSum


class BudgetStand(BaseModel):
    """A scheme's money at the end of a day."""

    model_config = example(
        {
            "scheme": SCHEME_ID,
            "on": "2026-11-30",
            "financial_year": "2026/27",
            "budget": "210000.00",
            "entitled": "128000.00",
            "posted": "96000.00",
            "paid": "96000.00",
            "accrual": "32000.00",
            "forecast_outturn": "204000.00",
            "by_cost_centre": [_COST_CENTRE],
            "not_worked_out": [],
        }
    )

    scheme: UUID
    on: date
    financial_year: str
    budget: PoundsSum | None
    entitled: PoundsSum = Field(
        description="What is due by what is known now, for the released periods and for the whole months that are over."
    )
    posted: PoundsSum = Field(description="The lines of released runs.")
    paid: PoundsSum = Field(description="What the ledger says it has paid.")
    accrual: PoundsSum = Field(description="Entitled and not posted yet.")
    forecast_outturn: PoundsSum = Field(
        description="Entitled, and for the rest of the year all that is offered: each need met, each capped count full."
    )
    by_cost_centre: list[CostCentreStand]
    not_worked_out: list[str] = Field(
        description="Practices whose figures are left out: a value recorded for them comes to more than can be right."
    )


class BudgetParams(BaseModel):
    model_config = {"extra": "forbid"}

    on: date | None = Field(default=None, description="The end of which day; today if absent.")
