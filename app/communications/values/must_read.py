"""What has to be read: by whom, until when, and what follows when it is not."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

REMIND_DAYS: Final = (0, 2, 7)
LEAD_DAYS: Final = 7
MOST_OVERDUE_DAYS: Final = 60


class Duty(StrEnum):
    """`practice`: one of those who were asked at a practice acknowledges for it. `each_person`: everybody does."""

    PRACTICE = "practice"
    EACH_PERSON = "each_person"


class EditionKind(StrEnum):
    REVISED = "revised"
    RENEWED = "renewed"


class Via(StrEnum):
    API = "api"
    LINK = "link"


class Cover(StrEnum):
    """Who was asked in the place of those who did not read it in time."""

    NAMED_LEAD = "named_lead"
    PRACTICE_MANAGER = "practice_manager"


@dataclass(frozen=True, slots=True)
class Stage:
    """What is due today: a reminder so many days before the last one, or after it somebody else to ask. `key` is told once."""

    key: str
    cover: Cover | None = None


@dataclass(frozen=True, slots=True)
class PracticeDuty:
    """How far a practice is with one version. `asked` and `read` count people and mailboxes; `person_id` read it first."""

    practice: str
    asked_at: datetime
    asked: int
    read: int
    person_id: UUID | None
    person_name: str | None
    via: Via | None
    acknowledged_at: datetime | None
    outstanding_since: date | None
    asked_in_their_place: Cover | None


@dataclass(frozen=True, slots=True)
class DutyCounts:
    practices: int
    acknowledged: int
