"""What is sent, to whom, by which way, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class Urgency(StrEnum):
    ROUTINE = "routine"
    IMPORTANT = "important"
    CRITICAL = "critical"


class Channel(StrEnum):
    EMAIL = "email"
    INBOX = "inbox"
    TEXT = "text"
    PUSH = "push"
    TEAMS = "teams"


class Topic(StrEnum):
    """What a message is about. Of all but digests a person chooses whether and when they get its routine mail."""

    ANNOUNCEMENTS = "announcements"
    STATEMENTS = "statements"
    SCHEMES = "schemes"
    ISSUES = "issues"
    DIGESTS = "digests"
    NEWSLETTERS = "newsletters"


class Source(StrEnum):
    """What led to a message; with its id, it is told once."""

    ANNOUNCEMENT = "announcement"
    STATEMENT = "statement"
    LATE_RUN = "late_run"
    OFFER = "offer"
    SIGN_UP = "sign_up"
    CLAIM = "claim"
    SESSION = "session"
    CONSULTATION = "consultation"
    ISSUE = "issue"
    QUERY = "query"
    ARRANGEMENT = "arrangement"
    MONEY_ROLE = "money_role"
    LINK = "link"
    WEBHOOK = "webhook"
    PROVIDER = "provider"
    DIGEST = "digest"
    NEWSLETTER = "newsletter"


class DeliveryState(StrEnum):
    """`attempting`: it is on its way at this moment. `parked`: given up until somebody runs the parked job again.

    `delivered`: it lies in the person's inbox and goes nowhere else. `in_doubt`: the mail server took the whole message
    twice without an answer. `withdrawn`: when it was to go out, the recipient was no longer meant.
    `held`: it waits for the person's digest, and `digested`: it is in one.
    """

    QUEUED = "queued"
    ATTEMPTING = "attempting"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    PARKED = "parked"
    SUPPRESSED = "suppressed"
    IN_DOUBT = "in_doubt"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    DIGESTED = "digested"


class AttemptOutcome(StrEnum):
    """What one try came to. `lost`: its worker ended in the middle, so nobody knows."""

    SENT = "sent"
    FAILED_PERMANENT = "failed_permanent"
    FAILED_TEMPORARY = "failed_temporary"
    IN_DOUBT = "in_doubt"
    LOST = "lost"


ALL_WAYS: Final = (Channel.EMAIL, Channel.INBOX, Channel.TEXT, Channel.PUSH)
"""Of these each person gets what they chose."""
CHOSEN: Final = tuple(topic for topic in Topic if topic is not Topic.DIGESTS)
OPEN: Final = (DeliveryState.QUEUED, DeliveryState.ATTEMPTING)


class ActionKind(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    OFFER = "offer"
    ISSUE = "issue"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Action:
    """What a message asks its reader to do, and with what."""

    kind: ActionKind
    id: UUID

    def as_json(self) -> dict[str, str]:
        return {"kind": self.kind.value, "id": str(self.id)}

    @classmethod
    def of_json(cls, stored: Mapping[str, str]) -> "Action":
        return cls(ActionKind(stored["kind"]), UUID(stored["id"]))


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in words, before it is known who gets it. `practice`: it is for the people of that practice alone.

    The same source, id and occasion are told once. `template` is the kind it was worded as, `template_version` the number
    of the commissioner's own wording, None for ours.
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
    template: str | None = None
    template_version: int | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Counts:
    """`recipients` are all of them, mailboxes included; each is in one of the states after that.

    `in_doubt` counts every message that may have arrived twice or not at all, whatever became of it later. `texts`: how
    many were sent a text besides, `pushes`: a notification.
    """

    recipients: int = 0
    mailboxes: int = 0
    queued: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    suppressed: int = 0
    withdrawn: int = 0
    held: int = 0
    in_doubt: int = 0
    acknowledged: int = 0
    texts: int = 0
    pushes: int = 0


NO_COUNTS: Final = Counts()


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
class Cause:
    """Why deliveries ended in a state, how many, and since when. None: no reason was given."""

    state: DeliveryState
    cause: str | None
    deliveries: int
    since: datetime


class Frequency(StrEnum):
    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person says of their messages; None leaves as it is. Hours of London; a quiet time that ends where it begins is
    none, and so is a number without digits. `texts`, `pushes`: whether a topic comes by text or to browsers too.
    """

    frequency: Mapping[Topic, Frequency]
    texts: Mapping[Topic, bool] = field(default_factory=dict)
    pushes: Mapping[Topic, bool] = field(default_factory=dict)
    mobile: str | None = None
    quiet: tuple[int, int] | None = None
    digest_hour: int | None = None
    digest_weekday: int | None = None


@dataclass(frozen=True, slots=True)
class DigestItem:
    delivery_id: UUID
    subject: str
    text: str
    html: str
    at: datetime


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
