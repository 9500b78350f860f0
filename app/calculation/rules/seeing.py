"""What a calculation for one period can see of a practice; the rest must not leave a trace in what is frozen."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from app.calculation.language.tree import measures_used, needs_used, nodes_used
from app.calculation.rules.lists import latest_list
from app.calculation.values import Definition, PostHeld, PracticeInput
from app.core.clock import Period, financial_year_of


class Sight(Protocol):
    def __call__(self, practice: PracticeInput, last: PracticeInput | None = None) -> PracticeInput:
        """What is seen of a practice. Where that is what was seen of it last, the very same object."""
        ...


def sight(definition: Definition, period: Period) -> Sight:
    """The lists that its measures choose, and posts and times as a member within the period: what it pays is the same.

    A list that is published in July says nothing about April to June, nor does a lead who leaves in July; with them the
    period would look as if something had changed, and would be worked out again in every later run.
    """
    measures = measures_used(definition)
    asked = {name for part in (*measures, *needs_used(definition)) for name in part.posts_read()}
    span = span_read(definition, period)
    reads_successors = any(node.reads_successors for node in nodes_used(definition))
    looks = {look for measure in measures for each in (period, span) for look in measure.lists_read(each)}

    def seen(practice: PracticeInput, last: PracticeInput | None = None) -> PracticeInput:
        chosen = [latest_list(practice.lists, on=day, basis=basis) for day, basis in looks]
        lists = tuple(each for each in practice.lists if any(each is one for one in chosen))
        posts = tuple(_posts(practice.posts, asked, span)) if practice.posts else ()
        member = _member(practice.member, span)
        successor = practice.successor if reads_successors and _ends(member, span) else None
        looks_so = (lists, posts, member, successor)
        for one in (practice, last):
            if one is not None and looks_so == (one.lists, one.posts, one.member, one.successor):
                return one
        return replace(practice, lists=lists, posts=posts, member=member, successor=successor)

    return seen


def span_read(definition: Definition, period: Period) -> Period:
    """The time that a calculation for the period looks at: its financial year, where something is worked out for that."""
    reads_year = any(node.reads_year for node in nodes_used(definition))
    return financial_year_of(period.valid_from) if reads_year else period


def facts_since(definition: Definition, period: Period) -> dict[str, date]:
    """The first day that counts of each name of facts: earlier ones may have used up what the period could earn, and what
    is worked out for the year counts those of the year.
    """
    span = span_read(definition, period)
    found: dict[str, date] = {}
    for part in (*measures_used(definition), *needs_used(definition)):
        first = min(part.facts_from(period), part.facts_from(span))
        for name in part.facts_read():
            found[name] = min(found.get(name, first), first)
    return found


def _posts(held: Sequence[PostHeld], asked: set[str], period: Period) -> Iterator[PostHeld]:
    for each in held:
        part = Period(each.valid_from, each.valid_until).intersection(period)
        if part and each.post in asked:
            yield PostHeld(each.post, part.valid_from, part.valid_until)


def _member(times: tuple[Period, ...] | None, period: Period) -> tuple[Period, ...] | None:
    """None, as for who was always a member, where the whole period is covered."""
    if times is None or any(_covers(each, period) for each in times):
        return None
    return tuple(part for each in times if (part := each.intersection(period)))


def _ends(member: tuple[Period, ...] | None, period: Period) -> bool:
    """Whether a time as a member ends within the period: nobody takes over from a practice that stays."""
    return bool(member) and all(each.valid_until != period.valid_until for each in member)


def _covers(time: Period, period: Period) -> bool:
    if time.valid_from > period.valid_from:
        return False
    return time.valid_until is None or (period.valid_until is not None and period.valid_until <= time.valid_until)
