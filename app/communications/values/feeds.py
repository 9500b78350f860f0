"""Feeds: what one shows, to whom, and what stands in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

MOST_ENTRIES: Final = 50


class FeedKind(StrEnum):
    ANNOUNCEMENTS = "announcements"
    MEETINGS = "meetings"
    ISSUES = "issues"
    NEWSLETTERS = "newsletters"


class FeedAccess(StrEnum):
    """`public`: by its name, for everybody. `secret`: for whoever has its address."""

    PUBLIC = "public"
    SECRET = "secret"  # noqa: S105 - what it is called, not one


@dataclass(frozen=True, slots=True)
class WantedFeed:
    """`name` is None for a secret feed. `locality_id`: also what is addressed to that locality."""

    name: str | None
    title: str
    kinds: tuple[FeedKind, ...]
    locality_id: UUID | None
    access: FeedAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed as it is found by its name or its secret; `number` is its tenant's change number."""

    commissioner_id: UUID
    id: UUID
    version: int
    access: FeedAccess
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One thing. `html` is safe, and says the same as `markdown`; `path` leads to it here; it keeps its `id` whatever becomes of it."""

    id: UUID
    kind: FeedKind
    title: str
    html: str
    markdown: str
    path: str
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """A feed with its entries, the latest change first. `own_url` is None where it is a secret."""

    id: UUID
    title: str
    author: str
    base_url: str
    own_url: str | None
    updated_at: datetime
    entries: tuple[FeedEntry, ...]
