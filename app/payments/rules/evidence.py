"""On which rows a figure rests: the lists, facts and posts that its workings used, each with its day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.calculation.values import PostHeld
from app.core.clock import Period

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


def evidence_of(workings: Step, *, posts: Sequence[PostHeld], period: Period) -> Evidence:
    """Each row once, in the order in which the workings come to it. `posts` are those that the run had frozen."""
    steps = list(_steps(workings))
    asked = {step["post"] for step in steps if step.get("post")}
    lists = [
        ListUsed(
            step["basis"],
            step["value"],
            step["as_at"],
            step["source"],
            step["published_period"],
            step["recorded_at"],
        )
        for step in steps
        if step.get("operator") == "list_size" and step["value"] is not None
    ]
    facts = [FactUsed(step["external_id"], step["on"], step["value"]) for step in steps if "external_id" in step]
    held = [
        each for each in posts if each.post in asked and Period(each.valid_from, each.valid_until).intersection(period)
    ]
    return Evidence(tuple(dict.fromkeys(lists)), tuple(dict.fromkeys(facts)), tuple(held))


def names_a_post(workings: Step) -> bool:
    return any(step.get("post") for step in _steps(workings))


def rounding_of(workings: Step) -> Rounded | None:
    """None where nothing is rounded: the line adds up whole pence, or is 0.00 because something is missing."""
    for step in _steps(workings):
        if "unrounded" in step:
            return Rounded(step["unrounded"], step["rounded"])
    return None


def _steps(step: Step) -> Iterator[Step]:
    yield step
    for each in step.get("inputs", ()):
        yield from _steps(each)
