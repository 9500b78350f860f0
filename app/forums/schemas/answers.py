"""Answers to issues, and what of them is public."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.forums.schemas.words import ISSUE, ISSUE_ID, Code, Words
from app.forums.values import (
    Decision,
    LadderLevel,
    NewAnswer,
)

RESPONSE: Final[dict[str, Any]] = {
    "practice": "ZZ0101",
    "decision": "planned",
    "text": "Our new telephone system tells callers their place in the queue.",
    "due_on": "2027-02-01",
    "may_be_named": True,
}


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

    def wanted(self) -> NewAnswer:
        return NewAnswer(**self.model_dump())


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
                            "issue": ISSUE_ID,
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
