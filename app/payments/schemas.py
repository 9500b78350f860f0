"""What comes in and goes out over HTTP."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant, PeriodModel
from app.core.http import PageModel, StrictModel
from app.core.money import PoundsSum
from app.core.pagination import PageParams
from app.core.privacy import SafeText
from app.payments.values import LineKind, Outcome, RunState

_RUN_ID = "0198c0de-0000-7000-8000-00000000a001"
_SCHEME_ID = "0198c0de-0000-7000-8000-00000000b001"
_PERSON_ID = "0198c0de-0000-7000-8000-00000000c001"
_QUARTER = {"from": "2026-07-01", "until": "2026-10-01"}
_PAYEE = {"type": "practice", "code": "ZZ0001", "name": "Mill Lane Surgery"}
_WORKINGS = {
    "operator": "round",
    "at": "line",
    "mode": "half_up",
    "value": "1800.00",
    "unrounded": "1800",
    "rounded": "1800.00",
    "inputs": [{"operator": "per_session", "value": "1800", "inputs": []}],
}
_LINE = {
    "reference": "S5T0QZ1V8K2MNR-1",
    "component": "lead-time",
    "kind": "entitlement",
    "period": _QUARTER,
    "quantity": "6",
    "rate": "300.00",
    "amount": "1800.00",
    "payee": _PAYEE,
    "sentence": "300.00 a session x 6 sessions = 1,800.00.",
    "workings": _WORKINGS,
    "blocked": False,
}
_PAYMENT = {
    "reference": "P7C1M0XQ94GDKE",
    "payee": _PAYEE,
    "total": "1800.00",
    "brought_forward": "0.00",
    "payable": "1800.00",
    "carried_forward": "0.00",
    "outcome": "paid",
    "paid_on": "2026-12-18",
    "reason": None,
}
_STATEMENT = {
    "reference": "S5T0QZ1V8K2MNR",
    "run": _RUN_ID,
    "scheme": _SCHEME_ID,
    "practice": "ZZ0001",
    "period": _QUARTER,
    "total": "1800.00",
    "pay_by": "2026-12-22",
    "payments": [_PAYMENT],
    "lines": [_LINE],
    "notes": [],
}
_RUN = {
    "id": _RUN_ID,
    "scheme": _SCHEME_ID,
    "version": 1,
    "period": _QUARTER,
    "state": "released",
    "practices": 43,
    "total": "77400.00",
    "lines": 43,
    "inputs_digest": "9f2c4c8e0d1f5a3b7e6d9c8b1a2f3e4d5c6b7a8990817263544536271809fabc",
    "outputs_digest": "1b2a3948576675849302f1e0d9c8b7a69584736251403f2e1d0c9b8a79685746",
    "calculated_by": _PERSON_ID,
    "approved_by": "0198c0de-0000-7000-8000-00000000c002",
    "released_by": "0198c0de-0000-7000-8000-00000000c003",
    "rejected_by": None,
    "reason": None,
    "pay_by": "2026-12-22",
    "note": None,
    "problem": None,
    "operation": "0198c0de-0000-7000-8000-00000000d001",
    "created_at": "2026-11-22T10:00:00Z",
    "calculated_at": "2026-11-22T10:00:02Z",
    "approved_at": "2026-11-22T11:00:00Z",
    "released_at": "2026-11-22T12:00:00Z",
    "rejected_at": None,
}


def _example(value: dict[str, Any]) -> Any:
    return {"json_schema_extra": {"examples": [value]}}


class PaymentRunIn(StrictModel):
    """A run over one period. Earlier periods that were paid before are corrected by its adjustment lines."""

    model_config = _example({"scheme": _SCHEME_ID, "period": _QUARTER, "note": "Quarter 2"})

    scheme: UUID
    period: PeriodModel
    note: Annotated[SafeText, Field(max_length=500)] | None = None


class RunRejection(StrictModel):
    model_config = _example({"reason": "The September attendance lists are not in yet."})

    reason: Annotated[SafeText, Field(min_length=1, max_length=500)]


class RunProblem(BaseModel):
    """Why a run failed."""

    code: str
    title: str
    detail: str | None


class PaymentRun(BaseModel):
    """`practices` and `lines` are counts; `calculated_by`, `approved_by` and `released_by` are three different people."""

    model_config = _example(_RUN)

    id: UUID
    scheme: UUID
    version: int | None = Field(description="Which version of the scheme's definition the run's own period is paid by.")
    period: PeriodModel
    state: RunState
    practices: int | None
    total: PoundsSum | None
    lines: int | None
    inputs_digest: str | None
    outputs_digest: str | None
    calculated_by: UUID
    approved_by: UUID | None
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
    model_config = _example({"data": [_RUN], "next_cursor": None})

    data: list[PaymentRun]


class RunParams(PageParams):
    scheme: UUID | None = None
    state: RunState | None = None


class Payee(BaseModel):
    model_config = _example(_PAYEE)

    type: Literal["practice", "organisation"]
    code: str
    name: str | None


class StatementLine(BaseModel):
    """One figure, with one sentence that explains it and the tree of workings behind it."""

    model_config = _example(_LINE)

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

    model_config = _example(_PAYMENT)

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

    model_config = _example(_STATEMENT)

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
    model_config = _example({"data": [_STATEMENT], "next_cursor": None})

    data: list[Statement]


class AcknowledgementIn(StrictModel):
    """What the ledger says of one payment."""

    model_config = _example({"payment": "P7C1M0XQ94GDKE", "outcome": "paid", "paid_on": "2026-12-18"})

    payment: Annotated[str, Field(min_length=1, max_length=18)]
    outcome: Outcome
    paid_on: date | None = None
    reason: Annotated[SafeText, Field(min_length=1, max_length=500)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> "AcknowledgementIn":
        if (self.outcome is Outcome.PAID) != (self.paid_on is not None):
            raise PydanticCustomError("paid_on", "`paid_on` belongs to the outcome `paid`, and to it alone.")
        if self.outcome is Outcome.REJECTED and self.reason is None:
            raise PydanticCustomError("reason", "A rejected payment needs a reason.")
        return self


class AcknowledgementsIn(StrictModel):
    model_config = _example(
        {"acknowledgements": [{"payment": "P7C1M0XQ94GDKE", "outcome": "paid", "paid_on": "2026-12-18"}]}
    )

    acknowledgements: Annotated[list[AcknowledgementIn], Field(min_length=1, max_length=20_000)]


class AcknowledgementsLoaded(BaseModel):
    """Loading the same answers twice changes nothing."""

    model_config = _example({"created": 43, "unchanged": 0, "rejected": 0, "state": "acknowledged"})

    created: int
    unchanged: int
    rejected: int = Field(description="Payments of the run that the ledger's latest answer rejects: still to be paid.")
    state: RunState


class Acknowledgement(BaseModel):
    model_config = _example(
        {
            "id": "0198c0de-0000-7000-8000-00000000e001",
            "payment": "P7C1M0XQ94GDKE",
            "outcome": "paid",
            "paid_on": "2026-12-18",
            "reason": None,
            "recorded_at": "2026-12-19T09:00:00Z",
        }
    )

    id: UUID
    payment: str
    outcome: Outcome
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
    model_config = _example(_COST_CENTRE)

    cost_centre: str | None
    pay_code: str | None
    entitled: PoundsSum
    posted: PoundsSum
    paid: PoundsSum
    accrual: PoundsSum


class BudgetStand(BaseModel):
    """A scheme's money at the end of a day."""

    model_config = _example(
        {
            "scheme": _SCHEME_ID,
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
