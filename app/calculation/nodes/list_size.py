"""The measure `list_size`: patients of the practice on a date."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final

from app.calculation.language.members import member
from app.calculation.language.readers import Choice, ChoiceOrDate
from app.calculation.nodes.measured import Gauge, Measured, PreparedMeasure
from app.calculation.rules.earning import Run, Said
from app.calculation.rules.exact import Exact, exact, exact_text
from app.calculation.rules.lists import latest_list
from app.calculation.rules.wording import measured_text
from app.calculation.values import Basis, ListSize, MeasuredIn, PracticeInput, Problem
from app.core.clock import Period, financial_year, financial_year_start, quarter_start, utc_text
from app.core.wording import day_text


class Snapshot(StrEnum):
    PERIOD_START = "period_start"
    QUARTER_START = "quarter_start"
    YEAR_START = "year_start"


_SPOKEN: Final = {
    Snapshot.PERIOD_START: "the first day of the period",
    Snapshot.QUARTER_START: "the first day of the quarter in which the period starts",
    Snapshot.YEAR_START: "1 April of the financial year in which the period starts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMeasure(PreparedMeasure):
    """The practice's list: the one with the latest date on or before the snapshot that has the basis."""

    kind: ClassVar[str] = "list_size"
    units: ClassVar[tuple[MeasuredIn, ...]] = (MeasuredIn.PATIENTS,)
    name: str
    basis: Basis = field(metadata=member(Choice(Basis), "`registered`, `weighted` or `adjusted` patients."))
    snapshot: Snapshot | date = field(
        metadata=member(
            ChoiceOrDate(Snapshot),
            "The date on which the list counts: the first day of the period, of its quarter or of its financial year "
            "(1 April), or a fixed date.",
        )
    )

    def words(self) -> str:
        when = day_text(self.snapshot) if isinstance(self.snapshot, date) else _SPOKEN[self.snapshot]
        return f"{self.basis.value} list on {when}"

    def bases_read(self) -> tuple[Basis, ...]:
        return (self.basis,)

    def lists_read(self, period: Period) -> tuple[tuple[date, Basis], ...]:
        return ((self.snapshot_date(period), self.basis),)

    def problems(self, applies: Period) -> Iterator[Problem]:
        if isinstance(self.snapshot, date) and applies.valid_until and self.snapshot >= applies.valid_until:
            yield Problem(
                self.at("snapshot"),
                "calculation.snapshot_after_period",
                "This date is after everything that would be paid.",
            )

    def prepare(self, run: Run) -> Gauge:
        day = self.snapshot_date(run.period)

        def measure(practice: PracticeInput) -> Measured:
            found = latest_list(practice.lists, on=day, basis=self.basis)
            if found is None:
                return Measured(None, lambda: self._missing(day))
            value = exact(getattr(found, self.basis))
            return Measured(value, lambda: self._said(found, value, day))

        return measure

    def snapshot_date(self, period: Period) -> date:
        if isinstance(self.snapshot, date):
            return self.snapshot
        if self.snapshot is Snapshot.QUARTER_START:
            return quarter_start(period.valid_from)
        if self.snapshot is Snapshot.YEAR_START:
            return financial_year_start(financial_year(period.valid_from))
        return period.valid_from

    def _missing(self, day: date) -> Said:
        words = f"no {self.basis.value} list on or before {day_text(day)} is recorded"
        return Said(words, {**self._workings(day), "value": None, "inputs": []})

    def _said(self, found: ListSize, value: Exact, day: date) -> Said:
        origin = ", ".join(part for part in (found.source, found.published_period) if part)
        words = f"{measured_text(value, 'patient')} on {day_text(found.as_at)}"
        if found.as_at != day:
            words += f", the latest list on or before {day_text(day)}"
        workings = {
            **self._workings(day),
            "value": exact_text(value),
            "as_at": found.as_at.isoformat(),
            "source": found.source,
            "published_period": found.published_period,
            "recorded_at": utc_text(found.recorded_at) if found.recorded_at else None,
            "inputs": [],
        }
        return Said(f"{words} ({origin})" if origin else words, workings)

    def _workings(self, day: date) -> dict[str, str]:
        return {"operator": self.kind, "measure": self.name, "basis": self.basis.value, "snapshot": day.isoformat()}
