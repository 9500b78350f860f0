"""On which rows a figure rests: the lists, facts and posts that its workings used, each with its day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.calculation.values import PostHeld, PracticeInput
from app.core.clock import Period
from app.core.money import plain

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListUsed:
    basis: str
    value: str
    as_at: str
    source: str | None
    published_period: str | None
    recorded_at: str | None


@dataclass(frozen=True, slots=True)
class FactUsed:
    external_id: str
    on: str
    value: str


@dataclass(frozen=True, slots=True)
class Evidence:
    lists: tuple[ListUsed, ...]
    facts: tuple[FactUsed, ...]
    posts: tuple[PostHeld, ...]


@dataclass(frozen=True, slots=True)
class Rounded:
    """The exact pounds before the one rounding of a line, and after it."""

    unrounded: str
    rounded: str


def evidence_of(workings: Step, *, frozen: PracticeInput | None, period: Period) -> Evidence:
    """Each row once, in the order in which the workings come to it. `frozen` is what the run knew of the practice.

    Most workings name the facts that they count; of a fact that is named alone, those are shown that the run could see.
    """
    steps = list(_steps(workings))
    posts = {step["post"] for step in steps if "post" in step}
    counted = [FactUsed(step["external_id"], step["on"], step["value"]) for step in steps if "external_id" in step]
    return Evidence(
        lists=tuple(dict.fromkeys(_list(step) for step in steps if "as_at" in step)),
        facts=tuple(dict.fromkeys([*counted, *_facts_named(steps, frozen)])),
        posts=tuple(
            each
            for each in (frozen.posts if frozen else ())
            if each.post in posts and Period(each.valid_from, each.valid_until).intersection(period)
        ),
    )


def _list(step: Step) -> ListUsed:
    return ListUsed(
        step["basis"],
        step["value"],
        step["as_at"],
        step["source"],
        step["published_period"],
        step["recorded_at"],
    )


def _facts_named(steps: Sequence[Step], frozen: PracticeInput | None) -> Iterator[FactUsed]:
    named = {step["fact"] for step in steps if "fact" in step and not any("on" in each for each in _steps(step))}
    for fact in frozen.facts if frozen else ():
        if fact.measure in named and fact.confirmed:
            yield FactUsed(fact.external_id, fact.on.isoformat(), plain(fact.value))


def rounding_of(workings: Step) -> Rounded | None:
    """None where nothing is rounded: the line adds up whole pence, or is 0.00 because something is missing."""
    for step in _steps(workings):
        if "unrounded" in step:
            return Rounded(step["unrounded"], step["rounded"])
    return None


def _steps(step: Step) -> Iterator[Step]:
    yield step
    for each in (*step.get("inputs", ()), *step.get("items", ())):
        yield from _steps(each)
