"""What goes out over HTTP for learning."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from app.core.http import PageModel

Hours = Annotated[str, WithJsonSchema({"type": "string", "format": "decimal", "description": "Hours, two places."})]
EXAMPLE: Final[dict[str, Any]] = {
    "id": "0198c0de-0000-7000-8000-000000000030",
    "title": "Protected learning afternoon",
    "on": "2026-11-12",
    "minutes": 240,
    "hours": "4.00",
}


class CpdEntry(BaseModel):
    """Learning that belongs to the person."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    title: str
    on: date
    minutes: int
    hours: Hours


class CpdPage(PageModel):
    data: list[CpdEntry]
    total_hours: Hours = Field(description="Of all entries, not of this page alone.")
