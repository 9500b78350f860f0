"""A scheme, its versions and their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.core.clock import Period, add_months


class SchemeState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


class OverBudget(StrEnum):
    """What happens when a run is due more than the budget has left: nothing is paid, all get less, or the first are paid."""

    STOP = "stop"
    PRO_RATE = "pro_rate"
    QUEUE = "queue"


class VersionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class Drafts(StrEnum):
    """Which drafts a caller sees: every one, those that were put to consultation, or none."""

    ALL = "all"
    CONSULTED = "consulted"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Budget:
    """Either `amount` in pence for the year, or pounds per head of each practice's list."""

    amount: int | None = None
    per_head: Decimal | None = None
    basis: str | None = None


def scheme_year(starts_on: date) -> Period:
    return Period(starts_on, add_months(starts_on, 12))


QUERY_DAYS: Final = 10
"""Working days in which an office answers a query about a line, where the scheme says nothing else."""


@dataclass(frozen=True, slots=True)
class SchemeRef:
    id: UUID
    code: str
    title: str
    state: SchemeState
    financial_year: str
    starts_on: date
    payment_terms_days: int
    pay_code: str | None
    cost_centre: str | None
    query_days: int
    budget: Budget | None
    live_version: int | None
    waive_below: int | None = None
    over_budget: OverBudget | None = None

    @property
    def year(self) -> Period:
        return scheme_year(self.starts_on)


@dataclass(frozen=True, slots=True)
class VersionRef:
    """A published or draft version; `definition` is the raw JSON as its author wrote it."""

    id: UUID
    scheme_id: UUID
    n: int
    state: VersionState
    definition: Mapping[str, Any]
    applies: Period


@dataclass(frozen=True, slots=True)
class Template:
    """A complete scheme to start from; `definition` pays as it is written."""

    key: str
    title: str
    purpose: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class At:
    """Where in a template's definition a parameter stands, by JSON pointers."""

    pointers: tuple[str, ...]

    def __init__(self, *pointers: str) -> None:
        object.__setattr__(self, "pointers", pointers)


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """Which template a definition was made from, and what was filled in, so that the form can be opened again."""

    template: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CommentRef:
    """What was said in the consultation on a version, and what was answered."""

    scheme: SchemeRef
    n: int
    text: str
    author: UUID
    answer: str | None


@dataclass(frozen=True, slots=True)
class ImprovementAreaText:
    title: str
    baseline: str | None = None
    target: str | None = None
    measure: str | None = None
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A version in words; `digest` is of the words without any practice's figures."""

    markdown: str
    digest: str
