"""Announcements: who is meant, who may write and see, and whom one would reach."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.communications.values.audiences import Audience
from app.communications.values.messages import Channel, Urgency
from app.communications.values.must_read import Duty
from app.organisations.values import Places


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
    audience: Audience
    channels: tuple[Channel, ...]
    urgency: Urgency
    on_intranet: bool
    must_acknowledge_by: date | None
    publish_at: datetime | None = None
    must_acknowledge: Duty = Duty.PRACTICE
    renew_months: int | None = None
    preview_practice: str | None = None


@dataclass(frozen=True, slots=True)
class RoleReach:
    """What a dry run says of one role: how many would get it, how many messages they were sent in seven days, how many
    the busiest of them, and how many have had as many as one a working day.
    """

    role: str
    recipients: int
    messages_this_week: int
    most_this_week: int
    over_budget: int


@dataclass(frozen=True, slots=True)
class Clash:
    """Another announcement to the same people about the same time."""

    announcement: UUID
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TextReach:
    """What a dry run says of text messages: to how many they would go, what they would say, as how many parts each is
    charged, and how many parts that makes. `is_set_up`: whether the commissioner sends texts at all.
    """

    people: int = 0
    parts: int = 0
    charged: int = 0
    body: str = ""
    is_set_up: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A field that a text says and for which some practices have nothing: how many, and the first of them."""

    field: str
    practices: int
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What one practice would be told."""

    practice: str
    title: str
    body_text: str
    body_html: str


@dataclass(frozen=True, slots=True)
class Personal:
    """What a dry run says of a text that is another for each practice: for how many it is written, how many recipients have
    no practice, what is missing, and how it reads for one of them. While anything is missing it is not sent.
    """

    practices: int
    without_practice: int
    missing: tuple[Gap, ...]
    preview: Sample | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """What a dry run finds. `people` and `mailboxes` make up the recipients. No mail goes to people
    `without_email`, nor to the `suppressed`: who turned the topic off, and addresses that nothing is sent to. `pushed`: how many
    people would be shown it in their browsers. `other_clashes`: how many more there are that whoever asks may not read.
    """

    recipients: int
    people: int
    mailboxes: int
    without_email: int
    suppressed: int
    messages_this_week: int
    roles: tuple[RoleReach, ...]
    clashes: tuple[Clash, ...] = ()
    other_clashes: int = 0
    texts: TextReach = TextReach()
    pushed: int = 0
    personal: Personal | None = None
