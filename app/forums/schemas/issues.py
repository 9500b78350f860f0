"""Issues and their ladder."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams
from app.forums.schemas.words import ISSUE, ISSUE_ID, Code, Line, PracticeName, Words
from app.forums.values import Action, IssueState, LadderLevel, NewIssue, VoiceType


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

    def wanted(self) -> NewIssue:
        practices = None if self.practices is None else tuple(self.practices)
        return NewIssue(title=self.title, body=self.body, topic=self.topic, practices=practices)


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
    model_config = ConfigDict(json_schema_extra={"examples": [{"into": ISSUE_ID}]})

    into: UUID = Field(description="The issue that goes on; it keeps the supporters of both.")


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
    "id": ISSUE_ID,
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
