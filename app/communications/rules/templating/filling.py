"""A template filled in: first everything it may name is there, then it is written."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import jinja2

from app.communications.rules.templating.language import Markdown, Pence, as_words, compile_part
from app.communications.values import Facts, FieldType, OwnTemplate, Template, TemplateField, TemplateKind, Worded

TEMPLATES: Final = Path(__file__).parents[2] / "templates"
MOST_SUBJECT: Final = 400
MOST_BODY: Final = 256 * 1024
_MOST: Final = (MOST_SUBJECT, MOST_BODY)
# Whatever a wording can do wrong while it is filled in. The check before it is published leaves nothing of this but size.
_FAILURES: Final = (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class MissingFields(Exception):
    """A message cannot be written: what it is to say is not there. Nothing of it is sent."""

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        super().__init__(f"{kind}: {', '.join(names)}")
        self.names = tuple(names)


class Unfilled(ValueError):
    """A text that comes to nothing, or to far too much."""


class _TooLong(ValueError):
    pass


@lru_cache(maxsize=256)
def system_template(key: str) -> Template:
    """The wording that comes with the package: the subject in the first line, the body after an empty one."""
    subject, _, body = (TEMPLATES / f"{key}.md").read_text(encoding="utf-8").partition("\n\n")
    return Template(subject, body.strip())


def write(kind: TemplateKind, facts: Facts, own: OwnTemplate | None = None) -> Worded:
    """In the commissioner's own words where they can be used, else in ours; `MissingFields` where something is not there."""
    values = _bound(kind.key, kind.fields, facts.fields)
    failure = None
    if own is not None:
        try:
            subject, body = _fill(own.template, values, most=_MOST)
            return Worded(subject, body, own.n)
        except _FAILURES as error:
            failure = type(error).__name__
    subject, body = _fill(system_template(kind.key), values, most=None)
    return Worded(subject, body, failure=failure)


def fill(key: str, fields: Sequence[TemplateField], given: Mapping[str, Any], template: Template) -> Template:
    """The template as it reads for these values; `key` is the name by which `MissingFields` calls it. `Unfilled` where it
    comes to nothing.
    """
    values = _bound(key, fields, given)
    try:
        return Template(*_fill(template, values, most=_MOST))
    except _FAILURES as error:
        raise Unfilled(f"{key}: {type(error).__name__}") from error


def example_fields(fields: Sequence[TemplateField], *, is_least: bool = False) -> dict[str, Any]:
    """What the fields' examples come to; `is_least`: nothing that there may be none of."""
    return {field.name: _example(field, is_least=is_least) for field in fields}


def example_words(field: TemplateField) -> str | None:
    """The example as a message would say it; None for what has parts."""
    if field.of:
        return None
    return str(field.example).lower() if field.type is FieldType.FLAG else as_words(_one(field, field.example))


def _example(field: TemplateField, *, is_least: bool) -> Any:
    if is_least and (field.is_optional or field.is_list):
        return [] if field.is_list else None
    one = example_fields(field.of, is_least=is_least) if field.of else field.example
    return [one] if field.is_list else one


def _fill(template: Template, values: Mapping[str, Any], *, most: tuple[int, int] | None) -> tuple[str, str]:
    most_subject, most_body = most or (None, None)
    subject = " ".join(_written("subject", template.subject, values, most_subject).split())
    body = _written("body", template.body, values, most_body).strip()
    if not subject or not body:
        raise ValueError("a message says something in its subject and in its body")
    return subject, body


def _written(part: str, source: str, values: Mapping[str, Any], most: int | None) -> str:
    pieces: list[str] = []
    size = 0
    for piece in _compiled(part, source).generate(values):
        size += len(piece)
        if most is not None and size > most:
            raise _TooLong(f"more than {most} characters")
        pieces.append(piece)
    return "".join(pieces)


@lru_cache(maxsize=1024)
def _compiled(part: str, source: str) -> jinja2.Template:
    """Reading a template takes 80 times as long as filling it in."""
    return compile_part(part, source)


def _bound(key: str, fields: Sequence[TemplateField], given: Mapping[str, Any]) -> dict[str, Any]:
    missing = list(_missing(fields, given))
    if missing:
        raise MissingFields(key, missing)
    return {field.name: _value(field, given.get(field.name)) for field in fields}


def _missing(fields: Sequence[TemplateField], given: Mapping[str, Any], within: str = "") -> Iterator[str]:
    for field in fields:
        value = given.get(field.name)
        if _is_nothing(value):
            if not field.is_optional:
                yield f"{within}{field.name}"
        elif field.of:
            records: Any = value if field.is_list else [value]
            for record in records:
                yield from _missing(field.of, record, f"{within}{field.name}.")


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _value(field: TemplateField, value: Any) -> Any:
    if _is_nothing(value):
        return None
    if field.is_list:
        return [_one(field, each) for each in value]
    return _one(field, value)


def _one(field: TemplateField, value: Any) -> Any:
    match field.type:
        case FieldType.RECORD:
            return SimpleNamespace(**{each.name: _value(each, value.get(each.name)) for each in field.of})
        case FieldType.POUNDS:
            return Pence(value)
        case FieldType.MARKDOWN:
            return Markdown(value)
    return value
