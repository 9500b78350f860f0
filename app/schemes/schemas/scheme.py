"""Schemes, versions, checks and words over HTTP."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant, PeriodModel, financial_year_start
from app.core.http import PageModel, StrictModel, left_out
from app.core.money import DecimalText, Pounds, PoundsSum, parse_pounds
from app.core.pagination import PageParams
from app.core.privacy import OneLine, SafeCode, SafeText
from app.schemes.schemas.templates import TemplateKey
from app.schemes.values import QUERY_DAYS, Budget, OverBudget

Basis = Literal["registered", "weighted"]
Code = Annotated[
    SafeCode, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", examples=["LEAD"])
]
Title = Annotated[OneLine, Field(min_length=1, max_length=200, examples=["A named lead in every practice"])]
Purpose = Annotated[SafeText, Field(min_length=1, max_length=5000)]
FinanceCode = Annotated[SafeCode, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9 ./-]+$")]

MOST_A_HEAD: Final = 1_000_000

DEFINITION = {
    "language": 1,
    "round": {"at": "line", "mode": "half_up"},
    "measures": {"list": {"kind": "list_size", "basis": "registered", "snapshot": "period_start"}},
    "pay": {"type": "per_head", "id": "engagement", "rate": "2.00", "rate_per": "year", "measure": "list"},
}

_OVER_BUDGET: Final = (
    "When a run is due more than the budget has left: `stop` pays nothing, `pro_rate` pays everybody a share, `queue` pays"
    " practices in turn while it lasts; null pays all the same. What is held back is paid once the budget allows it."
)


def _above_nothing(pounds: str) -> str:
    if parse_pounds(pounds) <= 0:
        raise PydanticCustomError("too_small", "This is more than 0.00; leave it out where nothing may be waived.")
    return pounds


WaiveBelow = Annotated[
    Pounds,
    AfterValidator(_above_nothing),
    Field(description="What a payee owes may be waived by two people where it is less than this; null: never."),
]


def _financial_year(text: str) -> str:
    try:
        financial_year_start(text)
    except ValueError:
        detail = "Write a financial year like 2026/27, from 1990/91 to 2100/01."
        raise PydanticCustomError("wrong_format", detail) from None
    return text


FinancialYear = Annotated[str, AfterValidator(_financial_year), Field(examples=["2026/27"])]


class BudgetIn(StrictModel):
    """Either one `amount` for the year, or pounds `per_head` of each practice's list of that `basis`."""

    amount: Pounds | None = None
    per_head: DecimalText | None = None
    basis: Basis | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.amount is None) == (self.per_head is None):
            raise PydanticCustomError("not_valid", "Give either `amount`, or `per_head` with `basis`.")
        if (self.per_head is None) != (self.basis is None):
            raise PydanticCustomError("not_valid", "`per_head` and `basis` belong together.")
        if (self.amount or self.per_head or "").startswith("-"):
            raise PydanticCustomError("too_small", "A budget is not negative.")
        if self.per_head is not None and Decimal(self.per_head) > MOST_A_HEAD:
            raise PydanticCustomError(
                "too_large", "A budget for each patient is {most} pounds at most.", {"most": f"{MOST_A_HEAD:,}"}
            )
        return self

    def budget(self) -> Budget:

        amount = None if self.amount is None else parse_pounds(self.amount)
        return Budget(amount, None if self.per_head is None else Decimal(self.per_head), self.basis)


class SchemeIn(StrictModel):
    """An incentive scheme; its rules are added as versions."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "code": "LEAD",
                    "title": "A named lead in every practice",
                    "purpose": "Two sessions a month for a clinician between practice and commissioner.",
                    "financial_year": "2026/27",
                    "budget": {"per_head": "2.00", "basis": "registered"},
                }
            ]
        }
    }

    code: Code
    title: Title
    purpose: Purpose
    financial_year: FinancialYear
    budget: BudgetIn | None = None
    payment_terms_days: int = Field(default=30, ge=0, le=365, strict=True, description="Days from release to payment.")
    pay_code: FinanceCode | None = None
    cost_centre: FinanceCode | None = None
    query_days: int = Field(
        default=QUERY_DAYS,
        ge=1,
        le=60,
        strict=True,
        description="Working days in which a query about a line is answered; Monday to Friday, bank holidays included.",
    )
    waive_below: WaiveBelow | None = None
    over_budget: OverBudget | None = Field(default=None, description=_OVER_BUDGET)


class SchemePatch(StrictModel):
    """Absent members stay as they are; `budget`, `pay_code`, `cost_centre`, `waive_below` and `over_budget` may be null."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"title": "A named lead in every practice", "budget": {"per_head": "2.50", "basis": "registered"}}
            ]
        }
    }

    title: Title = Field(default_factory=left_out)
    purpose: Purpose = Field(default_factory=left_out)
    budget: BudgetIn | None = None
    payment_terms_days: int = Field(default_factory=left_out, ge=0, le=365, strict=True)
    pay_code: FinanceCode | None = None
    cost_centre: FinanceCode | None = None
    query_days: int = Field(default_factory=left_out, ge=1, le=60, strict=True)
    waive_below: WaiveBelow | None = None
    over_budget: OverBudget | None = Field(default=None, description=_OVER_BUDGET)

    def changes(self) -> dict[str, Any]:
        said = {name: getattr(self, name) for name in self.model_fields_set}
        if self.budget is not None:
            said["budget"] = self.budget.budget()
        if self.waive_below is not None:
            said["waive_below"] = parse_pounds(self.waive_below)
        return said


