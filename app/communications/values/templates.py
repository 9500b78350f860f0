"""How messages are worded: kinds, the fields they are made from, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.communications.values.messages import Action, Source, Topic, Urgency


class FieldType(StrEnum):
    """What a field holds. Each is written in its own way: `pounds` (pence within) as `£1,250.00`, a `day` as
    `24 December 2026`, a `period` by its first and last day; `text` is escaped, `markdown` is laid out.
    """

    TEXT = "text"
    CHOICE = "choice"
    MARKDOWN = "markdown"
    POUNDS = "pounds"
    NUMBER = "number"
    DAY = "day"
    PERIOD = "period"
    FLAG = "flag"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class TemplateField:
    """`is_required`: a wording that may leave it out is refused. `is_optional`: there may be none, and the wording says
    what then. `of`: the fields of a record. `is_list`: there may be any number.
    """

    name: str
    type: FieldType
    meaning: str
    example: Any = None
    is_required: bool = False
    is_optional: bool = False
    is_list: bool = False
    choices: tuple[str, ...] = ()
    of: tuple["TemplateField", ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateKind:
    """A kind of message: who is told what. `scope` is needed to see one that is made from a real `subject`."""

    key: str
    purpose: str
    source: Source
    topic: Topic
    urgency: Urgency
    fields: tuple[TemplateField, ...]
    subject: str
    scope: str


@dataclass(frozen=True, slots=True)
class Template:
    """A subject of one line and a body of Markdown, before anything is filled in."""

    subject: str
    body: str


class TemplateState(StrEnum):
    """Of a version of a commissioner's own wording. What is published is used; what was, is not used again."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """The wording that a commissioner has published for a kind, by its number."""

    n: int
    template: Template


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a template: in its `subject` or its `body`, and in which line."""

    part: str
    line: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Worded:
    """A message in words. `version` is that of the commissioner's own wording, None for ours. `failure`: why their own
    could not be used.
    """

    subject: str
    markdown: str
    version: int | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What one message is made from, by field. `recipient` is the practice whose people alone it is for."""

    fields: Mapping[str, Any]
    recipient: str | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would arrive. `to` is who would get it and whether that is a practice's mailbox; None: nobody in
    particular.
    """

    subject: str
    text: str
    html: str
    version: int | None
    to: tuple[str, bool] | None
    warnings: tuple[str, ...]
