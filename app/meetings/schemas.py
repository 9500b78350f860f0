"""What comes in and goes out over HTTP for meetings."""

import re
from datetime import time
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant, NearInstant
from app.core.http import PageModel, StrictModel, left_out
from app.core.pagination import PageParams
from app.core.privacy import OneLine, SafeText
from app.meetings.values import Level, Listed, PlannedMeeting, times_problem

MEETING: Final[dict[str, Any]] = {
    "title": "Protected learning afternoon",
    "purpose": "Agree how practices share urgent visits this winter",
    "level": "commissioner",
    "starts_at": "2026-11-12T13:00:00Z",
    "ends_at": "2026-11-12T17:00:00Z",
    "scheme": "0198c0de-0000-7000-8000-000000000010",
    "measure": "lead_session",
    "joining": "Town Hall, or by video",
}

Line = Annotated[OneLine, Field(min_length=1, max_length=200)]
Words = Annotated[SafeText, Field(min_length=1, max_length=4000)]


class MeetingIn(StrictModel):
    """A meeting has a purpose; without one it need not be held."""

    model_config = ConfigDict(json_schema_extra={"examples": [MEETING]})

    title: Line
    purpose: Words
    level: Level
    starts_at: NearInstant
    ends_at: NearInstant = Field(description="At most 14 days after `starts_at`.")
    locality_id: UUID | None = Field(default=None, description="For a locality's meeting.")
    practice: str | None = Field(default=None, max_length=8, description="For a practice's own meeting.")
    scheme: UUID | None = Field(default=None, description="Attendance becomes evidence for this scheme.")
    measure: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = Field(
        default=None, description="The fact that definitions count, for example `lead_session`."
    )
    joining: Annotated[SafeText, Field(max_length=2000)] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if wrong := times_problem(self.starts_at, self.ends_at):
            code, words = wrong
            raise PydanticCustomError(code, words)  # pyright: ignore[reportArgumentType] - not a literal, and our own
        if (self.scheme is None) != (self.measure is None):
            raise PydanticCustomError("scheme_and_measure", "Give `scheme` and `measure` together, or neither.")
        if self.level is Level.FORUM and self.scheme is not None:
            raise PydanticCustomError("scheme_of_forum", "A forum's meeting is no evidence for a scheme.")
        if (self.level is Level.LOCALITY) != (self.locality_id is not None):
            raise PydanticCustomError("locality_level", "A locality's meeting, and no other, names its locality.")
        if (self.level is Level.PRACTICE) != (self.practice is not None):
            raise PydanticCustomError("practice_level", "A practice's meeting, and no other, names its practice.")
        return self

    def planned(self) -> PlannedMeeting:
        return PlannedMeeting(scheme_id=self.scheme, **self.model_dump(exclude={"scheme"}))


class MeetingPatch(StrictModel):
    """Only the members that are sent are changed; a null `joining` removes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"joining": "By video only"}]})

    title: Line = Field(default_factory=left_out)
    purpose: Words = Field(default_factory=left_out)
    starts_at: NearInstant = Field(default_factory=left_out)
    ends_at: NearInstant = Field(default_factory=left_out)
    joining: Annotated[SafeText, Field(max_length=2000)] | None = None


class Meeting(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "0198c0de-0000-7000-8000-000000000020", "attended": 12, **MEETING}]}
    )

    id: UUID
    title: str
    purpose: str
    level: Level
    starts_at: Instant
    ends_at: Instant
    locality_id: UUID | None
    practice: str | None
    forum: UUID | None
    scheme: UUID | None
    measure: str | None
    joining: str | None
    attended: int = Field(description="How many people are on the attendance list.")


class MeetingPage(PageModel):
    data: list[Meeting]


class MeetingParams(PageParams):
    since: Instant | None = Field(default=None, description="Meetings that end at this instant or later.")
    level: Level | None = None


_CLOCK: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


def _only_clock(value: Any) -> Any:
    # Pydantic reads numbers as seconds, and offsets that would be ignored: a London time has neither.
    if not isinstance(value, time) and not (isinstance(value, str) and _CLOCK.fullmatch(value)):
        raise PydanticCustomError("wrong_format", "Write a London time like 09:30.")
    return value


LondonTime = Annotated[
    time,
    BeforeValidator(_only_clock),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
]


class AttendanceLine(StrictModel):
    """One person. Times are London times on the day; leave them out for the whole meeting."""

    name: Line
    practice: Annotated[str, Field(min_length=3, max_length=8)]
    role: Annotated[OneLine, Field(min_length=1, max_length=60)]
    from_: LondonTime | None = Field(default=None, alias="from")
    until: LondonTime | None = None

    def listed(self) -> Listed:
        return Listed(" ".join(self.name.split()), self.practice.strip().upper(), self.role, self.from_, self.until)


ATTENDANCE: Final[dict[str, Any]] = {
    "attendance": [{"name": "Dr Ana Field", "practice": "ZZ0101", "role": "gp", "from": "13:00", "until": "17:00"}]
}


class AttendanceIn(StrictModel):
    """The whole list: somebody who is no longer on it is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [ATTENDANCE]})

    attendance: list[AttendanceLine] = Field(max_length=2000)


class Attendance(BaseModel):
    id: UUID
    name: str
    practice: str
    role: str
    person_id: UUID | None = Field(description="Whom the name was matched with; null when nobody or several fit.")
    from_at: Instant
    until_at: Instant
    minutes: int
    confirmed: bool = Field(description="False while somebody else has to confirm it: a run pays confirmed facts only.")


class AttendanceOutcome(BaseModel):
    """What the list changed. The same list again changes nothing."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"added": 1, "changed": 0, "removed": 0, "unchanged": 11, "data": []}]}
    )

    added: int
    changed: int
    removed: int
    unchanged: int
    data: list[Attendance]


class AttendancePage(PageModel):
    data: list[Attendance]
