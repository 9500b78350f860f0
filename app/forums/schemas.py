"""What comes in and goes out over HTTP for forums and issues."""

from datetime import date
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.addresses import EmailAddress
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel, left_out
from app.core.pagination import PageParams
from app.core.privacy import OneLine, SafeText
from app.forums.values import Action, ConsentBy, Decision, IssueState, LadderLevel, MemberRole, VoiceType

Line = Annotated[OneLine, Field(min_length=1, max_length=200)]
Words = Annotated[SafeText, Field(min_length=1, max_length=4000)]
Code = Annotated[str, Field(min_length=3, max_length=8), AfterValidator(lambda code: code.strip().upper())]

_FORUM_ID: Final = "0198c0de-0000-7000-8000-000000000040"
_ISSUE_ID: Final = "0198c0de-0000-7000-8000-000000000041"
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
ISSUE: Final[dict[str, Any]] = {
    "title": "Could practices say how long the telephone queue is?",
    "body": "Many of us hang up without knowing whether we are next or twentieth.",
    "raised_by": {"type": "forum", "id": _FORUM_ID},
    "practices": None,
    "topic": "access",
}
RESPONSE: Final[dict[str, Any]] = {
    "practice": "ZZ0101",
    "decision": "planned",
    "text": "Our new telephone system tells callers their place in the queue.",
    "due_on": "2027-02-01",
    "may_be_named": True,
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


class ForumPatch(StrictModel):
    """Only the members that are sent are changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Northfield patients' voice"}]})

    name: Line = Field(default_factory=left_out)
    closed_on: date | None = Field(default=None, description="From then on it raises nothing; null opens it again.")


class Forum(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": _FORUM_ID, **FORUM}]})

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


class PracticeName(BaseModel):
    code: str
    name: str


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
    starts_at: Instant
    ends_at: Instant
    joining: Annotated[SafeText, Field(max_length=2000)] | None = None

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise PydanticCustomError("meeting_ends_before_it_starts", "`ends_at` has to be later than `starts_at`.")
        return self


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


class VoiceIn(StrictModel):
    """A forum by its id, or a practice by its code."""

    type: VoiceType
    id: Annotated[str, Field(min_length=1, max_length=36)]

    @model_validator(mode="after")
    def _is_an_id(self) -> Self:
        if self.type is VoiceType.FORUM:
            try:
                UUID(self.id)
            except ValueError:
                raise PydanticCustomError("wrong_format", "A forum is named by its id.") from None
        return self


class IssueIn(StrictModel):
    model_config = ConfigDict(json_schema_extra={"examples": [ISSUE]})

    title: Line = Field(description="Public: it is what you said in “you said, we did”.")
    body: Words = Field(description="For those who work on the issue; never public.")
    raised_by: VoiceIn
    practices: list[Code] | None = Field(
        default=None, min_length=1, max_length=2000, description="Who is asked; null: every practice at its level."
    )
    topic: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None


class SupportIn(StrictModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"by": {"type": "practice", "id": "ZZ0102"}}]})

    by: VoiceIn


class EscalateIn(StrictModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Three practices have the same question."}]})

    reason: Words | None = None


class ReturnIn(StrictModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "This is for the practice to decide."}]})

    reason: Words


class MergeIn(StrictModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"into": _ISSUE_ID}]})

    into: UUID = Field(description="The issue that goes on; it keeps the supporters of both.")


class ResponseIn(StrictModel):
    """An answer. Without `practice` it is that of your own office. A new answer takes the place of the one before."""

    model_config = ConfigDict(json_schema_extra={"examples": [RESPONSE]})

    practice: Code | None = None
    decision: Decision
    text: Words = Field(description="May be shown in “you said, we did”, without the practice's name unless it agreed.")
    due_on: date | None = None
    may_be_named: bool = Field(
        default=False,
        description="Whether others may see that this practice already does it. It names the practice where the decision"
        " is `already_done`, and nowhere else. Silence means no.",
    )


class Voice(BaseModel):
    type: VoiceType
    id: str


class Step(BaseModel):
    action: Action
    level: LadderLevel = Field(description="Where the issue lay afterwards.")
    reason: str | None
    at: Instant


class Comparison(BaseModel):
    """How practices answered; null under five answers. Who kept silent is never said."""

    asked: int
    answered: int
    already_done: int
    planned: int = Field(description="Planned or agreed.")
    declined: int
    named: list[PracticeName] = Field(description="Practices already doing it that agreed to be named.")
    sentence: str


class IssueSummary(BaseModel):
    id: UUID
    title: str
    topic: str | None
    raised_by: Voice
    raised_at: Instant
    level: LadderLevel
    state: IssueState
    supporters: int = Field(description="Forums and practices that support it, besides whoever raised it.")


_SUMMARY: Final[dict[str, Any]] = {
    "id": _ISSUE_ID,
    "title": ISSUE["title"],
    "topic": "access",
    "raised_by": ISSUE["raised_by"],
    "raised_at": "2026-11-22T10:00:00Z",
    "level": "commissioner",
    "state": "open",
    "supporters": 3,
}


class IssuePage(PageModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"data": [_SUMMARY], "next_cursor": None}]})

    data: list[IssueSummary]


class Issue(IssueSummary):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_SUMMARY,
                    "body": ISSUE["body"],
                    "practices": None,
                    "locality_id": None,
                    "answered_at": None,
                    "merged_into": None,
                    "comparable": "All practices asked.",
                    "comparison": {
                        "asked": 12,
                        "answered": 7,
                        "already_done": 3,
                        "planned": 3,
                        "declined": 1,
                        "named": [{"code": "ZZ0103", "name": "Hill Top Surgery"}],
                        "sentence": "Of 12 practices asked, 7 answered: 3 already do this, 3 plan to, 1 declined with a reason.",
                    },
                    "history": [
                        {"action": "raised", "level": "commissioner", "reason": None, "at": "2026-11-22T10:00:00Z"}
                    ],
                }
            ]
        }
    )

    body: str
    practices: list[str] | None
    locality_id: UUID | None
    answered_at: Instant | None
    merged_into: UUID | None
    comparable: str = Field(description="The rule by which practices are compared.")
    comparison: Comparison | None = Field(
        description="Null while fewer than five of the practices compared have answered: a count could be traced to one."
    )
    history: list[Step]


class IssueParams(PageParams):
    state: IssueState | None = None
    level: LadderLevel | None = None
    forum: UUID | None = Field(default=None, description="Raised by this forum.")
    practice: str | None = Field(
        default=None, max_length=8, description="Raised at this practice, or asking it by name."
    )


class Response(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198c0de-0000-7000-8000-000000000044",
                    "level": "practice",
                    "responded_at": "2026-11-22T10:00:00Z",
                    **RESPONSE,
                }
            ]
        }
    )

    id: UUID
    level: LadderLevel
    practice: str | None
    locality_id: UUID | None
    decision: Decision
    text: str
    due_on: date | None
    may_be_named: bool
    responded_at: Instant


class ResponsePage(PageModel):
    data: list[Response]


class Did(BaseModel):
    """One answer in public."""

    level: LadderLevel
    practice: str | None = Field(
        description="Named only where the practice already does it (`already_done`) and agreed to be named, and to its own"
        " patient group; otherwise null, `may_be_named` or not."
    )
    decision: Decision
    text: str
    due_on: date | None
    answered_on: date


class YouSaidWeDid(BaseModel):
    issue: UUID
    you_said: str
    raised_on: date
    we_did: list[Did]


class YouSaidWeDidPage(PageModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "data": [
                        {
                            "issue": _ISSUE_ID,
                            "you_said": ISSUE["title"],
                            "raised_on": "2026-11-22",
                            "we_did": [
                                {
                                    "level": "practice",
                                    "practice": None,
                                    "decision": "planned",
                                    "text": RESPONSE["text"],
                                    "due_on": "2027-02-01",
                                    "answered_on": "2026-11-24",
                                }
                            ],
                        }
                    ],
                    "next_cursor": None,
                }
            ]
        }
    )

    data: list[YouSaidWeDid]
