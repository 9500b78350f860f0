"""When something goes out: the hours of London, as people set their clocks by them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from app.core.clock import LONDON

HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Hours:
    """The hour it is in London, and when each hour of a day and each hour of a week comes next.

    `by_hour[7]` is the next seven o'clock, `by_week[24 * (weekday - 1) + hour]` that of a weekday (Monday is 1).
    """

    now: int
    by_hour: tuple[datetime, ...]
    by_week: tuple[datetime, ...]


def hours_from(now: datetime) -> Hours:
    """Every hour comes once on every date, on those on which the clocks change too.

    28 March 2027 has no 01:30: whoever asked for one o'clock is told at two, summer time, which is that moment. 31 October
    2027 has one o'clock twice: the first of them counts, and the second is no hour of its own.
    """
    london = now.astimezone(LONDON)
    today = london.date()
    by_hour = tuple(_next(today, hour, every=1, now=now) for hour in range(HOURS))
    by_week = tuple(
        _next(today + timedelta(days=(weekday - today.isoweekday()) % 7), hour, every=7, now=now)
        for weekday in range(1, 8)
        for hour in range(HOURS)
    )
    return Hours(london.hour, by_hour, by_week)


def _next(first: date, hour: int, *, every: int, now: datetime) -> datetime:
    """That hour of the first day, or so many days later when it is over."""
    moment = _moment(first, hour)
    return moment if moment > now else _moment(first + timedelta(days=every), hour)


def _moment(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), LONDON).astimezone(UTC)
