"""What meetings announce."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.changes import Marks, locality_marks, practice_marks
from app.core.events import Event, Resource

MEETING = Resource("meeting", href="/v1/meetings/{}", scope="meetings:read", is_bounded=True)


@dataclass(frozen=True, kw_only=True)
class MeetingChanged(Event):
    """Planned, or changed, also who came. The subject is the meeting; the place is that of a practice's or locality's own."""

    name: ClassVar[str] = "meetings.meeting_changed"
    resource: ClassVar[Resource | None] = MEETING

    locality: str | None
    practice: str | None

    @property
    def concerns(self) -> Marks:
        if self.practice is not None:
            return practice_marks([self.practice]) | {"practices"}
        if self.locality is not None:
            return locality_marks([self.locality]) | {"localities"}
        return frozenset({"open"})


@dataclass(frozen=True, kw_only=True)
class AttendanceChanged(Event):
    """One person's attendance was recorded, corrected or taken back. The subject is the attendance."""

    name: ClassVar[str] = "meetings.attendance_changed"

    meeting: str
    practice: str
