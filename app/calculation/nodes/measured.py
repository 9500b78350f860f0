"""What measuring a practice gives: a figure, how it was come by, and whether it could still grow."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum

import msgspec

from app.calculation.rules.earning import Run, Said, Saying, View
from app.calculation.rules.exact import Exact
from app.calculation.values import Fact, Measure, PracticeInput, Problem
from app.core.clock import Period, financial_year_of
from app.core.wording import day_text


class Measured(msgspec.Struct, Saying, frozen=True):
    """`value` is None where nothing is recorded, which is not the same as zero."""

    value: Exact | None
    say: Callable[[], Said]
    bounded: bool = True


Gauge = Callable[[PracticeInput], Measured]


class PreparedMeasure(Measure):
    @abstractmethod
    def prepare(self, run: Run) -> Gauge: ...


class Within(StrEnum):
    """The time whose facts count, up to the end of the period."""

    YEAR = "year"
    PERIOD = "period"

    def first_day(self, period: Period) -> date:
        return financial_year_of(period.valid_from).valid_from if self is Within.YEAR else period.valid_from


def facts_counted(practice: PracticeInput, name: str, run: Run) -> list[Fact]:
    """The practice's facts of that name in the period, oldest first, without those that do not count yet."""
    return facts_until(practice, name, run, since=run.period.valid_from)


def facts_until(practice: PracticeInput, name: str, run: Run, *, since: date) -> list[Fact]:
    """As `facts_counted`, from an earlier day on: what came before the period may decide what is paid in it."""
    end, counts_all = run.period.valid_until, run.view is not View.CONFIRMED
    return [
        fact
        for fact in practice.facts_named(name)
        if since <= fact.on and (end is None or fact.on < end) and (counts_all or fact.confirmed)
    ]


def begins_late(at: str, since: date, applies: Period, one: str) -> Iterator[Problem]:
    """The first of dated prices has to be there on the first day: no day is without one, and none is paid by a guess."""
    if since > applies.valid_from:
        detail = f"Nothing says what {one} is paid from {day_text(applies.valid_from)} until this day."
        yield Problem(at, "calculation.begins_late", detail)


def after_the_end(at: str, since: date, applies: Period) -> Iterator[Problem]:
    if applies.valid_until and since >= applies.valid_until:
        yield Problem(
            at, "calculation.outside_version", f"The version ends on {day_text(applies.valid_until)}, before this day."
        )
