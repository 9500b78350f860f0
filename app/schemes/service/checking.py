"""What stands against a version: what the engine cannot pay, and what nobody could ever fulfil."""

from collections.abc import Iterable, Iterator

from app.calculation import service as calculation
from app.calculation.values import Definition, Problem
from app.core.clock import Period
from app.core.errors import FieldError
from app.people.values import AT_PRACTICES


def outside_year(applies: Period, year: Period) -> list[FieldError]:
    """A version begins in its scheme's year: before that nobody has an agreement by which it could pay. It may go on for
    longer, for agreements that say so.
    """
    if year.contains(applies.valid_from):
        return []
    detail = f"A version begins in the scheme's year, which is from {year.valid_from} until {year.end}, the last day not included."
    return [FieldError("/applies/from", "schemes.outside_year", detail)]


def version_problems(definition: Definition, *, applies: Period) -> list[Problem]:
    """Of a version over all that it applies to."""
    return [*calculation.check_definition(definition, applies=applies), *_unknown_posts(definition)]


def period_problems(definition: Definition, *, period: Period) -> list[Problem]:
    """Of one run over its period."""
    return [*calculation.check_period(definition, period=period), *_unknown_posts(definition)]


def definition_errors(problems: Iterable[Problem | FieldError]) -> list[FieldError]:
    """With pointers into a body whose member `definition` this is."""
    return [FieldError(f"/definition{each.pointer}", each.code, each.detail) for each in problems]


def _unknown_posts(definition: Definition) -> Iterator[Problem]:
    """A gate that asks for a post nobody can hold at a practice stays closed for ever, without a word."""
    known = ", ".join(AT_PRACTICES)
    for pointer, post in calculation.posts_asked(definition):
        if post not in AT_PRACTICES:
            yield Problem(pointer, "schemes.post_unknown", f"No practice has such a post. There are: {known}.")
