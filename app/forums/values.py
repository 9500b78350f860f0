"""The words of forums: the levels of the ladder, decisions, and what other slices get back."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

MOST_ISSUES_A_DAY: Final = 10
"""Of one person, or of a practice: each issue goes to everybody whom it asks, so that a hundred are a flood of mail."""


class LadderLevel(StrEnum):
    """Where a forum meets, where an issue lies, and who answers: from the bottom of the ladder to its top."""

    PRACTICE = "practice"
    LOCALITY = "locality"
    COMMISSIONER = "commissioner"


class VoiceType(StrEnum):
    """Who can raise an issue or support it."""

    FORUM = "forum"
    PRACTICE = "practice"


class MemberRole(StrEnum):
    CHAIR = "chair"
    DEPUTY = "deputy"
    SECRETARY = "secretary"
    MEMBER = "member"


class ConsentBy(StrEnum):
    PAPER = "paper"
    EMAIL = "email"
    ONLINE = "online"
    IN_PERSON = "in_person"


class IssueState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    MERGED = "merged"


class Decision(StrEnum):
    AGREED = "agreed"
    ALREADY_DONE = "already_done"
    PLANNED = "planned"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """What a level of the ladder does about an issue, in words that are for everybody."""

    level: LadderLevel
    decision: Decision
    text: str
    due_on: date | None
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class SaidAndDone:
    """An issue of a forum with the answers that everybody may read, the first given first."""

    issue: UUID
    you_said: str
    raised_at: datetime
    we_did: tuple[PublicAnswer, ...]


class Action(StrEnum):
    RAISED = "raised"
    ESCALATED = "escalated"
    RETURNED = "returned"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Voice:
    """A forum or a practice: exactly one of the two is there."""

    forum_id: UUID | None = None
    practice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewForum:
    name: str
    level: LadderLevel
    locality_id: UUID | None
    practice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """Somebody who consented. `joined_on` None: today."""

    name: str
    email: str | None
    practice: str | None
    role: MemberRole
    consented_on: date
    consent_by: ConsentBy
    joined_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """`practices`: whom it asks; None: every practice at its level."""

    title: str
    body: str
    topic: str | None
    practices: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """`practice` None: the answer of the caller's office, or of their only practice."""

    practice: str | None
    decision: Decision
    text: str
    due_on: date | None
    may_be_named: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """How far a caller sees. `practices` None: every issue of the commissioner.

    `as_patient`: through membership of forums alone, so what practices raise among themselves stays out of sight.
    """

    practices: frozenset[str] | None
    localities: frozenset[UUID] = frozenset()
    forums: frozenset[UUID] = frozenset()
    as_patient: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes practices comparable; None is unknown."""

    registered: Decimal | None
    rural: bool | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A practice's answer, as far as a comparison needs it."""

    decision: Decision
    may_be_named: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """How comparable practices answered. `named` are those already doing it who agreed to be named."""

    asked: int
    answered: int
    already_done: int
    planned: int
    declined: int
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IssueRef:
    """An issue as the slices above need it."""

    id: UUID
    title: str
    level: LadderLevel
    state: IssueState
    raised_at: datetime
    raised_by: Voice


@dataclass(frozen=True, slots=True)
class IssueInWords:
    """An issue as a practice that it asks reads it, with what the practice has answered so far."""

    title: str
    body: str
    state: IssueState
    raised_by: VoiceType
    raised_at: datetime
    is_asked: bool
    answered: Decision | None
    answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """An open issue that a practice has to do with; `needs_answer` when it is asked and has not answered."""

    id: UUID
    title: str
    level: LadderLevel
    raised_at: datetime
    needs_answer: bool


@dataclass(frozen=True, slots=True)
class Followers:
    """Who raised or supports an issue: practices, and forums with those of their members who are known persons."""

    practices: frozenset[str]
    forums: frozenset[UUID]
    people: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Step:
    """One move on the ladder, and the level where the issue lay afterwards."""

    action: Action
    level: LadderLevel
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """What a caller is shown of an issue beside its row. `names` are those of the practices that agreed to be named.

    `is_compared`: practices were compared by their kind.
    """

    supporters: int
    steps: tuple[Step, ...]
    comparable: str
    comparison: Comparison | None
    is_compared: bool
    names: tuple[tuple[str, str], ...]
