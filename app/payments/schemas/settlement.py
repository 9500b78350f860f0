"""The ledger's answers."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.money import Pounds, PoundsSum
from app.core.privacy import SafeText
from app.payments.schemas.examples import example
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
