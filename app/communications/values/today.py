"""A practice's page of today."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.clock import Period


@dataclass(frozen=True, slots=True)
class Task:
    what: str
    due_on: date | None
    href: str


@dataclass(frozen=True, slots=True)
class ExpectedMoney:
    """`expected` is pence, None where what is recorded is too large to be right."""

    scheme: UUID
    title: str
    period: Period
    expected: int | None
    pay_by: date
    sentence: str


@dataclass(frozen=True, slots=True)
class News:
    id: UUID
    title: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class DatedMeeting:
    id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Today:
    """What matters to a practice today. None: the caller may not see it. `issues` are in the forums' words."""

    todo: list[Task] | None
    money: list[ExpectedMoney] | None
    named_lead: tuple[str, str] | None
    news: list[News] | None
    issues: list[Any] | None
    meetings: list[DatedMeeting] | None
