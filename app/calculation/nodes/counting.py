"""The measures made of facts: `count` adds them up under a cap, `amount` adds up their pounds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Final

from app.calculation.language.members import member
from app.calculation.language.readers import Name, Whole
from app.calculation.nodes.measured import Gauge, Measured, PreparedMeasure, facts_counted
from app.calculation.rules.earning import Run, Said, View
from app.calculation.rules.exact import Exact, exact, exact_text
from app.calculation.rules.wording import number_text
from app.calculation.values import Fact, MeasuredIn, PracticeInput
from app.core.clock import Period, months_between
from app.core.wording import MONTHS

MOST_COUNTED: Final = 1_000_000
Month = tuple[int, int]


class _CountedMonth:
    """A calendar month's facts, what they add up to and how much of it the cap leaves."""

    __slots__ = ("facts", "found", "month", "paid")

    def __init__(self, month: Month, facts: list[Fact], cap: int | None) -> None:
        self.month, self.facts = month, facts
        self.found: Exact = sum(exact(fact.value) for fact in facts)
        self.paid: Exact = self.found if cap is None else min(self.found, cap)

    def words(self, period: Period) -> str:
        return f"{number_text(self.found)} in {_month_text(self.month, period)}, {number_text(self.paid)} paid"

    def workings(self) -> dict[str, Any]:
        return {
            "operator": "month",
            "month": f"{self.month[0]:04d}-{self.month[1]:02d}",
            "counted": exact_text(self.found),
            "value": exact_text(self.paid),
            "inputs": [fact_workings(fact) for fact in self.facts],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CountMeasure(PreparedMeasure):
    """The values of confirmed facts of one name in the period, added up; no month and no period above its cap."""

    kind: ClassVar[str] = "count"
    units: ClassVar[tuple[MeasuredIn, ...]] = (MeasuredIn.NUMBER,)
    name: str
    fact: str = field(metadata=member(Name(), "The name under which the facts are recorded."))
    max_per_month: int | None = field(
        default=None, metadata=member(Whole(1, MOST_COUNTED), "At most this many count in a calendar month.")
    )
    max_per_period: int | None = field(
        default=None, metadata=member(Whole(1, MOST_COUNTED), "At most this many count in the period that is paid.")
    )

    def words(self) -> str:
        caps = [
            f"at most {self.max_per_month} in a calendar month" if self.max_per_month else "",
            f"at most {self.max_per_period} in the period" if self.max_per_period else "",
        ]
        return ", ".join([f"confirmed facts named {self.fact}", *(cap for cap in caps if cap)])

    def facts_read(self) -> tuple[str, ...]:
        return (self.fact,)

    @property
    def is_capped(self) -> bool:
        return self.max_per_month is not None or self.max_per_period is not None

    def prepare(self, run: Run) -> Gauge:
        if run.view is View.OFFERED and self.is_capped:
            return lambda _: self._at_its_cap(run.period)
        return lambda practice: self._counted(practice, run)

    def _counted(self, practice: PracticeInput, run: Run) -> Measured:
        months: dict[Month, list[Fact]] = {}
        for fact in facts_counted(practice, self.fact, run):
            months.setdefault((fact.on.year, fact.on.month), []).append(fact)
        counted = [_CountedMonth(month, facts, self.max_per_month) for month, facts in months.items()]
        in_all = sum(month.paid for month in counted)
        total = in_all if self.max_per_period is None else min(in_all, self.max_per_period)
        return Measured(total, lambda: self._said(counted, in_all, total, run.period), bounded=self.is_capped)

    def _said(self, counted: Sequence[_CountedMonth], in_all: Exact, total: Exact, period: Period) -> Said:
        """What the caps cut off, and every fact that was counted."""
        cut = [month.words(period) for month in counted if month.paid != month.found]
        if total != in_all:
            cut.append(f"{number_text(in_all)} in the period, {number_text(total)} paid")
        workings = {**self._header(), "value": exact_text(total), "inputs": [month.workings() for month in counted]}
        return Said("; ".join(cut), workings)

    def _header(self) -> dict[str, Any]:
        caps = {"max_per_month": self.max_per_month, "max_per_period": self.max_per_period}
        return {"operator": self.kind, "measure": self.name, "fact": self.fact, **caps}

    def _at_its_cap(self, period: Period) -> Measured:
        monthly = None if self.max_per_month is None else self.max_per_month * _months_touched(period)
        most = min(cap for cap in (monthly, self.max_per_period) if cap is not None)
        return Measured(
            most, lambda: Said("the most that can be paid", {**self._header(), "value": exact_text(most), "inputs": []})
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountMeasure(PreparedMeasure):
    """The values of confirmed facts of one name in the period, in pounds, added up. The sum may be negative."""

    kind: ClassVar[str] = "amount"
    units: ClassVar[tuple[MeasuredIn, ...]] = (MeasuredIn.POUNDS,)
    takes_negative: ClassVar[bool] = True
    name: str
    fact: str = field(
        metadata=member(Name(), "The name under which the facts are recorded; their values are pounds.", "correction")
    )

    def words(self) -> str:
        return f"confirmed amounts in pounds named {self.fact}"

    def facts_read(self) -> tuple[str, ...]:
        return (self.fact,)

    def prepare(self, run: Run) -> Gauge:
        def measure(practice: PracticeInput) -> Measured:
            facts = facts_counted(practice, self.fact, run)
            pounds = sum(exact(fact.value) for fact in facts)
            return Measured(pounds, lambda: self._said(facts, pounds), bounded=False)

        return measure

    def _said(self, facts: Sequence[Fact], pounds: Exact) -> Said:
        workings = {
            "operator": self.kind,
            "measure": self.name,
            "fact": self.fact,
            "value": exact_text(pounds),
            "inputs": [fact_workings(fact) for fact in facts],
        }
        return Said(number_text(len(facts)), workings)


def fact_workings(fact: Fact) -> dict[str, Any]:
    return {
        "operator": "fact",
        "external_id": fact.external_id,
        "on": fact.on.isoformat(),
        "value": exact_text(exact(fact.value)),
        "confirmed": fact.confirmed,
        "inputs": [],
    }


def _month_text(month: Month, period: Period) -> str:
    """The year is said only where a period is longer than one."""
    name = MONTHS[month[1] - 1]
    end = period.valid_until or period.valid_from
    return name if months_between(period.valid_from, end) <= 12 else f"{name} {month[0]}"


def _months_touched(period: Period) -> int:
    last = date.fromordinal(period.valid_from.toordinal() + period.days - 1)
    return (last.year - period.valid_from.year) * 12 + last.month - period.valid_from.month + 1
