"""What the bodies of forums and of issues have in common."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, Field

from app.core.privacy import OneLine, SafeText

Line = Annotated[OneLine, Field(min_length=1, max_length=200)]
Words = Annotated[SafeText, Field(min_length=1, max_length=4000)]
Code = Annotated[str, Field(min_length=3, max_length=8), AfterValidator(lambda code: code.strip().upper())]

FORUM_ID: Final = "0198c0de-0000-7000-8000-000000000040"
ISSUE_ID: Final = "0198c0de-0000-7000-8000-000000000041"
ISSUE: Final[dict[str, Any]] = {
    "title": "Could practices say how long the telephone queue is?",
    "body": "Many of us hang up without knowing whether we are next or twentieth.",
    "raised_by": {"type": "forum", "id": FORUM_ID},
    "practices": None,
    "topic": "access",
}


class PracticeName(BaseModel):
    code: str
    name: str
