"""A practice over time."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.clock import Instant
from app.core.http import PageModel
from app.core.money import DecimalText
from app.core.pagination import PageParams

_LIST: dict[str, Any] = {
    "as_at": "2026-04-01",
    "registered": "8412",
    "weighted": "8630.25",
    "adjusted": None,
    "source": "list-sizes",
    "published_period": None,
    "recorded_at": "2026-04-14T09:00:00Z",
}
_PERIOD: dict[str, Any] = {
    "kind": "commissioner",
    "code": "ZZ1",
    "name": "NHS Example",
    "from": "2020-04-01",
    "until": None,
    "source": "ods-practices",
    "recorded_at": "2026-04-14T09:00:00Z",
}


class KnownParams(PageParams):
    known_on: Instant | None = Field(default=None, description="Only what was known at this instant.")


class ListSizeOnDay(BaseModel):
    """A published list. `published_period` says what it was measured over where that was not the day itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LIST]})

    as_at: date
    registered: DecimalText | None
    weighted: DecimalText | None
    adjusted: DecimalText | None
    source: str
    published_period: str | None
    recorded_at: Instant


class ListSizePage(PageModel):
    data: list[ListSizeOnDay]


class HistoryEntry(BaseModel):
    """A period in which the practice belonged to something. `until` is the first day after it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PERIOD]}, validate_by_name=True, validate_by_alias=True)

    kind: Literal["commissioner", "network", "locality", "place"]
    code: str
    name: str | None
    valid_from: date = Field(alias="from")
    valid_until: date | None = Field(alias="until")
    source: str = Field(description="Which file said so; `commissioner` for what the commissioner keeps itself.")
    recorded_at: Instant


class HistoryPage(PageModel):
    data: list[HistoryEntry]
