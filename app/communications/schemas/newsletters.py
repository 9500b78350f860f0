"""Newsletters as they come in and go out."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.communications.schemas.announcements import Counts
from app.communications.schemas.examples import ID
from app.communications.values import MOST_ITEMS, EditionState, FeedKind, NewsletterState, WantedNewsletter
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel, left_out
from app.core.pagination import PageParams
from app.core.privacy import OneLine, SafeText

_ITEM = {"kind": "announcements", "id": ID}
_EDITION = {"id": None, "locality_id": None, "state": "pending", "items": None, "counts": None}
_EXAMPLE = {
    "id": ID,
    "title": "November in Somewhere",
    "intro_markdown": "Dear all,",
    "state": "draft",
    "items": [_ITEM | {"title": "Protected learning time in June"}],
    "editions": [_EDITION],
    "on_intranet": True,
    "since": "2026-10-23T10:00:00Z",
    "until": "2026-11-22T10:00:00Z",
    "send_at": None,
    "sent_at": None,
    "created_at": "2026-11-22T10:00:00Z",
}

PostedKind = Literal[FeedKind.ANNOUNCEMENTS, FeedKind.MEETINGS, FeedKind.ISSUES]


class ItemIn(StrictModel):
    model_config = {"json_schema_extra": {"examples": [_ITEM]}}

    kind: PostedKind
    id: UUID


Items = Annotated[list[ItemIn], Field(max_length=MOST_ITEMS)]


class NewsletterIn(StrictModel):
    """Without `items` it takes what was posted in the period (the thirty days before now) and the meetings to come."""

    model_config = {
        "json_schema_extra": {"examples": [{"title": "November in Somewhere", "intro_markdown": "Dear all,"}]}
    }

    title: Annotated[OneLine, Field(min_length=1, max_length=200)]
    intro_markdown: Annotated[SafeText, Field(max_length=10_000)] = ""
    localities: Annotated[list[UUID], Field(max_length=50)] = Field(
        default_factory=list, description="An edition for each of these, with what is the locality's own as well."
    )
    for_commissioner: bool = Field(default=True, description="An edition for everybody who gets no other.")
    on_intranet: bool = Field(default=True, description="Whether it is archived on the intranet and stands in feeds.")
    since: Instant | None = None
    until: Instant | None = None
    items: Items | None = None

    @field_validator("localities")
    @classmethod
    def _once(cls, localities: list[UUID]) -> list[UUID]:
        return list(dict.fromkeys(localities))

    @model_validator(mode="after")
    def _makes_sense(self) -> "NewsletterIn":
        if not self.localities and not self.for_commissioner:
            raise PydanticCustomError("no_edition", "A newsletter has an edition for somebody.")
        if self.since and self.until and not timedelta(0) < self.until - self.since:
            raise PydanticCustomError("period_order", "`until` comes after `since`.")
        return self

    def wanted(self) -> WantedNewsletter:
        return WantedNewsletter(
            title=self.title,
            intro_markdown=self.intro_markdown,
            localities=tuple(self.localities),
            for_commissioner=self.for_commissioner,
            on_intranet=self.on_intranet,
            since=self.since,
            until=self.until,
            items=None if self.items is None else tuple((item.kind, item.id) for item in self.items),
        )


class NewsletterPatch(StrictModel):
    """What is left out stays."""

    model_config = {"json_schema_extra": {"examples": [{"title": "December in Somewhere"}]}}

    title: Annotated[OneLine, Field(min_length=1, max_length=200)] = Field(default_factory=left_out)
    intro_markdown: Annotated[SafeText, Field(max_length=10_000)] = Field(default_factory=left_out)
    on_intranet: bool = Field(default_factory=left_out)


class ItemsIn(StrictModel):
    """All items in their order."""

    model_config = {"json_schema_extra": {"examples": [{"items": [_ITEM]}]}}

    items: Items


class ScheduleIn(StrictModel):
    """When it goes out; now without a time."""

    model_config = {"json_schema_extra": {"examples": [{"send_at": "2026-12-01T08:00:00Z"}]}}

    send_at: Instant | None = None


class NewsletterItem(BaseModel):
    """`title` is as it was when the item was taken in; for readers, as it was when their edition was sent."""

    model_config = {"from_attributes": True}

    kind: FeedKind
    id: UUID
    title: str


class Edition(BaseModel):
    """For a locality, or for everybody else. `id` once it was sent; `empty`: there was nothing for it, so nobody was sent it.

    `counts` are for whoever writes that edition.
    """

    id: UUID | None
    locality_id: UUID | None
    state: EditionState
    items: int | None
    counts: Counts | None


class NewsletterSummary(BaseModel):
    id: UUID
    title: str
    state: NewsletterState
    on_intranet: bool
    send_at: Instant | None
    sent_at: Instant | None
    created_at: Instant


class Newsletter(NewsletterSummary):
    model_config = {"json_schema_extra": {"examples": [_EXAMPLE]}}

    intro_markdown: str
    since: Instant
    until: Instant
    items: list[NewsletterItem]
    editions: list[Edition]


class EditionText(BaseModel):
    """An edition as it was sent. `body_html` is safe to put into a page."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "id": ID,
                    "title": "November in Somewhere",
                    "locality_id": None,
                    "body_html": "<p>Dear all,</p>\n",
                    "body_text": "Dear all,",
                    "sent_at": "2026-11-22T10:00:00Z",
                }
            ]
        }
    }

    id: UUID
    title: str
    locality_id: UUID | None
    body_html: str
    body_text: str
    sent_at: Instant


class NewsletterPage(PageModel):
    data: list[NewsletterSummary]


class NewsletterParams(PageParams):
    state: NewsletterState | None = None
