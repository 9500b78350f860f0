"""What a calculation for one period can see of a practice; the rest must not leave a trace in what is frozen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from app.calculation.language.tree import measures_used, needs_used
from app.calculation.values import Definition, PostHeld, PracticeInput
from app.core.clock import Period

Sight = Callable[[PracticeInput], PracticeInput]


def sight(definition: Definition, period: Period) -> Sight:
    """The lists that its measures choose, and posts and times as a member within the period: what it pays is the same.

    A list that is published in July says nothing about April to June, nor does a lead who leaves in July; with them the
    period would look as if something had changed, and would be worked out again in every later run.
    """
    measures = measures_used(definition)
    asked = {name for need in needs_used(definition) for name in need.posts_read()}

    def seen(practice: PracticeInput) -> PracticeInput:
        chosen = [each for measure in measures for each in measure.lists_read(practice.lists, period)]
        lists = tuple(each for each in practice.lists if any(each is one for one in chosen))
        posts = tuple(_posts(practice.posts, asked, period)) if practice.posts else ()
        member = _member(practice.member, period)
        if (lists, posts, member) == (practice.lists, practice.posts, practice.member):
            return practice
        return replace(practice, lists=lists, posts=posts, member=member)

    return seen


def _posts(held: Sequence[PostHeld], asked: set[str], period: Period) -> Iterator[PostHeld]:
    for each in held:
        part = Period(each.valid_from, each.valid_until).intersection(period)
        if part and each.post in asked:
            yield PostHeld(each.post, part.valid_from, part.valid_until)


def _member(times: tuple[Period, ...] | None, period: Period) -> tuple[Period, ...] | None:
    """None, as for who was always a member, where the whole period is covered."""
    if times is None:
        return None
    parts = tuple(part for each in times if (part := each.intersection(period)))
    return None if parts == (period,) else parts
