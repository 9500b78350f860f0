"""Jinja2 as far as it is used here: no functions, no modules, four filters of ours, and values that write themselves."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.communications.values import FieldType
from app.core.clock import Period
from app.core.wording import counted, day_text, pounds_words, span_text

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MARKS: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|~&"})
# What begins a list or underlines a heading where it stands first in a line.
_OPENING: Final = re.compile(r"^([-+=]|\d{1,9}(?=[.)]))")


class Pence(int):
    """An amount, so that it is written in pounds and not as a number."""


class Markdown(str):
    """What is laid out as it is, because it was made by us or by an editor."""

    __slots__ = ()


class Unwritable(TemplateRuntimeError):
    """A value has no words: nothing is there, or it is several things."""


def plain_line(text: str) -> str:
    """Somebody's words within ours: on one line, and no mark of theirs becomes formatting, a link or a list."""
    marked = " ".join(text.split()).translate(_MARKS)
    return _OPENING.sub(lambda found: f"\\{found[1]}" if found[1] in "-+=" else f"{found[1]}\\", marked)


def as_words(value: object) -> str:
    if isinstance(value, Pence):
        return pounds_words(value)
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, Period):
        return span_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unwritable(f"a {type(value).__name__} has no words")


def _in_markdown(value: object) -> str:
    if isinstance(value, Markdown):
        return str(value)
    return plain_line(value) if isinstance(value, str) else as_words(value)


@dataclass(frozen=True, slots=True)
class Filter:
    """What it is put to, how many words it takes, and what it does."""

    takes: FieldType
    words: range
    apply: Callable[..., str]


FILTERS: Final[Mapping[str, Filter]] = MappingProxyType(
    {
        "plural": Filter(FieldType.NUMBER, range(1, 3), counted),
        "weekday": Filter(FieldType.DAY, range(1), lambda day: f"{_WEEKDAYS[day.weekday()]} {day_text(day)}"),
        "first_day": Filter(FieldType.PERIOD, range(1), lambda period: day_text(period.valid_from)),
        "last_day": Filter(
            FieldType.PERIOD, range(1), lambda period: day_text(date.fromordinal(period.end.toordinal() - 1))
        ),
    }
)


def _environment(write: Callable[[object], str]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, finalize=write, trim_blocks=True, lstrip_blocks=True, cache_size=0
    )
    environment.globals.clear()
    environment.filters = {name: each.apply for name, each in FILTERS.items()}
    environment.tests = {"none": _is_none}
    return environment


def _is_none(value: Any) -> bool:
    return value is None


ENVIRONMENTS: Final[Mapping[str, ImmutableSandboxedEnvironment]] = MappingProxyType(
    {"subject": _environment(as_words), "body": _environment(_in_markdown)}
)


def compile_part(part: str, source: str) -> Template:
    return ENVIRONMENTS[part].from_string(source)
