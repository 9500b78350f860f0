"""The words of meetings, and what other slices get back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.core.db import Tx
from app.core.errors import FieldError

LONGEST: Final = timedelta(days=14)
"""Attendance is told in times of a day, and a year typed wrongly would make thousands of CPD hours."""


class Level(StrEnum):
    PRACTICE = "practice"
    PEER_GROUP = "peer_group"
    LOCALITY = "locality"
    COMMISSIONER = "commissioner"
    FORUM = "forum"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMeeting:
    """A meeting as it is planned. With a scheme and a measure, attendance is evidence for the scheme."""

    title: str
    purpose: str
    level: Level
    starts_at: datetime
    ends_at: datetime
    locality_id: UUID | None = None
    practice: str | None = None
    forum_id: UUID | None = None
    scheme_id: UUID | None = None
    measure: str | None = None
    joining: str | None = None


def times_problem(starts_at: datetime, ends_at: datetime) -> tuple[str, str] | None:
    """The code and the words of what is wrong with a meeting's times, where something is."""
    if ends_at <= starts_at:
        return "meeting_ends_before_it_starts", "`ends_at` has to be later than `starts_at`."
    if ends_at - starts_at > LONGEST:
        return "meeting_too_long", f"A meeting lasts {LONGEST.days} days at most."
    return None


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of an attendance list: who, for which practice, from when until when (London times; None: all of it)."""

    name: str
    practice: str
    role: str
    from_: time | None
    until: time | None


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose own meetings a caller sees, beside those that are for everybody. None: all of them."""

    practices: frozenset[str] | None
    localities: frozenset[UUID] | None


@dataclass(frozen=True, slots=True)
class PublicMeeting:
    """What of a meeting is for everybody."""

    id: UUID
    title: str
    purpose: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class MeetingRef:
    id: UUID
    title: str
    level: Level
    starts_at: datetime
    ends_at: datetime
    scheme_id: UUID | None
    measure: str | None
    purpose: str
    joining: str | None


@dataclass(frozen=True, slots=True)
class Spreadsheets:
    """Reads a CSV as imports do; the application hands down how."""

    read_rows: Callable[[bytes], list[list[str]]]
    """The rows that are not blank, the headings first; `FileRefused` where it is none."""


@dataclass(frozen=True, slots=True)
class SchemeEvidence:
    """What schemes, which stand above, say of attendance that is to be their evidence; the application hands it down."""

    refuse: Callable[[Tx, UUID, str, date], Awaitable[list[FieldError]]]
    """Why a fact of that name on that day could never count for the scheme; nothing for a scheme that is not there."""


@dataclass(frozen=True, slots=True)
class AttendanceRef:
    """One attendance as the slices above need it. `is_confirmed` is false where somebody else has to confirm it."""

    id: UUID
    meeting_id: UUID
    title: str
    practice: str
    person_id: UUID | None
    name: str
    role: str
    on: date
    minutes: int
    scheme_id: UUID | None
    measure: str | None
    is_confirmed: bool
    is_removed: bool
    recorded_by: UUID | None
