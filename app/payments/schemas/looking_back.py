"""What a practice was entitled to, as known at an earlier time."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.clock import END_OF_DAYS, FIRST_DAY, PeriodModel
from app.core.money import PoundsSum
from app.payments.schemas.examples import PAYEE, QUARTER, SCHEME_ID, WORKINGS, example
from app.payments.schemas.statements import Payee

Day = Annotated[date, Field(ge=FIRST_DAY, lt=END_OF_DAYS)]
_LINE = {
    "component": "lead-time",
    "quantity": "6",
    "rate": "300.00",
    "amount": "1800.00",
    "payee": {**PAYEE, "name": None},
    "sentence": "300.00 a session x 6 sessions = 1,800.00.",
    "workings": WORKINGS,
    "blocked": False,
}
_PERIOD = {
    "period": QUARTER,
    "version": 1,
    "entitled": "1800.00",
    "corrected": "0.00",
    "posted": "1500.00",
    "lines": [_LINE],
}


class LineThen(BaseModel):
    model_config = example(_LINE)

    component: str
    quantity: str | None
    rate: str | None
    amount: PoundsSum
    payee: Payee
    sentence: str
    workings: dict[str, Any]
    blocked: bool


class PeriodThen(BaseModel):
    model_config = example(_PERIOD)

    period: PeriodModel
    version: int
    entitled: PoundsSum = Field(description="The lines, and what upheld queries had added.")
    corrected: PoundsSum
    posted: PoundsSum
    lines: list[LineThen]


class StatementThen(BaseModel):
    model_config = example(
        {
            "scheme": SCHEME_ID,
            "practice": "ZZ0001",
            "on": "2026-09-30",
            "known_on": "2026-11-22",
            "entitled": "1800.00",
            "posted": "1500.00",
            "difference": "300.00",
            "periods": [_PERIOD],
        }
    )

    scheme: UUID
    practice: str
    on: date
    known_on: date
    entitled: PoundsSum
    posted: PoundsSum = Field(description="The lines of runs that were released by then.")
    difference: PoundsSum = Field(description="Entitled and not posted by then; below 0.00 what was to be taken back.")
    periods: list[PeriodThen]


class LookingBackParams(BaseModel):
    model_config = {"extra": "forbid"}

    practice: Annotated[str, Field(min_length=1, max_length=12)]
    on: Day | None = Field(
        default=None, description="For periods that have begun at the end of which day; today if absent."
    )
    known_on: Day | None = Field(
        default=None, description="By what was recorded at the end of which day; by what is known now if absent."
    )
