"""Announcements whose text is another for each practice: which fields it may say, and what is not known of whom."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from app.communications.rules.kinds.fields import COMMISSIONER, PRACTICE, number, text
from app.communications.rules.templating import example_fields, fill, find_flaws_of
from app.communications.values import Flaw, Gap, Template, TemplateField
from app.core.wording import counted

_TAG: Final = re.compile(r"\{[{%#]")
_SHOWN: Final = 5
_PRACTICE: Final = replace(
    PRACTICE,
    meaning="The practice to which it goes.",
    is_required=False,
    of=(
        *PRACTICE.of,
        number("list_size", "Its registered patients by the list in force that day.", 8_240, is_optional=True),
        text("locality", "The locality it is in that day.", "North", is_optional=True),
    ),
)
FIELDS: Final[tuple[TemplateField, ...]] = (_PRACTICE, COMMISSIONER)
_OPTIONAL: Final = frozenset(part.name for part in _PRACTICE.of if part.is_optional)


def uses_fields(title: str, markdown: str) -> bool:
    """Whether it is in the language of templates; anything else is taken as it stands, braces and all."""
    return _TAG.search(title) is not None or _TAG.search(markdown) is not None


@dataclass(frozen=True, slots=True)
class Look:
    """What is wrong with a text, and the parts of `practice` without which it cannot be written."""

    flaws: tuple[Flaw, ...]
    needs: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def look_at(template: Template) -> Look:
    """What stands inside an `if` is not needed. A text that comes to nothing without a field needs it."""
    flaws = find_flaws_of(_fields(frozenset()), template)
    if flaws:
        return Look(tuple(flaws))
    needs = tuple(name for name in sorted(_OPTIONAL) if find_flaws_of(_fields(frozenset({name})), template))
    return Look(tuple(find_flaws_of(_fields(_OPTIONAL.difference(needs)), template)), needs)


def _fields(may_be_missing: Collection[str]) -> tuple[TemplateField, ...]:
    parts = tuple(replace(part, is_optional=part.name in may_be_missing) for part in _PRACTICE.of)
    return replace(_PRACTICE, of=parts), COMMISSIONER


def find_gaps(needs: Iterable[str], practices: Sequence[Mapping[str, Any]]) -> tuple[Gap, ...]:
    """Of practices in the order of their codes."""
    lacking = {name: [each["code"] for each in practices if each[name] is None] for name in needs}
    return tuple(Gap(f"practice.{name}", len(codes), tuple(codes[:_SHOWN])) for name, codes in lacking.items() if codes)


def gap_sentences(gaps: Iterable[Gap], practices: int, without_practice: int) -> list[str]:
    """“2 of 40 practices have no `practice.list_size`: ZZ0001, ZZ0002.”"""
    said = [
        f"{each.practices} of {counted(practices, 'practice', 'practices')} {'has' if each.practices == 1 else 'have'} no"
        f" `{each.field}`: {', '.join(each.first)}{_more(each)}."
        for each in gaps
    ]
    if without_practice:
        who = "1 recipient has" if without_practice == 1 else f"{without_practice} recipients have"
        said.append(f"{who} no practice, so that the text cannot be written for them.")
    return said


def _more(gap: Gap) -> str:
    return f" and {gap.practices - len(gap.first)} more" if gap.practices > len(gap.first) else ""


def fill_text(template: Template, practice: Mapping[str, Any], commissioner: str) -> Template:
    """As one practice reads it. Whoever is told has been looked at: `MissingFields` would be a fault of ours."""
    return fill("announcement", FIELDS, {"practice": practice, "commissioner": commissioner}, template)


def example_text(template: Template) -> Template:
    return fill("announcement", FIELDS, example_fields(FIELDS), template)
