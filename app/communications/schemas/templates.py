"""Wording of messages as it comes in and goes out."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.communications.values import FieldType, TemplateState
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.privacy import OneLine, SafeText, Sentence

_SUBJECT: Final = "Answer by the board: {{ title }}"
_BODY: Final = "The board has answered **{{ title }}**.\n\n{% if is_closed %}The issue is closed.{% else %}More will follow.{% endif %}"
_VERSION: Final[dict[str, Any]] = {
    "kind": "issue_answered",
    "n": 2,
    "subject": _SUBJECT,
    "body": _BODY,
    "reason": "Say who answers.",
    "state": "published",
    "written_at": "2026-11-27T10:00:00Z",
    "published_at": "2026-11-27T10:05:00Z",
    "withdrawn_at": None,
}
_FIELD: Final[dict[str, Any]] = {
    "name": "title",
    "type": "text",
    "meaning": "The issue's title.",
    "sample": "Hospital letters come late",
    "is_required": True,
    "is_optional": False,
    "is_list": False,
    "choices": [],
    "parts": [],
}
_TEMPLATE: Final[dict[str, Any]] = {
    "kind": "issue_answered",
    "purpose": "There is an answer to an issue: to whoever raised or supports it.",
    "fields": [_FIELD],
    "subject": "Answer: {{ title }}",
    "body": "There is an answer to the issue **{{ title }}** that you raised or support.",
    "published": _VERSION,
    "preview_of": "the issue",
    "preview_scope": "issues:all",
}
Line = Annotated[OneLine, Field(min_length=1, max_length=200)]
Body = Annotated[SafeText, Field(min_length=1, max_length=10_000)]


class TemplatePart(BaseModel):
    """A field, or a part of one that has parts: written `{{ practice.name }}`."""

    name: str
    type: FieldType = Field(
        description="How it is written: `pounds` as £1,250.00, a `day` as 24 December 2026, a `period` by its first and last"
        " day; `text` without effect of its marks, `markdown` laid out; a `flag` and a `choice` are for `if`."
    )
    meaning: str
    sample: str | None = Field(description="What it may hold, as it is written.")
    is_required: bool = Field(description="A wording that may leave it out is refused.")
    is_optional: bool = Field(description="There may be none: it is put inside `{% if name %}`.")
    is_list: bool = Field(description="Any number: `{% for each in name %}`.")
    choices: list[str]


class TemplateField(TemplatePart):
    model_config = {"json_schema_extra": {"examples": [_FIELD]}}

    parts: list[TemplatePart]


class TemplateVersion(BaseModel):
    """A version of your own wording. One of a kind is `published` at a time, and that is used."""

    model_config = {"from_attributes": True, "json_schema_extra": {"examples": [_VERSION]}}

    kind: str
    n: int
    subject: str
    body: str
    reason: str
    state: TemplateState
    written_at: Instant
    published_at: Instant | None
    withdrawn_at: Instant | None


class MessageTemplate(BaseModel):
    """A kind of message: what it is made from, our wording, and your own where one is published."""

    model_config = {"json_schema_extra": {"examples": [_TEMPLATE]}}

    kind: str
    purpose: str
    fields: list[TemplateField]
    subject: str = Field(description="Our wording of the subject.")
    body: str = Field(description="Our wording of the body, in Markdown.")
    published: TemplateVersion | None
    preview_of: str = Field(description="Of what `subject_id` is the id in a preview.")
    preview_scope: str = Field(description="The scope that a preview of something real needs.")


class MessageTemplatePage(PageModel):
    model_config = {"json_schema_extra": {"examples": [{"data": [_TEMPLATE], "next_cursor": None}]}}

    data: list[MessageTemplate]


class TemplateVersionPage(PageModel):
    data: list[TemplateVersion]


class TemplateVersionIn(StrictModel):
    model_config = {
        "json_schema_extra": {"examples": [{"subject": _SUBJECT, "body": _BODY, "reason": "Say who answers."}]}
    }

    subject: Line
    body: Body
    reason: Annotated[Sentence, Field(min_length=1, max_length=500)]


class TemplatePreviewIn(StrictModel):
    """All of it may be left out: then the wording that is used now is filled in with examples."""

    model_config = {"json_schema_extra": {"examples": [{"subject": _SUBJECT, "body": _BODY}]}}

    subject: Line | None = Field(default=None, description="Words that are not stored yet.")
    body: Body | None = Field(default=None, description="Words that are not stored yet.")
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="One of your own versions; default: what is used now."
    )
    practice: Annotated[str, Field(min_length=1, max_length=12)] | None = Field(
        default=None, description="The practice that gets it, by its code."
    )
    person: UUID | None = Field(default=None, description="The person who gets it.")
    subject_id: UUID | None = Field(default=None, description="What it tells of: see `preview_of`.")

    @model_validator(mode="after")
    def _one_recipient(self) -> Self:
        if self.practice is not None and self.person is not None:
            raise PydanticCustomError("two_recipients", "Name a practice or a person, not both.")
        return self


_PREVIEW: Final[dict[str, Any]] = {
    "subject": "Answer by the board: Hospital letters come late",
    "text": "The board has answered Hospital letters come late.\n\nThe issue is closed.",
    "html": "<p>The board has answered <strong>Hospital letters come late</strong>.</p>\n<p>The issue is closed.</p>\n",
    "version": None,
    "to": {"name": "Practice mailbox", "is_mailbox": True},
    "warnings": ["These are examples, not what is real: is_closed, title."],
}


class PreviewRecipient(BaseModel):
    name: str
    is_mailbox: bool


class TemplatePreview(BaseModel):
    """A message as it would arrive. Nothing was sent."""

    model_config = {"json_schema_extra": {"examples": [_PREVIEW]}}

    subject: str
    text: str
    html: str
    version: int | None = Field(
        description="The number of your own version; null: our words, or such as are not stored."
    )
    to: PreviewRecipient | None = Field(description="Who would get it; of a practice, the first who would.")
    warnings: list[str]
