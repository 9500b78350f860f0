"""What forums announce. The subject of each is the issue."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class IssueRaised(Event):
    """Raised by a forum or a practice; whom it asks is read from the issue."""

    name: ClassVar[str] = "forums.issue_raised"

    level: str


@dataclass(frozen=True, kw_only=True)
class IssueMoved(Event):
    """Escalated, returned or merged into another."""

    name: ClassVar[str] = "forums.issue_moved"

    action: str
    level: str


@dataclass(frozen=True, kw_only=True)
class IssueAnswered(Event):
    """A practice, a locality or the commissioner answered, or changed its answer. `closes`: the issue is answered now."""

    name: ClassVar[str] = "forums.issue_answered"

    response: str
    level: str
    practice: str | None
    closes: bool
