"""Sessions that a practice confirms it has held."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core.clock import Period


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """That a practice is asked which sessions it held in that month."""

    id: UUID
    scheme_title: str
    practice: str
    period: Period


@dataclass(frozen=True, slots=True)
class SessionsInWords:
    """What is recorded of the month so far, and what is still asked. `room`: how many more count in it (None: any number).
    `next_counts_for`: pence that one more is expected to earn; None where that cannot be worked out.
    """

    request: SessionRequest
    recorded: tuple[date, ...]
    room: int | None
    next_counts_for: int | None


@dataclass(frozen=True, slots=True)
class SessionsConfirmed:
    """The days that were recorded, and pence that they are expected to earn."""

    request: SessionRequest
    days: tuple[date, ...]
    counts_for: int | None
