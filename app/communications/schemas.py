"""What comes in and goes out over HTTP."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.communications.values import Channel, DeliveryState, Source, Topic, Urgency
from app.core.clock import Instant, PeriodModel
from app.core.http import PageModel, StrictModel
from app.core.money import PoundsSum
from app.core.pagination import PageParams
from app.core.privacy import OneLine, SafeText
from app.people.values import PostRole

_ID = "0198c0de-0000-7000-8000-000000000001"
_EXAMPLE_COUNTS: dict[str, Any] = {
    "recipients": 61,
    "mailboxes": 4,
    "queued": 0,
    "sent": 55,
    "delivered": 3,
    "failed": 1,
    "suppressed": 2,
    "in_doubt": 0,
    "acknowledged": 17,
}
_EXAMPLE = {
    "id": _ID,
    "title": "Protected learning time in June",
    "body_markdown": "The afternoon of **10 June** is protected.",
    "body_html": "<p>The afternoon of <strong>10 June</strong> is protected.</p>\n",
    "urgency": "routine",
    "channels": ["email", "inbox"],
    "on_intranet": True,
    "must_acknowledge_by": None,
    "published_at": "2026-11-22T10:00:00Z",
    "withdrawn_at": None,
    "audience": {"roles": ["named_lead"], "localities": None, "practices": None, "scheme": None, "state": None},
    "counts": _EXAMPLE_COUNTS,
}


class AudienceIn(StrictModel):
    """Who is meant. A member that is left out sets no limit of its kind; `{}` means everybody in a post.

    `practices` and `localities` add up. `scheme` narrows them to those who take part in it, or whose part is in `state`.
    """

    model_config = {"json_schema_extra": {"examples": [{"roles": ["named_lead", "practice_manager"]}]}}

    roles: Annotated[list[PostRole], Field(min_length=1, max_length=30)] | None = None
    localities: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None
    practices: Annotated[list[str], Field(min_length=1, max_length=10_000)] | None = None
    scheme: UUID | None = None
    state: Literal["offered", "accepted", "declined"] | None = Field(
        default=None, description="With `scheme` only. Default: `accepted`."
    )

    @model_validator(mode="after")
    def _state_needs_scheme(self) -> "AudienceIn":
        if self.state is not None and self.scheme is None:
            raise PydanticCustomError(
                "state_without_scheme", "`state` is that of a scheme's participants; name the scheme."
            )
        return self


class AnnouncementIn(StrictModel):
    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "title": "Protected learning time in June",
                    "body_markdown": "The afternoon of **10 June** is protected.",
                    "audience": {"roles": ["named_lead", "practice_manager"]},
                    "urgency": "routine",
                    "on_intranet": True,
                }
            ]
        }
    }

    title: Annotated[OneLine, Field(min_length=1, max_length=200)]
    body_markdown: Annotated[SafeText, Field(min_length=1, max_length=20_000)]
    audience: AudienceIn
    channels: Annotated[list[Channel], Field(min_length=1, max_length=2)] = [Channel.EMAIL, Channel.INBOX]
    urgency: Urgency = Field(
        default=Urgency.ROUTINE, description="Routine mail is not sent to those who turned its topic off."
    )
    on_intranet: bool = Field(default=False, description="Whether keys of the intranet may show it.")
    must_acknowledge_by: date | None = None
    dry_run: bool = Field(default=False, description="Send nothing; say how many it would reach.")

    @field_validator("title", "body_markdown")
    @classmethod
    def _has_words(cls, text: str) -> str:
        if not text.strip():
            raise PydanticCustomError("blank", "Write something.")
        return text.strip()


class Counts(BaseModel):
    """`recipients` includes the mailboxes; each is in one of the states after that.

    `sent`: a mail server took it, or it lies in the outbox. `delivered`: to the inbox alone. `suppressed`: the person
    wants no routine mail of this topic. `in_doubt`: may have arrived twice or not at all, whatever became of it later.
    """

    model_config = {"from_attributes": True, "json_schema_extra": {"examples": [_EXAMPLE_COUNTS]}}

    recipients: int
    mailboxes: int
    queued: int
    sent: int
    delivered: int
    failed: int
    suppressed: int
    in_doubt: int
    acknowledged: int


class Audience(BaseModel):
    """Who was meant; null sets no limit."""

    roles: list[str] | None
    localities: list[UUID] | None
    practices: list[str] | None
    scheme: UUID | None
    state: str | None


class AnnouncementSummary(BaseModel):
    """An announcement in a list. `body_html` is safe to put into a page."""

    model_config = {"from_attributes": True}

    id: UUID
    title: str
    body_markdown: str
    body_html: str
    urgency: Urgency
    channels: list[Channel]
    on_intranet: bool
    localities: list[UUID] | None = Field(
        description="The localities it was addressed to, on whose pages alone the intranet shows it."
    )
    must_acknowledge_by: date | None
    published_at: Instant
    withdrawn_at: Instant | None


class Announcement(AnnouncementSummary):
    """`audience` and `counts` are for the office; others see null."""

    model_config = {"from_attributes": True, "json_schema_extra": {"examples": [_EXAMPLE]}}

    audience: Audience | None
    counts: Counts | None


class AnnouncementPage(PageModel):
    data: list[AnnouncementSummary]


class AnnouncementParams(PageParams):
    published_since: Instant | None = Field(default=None, description="Published at that instant or later.")
    locality_id: UUID | None = Field(
        default=None, description="What the page of that locality shows: its own and what is for everybody."
    )


class Delivery(BaseModel):
    """One recipient's. `person_id` is null for a practice's shared mailbox."""

    model_config = {
        "from_attributes": True,
        "json_schema_extra": {
            "examples": [
                {
                    "id": _ID,
                    "person_id": _ID,
                    "name": "Ann Example",
                    "practice": "ZZ0001",
                    "is_mailbox": False,
                    "channel": "email",
                    "state": "sent",
                    "in_doubt": False,
                    "attempts": 1,
                    "detail": None,
                    "sent_at": "2026-11-22T10:00:02Z",
                    "acknowledged_at": None,
                }
            ]
        },
    }

    id: UUID
    person_id: UUID | None
    name: str | None
    practice: str | None
    is_mailbox: bool
    channel: Channel
    state: DeliveryState
    in_doubt: bool
    attempts: int
    detail: str | None
    sent_at: Instant | None
    acknowledged_at: Instant | None


class DeliveryPage(PageModel):
    data: list[Delivery]


class DeliveryParams(PageParams):
    state: DeliveryState | None = None
    in_doubt: bool | None = Field(default=None, description="`true`: those that may have arrived twice or not at all.")


class InboxMessage(BaseModel):
    """A message to the caller. `source` and `source_id` say what it is about."""

    model_config = {
        "from_attributes": True,
        "json_schema_extra": {
            "examples": [
                {
                    "id": _ID,
                    "source": "announcement",
                    "source_id": _ID,
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
                            "href": f"/v1/offers/{_ID}",
                        }
                    ],
                    "money": [
                        {
                            "scheme": _ID,
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
