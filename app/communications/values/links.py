"""Links in mails by which somebody answers, or wants no more of such mail, without signing in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.communications.values.messages import ActionKind

LINK_LIFE: Final = timedelta(days=14)
UNSUBSCRIBE_LIFE: Final = timedelta(days=366)
MOST_WRONG_NAMES: Final = 10


@dataclass(frozen=True, slots=True)
class LinkClaim:
    """What a link says, once its signature holds: one delivery of one commissioner, until then."""

    commissioner_id: UUID
    delivery_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """The thing that a link is about, as its page shows it. `digest` is of all of it, so that an answer to something that
    has changed meanwhile is known. `figures` are (what, pounds), `facts` (what, which). `most_days`: for how many days the
    page has a field; `example_day`: how one of them is written.
    """

    kind: ActionKind
    commissioner: str
    practice: str | None
    practice_name: str | None
    title: str
    html: str
    figures: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    notice: str | None = None
    digest: str = ""
    most_days: int = 0
    example_day: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody sent with the page's form; all of it as it was typed."""

    name: str
    digest: str
    choice: str
    signatory: str = ""
    capacity: str = ""
    reason: str = ""
    decision: str = ""
    text: str = ""
    due_on: str = ""
    days: tuple[str, ...] = ()
    may_be_named: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an answer did, in words."""

    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose routine mail on which topic a link turns off: a person's, or an address's."""

    topic: str
    commissioner: str
    is_on: bool