class SchemeBudget(BaseModel):
    amount: PoundsSum | None
    per_head: DecimalText | None
    basis: Basis | None


class Scheme(BaseModel):
    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "id": "0198c0de-0000-7000-8000-000000000010",
                    "code": "LEAD",
                    "title": "A named lead in every practice",
                    "purpose": "Two sessions a month.",
                    "financial_year": "2026/27",
                    "starts_on": "2026-04-01",
                    "budget": {"amount": None, "per_head": "2.00", "basis": "registered"},
                    "payment_terms_days": 30,
                    "pay_code": None,
                    "cost_centre": "C100",
                    "query_days": 10,
                    "waive_below": "25.00",
                    "over_budget": "pro_rate",
                    "state": "published",
                    "live_version": 1,
                    "created_at": "2026-03-02T09:00:00Z",
                }
            ]
        }
    }

    id: UUID
    code: str
    title: str
    purpose: str
    financial_year: str
    starts_on: date
    budget: SchemeBudget | None
    payment_terms_days: int
    pay_code: str | None
    cost_centre: str | None
    query_days: int
    waive_below: PoundsSum | None
    over_budget: OverBudget | None
    state: Literal["draft", "published", "closed"]
    live_version: int | None = Field(
        description="The published version that applies longest into the year, the newest of several."
    )
    created_at: Instant


class SchemePage(PageModel):
    data: list[Scheme]


class SchemeParams(PageParams):
    state: Literal["draft", "published", "closed"] | None = None
    financial_year: str | None = Field(default=None, max_length=7)


class VersionIn(StrictModel):
    """The rules for the time that they apply to: either a `definition`, or a `template` with its `parameters`. `reason` says
    why this version exists.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "applies": {"from": "2026-04-01", "until": "2027-04-01"},
                    "definition": DEFINITION,
                    "reason": "First version.",
                },
                {
                    "applies": {"from": "2026-04-01", "until": "2027-04-01"},
                    "template": "named-lead",
                    "parameters": {"session_rate": "320.00"},
                    "reason": "From the template.",
                },
            ]
        }
    }

    applies: PeriodModel
    definition: dict[str, Any] | None = Field(
        default=None,
        examples=[DEFINITION],
        description="The language is described at `/schemas/definition.json`.",
    )
    template: TemplateKey | None = Field(default=None, description="One of `GET /v1/scheme-templates`.")
    parameters: dict[str, Any] | None = Field(
        default=None, description="By the form of the template; what is left out is as the form's default."
    )
    reason: Annotated[SafeText, Field(min_length=1, max_length=2000)]

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.definition is None) == (self.template is None):
            raise PydanticCustomError("not_valid", "Give either `definition`, or `template` with `parameters`.")
        if self.parameters is not None and self.template is None:
            raise PydanticCustomError("not_valid", "`parameters` belong to a `template`.")
        return self


class Consultation(BaseModel):
    opened_at: Instant
    until: date = Field(description="The first day on which nobody comments any more.")


class Version(BaseModel):
    n: int
    scheme: UUID
    state: Literal["draft", "published"]
    applies: PeriodModel
    definition: dict[str, Any]
    template: str | None = Field(
        description="The template that the definition was made from; null where it was written."
    )
    parameters: dict[str, Any] | None = Field(description="What was filled in, with the defaults of what was not.")
    reason: str
    words_digest: str | None = Field(description="SHA-256 of the words it was published with; null in a draft.")
    consultation: Consultation | None = Field(description="Null where the version was never put to consultation.")
    created_at: Instant
    published_at: Instant | None


class VersionPage(PageModel):
    data: list[Version]


class WordsParams(BaseModel):
    model_config = {"extra": "forbid"}

    practice: str | None = Field(default=None, max_length=12, description="Whose figures to say; default your own.")
