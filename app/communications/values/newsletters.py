"""Newsletters: what one is made of, and its editions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.communications.values.feeds import FeedKind

MOST_ITEMS: Final = 50


class NewsletterState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENT = "sent"


class EditionState(StrEnum):
    """`pending`: not sent yet. `empty`: there was nothing for this place, so nobody was sent it."""

    PENDING = "pending"
    SENT = "sent"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that was posted, by its kind and id. `title` is as it was when it was taken in."""

    kind: FeedKind
    id: UUID
    title: str

    @property
    def key(self) -> tuple[FeedKind, UUID]:
        return self.kind, self.id

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind.value, "id": str(self.id), "title": self.title}

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> "Item":
        return cls(FeedKind(stored["kind"]), UUID(stored["id"]), stored["title"])


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedNewsletter:
    """A newsletter as it is handed in. Without `items` it takes what was posted from `since` until `until`."""

    title: str
    intro_markdown: str
    localities: tuple[UUID, ...]
    for_commissioner: bool
    on_intranet: bool
    since: datetime | None
    until: datetime | None
    items: tuple[tuple[FeedKind, UUID], ...] | None


@dataclass(frozen=True, slots=True)
class Composed:
    """An edition in words."""

    markdown: str
    text: str
    html: str
    items: int


@dataclass(frozen=True, slots=True)
class NewsletterSight:
    """Which newsletters a caller sees: of those on the intranet, the ones with an edition for these localities (None: any) or
    for everybody; and as an editor all within `area` (None: all there are).
    """

    localities: frozenset[UUID] | None
    is_editor: bool
    area: frozenset[UUID] | None
