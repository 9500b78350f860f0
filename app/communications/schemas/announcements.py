"""Announcements as they come in and go out."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.communications.schemas.examples import ID
from app.communications.values import ALL_WAYS, Channel, Duty, Urgency
from app.core.clock import Instant, NearInstant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams
from app.core.privacy import OneLine, SafeText
from app.people.values import PostRole

_EXAMPLE_COUNTS: dict[str, Any] = {
    "recipients": 61,
    "mailboxes": 4,
    "queued": 0,
    "sent": 55,
    "delivered": 3,
    "failed": 1,
    "suppressed": 2,
    "withdrawn": 0,
    "held": 0,
    "in_doubt": 0,
    "acknowledged": 17,
    "texts": 6,
    "pushes": 9,
}


_EXAMPLE = {
    "id": ID,
    "title": "Protected learning time in June",
    "body_markdown": "The afternoon of **10 June** is protected.",
    "body_html": "<p>The afternoon of <strong>10 June</strong> is protected.</p>\n",
    "urgency": "routine",
    "channels": ["email", "inbox", "text", "push"],
    "on_intranet": True,
    "is_personalised": False,
    "must_acknowledge_by": None,
    "state": "published",
    "must_acknowledge": "practice",
    "renew_months": None,
    "edition": 1,
    "published_at": "2026-11-22T10:00:00Z",
    "withdrawn_at": None,
    "audience": {
        "roles": ["named_lead"],
        "localities": None,
        "practices": None,
        "networks": None,
        "scheme": None,
        "state": None,
        "within_days": None,
    },
    "counts": _EXAMPLE_COUNTS,
}


NetworkCode = Annotated[str, Field(min_length=2, max_length=20, pattern=r"^[A-Z0-9]+$")]


class AudienceIn(StrictModel):
    """Who is meant. A member that is left out sets no limit of its kind; `{}` means everybody in a post.

    `practices`, `localities` and `networks` add up. `scheme` narrows them to those who take part in it, or whose part is in
    `state`: `offered` has not answered, `claim_due` has not declared a claim whose time ends within `within_days`. Whom that
    means is looked up again when it goes out: who has answered meanwhile is not told. Sessional GPs without a practice
    are `sessional_gp`, the LMC is `lmc_officer`.
    """

    model_config = {"json_schema_extra": {"examples": [{"roles": ["named_lead", "practice_manager"]}]}}

    roles: Annotated[list[PostRole], Field(min_length=1, max_length=30)] | None = None
    localities: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None
    practices: Annotated[list[str], Field(min_length=1, max_length=10_000)] | None = None
    networks: Annotated[list[NetworkCode], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Primary care networks by code; their practices of the day."
    )
    scheme: UUID | None = None
    state: Literal["offered", "accepted", "declined", "claim_due"] | None = Field(
        default=None, description="With `scheme` only. Default: `accepted`."
    )
    within_days: int | None = Field(default=None, ge=0, le=90, description="With `claim_due` only. Default: 5.")

    @model_validator(mode="after")
    def _state_needs_scheme(self) -> "AudienceIn":
        if self.within_days is not None and self.state != "claim_due":
            raise PydanticCustomError("days_without_claim_due", "`within_days` goes with `state: claim_due`.")
        if self.state is not None and self.scheme is None:
            raise PydanticCustomError(
                "state_without_scheme", "`state` is that of a scheme's participants; name the scheme."
            )
        return self


AnnouncedBy = Literal[Channel.EMAIL, Channel.INBOX, Channel.TEXT, Channel.PUSH]


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
    channels: Annotated[list[AnnouncedBy], Field(min_length=1, max_length=4)] = Field(
        default=list(ALL_WAYS),
        description="By which ways it may go; `text` and `push` go to those alone who chose them, and beside `email` or `inbox`.",
    )
    urgency: Urgency = Field(
        default=Urgency.ROUTINE, description="Routine mail is not sent to those who turned its topic off."
    )
    on_intranet: bool = Field(default=False, description="Whether keys of the intranet may show it.")
    must_acknowledge_by: date | None = None
    must_acknowledge: Duty = Field(
        default=Duty.PRACTICE, description="Whether one of those asked acknowledges for a practice, or everybody does."
    )
    renew_months: Annotated[int, Field(ge=1, le=60)] | None = Field(
        default=None,
        description="It is asked again so many months after it was asked last; with `must_acknowledge_by`.",
    )
    publish_at: NearInstant | None = Field(
        default=None,
        description="Wait until then: nobody but the office sees it before. Whom it reaches is looked up then.",
    )
    preview_practice: Annotated[str, Field(min_length=1, max_length=20)] | None = Field(
        default=None,
        description="With `dry_run`, for a text with fields: the practice for which it is shown. Default: the first.",
    )
    dry_run: bool = Field(
        default=False,
        description="Send nothing; say how many it would reach, what they were sent this week, and what else they are told then.",
    )

    @model_validator(mode="after")
    def _goes_whole(self) -> "AnnouncementIn":
        if not {Channel.EMAIL, Channel.INBOX} & {*self.channels}:
            raise PydanticCustomError(
                "not_whole", "A text or a notification holds a part only: name `email` or `inbox` as well."
            )
        return self

    @model_validator(mode="after")
    def _preview_is_of_a_dry_run(self) -> "AnnouncementIn":
        if self.preview_practice is not None and not self.dry_run:
            raise PydanticCustomError("preview_without_dry_run", "`preview_practice` goes with `dry_run`.")
        return self

    @model_validator(mode="after")
    def _renewal_needs_a_day(self) -> "AnnouncementIn":
        if self.renew_months is not None and self.must_acknowledge_by is None:
            raise PydanticCustomError("renewal_without_day", "Give `must_acknowledge_by` for what is asked again.")
        return self

    @field_validator("title", "body_markdown")
    @classmethod
    def _has_words(cls, text: str) -> str:
        if not text.strip():
            raise PydanticCustomError("blank", "Write something.")
        return text.strip()


class AnnouncementPatch(StrictModel):
    """What is to change of an announcement that waits; what is left out stays."""

    model_config = {"json_schema_extra": {"examples": [{"publish_at": "2026-12-01T09:00:00Z"}]}}

    title: Annotated[OneLine, Field(min_length=1, max_length=200)] | None = None
    body_markdown: Annotated[SafeText, Field(min_length=1, max_length=20_000)] | None = None
    publish_at: NearInstant | None = None

    @field_validator("title", "body_markdown", "publish_at")
    @classmethod
    def _stays(cls, value: object) -> object:
        if value is None or (isinstance(value, str) and not value.strip()):
            raise PydanticCustomError("wrong_type", "Leave out what is to stay; withdraw what is not to be published.")
        return value


class Counts(BaseModel):
    """`recipients` includes the mailboxes; each is in one of the states after that.

    `sent`: a mail server took it, or it lies in the outbox. `delivered`: to the inbox alone. `suppressed`: the
    recipient wants no routine mail of this topic, or nothing is sent to the address. `withdrawn`: no longer meant when it was to go out. `held`: waits for the person's
    digest. `in_doubt`: may have arrived twice or not at all, whatever became of it later. `texts`: how many were sent a
    text besides, as they chose, and `pushes` a notification in a browser.
    """

    model_config = {"from_attributes": True, "json_schema_extra": {"examples": [_EXAMPLE_COUNTS]}}

    recipients: int
    mailboxes: int
    queued: int
    sent: int
    delivered: int
    failed: int
    suppressed: int
    withdrawn: int
    held: int
    in_doubt: int
    acknowledged: int
    texts: int
    pushes: int


class Audience(BaseModel):
    """Who was meant; null sets no limit."""

    roles: list[str] | None
    localities: list[UUID] | None
    practices: list[str] | None
    networks: list[str] | None
    scheme: UUID | None
    state: str | None
    within_days: int | None


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
    is_personalised: bool = Field(
        description="Whether it says fields of the practice. Title and text are shown as they were written; what a practice"
        " was told is in its inboxes."
    )
    localities: list[UUID] | None = Field(
        description="The localities it was addressed to, on whose pages alone the intranet shows it."
    )
    must_acknowledge_by: date | None
    must_acknowledge: Duty
    renew_months: int | None
    edition: int = Field(description="Which version it is, counted from 1.")
    state: Literal["scheduled", "published", "withdrawn"]
    published_at: Instant = Field(description="Of what is scheduled: when it will be.")
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
