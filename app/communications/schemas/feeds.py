"""Feeds as they come in and go out."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.communications.schemas.examples import ID
from app.communications.values import FeedAccess, FeedKind, WantedFeed
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel, left_out
from app.core.privacy import OneLine

_TITLE = Field(min_length=1, max_length=200)
_KINDS = Field(min_length=1, max_length=len(FeedKind))
_EXAMPLE = {
    "id": ID,
    "name": "zz1-news",
    "title": "News for practices",
    "kinds": ["announcements", "meetings"],
    "locality_id": None,
    "access": "public",
    "urls": {
        "atom": "https://plenary.example.org/v1/feeds/zz1-news.atom",
        "rss": "https://plenary.example.org/v1/feeds/zz1-news.rss",
        "json_feed": "https://plenary.example.org/v1/feeds/zz1-news.json",
    },
    "created_at": "2026-11-22T10:00:00Z",
    "changed_at": "2026-11-22T10:00:00Z",
}


def _once(kinds: list[FeedKind]) -> list[FeedKind]:
    return list(dict.fromkeys(kinds))


class FeedIn(StrictModel):
    """A public feed shows everybody in the world what the intranet shows everybody; a secret one, whoever has its address."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"name": "news", "title": "News for practices", "kinds": ["announcements"], "access": "public"}
            ]
        }
    }

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)] | None = Field(
        default=None, description="Of a public feed: it is read as the commissioner's code and this, `zz1-news`."
    )
    title: Annotated[OneLine, _TITLE]
    kinds: Annotated[list[FeedKind], _KINDS]
    locality_id: UUID | None = Field(default=None, description="Also what is addressed to this locality.")
    access: FeedAccess

    _each_once = field_validator("kinds")(_once)

    @model_validator(mode="after")
    def _is_found(self) -> "FeedIn":
        if (self.access is FeedAccess.PUBLIC) != (self.name is not None):
            raise PydanticCustomError("feed_name", "A public feed has a `name`; a secret one has none.")
        return self

    def wanted(self) -> WantedFeed:
        return WantedFeed(self.name, self.title, tuple(self.kinds), self.locality_id, self.access)


class FeedPatch(StrictModel):
    """What is left out stays. Who may read it does not change: make another feed, and delete this one."""

    model_config = {"json_schema_extra": {"examples": [{"title": "News"}]}}

    title: Annotated[OneLine, _TITLE] = Field(default_factory=left_out)
    kinds: Annotated[list[FeedKind], _KINDS] = Field(default_factory=left_out)
    locality_id: UUID | None = None

    _each_once = field_validator("kinds")(_once)


class FeedUrls(BaseModel):
    atom: str
    rss: str
    json_feed: str


class Feed(BaseModel):
    """`urls` is null for a secret feed: its address is `/v1/feeds/{secret}.atom`, `.rss` or `.json`."""

    model_config = {"json_schema_extra": {"examples": [_EXAMPLE]}}

    id: UUID
    name: str | None
    title: str
    kinds: list[FeedKind]
    locality_id: UUID | None
    access: FeedAccess
    urls: FeedUrls | None
    created_at: Instant
    changed_at: Instant


class FeedWithSecret(Feed):
    """A feed with its secret, which is shown in this answer only; null for a public one."""

    model_config = {"json_schema_extra": {"examples": [_EXAMPLE | {"secret": None}]}}

    secret: str | None


class FeedList(PageModel):
    data: list[Feed]
