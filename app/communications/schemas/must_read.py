"""Versions of what has to be read, and how far each practice is with it."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.communications.schemas.examples import ID
from app.communications.values import Cover, Via
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.privacy import SafeText, Sentence


class AnnouncementVersionIn(StrictModel):
    """Another text, which asks everybody again who is meant by now."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "body_markdown": "The afternoon of **17 June** is protected.",
                    "must_acknowledge_by": "2027-06-01",
                    "reason": "The day has moved.",
                }
            ]
        }
    }

    body_markdown: Annotated[SafeText, Field(min_length=1, max_length=20_000, pattern=r"\S")]
    must_acknowledge_by: date
    reason: Annotated[Sentence, Field(min_length=1, max_length=500)]


class ReadBy(BaseModel):
    id: UUID
    name: str | None


class PracticeReading(BaseModel):
    """How far one practice is. `read` of the `asked` people and mailboxes have acknowledged; `acknowledged_at` is set once
    the practice is done, and `person` is who read it first.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "practice": "ZZ0001",
                    "asked_at": "2026-11-22T10:00:00Z",
                    "asked": 2,
                    "read": 1,
                    "person": {"id": ID, "name": "Ann Example"},
                    "via": "link",
                    "acknowledged_at": "2026-11-23T09:12:00Z",
                    "outstanding_since": None,
                    "asked_in_their_place": None,
                }
            ]
        }
    }

    practice: str
    asked_at: Instant
    asked: int
    read: int
    person: ReadBy | None
    via: Via | None
    acknowledged_at: Instant | None
    outstanding_since: date | None = Field(description="The first day on which it was late.")
    asked_in_their_place: Cover | None


class ReadingCounts(BaseModel):
    practices: int
    acknowledged: int
    outstanding: int


class PracticeReadingPage(PageModel):
    edition: int = Field(description="The version that is asked for now.")
    counts: ReadingCounts
    data: list[PracticeReading]
