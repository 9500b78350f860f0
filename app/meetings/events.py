"""What meetings announce."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MeetingChanged(Event):
    """Planned, or changed. The subject is the meeting."""

    name: ClassVar[str] = "meetings.meeting_changed"


@dataclass(frozen=True, kw_only=True)
class AttendanceChanged(Event):
    """One person's attendance was recorded, corrected or taken back. The subject is the attendance."""

    name: ClassVar[str] = "meetings.attendance_changed"

    meeting: str
    practice: str
