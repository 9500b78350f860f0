"""Which periods stand for the money that is due by a day: those that were released, and the whole months beside them."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise

from app.core.clock import Period, add_months


def months_over(on: date) -> date:
    """The day until which whole months are over at the end of `on`: 1 July at the end of 30 June, 1 June before that."""
    # The calendar has no day after its last.
    tomorrow = on + timedelta(days=1) if on < date.max else on
    return tomorrow.replace(day=1)


def due_periods(year: Period, released: Iterable[Period], *, on: date, cuts: Iterable[date] = ()) -> list[Period]:
    """Each released period that has begun, and what is left of the whole months that are over, in parts that begin at the
    cuts.

    With April to June released and looked at on 31 August: April to June, and July to August.
    """
    begun = sorted(period for period in released if period.valid_from <= on)
    rest = gaps(year, begun, until=months_over(on))
    return sorted([*begun, *(part for period in rest for part in _parts(period, cuts))])


def gaps(year: Period, taken: Iterable[Period], *, until: date) -> Iterator[Period]:
    """The parts of the year before `until` that no taken period covers."""
    end = until if year.valid_until is None else min(until, year.valid_until)
    start = year.valid_from
    for period in sorted(taken):
        if start < min(period.valid_from, end):
            yield Period(start, min(period.valid_from, end))
        start = max(start, period.valid_until or end)
    if start < end:
        yield Period(start, end)


def _parts(period: Period, cuts: Iterable[date]) -> Iterator[Period]:
    inside = sorted({day for day in cuts if period.valid_from < day < period.end})
    return (Period(*days) for days in pairwise([period.valid_from, *inside, period.end]))


def by_months(period: Period) -> Iterator[Period]:
    start = period.valid_from
    while period.valid_until is not None and start < period.valid_until:
        end = min(add_months(start, 1), period.valid_until)
        yield Period(start, end)
        start = end
