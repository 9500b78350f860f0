"""Clocks that move when told."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class MovingClock:
    at: datetime = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class MovingSeconds:
    """In place of `time.monotonic`."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at
