"""A person's messages and choices."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from app.communications.schemas.examples import ID
from app.communications.values import Source, Topic, Urgency
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams


class InboxMessage(BaseModel):
    """A message to the caller. `source` and `source_id` say what it is about."""

    model_config = {
        "from_attributes": True,
        "json_schema_extra": {
            "examples": [
                {
                    "id": ID,
                    "source": "announcement",
                    "source_id": ID,
                    "practice": None,
                    "topic": "announcements",
                    "urgency": "routine",
                    "subject": "Protected learning time in June",
                    "body_text": "The afternoon of 10 June is protected.",
                    "body_html": "<p>The afternoon of <strong>10 June</strong> is protected.</p>\n",
                    "must_acknowledge_by": "2026-12-01",
                    "acknowledged_at": None,
                    "created_at": "2026-11-22T10:00:00Z",
                }
            ]
        },
    }

    id: UUID
    source: Source
    source_id: str
    practice: str | None
    topic: Topic
    urgency: Urgency
    subject: str
    body_text: str
    body_html: str
    must_acknowledge_by: date | None
    acknowledged_at: Instant | None
    created_at: Instant


class InboxPage(PageModel):
    data: list[InboxMessage]


class InboxParams(PageParams):
    to_acknowledge: bool = Field(default=False, description="Only what still waits to be acknowledged.")


class Preferences(StrictModel):
    """For each topic whether its routine mail is wanted. Everything comes to the inbox all the same.

    Important and critical messages are mailed whatever stands here.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [{"email": {"announcements": False, "statements": True, "schemes": True, "issues": True}}]
        }
    }

    email: dict[Topic, bool]
