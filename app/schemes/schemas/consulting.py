"""Consultations over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.privacy import SafeText

Said = Annotated[SafeText, Field(min_length=1, max_length=5000, pattern=r"\S")]


class ConsultIn(StrictModel):
    model_config = {"json_schema_extra": {"examples": [{"until": "2027-02-01"}]}}

    until: date = Field(description="The first day on which nobody comments any more; after today.")


class CommentIn(StrictModel):
    model_config = {
        "json_schema_extra": {"examples": [{"text": "Two sessions a month are too few for a list of 15,000."}]}
    }

    text: Said


class AnswerIn(StrictModel):
    model_config = {"json_schema_extra": {"examples": [{"text": "Agreed: the next draft has three."}]}}

    text: Said


class Comment(BaseModel):
    """What was said of a version. `words_digest` says which words it is about; `answer` is null until the office answers."""

    id: UUID
    scheme: UUID
    version: int
    words_digest: str
    text: str
    author: UUID = Field(description="The person who said it.")
    created_at: Instant
    answer: str | None
    answered_by: UUID | None
    answered_at: Instant | None


class CommentPage(PageModel):
    data: list[Comment]
