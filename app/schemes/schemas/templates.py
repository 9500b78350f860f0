"""Forms of templates: what may be said otherwise in an example scheme, and where in its definition that stands."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from app.core.http import PageModel, StrictModel
from app.schemes.values import At

_PRICE: Final = r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?$"
_AMOUNT: Final = r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?$"
_PERCENT: Final = r"^(100(\.0+)?|[1-9]?[0-9](\.[0-9]{1,6})?)$"
_SHARE: Final = r"^(1(\.0+)?|0\.[0-9]{1,6})$"
_NUMBER: Final = r"^[1-9][0-9]{0,8}(\.[0-9]{1,6})?$"
_DAY: Final = r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"

Price = Annotated[str, Field(pattern=_PRICE)]
Amount = Annotated[str, Field(pattern=_AMOUNT)]
Percent = Annotated[str, Field(pattern=_PERCENT)]
Share = Annotated[str, Field(pattern=_SHARE)]
Number = Annotated[str, Field(pattern=_NUMBER)]
Day = Annotated[str, Field(pattern=_DAY)]
Monthly = Annotated[int, Field(strict=True, ge=1, le=31)]


class TemplateForm(StrictModel):
    """What is left out stays as in the example."""

    @classmethod
    def places(cls) -> dict[str, str]:
        """The parameter that stands at each JSON pointer."""
        return {
            pointer: name
            for name, field in cls.model_fields.items()
            for at in field.metadata
            if isinstance(at, At)
            for pointer in at.pointers
        }

    def values(self) -> dict[str, Any]:
        """What is to stand at each JSON pointer."""
        return {pointer: getattr(self, name) for pointer, name in self.places().items()}


_IN_GATE: Final = "/pay/then/then/of"
_AREAS: Final = ("first-area", "second-area", "third-area")


class NamedLeadForm(TemplateForm):
    """A named lead in every practice, within a budget for each patient."""

    budget_per_head: Annotated[Price, At("/pay/rate")] = Field(
        "2.00", title="Budget for each patient", description="Pounds a year; what is earned above it is taken off."
    )
    basis: Annotated[Literal["registered", "weighted"], At("/measures/list/basis")] = Field(
        "registered", title="Kind of list", description="Which list of patients the budget is counted by."
    )
    session_rate: Annotated[Price, At(f"{_IN_GATE}/0/rate")] = Field(
        "300.00", title="Pounds a session", description="For half a day of the lead's time."
    )
    sessions_a_month: Annotated[Monthly, At("/measures/sessions/max_per_month")] = Field(
        2, title="Sessions a month", description="More are recorded and not paid."
    )
    areas_amount: Annotated[Amount, At(f"{_IN_GATE}/1/amount")] = Field(
        "900.00", title="For three improvement areas", description="Pounds; a third for each that is done in time."
    )
    areas_due: Annotated[Day, At(*(f"/measures/{area}/due" for area in _AREAS))] = Field(
        "2027-03-31", title="Areas done by", description="The last day; within the time that the version applies to."
    )
    lead_held: Annotated[Literal["period_start", "any_day", "every_day"], At("/pay/then/needs/0/held")] = Field(
        "any_day",
        title="When there has to be a lead",
        description="On the first day of the period, on any of its days, or on every one.",
    )


class ProtectedHalfDayForm(TemplateForm):
    """A protected half-day for learning, with cover by the out-of-hours provider."""

    closure_rate: Annotated[Price, At("/pay/of/0/then/of/0/rate")] = Field(
        "300.00", title="Pounds a half-day", description="For each half-day on which the practice closes to learn."
    )
    branch_rate: Annotated[Price, At("/pay/of/0/then/of/1/rate")] = Field(
        "100.00", title="Pounds a branch", description="For each branch surgery that closes as well."
    )
    half_days_a_month: Annotated[Monthly, At("/measures/half-days/max_per_month")] = Field(
        1, title="Half-days a month", description="More are recorded and not paid."
    )
    cover_budget: Annotated[Amount, At("/pay/of/1/budget")] = Field(
        "100000.00", title="Budget for cover", description="Pounds a year, shared by the lists of those who closed."
    )
    cover_provider: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,10}$"), At("/pay/of/1/payee/code")] = Field(
        "OOH1", title="Who covers", description="The code of the out-of-hours provider, who is paid."
    )
    unearned: Annotated[Literal["return", "redistribute"], At("/pay/of/1/unearned")] = Field(
        "return",
        title="What nobody earns",
        description="Of the budget for cover: kept by the commissioner, or shared among the others.",
    )
    locum_cap: Annotated[Price, At("/pay/of/2/caps/0/cap")] = Field(
        "333.00", title="Pounds a locum session at most", description="Of what a locum cost, so much is paid back."
    )


_POINTS: Final = "/pay/then/then/of"
_CHOLESTEROL: Final = f"{_POINTS}/0"
_FIBRILLATION: Final = f"{_POINTS}/1/then"
_VACCINATED: Final = f"{_POINTS}/2/of/0"
_IMPROVED: Final = f"{_POINTS}/2/of/1"
_PAID: Final = tuple(f"{place}/point_value" for place in (_CHOLESTEROL, _FIBRILLATION, _VACCINATED, _IMPROVED))
_MOST: Final = "As many as can be had."
_LOWER: Final = "Per cent at which points begin; none at or below it."
_UPPER: Final = "Per cent from which all points are paid."


class PointsForm(TemplateForm):
    """Points for what was achieved, in the manner of QOF."""

    point_value: Annotated[Price, At(*_PAID)] = Field(
        "225.49", title="Pounds a point", description="For a practice with the average list."
    )
    average_list: Annotated[Number, At("/pay/then/factors/0/over")] = Field(
        "10184", title="Average list", description="Points are worth more with a larger list, and less with a smaller."
    )
    advance_share: Annotated[Share, At("/pay/share")] = Field(
        "0.80", title="Advance", description="The share of last year's amount that is paid in twelve parts."
    )
    cholesterol_points: Annotated[Number, At(f"{_CHOLESTEROL}/points")] = Field(
        "44", title="Cholesterol: points", description=_MOST
    )
    cholesterol_lower: Annotated[Percent, At(f"{_CHOLESTEROL}/lower")] = Field(
        "20", title="Cholesterol: from", description=_LOWER
    )
    cholesterol_upper: Annotated[Percent, At(f"{_CHOLESTEROL}/upper")] = Field(
        "50", title="Cholesterol: to", description=_UPPER
    )
    fibrillation_points: Annotated[Number, At(f"{_FIBRILLATION}/points")] = Field(
        "12", title="Atrial fibrillation: points", description=_MOST
    )
    fibrillation_lower: Annotated[Percent, At(f"{_FIBRILLATION}/lower")] = Field(
        "40", title="Atrial fibrillation: from", description=_LOWER
    )
    fibrillation_upper: Annotated[Percent, At(f"{_FIBRILLATION}/upper")] = Field(
        "90", title="Atrial fibrillation: to", description=_UPPER
    )
    vaccination_points: Annotated[Number, At(f"{_VACCINATED}/points", f"{_IMPROVED}/points")] = Field(
        "18", title="Vaccination: points", description="As many as can be had, by the level or by the improvement."
    )
    vaccination_lower: Annotated[Percent, At(f"{_VACCINATED}/lower")] = Field(
        "89", title="Vaccination: from", description=_LOWER
    )
    vaccination_upper: Annotated[Percent, At(f"{_VACCINATED}/upper")] = Field(
        "96", title="Vaccination: to", description=_UPPER
    )
    improvement_upper: Annotated[Percent, At(f"{_IMPROVED}/upper")] = Field(
        "5", title="Vaccination: improvement", description="Per cent more than last year that earn all points."
    )


TemplateKey = Literal["named-lead", "protected-half-day", "points"]
FORMS: Final[Mapping[str, type[TemplateForm]]] = {
    "named-lead": NamedLeadForm,
    "protected-half-day": ProtectedHalfDayForm,
    "points": PointsForm,
}


class SchemeTemplateSummary(BaseModel):
    key: TemplateKey
    title: str
    purpose: str


class SchemeTemplatePage(PageModel):
    data: list[SchemeTemplateSummary]


class SchemeTemplate(SchemeTemplateSummary):
    """A scheme to start from: a form, and the definition that it gives when nothing is filled in otherwise."""

    parameters: dict[str, Any] = Field(
        description="The form as JSON Schema, draft 2020-12, each member with a default."
    )
    definition: dict[str, Any]
