"""Runs and decisions about them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.clock import END_OF_DAYS, FIRST_DAY, Instant, PeriodModel
from app.core.http import PageModel, StrictModel
from app.core.money import PoundsSum
from app.core.pagination import PageParams
from app.core.privacy import SafeText
from app.payments.schemas.examples import QUARTER, RUN, SCHEME_ID, example
from app.payments.values import RunState
from app.schemes.values import OverBudget


class PaymentRunIn(StrictModel):
    """A run over one period. Earlier periods that were paid before are corrected by its adjustment lines."""

    model_config = example({"scheme": SCHEME_ID, "period": QUARTER, "note": "Quarter 2"})

    scheme: UUID
    period: PeriodModel
    note: Annotated[SafeText, Field(max_length=500)] | None = None


class RunRejection(StrictModel):
    model_config = example({"reason": "The September attendance lists are not in yet."})

    reason: Annotated[SafeText, Field(min_length=1, max_length=500)]


class RunProblem(BaseModel):
    """Why a run failed."""

    code: str
    title: str
    detail: str | None


class BudgetCeiling(BaseModel):
    """What the scheme's budget had left when the run was worked out, and what it held back."""

    rule: OverBudget
    budget: PoundsSum
    available: PoundsSum
    held_back: PoundsSum | None = Field(description="Null until the run is worked out.")


class PaymentRun(BaseModel):
    """`practices` and `lines` are counts; `calculated_by`, the `approvers` and `released_by` are different people."""

    model_config = example(RUN)

    id: UUID
    scheme: UUID
    version: int | None = Field(description="Which version of the scheme's definition the run's own period is paid by.")
    period: PeriodModel
    state: RunState
    practices: int | None
    total: PoundsSum | None
    lines: int | None
    ceiling: BudgetCeiling | None = Field(description="Null where the scheme pays whatever is due.")
    inputs_digest: str | None
    outputs_digest: str | None
    calculated_by: UUID
    approvers_required: int = Field(description="How many different people approve it, by the amount that it moves.")
    approvers: list[UUID] = Field(description="Who has approved it so far.")
    approved_by: UUID | None = Field(description="The last of them, once it is approved.")
    released_by: UUID | None
    rejected_by: UUID | None
    reason: str | None
    pay_by: date | None
    note: str | None
    problem: RunProblem | None
    operation: UUID
    created_at: Instant
    calculated_at: Instant | None
    approved_at: Instant | None
    released_at: Instant | None
    rejected_at: Instant | None


class PaymentRunPage(PageModel):
    model_config = example({"data": [RUN], "next_cursor": None})

    data: list[PaymentRun]


class RunParams(PageParams):
    scheme: UUID | None = None
    state: RunState | None = None
    unpaid_on: Annotated[date, Field(ge=FIRST_DAY, lt=END_OF_DAYS)] | None = Field(
        default=None,
        description="Runs that were to be paid by that day and, by what the ledger has said, at its end were not.",
    )
