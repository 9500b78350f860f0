"""The measure `level`: where a practice stands, by the latest fact of one name."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final

from app.calculation.language.members import member
from app.calculation.language.readers import Choice, Name
from app.calculation.nodes.measured import Gauge, Measured, PreparedMeasure, facts_until
from app.calculation.rules.earning import Run, Said
from app.calculation.rules.exact import Exact, exact, exact_text, simple
from app.calculation.rules.wording import number_text
from app.calculation.values import Fact, MeasuredIn, PracticeInput
from app.core.clock import Period, financial_year_of
from app.core.wording import day_text, span_text


class Unit(StrEnum):
    NUMBER = "number"
    PERCENT = "percent"
    POUNDS = "pounds"


_MEASURED_IN: Final = {
    Unit.NUMBER: MeasuredIn.NUMBER,
    Unit.PERCENT: MeasuredIn.PER_CENT,
    Unit.POUNDS: MeasuredIn.POUNDS,
}
_SPOKEN: Final = {Unit.NUMBER: "", Unit.PERCENT: ", as per cent", Unit.POUNDS: ", in pounds"}


SHARES_FOR_PER_CENT: Final = (
    "The measure is per cent, and 20% is written as 20; where shares are meant, its unit is number."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMeasure(PreparedMeasure):
    """The latest confirmed fact of one name in the financial year, up to the end of the period: an achievement, a register."""

    kind: ClassVar[str] = "level"
    units: ClassVar[tuple[MeasuredIn, ...]] = (MeasuredIn.NUMBER, MeasuredIn.PER_CENT, MeasuredIn.POUNDS)
    takes_negative: ClassVar[bool] = True
    name: str
    fact: str = field(metadata=member(Name(), "The name under which the facts are recorded.", "achievement"))
    unit: Unit = field(
        default=Unit.NUMBER,
        metadata=member(
            Choice(Unit),
            "`number`: as it was recorded. `percent`: the facts are shares, such as numerator over denominator, and "
            "are read as per cent. `pounds`: last year's amount, say.",
        ),
    )

    @property
    def measured_in(self) -> MeasuredIn:
        return _MEASURED_IN[self.unit]

    def words(self) -> str:
        return f"the latest confirmed fact named {self.fact}{_SPOKEN[self.unit]}"

    def facts_read(self) -> tuple[str, ...]:
        return (self.fact,)

    def facts_from(self, period: Period) -> date:
        return financial_year_of(period.valid_from).valid_from

    def value_text(self, value: Exact) -> str:
        return f"{number_text(value)}{'%' if self.unit is Unit.PERCENT else ''}"

    def prepare(self, run: Run) -> Gauge:
        since = self.facts_from(run.period)

        def measure(practice: PracticeInput) -> Measured:
            facts = facts_until(practice, self.fact, run, since=since)
            if not facts:
                return Measured(None, lambda: self._missing(Period(since, run.period.end)), bounded=False)
            latest = facts[-1]
            value = simple(exact(latest.value) * (100 if self.unit is Unit.PERCENT else 1))
            return Measured(value, lambda: self._found(latest, value), bounded=False)

        return measure

    def _missing(self, span: Period) -> Said:
        words = f"no fact named {self.fact} is recorded from {span_text(span)}"
        return Said(words, {**self._header(), "value": None, "inputs": []})

    def _found(self, latest: Fact, value: Exact) -> Said:
        workings = {
            **self._header(),
            "value": exact_text(value),
            "external_id": latest.external_id,
            "on": latest.on.isoformat(),
            "inputs": [],
        }
        return Said(f"{self.value_text(value)} on {day_text(latest.on)}", workings)

    def _header(self) -> dict[str, Any]:
        return {"operator": self.kind, "measure": self.name, "fact": self.fact}


def is_share_of(measure: PreparedMeasure, threshold: Decimal) -> bool:
    """Whether the highest threshold for a measure in per cent seems to be written as a share, 0.5 for 50%."""
    return measure.measured_in is MeasuredIn.PER_CENT and 0 < threshold <= 1
