"""Practices over HTTP: one shape, whether it comes from the projection or from the register."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import PageModel
from app.core.money import DecimalText
from app.core.pagination import PageParams
from app.organisations.values import PracticeStatus

PracticeSort = Literal["code", "-code", "name", "-name"]
_EXAMPLE: dict[str, Any] = {
    "code": "ZZ0001",
    "name": "The Harbour Surgery",
    "status": "active",
    "address": {"lines": ["1 Quay Street", "Port Example"], "postcode": "ZZ1 1AA"},
    "telephone": "01632 960001",
    "opened_on": "1974-04-01",
    "closed_on": None,
    "commissioner": {"code": "ZZ1", "name": "NHS Example"},
    "locality": {"id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "North"},
    "network": {"code": "UZZ001", "name": "Harbour PCN"},
    "list_size": {"registered": "8412", "weighted": "8630.25", "as_at": "2026-04-01"},
    "profile": {
        "contract": "GMS",
        "dispensing": False,
        "rural": None,
        "single_handed": False,
        "training": True,
        "imd_score": "21.4",
        "imd_decile": 4,
        "prescribing_setting": "4",
    },
    "named_lead": {"name": "Dr Amira Khan", "post": "named_lead"},
    "successor": None,
}


class PracticeParams(PageParams):
    """Filters of the list of practices. All of them have to fit."""

    q: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Beginnings of the code or of words of the name, or of the postcode.",
        examples=["harbour"],
    )
    locality_id: UUID | None = Field(default=None, description="In this locality.")
    network: str | None = Field(default=None, max_length=20, description="In the network (PCN) with this code.")
    status: PracticeStatus | None = Field(default=None, description="In this state.")
    commissioner: str | None = Field(
        default=None, max_length=20, description="Of the commissioner, ICB or place with this code: platform only."
    )
    as_at: date | None = Field(default=None, description="As things were on this day.")
    updated_since: Instant | None = Field(default=None, description="Changed at this instant or later.")
    sort: PracticeSort = Field(default="code", description="The order; `-` turns it round.")

    @model_validator(mode="after")
    def _state_of_a_day_has_no_changes(self) -> Self:
        if self.as_at is not None and self.updated_since is not None:
            raise PydanticCustomError("not_together", "`as_at` and `updated_since` cannot be asked for together.")
        return self


class AsAtParams(BaseModel):
    model_config = ConfigDict(extra="forbid")

    as_at: date | None = Field(default=None, description="As things were on this day.")


class PracticeAddress(BaseModel):
    lines: list[str]
    postcode: str | None


class PracticeCommissioner(BaseModel):
    """The commissioner that the register names; for a closed practice the last one."""

    code: str
    name: str | None


class PracticeLocality(BaseModel):
    id: UUID
    name: str


class PracticeNetwork(BaseModel):
    """A primary care network (PCN)."""

    code: str
    name: str | None


class PracticeListSize(BaseModel):
    """The newest list that is known. Quarter averages have decimals."""

    registered: DecimalText | None
    weighted: DecimalText | None
    as_at: date


class PracticeFeatures(BaseModel):
    """What kind of practice it is. Unknown is null, never false."""

    contract: str | None
    dispensing: bool | None
    rural: bool | None
    single_handed: bool | None
    training: bool | None
    imd_score: DecimalText | None = Field(description="Index of multiple deprivation.")
    imd_decile: Annotated[int, Field(ge=1, le=10)] | None = Field(description="1 is the most deprived tenth.")
    prescribing_setting: str | None


class PracticeLead(BaseModel):
    """Shown only where the person may be listed."""

    name: str
    post: str


class Practice(BaseModel):
    """A practice, known by its ODS code. `closed_on` is its last day open."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    code: str
    name: str
    status: PracticeStatus
    address: PracticeAddress
    telephone: str | None
    opened_on: date | None
    closed_on: date | None
    commissioner: PracticeCommissioner | None
    locality: PracticeLocality | None
    network: PracticeNetwork | None
    list_size: PracticeListSize | None
    profile: PracticeFeatures
    named_lead: PracticeLead | None
    successor: str | None = Field(
        description="The code of the practice that has taken it over, once its last day is over."
    )


class PracticePage(PageModel):
    data: list[Practice]
