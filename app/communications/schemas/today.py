"""A practice's page of today."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from app.communications.schemas.examples import ID
from app.core.clock import Instant, PeriodModel
from app.core.money import PoundsSum


class Task(BaseModel):
    """Something that waits for the practice, and where to do it."""

    model_config = {"from_attributes": True}

    what: str
    due_on: date | None
    href: str


class Expected(BaseModel):
    """What a scheme would pay the practice for a period as things stand, unconfirmed evidence included, and why."""

    scheme: UUID
    title: str
    period: PeriodModel
    expected: PoundsSum | None = Field(description="Null where a recorded value is too large to be right.")
    pay_by: date
    sentence: str


class Lead(BaseModel):
    name: str
    post: str


class NewsItem(BaseModel):
    id: UUID
    title: str
    published_at: Instant
    href: str


class IssueItem(BaseModel):
    id: UUID
    title: str
    level: str
    raised_at: Instant
    needs_answer: bool
    href: str


class MeetingItem(BaseModel):
    id: UUID
    title: str
    starts_at: Instant
    ends_at: Instant
    href: str


class Today(BaseModel):
    """What matters to a practice today. A member that the caller may not see is null."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "todo": [
                        {
                            "what": "Answer the offer: Protected half-days",
                            "due_on": "2026-12-24",
                            "href": f"/v1/offers/{ID}",
                        }
                    ],
                    "money": [
                        {
                            "scheme": ID,
                            "title": "A named lead in every practice",
                            "period": {"from": "2026-10-01", "until": "2027-01-01"},
                            "expected": "1200.00",
                            "pay_by": "2027-01-31",
                            "sentence": "4 sessions at £300.00 come to £1,200.00.",
                        }
                    ],
                    "named_lead": {"name": "Ann Example", "post": "Named lead"},
                    "news": [],
                    "issues": [],
                    "meetings": [],
                }
            ]
        }
    }

    todo: list[Task] | None
    money: list[Expected] | None
    named_lead: Lead | None
    news: list[NewsItem] | None
    issues: list[IssueItem] | None
    meetings: list[MeetingItem] | None
