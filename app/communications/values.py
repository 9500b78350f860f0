"""The words of communications: what is sent, to whom, by which way, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.core.clock import Period
from app.organisations.values import Places


class Urgency(StrEnum):
    ROUTINE = "routine"
    IMPORTANT = "important"
    CRITICAL = "critical"


class Channel(StrEnum):
    EMAIL = "email"
    INBOX = "inbox"


class Topic(StrEnum):
    """What a message is about, as far as a person may choose: routine mail of a topic can be turned off."""

    ANNOUNCEMENTS = "announcements"
    STATEMENTS = "statements"
    SCHEMES = "schemes"
    ISSUES = "issues"


class Source(StrEnum):
    """What led to a message; with its id, it is told once."""

    ANNOUNCEMENT = "announcement"
    STATEMENT = "statement"
    LATE_RUN = "late_run"
    OFFER = "offer"
    SIGN_UP = "sign_up"
    CLAIM = "claim"
    CONSULTATION = "consultation"
    ISSUE = "issue"
    QUERY = "query"
    ARRANGEMENT = "arrangement"
    MONEY_ROLE = "money_role"


class DeliveryState(StrEnum):
    """`attempting`: it is on its way at this moment. `parked`: given up until somebody runs the parked job again.

    `delivered`: it lies in the person's inbox and goes nowhere else. `in_doubt`: the mail server took the whole message
    twice without an answer.
    """

    QUEUED = "queued"
    ATTEMPTING = "attempting"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    PARKED = "parked"
    SUPPRESSED = "suppressed"
    IN_DOUBT = "in_doubt"


OPEN: Final = (DeliveryState.QUEUED, DeliveryState.ATTEMPTING)


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
class Audience:
    """Who is meant, ready to be looked up: a practice counts when it is among `practices` or in one of `localities`.

    `people` are meant whatever their posts.
    """

    roles: tuple[str, ...] | None
    localities: tuple[UUID, ...] | None = None
    practices: tuple[str, ...] | None = None
    people: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in words, before it is known who gets it. `practice`: it is for the people of that practice alone.

    The same source, id and occasion are told once.
    """

    source: Source
    source_id: str
    topic: Topic
    urgency: Urgency
    subject: str
    markdown: str
    occasion: str = ""
    practice: str | None = None
    must_acknowledge_by: date | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Counts:
    """`recipients` are all of them, mailboxes included; each is in one of the states after that.

    `in_doubt` counts every message that may have arrived twice or not at all, whatever became of it later.
    """

    recipients: int = 0
    mailboxes: int = 0
    queued: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    suppressed: int = 0
    in_doubt: int = 0
    acknowledged: int = 0


NO_COUNTS: Final = Counts()


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


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left of a batch after one pass. `exhausted`: how many have been tried as often as they may be. `reasons`: why
    some were not taken this time, without addresses.
    """

    moved: int
    exhausted: int
    attempts: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InboxItem:
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
    acknowledged_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    what: str
    due_on: date | None
    href: str


@dataclass(frozen=True, slots=True)
class ExpectedMoney:
    """`expected` is pence, None where what is recorded is too large to be right."""

    scheme: UUID
    title: str
    period: Period
    expected: int | None
    pay_by: date
    sentence: str


@dataclass(frozen=True, slots=True)
class News:
    id: UUID
    title: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class DatedMeeting:
    id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Today:
    """What matters to a practice today. None: the caller may not see it. `issues` are in the forums' words."""

    todo: list[Task] | None
    money: list[ExpectedMoney] | None
    named_lead: tuple[str, str] | None
    news: list[News] | None
    issues: list[Any] | None
    meetings: list[DatedMeeting] | None
