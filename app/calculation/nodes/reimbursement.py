"""The measure `costs` and the node `capped_reimbursement`: what something cost, up to a cap for each unit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_AMOUNT, Day, DecimalString, Name, Whole
from app.calculation.language.structures import Declared, ListOf, MeasureName
from app.calculation.nodes.component import Component, pence
from app.calculation.nodes.counting import fact_workings
from app.calculation.nodes.measured import after_the_end, begins_late, facts_until
from app.calculation.rules.earning import Earning, Payer, Run, Told
from app.calculation.rules.exact import Exact, exact, exact_text, pounds_value, simple
from app.calculation.rules.wording import measured_text, pounds_text, rate_text
from app.calculation.values import Fact, Measure, MeasuredIn, Node, PracticeInput, Problem
from app.core.clock import Period, add_months
from app.core.wording import day_text, span_text

_MONTHS_BACK = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsMeasure(Measure):
    """What units cost in pounds: each confirmed fact is one unit, such as a week of a locum, on its first day.

    Units of one cause (an absence) share a `subject` and are numbered in the order of their days, over twelve months.
    """

    kind: ClassVar[str] = "costs"
    units: ClassVar[tuple[MeasuredIn, ...]] = (MeasuredIn.COSTS,)
    name: str
    fact: str = field(
        metadata=member(Name(), "The name under which the costs are recorded; their values are pounds.", "locum_week")
    )

    def words(self) -> str:
        return f"confirmed costs named {self.fact}"

    def facts_read(self) -> tuple[str, ...]:
        return (self.fact,)

    def facts_from(self, period: Period) -> date:
        return add_months(period.valid_from, -_MONTHS_BACK)

    def numbered(self, practice: PracticeInput, run: Run) -> list[tuple[int, Fact]]:
        """Each unit with its number among those of its subject, oldest first."""
        counted: dict[str | None, int] = {}
        found = []
        for fact in facts_until(practice, self.fact, run, since=self.facts_from(run.period)):
            counted[fact.subject] = counted.get(fact.subject, 0) + 1
            found.append((counted[fact.subject], fact))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCap:
    """The most that is paid for a unit, from one number on; where caps were raised, from one day on as well."""

    from_unit: int = field(
        metadata=member(Whole(1, 1000), "The first unit that it is for; the first cap is from 1.", 1)
    )
    cap: Decimal = field(metadata=member(DecimalString(MOST_AMOUNT), "Pounds for each unit at most.", "1211.64"))
    since: date | None = field(
        default=None,
        metadata=member(
            Day(),
            "The first day of units for which it goes. From the beginning if absent.",
        ),
    )

    @property
    def place(self) -> tuple[date, int]:
        """Caps stand in the order of their days, and of one day in the order of their units."""
        return self.since or date.min, self.from_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedReimbursement(Component):
    """Pays what each unit cost, at most its cap, after a waiting time.

    Four weeks at 1,500.00 with caps of 1,211.64 for the first two weeks and 1,856.61 from the third: 5,423.28. Five
    weeks of sickness at 2,000.00 with a wait of two: 3 x 1,856.61 = 5,569.83 (locum reimbursement of the Statement of
    Financial Entitlements, 2024/25).
    """

    type: ClassVar[str] = "capped_reimbursement"
    measure: CostsMeasure = field(metadata=member(MeasureName(CostsMeasure), "What each unit cost."))
    caps: tuple[UnitCap, ...] = field(
        metadata=member(
            ListOf(Declared(UnitCap), most=50),
            "Caps by the day and the number of the unit, in order; each day from unit 1.",
        )
    )
    waiting: int = field(
        default=0, metadata=member(Whole(0, 1000), "So many units of each subject at the beginning are not paid.")
    )
    unit: str = field(
        default="week", metadata=member(Name(), "What a unit is called, such as week or session.", "week")
    )

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        places = [each.place for each in values["caps"]]
        if {(day, 1) for day, _ in places} - set(places):
            yield "caps", "bad_value", "The first cap is from unit 1, of every day on which caps change."
        if any(later <= earlier for earlier, later in pairwise(places)):
            yield "caps", "bad_value", "Caps stand in the order of their days and units, each once."

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        yield from super(CappedReimbursement, self).problems(at, inside=inside, applies=applies)
        if self.caps[0].since:
            yield from begins_late(f"{at}/caps/0/since", self.caps[0].since, applies, f"a {self.unit}")

    def never_used(self, at: str, *, applies: Period) -> Iterator[Problem]:
        for i, each in enumerate(self.caps):
            if each.since:
                yield from after_the_end(f"{at}/caps/{i}/since", each.since, applies)

    def sentence(self) -> str:
        caps = ", ".join(self._cap_words(each) for each in self.caps)
        wait = f" The first {self.waiting} of each subject are not paid." if self.waiting else ""
        return f"Pays what each {self.unit} cost by {self.measure.words()}, at most {caps}.{wait}{self.payee_words()}"

    def prepare(self, run: Run) -> Payer:
        def pay(practice: PracticeInput) -> list[Earning]:
            units = [each for each in self.measure.numbered(practice, run) if run.period.contains(each[1].on)]
            paid = [self._paid(number, fact) for number, fact in units]
            earned = simple(sum(paid))
            return [
                Earning(
                    component=self.id,
                    pence=earned,
                    tell=lambda: Told(
                        text=self._text(units, paid, run),
                        link=" = ",
                        workings={
                            "operator": self.type,
                            "value": pounds_value(earned),
                            "inputs": [
                                fact_workings(fact) | {"unit": number, "paid": pounds_value(each)}
                                for (number, fact), each in zip(units, paid, strict=True)
                            ],
                        },
                    ),
                    payee=self.payee_value(),
                    quantity=exact_text(sum(each > 0 for each in paid)),
                    bounded=False,
                )
            ]

        return pay

    def _cap_words(self, cap: UnitCap) -> str:
        since = f" since {day_text(cap.since)}" if cap.since else ""
        return f"{rate_text(cap.cap)} from {self.unit} {cap.from_unit}{since}"

    def _paid(self, number: int, fact: Fact) -> Exact:
        if number <= self.waiting:
            return 0
        caps = (each.cap for each in reversed(self.caps) if each.from_unit <= number and each.place[0] <= fact.on)
        # Nothing says what a unit before the first day may cost; the check refuses such caps.
        cap = next(caps, Decimal(0))
        return min(simple(exact(fact.value) * 100), pence(cap))

    def _text(self, units: list[tuple[int, Fact]], paid: list[Exact], run: Run) -> str:
        if not units:
            return f"No cost named {self.measure.fact} from {span_text(run.period)}"
        cost = simple(sum(exact(fact.value) * 100 for _, fact in units))
        waited = sum(number <= self.waiting for number, _ in units)
        text = f"{measured_text(len(units), self.unit)} that cost {pounds_text(cost)}"
        notes = [f"{waited} within the wait of {self.waiting}"] if waited else []
        capped = sum(
            each < exact(fact.value) * 100
            for each, (number, fact) in zip(paid, units, strict=True)
            if number > self.waiting
        )
        notes += [f"{capped} above the cap"] if capped else []
        return f"{text} ({', '.join(notes)}), of which is paid" if notes else text
