"""Announcements: who is meant, who may write and see, and whom one would reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.communications.values.messages import Channel, Urgency
from app.organisations.values import Places


@dataclass(frozen=True, slots=True)
class WantedAudience:
    """Who is meant, as an editor says it. None: no limit of that kind. `state` is that of the scheme's participants."""

    roles: tuple[str, ...] | None = None
    localities: tuple[UUID, ...] | None = None
    practices: tuple[str, ...] | None = None
    scheme: UUID | None = None
    state: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "roles": None if self.roles is None else list(self.roles),
            "localities": None if self.localities is None else [str(each) for each in self.localities],
            "practices": None if self.practices is None else list(self.practices),
            "scheme": None if self.scheme is None else str(self.scheme),
            "state": self.state,
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "WantedAudience":
        return cls(
            roles=None if stored["roles"] is None else tuple(stored["roles"]),
            localities=None if stored["localities"] is None else tuple(map(UUID, stored["localities"])),
            practices=None if stored["practices"] is None else tuple(stored["practices"]),
            scheme=None if stored["scheme"] is None else UUID(stored["scheme"]),
            state=stored["state"],
        )


@dataclass(frozen=True, slots=True)
class Area:
    """The part of a commissioner that somebody may write to: localities and practices, and every practice in them."""

    localities: frozenset[UUID]
    practices: frozenset[str]
    reach: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sight:
    """Which announcements a caller sees: those of the intranet for these places (None: for any), those sent to the
    person, and as the office those that went to nobody outside the area (None: all).
    """

    places: Places | None
    person_id: UUID | None
    is_office: bool
    area: Area | None


@dataclass(frozen=True, slots=True)
class Draft:
    """An announcement as it is handed in."""

    title: str
    markdown: str
    audience: WantedAudience
    channels: tuple[Channel, ...]
    urgency: Urgency
    on_intranet: bool
    must_acknowledge_by: date | None


@dataclass(frozen=True, slots=True)
class RoleReach:
    """What a dry run says of one role: how many would get it, and how many messages they were sent in seven days."""

    role: str
    recipients: int
    messages_this_week: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What a dry run finds. `people` and `mailboxes` make up the recipients."""

    recipients: int
    people: int
    mailboxes: int
    without_email: int
    suppressed: int
    messages_this_week: int
    roles: tuple[RoleReach, ...]
