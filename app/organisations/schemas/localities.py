"""Localities over HTTP."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.core.http import PageModel, StrictModel
from app.core.money import DecimalText
from app.core.pagination import PageParams
from app.core.privacy import OneLine, SafeText

Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")]
Name = Annotated[OneLine, Field(min_length=1, max_length=200, pattern=r"\S")]
Description = Annotated[SafeText, Field(max_length=2000)]

_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
_IN: dict[str, Any] = {"code": "north", "name": "North", "description": "From the harbour to the moor."}
_OUT: dict[str, Any] = {"id": _ID, **_IN, "practice_count": 14, "registered_patients": "118342"}
_PLACED: dict[str, Any] = {
    "locality": {"id": _ID, "name": "North"},
    "practice": "ZZ0001",
    "from": "2026-04-01",
    "until": None,
}


class LocalityIn(StrictModel):
    """A commissioner's named group of practices."""

    model_config = ConfigDict(json_schema_extra={"examples": [_IN]})

    code: Code
    name: Name
    description: Description | None = None


class LocalityPatch(StrictModel):
    """Only the members that are sent are changed; a null `description` removes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "North and Harbour"}]})

    code: Code | None = None
    name: Name | None = None
    description: Description | None = None

    @field_validator("code", "name")
    @classmethod
    def _stays_known(cls, value: str | None) -> str:
        if value is None:
            raise PydanticCustomError("wrong_type", "A locality keeps its code and its name; leave the member out.")
        return value


class Locality(BaseModel):
    """`practice_count` and `registered_patients` are of its open practices today; patients are null where unknown."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OUT]})

    id: UUID
    code: str
    name: str
    description: str | None
    practice_count: int
    registered_patients: DecimalText | None


class LocalityPage(PageModel):
    data: list[Locality]


class PlacementIn(StrictModel):
    """From which day the practice is in the locality, and from which day no more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "2026-04-01"}]})

    valid_from: date = Field(alias="from")
    valid_until: date | None = Field(default=None, alias="until", description="The first day no longer in it.")

    @model_validator(mode="after")
    def _until_after_from(self) -> Self:
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise PydanticCustomError("period_ends_before_it_starts", "`until` has to be later than `from`.")
        return self


class PlacedIn(BaseModel):
    id: UUID
    name: str


class Placement(BaseModel):
    """A practice's time in a locality. `until` is the first day no longer in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PLACED]}, validate_by_name=True, validate_by_alias=True)

    locality: PlacedIn
    practice: str
    valid_from: date = Field(alias="from")
    valid_until: date | None = Field(alias="until")


class PlacementPage(PageModel):
    data: list[Placement]


class PlacementParams(PageParams):
    as_at: date | None = Field(default=None, description="Only practices that were in it on this day.")
