"""Forums, their members and meetings, and whom they speak for."""

from datetime import date
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.addresses import EmailAddress
from app.core.clock import Instant, NearInstant
from app.core.http import PageModel, StrictModel, left_out
from app.core.pagination import PageParams
from app.core.privacy import SafeText
from app.forums.schemas.words import FORUM_ID, Code, Line, PracticeName, Words
from app.forums.values import (
    ConsentBy,
    LadderLevel,
    MemberRole,
    NewForum,
    NewMember,
)
from app.meetings.values import Level, PlannedMeeting, times_problem

FORUM: Final[dict[str, Any]] = {"name": "Northfield patient group", "level": "practice", "practice": "ZZ0101"}
MEMBER: Final[dict[str, Any]] = {
    "name": "Joan Ashby",
    "email": "joan.ashby@example.org",
    "practice": "ZZ0101",
    "role": "chair",
    "consent": {"given_on": "2026-10-01", "by": "paper"},
}
MEETING: Final[dict[str, Any]] = {
    "title": "Autumn forum",
    "purpose": "Hear what practices answered about telephone waiting",
    "starts_at": "2026-12-03T18:00:00Z",
    "ends_at": "2026-12-03T19:30:00Z",
    "joining": "Library, Market Street",
}


class ForumIn(StrictModel):
    model_config = ConfigDict(json_schema_extra={"examples": [FORUM]})

    name: Line
    level: LadderLevel
    locality_id: UUID | None = Field(default=None, description="For a locality's forum.")
    practice: Code | None = Field(default=None, description="For a practice's own group.")

    @model_validator(mode="after")
    def _has_its_place(self) -> Self:
        if (self.level is LadderLevel.LOCALITY) != (self.locality_id is not None):
            raise PydanticCustomError("locality_level", "A locality's forum, and no other, names its locality.")
        if (self.level is LadderLevel.PRACTICE) != (self.practice is not None):
            raise PydanticCustomError("practice_level", "A practice's forum, and no other, names its practice.")
        return self

    def wanted(self) -> NewForum:
        return NewForum(**self.model_dump())


class ForumPatch(StrictModel):
    """Only the members that are sent are changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Northfield patients' voice"}]})

    name: Line = Field(default_factory=left_out)
    closed_on: date | None = Field(default=None, description="From then on it raises nothing; null opens it again.")


class Forum(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": FORUM_ID, **FORUM}]})

    id: UUID
    name: str
    level: LadderLevel
    locality_id: UUID | None
    practice: str | None
    closed_on: date | None


class ForumPage(PageModel):
    data: list[Forum]


class ForumParams(PageParams):
    level: LadderLevel | None = None
    locality_id: UUID | None = None
    practice: str | None = Field(default=None, max_length=8)


class Consent(StrictModel):
    """That the person agreed to be held here, and how they said so."""

    given_on: date
    by: ConsentBy


class MemberIn(StrictModel):
    """Only somebody who consented is a member. `practice` is the one whose patients they speak for."""

    model_config = ConfigDict(json_schema_extra={"examples": [MEMBER]})

    name: Line
    email: EmailAddress | None = None
    practice: Code | None = None
    role: MemberRole = MemberRole.MEMBER
    consent: Consent
    joined_on: date | None = Field(default=None, description="Today when left out.")

    def wanted(self) -> NewMember:
        consent = {"consented_on": self.consent.given_on, "consent_by": self.consent.by}
        return NewMember(**self.model_dump(exclude={"consent"}), **consent)


class MemberPatch(StrictModel):
    """Only the members that are sent are changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "secretary"}]})

    practice: Code | None = Field(default=None, description="Null: they speak for no practice in particular.")
    role: MemberRole = Field(default_factory=left_out)


class Member(BaseModel):
    """Somebody in the forum. Who may not write the forum, its own members among them, sees `name` and `practice`; the other
    members are null for them.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "0198c0de-0000-7000-8000-000000000042", "joined_on": "2026-10-01", **MEMBER}]
        }
    )

    id: UUID
    name: str
    email: str | None
    practice: str | None
    role: MemberRole | None
    consent: Consent | None
    joined_on: date | None


class MemberPage(PageModel):
    data: list[Member]


class Representation(BaseModel):
    """Whose patients have somebody in the forum."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "practices": 2,
                    "with_voice": [{"code": "ZZ0101", "name": "Northfield Surgery"}],
                    "without_voice": [{"code": "ZZ0102", "name": "Southgate Surgery"}],
                }
            ]
        }
    )

    practices: int = Field(description="How many practices the forum speaks for.")
    with_voice: list[PracticeName]
    without_voice: list[PracticeName]


class ForumMeetingIn(StrictModel):
    model_config = ConfigDict(json_schema_extra={"examples": [MEETING]})

    title: Line
    purpose: Words
    starts_at: NearInstant
    ends_at: NearInstant = Field(description="At most 14 days after `starts_at`.")
    joining: Annotated[SafeText, Field(max_length=2000)] | None = None

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if wrong := times_problem(self.starts_at, self.ends_at):
            code, words = wrong
            raise PydanticCustomError(code, words)  # pyright: ignore[reportArgumentType] - not a literal, and our own
        return self

    def planned(self) -> PlannedMeeting:
        return PlannedMeeting(level=Level.FORUM, **self.model_dump())


class ForumMeeting(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "0198c0de-0000-7000-8000-000000000043", **MEETING}]}
    )

    id: UUID
    title: str
    purpose: str
    starts_at: Instant
    ends_at: Instant
    joining: str | None


class ForumMeetingPage(PageModel):
    data: list[ForumMeeting]
