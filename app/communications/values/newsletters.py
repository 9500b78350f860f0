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
    """An edition in words, and what stands in it."""

    markdown: str
    text: str
    html: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class NewsletterSight:
    """Which newsletters a caller sees: of those on the intranet, the ones with an edition for these localities (None: any) or
    for everybody; and as an editor all within `area` (None: all there are).
    """

    localities: frozenset[UUID] | None
    is_editor: bool
    area: frozenset[UUID] | None

    @property
    def editions(self) -> frozenset[UUID] | None:
        """Of a newsletter that they see, the localities whose editions they read beside everybody's. None: any."""
        if not self.is_editor or self.localities is None:
            return self.localities
        return None if self.area is None else self.localities | self.area

    def keeps(self, place: UUID | None) -> bool:
        """Whether the edition for that locality (None: for everybody else) is the caller's to write."""
        return self.is_editor and (self.area is None or place in self.area)
