"""Where the money of schemes stands."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.http import PageModel
from app.core.money import PoundsSum
from app.core.pagination import PageParams
from app.payments.schemas.examples import SCHEME_ID, example

_FIGURES = {
    "entitled": "128000.00",
    "unclaimed": "2000.00",
    "posted": "96000.00",
    "paid": "96000.00",
    "accrual": "30000.00",
    "waived": "24.99",
    "forecast_outturn": "204024.99",
}
_COST_CENTRE = {"cost_centre": "C100", "subjective": "52121", "pay_code": "GP01", **_FIGURES}
_BUDGET = {
    "scheme": SCHEME_ID,
    "on": "2026-11-30",
    "financial_year": "2026/27",
    "budget": "210000.00",
    **_FIGURES,
    "by_cost_centre": [_COST_CENTRE],
    "not_worked_out": [],
}


class Figures(BaseModel):
    entitled: PoundsSum = Field(
        description="What is due by what is known now, for the released periods and for the whole months that are over."
    )
    unclaimed: PoundsSum = Field(
        description="Of what is entitled, what has to be claimed and is in no claim that was declared and stands."
    )
    posted: PoundsSum = Field(description="The lines of released runs.")
    paid: PoundsSum = Field(description="What the ledger says it has paid.")
    accrual: PoundsSum = Field(description="Entitled, less what is unclaimed and what was posted.")
    waived: PoundsSum = Field(
        description="Debts of payees that two people waived by that day: paid, not due, and not taken back."
    )
    forecast_outturn: PoundsSum = Field(
        description="Entitled, what was waived, and for the rest of the year all that is offered: each need met, each capped"
        " count full."
    )


class CostCentreStand(Figures):
    """Lines are counted by the booking that was frozen with their run; what is not posted yet by the definition's."""

    model_config = example(_COST_CENTRE)

    cost_centre: str | None
    subjective: str | None
    pay_code: str | None


class BudgetStand(Figures):
    """A scheme's money at the end of a day. Each figure is the sum of that figure by cost centre."""

    model_config = example(_BUDGET)

    scheme: UUID
    on: date
    financial_year: str
    budget: PoundsSum | None
    by_cost_centre: list[CostCentreStand]
    not_worked_out: list[str] = Field(
        description="Practices whose figures are left out: a value recorded for them comes to more than can be right."
    )


class BudgetParams(BaseModel):
    model_config = {"extra": "forbid"}

    on: date | None = Field(default=None, description="The end of which day; today if absent.")


class FinancePosition(Figures, PageModel):
    """The money of a page of schemes at the end of a day. Each figure is the sum of that figure by cost centre, and by scheme."""

    model_config = example(
        {"on": "2026-11-30", **_FIGURES, "by_cost_centre": [_COST_CENTRE], "schemes": [_BUDGET], "next_cursor": None}
    )

    on: date
    by_cost_centre: list[CostCentreStand]
    schemes: list[BudgetStand]


class PositionParams(PageParams):
    # The financial years that schemes have.
    on: Annotated[date, Field(ge=date(1990, 4, 1), le=date(2101, 3, 31))] | None = Field(
        default=None, description="The end of which day; if absent today, and with a cursor the day of the first page."
    )
