"""A person's messages and choices."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.communications.schemas.examples import ID
from app.communications.values import Channel, Choice, Frequency, Source, Topic, Urgency
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams
from app.core.privacy import OneLine


class InboxMessage(BaseModel):
    """A message to the caller. `source` and `source_id` say what it is about."""

    model_config = {
        "from_attributes": True,
        "json_schema_extra": {
            "examples": [
                {
                    "id": ID,
                    "source": "announcement",
                    "source_id": ID,
                    "practice": None,
                    "topic": "announcements",
                    "urgency": "routine",
                    "subject": "Protected learning time in June",
                    "body_text": "The afternoon of 10 June is protected.",
                    "body_html": "<p>The afternoon of <strong>10 June</strong> is protected.</p>\n",
                    "must_acknowledge_by": "2026-12-01",
                    "acknowledged_at": None,
                    "created_at": "2026-11-22T10:00:00Z",
                }
            ]
        },
    }

    id: UUID
    source: Source
    source_id: str
    practice: str | None
    topic: Topic
    urgency: Urgency
    subject: str
    body_text: str
    body_html: str
    must_acknowledge_by: date | None
    acknowledged_at: Instant | None
    created_at: Instant


class InboxPage(PageModel):
    data: list[InboxMessage]


class InboxParams(PageParams):
    to_acknowledge: bool = Field(default=False, description="Only what still waits to be acknowledged.")


ChosenChannel = Literal[Channel.EMAIL, Channel.TEXT, Channel.PUSH]
ChosenTopic = Literal[Topic.ANNOUNCEMENTS, Topic.STATEMENTS, Topic.SCHEMES, Topic.ISSUES, Topic.NEWSLETTERS]


class QuietHours(StrictModel):
    """Full hours in London, from the first that is quiet until the first that is not."""

    from_: int = Field(alias="from", ge=0, le=23)
    until: int = Field(ge=0, le=23)

    @model_validator(mode="after")
    def _has_hours(self) -> "QuietHours":
        if self.from_ == self.until:
            raise PydanticCustomError("no_hours", "`from` and `until` are different hours; null means no quiet hours.")
        return self


class DigestTime(StrictModel):
    """A full hour in London; for weekly digests the day too, Monday being 1."""

    hour: int = Field(ge=0, le=23)
    weekday: int = Field(ge=1, le=7)


_WANTED: dict[str, Any] = {
    "announcements": "daily",
    "statements": "immediate",
    "schemes": "immediate",
    "issues": "never",
}
_CHOSEN: dict[str, Any] = {
    "email": {"announcements": True, "statements": True, "schemes": True, "issues": False},
    "frequency": _WANTED,
    "channels": {"announcements": ["email"], "statements": ["email", "text"], "schemes": ["email"], "issues": []},
    "mobile": "+447700900123",
    "mobile_confirmed": True,
    "can_text": True,
    "quiet_hours": {"from": 19, "until": 7},
    "digest": {"hour": 7, "weekday": 1},
}


class PreferencesIn(StrictModel):
    """What is to change; what is left out stays. `email` says the same as `frequency` in fewer words: `false` is `never`,
    and `true` is `immediate` where the topic was turned off. A topic's `channels` are all of its ways at once; of its mail they
    say what `email` says. Where several name a topic, `frequency` outdoes `email`, and that `channels`.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"frequency": {"announcements": "daily"}},
                {"mobile": "07700 900123", "channels": {"statements": ["email", "text"]}},
            ]
        }
    }

    email: dict[ChosenTopic, bool] = {}
    frequency: dict[ChosenTopic, Frequency] = {}
    channels: dict[ChosenTopic, Annotated[list[ChosenChannel], Field(max_length=3)]] = {}
    mobile: Annotated[OneLine, Field(max_length=40)] | None = Field(
        default=None,
        description="A mobile number of the United Kingdom, in any writing; a code is texted to it where it is another than"
        " before. null: none, and no texts of any topic.",
    )
    quiet_hours: QuietHours | None = Field(default=None, description="null: none.")
    digest: DigestTime = DigestTime(hour=7, weekday=1)

    def changes(self, row: Mapping[Topic, Frequency]) -> Choice:
        said = {
            Topic(topic): Frequency.NEVER
            if not wanted
            else Frequency.IMMEDIATE
            if row[Topic(topic)] is Frequency.NEVER
            else row[Topic(topic)]
            for topic, wanted in (
                {each: Channel.EMAIL in ways for each, ways in self.channels.items()} | self.email
            ).items()
        }
        quiet = (self.quiet_hours.from_, self.quiet_hours.until) if self.quiet_hours else (0, 0)
        is_named = "digest" in self.model_fields_set
        return Choice(
            frequency=said | {Topic(topic): frequency for topic, frequency in self.frequency.items()},
            texts={Topic(topic): Channel.TEXT in ways for topic, ways in self.channels.items()},
            pushes={Topic(topic): Channel.PUSH in ways for topic, ways in self.channels.items()},
            mobile=self.mobile or "" if "mobile" in self.model_fields_set else None,
            quiet=quiet if "quiet_hours" in self.model_fields_set else None,
            digest_hour=self.digest.hour if is_named else None,
            digest_weekday=self.digest.weekday if is_named else None,
        )


def _six_digits(text: str) -> str:
    """As people copy it, with a blank or a hyphen in the middle."""
    code = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{6}", code):
        raise PydanticCustomError("six_digits", "The code in the text is six digits.")
    return code


class MobileCodeIn(StrictModel):
    model_config = {"json_schema_extra": {"examples": [{"code": "123456"}]}}

    code: Annotated[str, Field(min_length=6, max_length=20), AfterValidator(_six_digits)] = Field(
        description="The six digits of the last text."
    )


class Preferences(BaseModel):
    """When the person gets routine mail of each topic. Everything comes to the inbox at once all the same.

    What is important is mailed whatever stands here, after quiet hours; what is critical at once, and it says so.
    `daily` and `weekly` mail is gathered into one digest, newest first. `email` is false for topics that are `never` mailed.
    `channels` are the ways of each topic besides the inbox. A topic with `text` is texted to `mobile` at once after quiet
    hours, whatever its `frequency`, and one with `push` goes so to the person's browsers; what is critical is texted to every `mobile`,
    and goes to every browser. No text goes to a `mobile` before it is confirmed by the code that was texted to it
    (`mobile_confirmed`). `can_text`: whether the commissioner sends texts at all.
    """

    model_config = {"json_schema_extra": {"examples": [_CHOSEN]}}

    email: dict[ChosenTopic, bool]
    frequency: dict[ChosenTopic, Frequency]
    channels: dict[ChosenTopic, list[ChosenChannel]]
    mobile: str | None
    mobile_confirmed: bool
    can_text: bool
    quiet_hours: QuietHours | None
    digest: DigestTime
