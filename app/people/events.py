"""What people announces. Names and contacts never travel in an event."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    """Subject: the person's id. `removed` when the person was erased."""

    name: ClassVar[str] = "people.person_changed"


@dataclass(frozen=True, kw_only=True)
class PostChanged(Event):
    """Subject: the post's id. `removed` when it turned out never to have been held."""

    name: ClassVar[str] = "people.post_changed"

    role: str
    practice: str | None
