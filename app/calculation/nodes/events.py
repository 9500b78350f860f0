"""The measure `events` and the node `per_event`: a rate for each thing done, by the day on which it was done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_RATE, Choice, Day, DecimalString, Name
from app.calculation.language.structures import Declared, ListOf, MeasureName
from app.calculation.nodes.component import Component, pence
from app.calculation.nodes.counting import CountMeasure, fact_workings
from app.calculation.nodes.level import LevelMeasure
from app.calculation.nodes.list_size import ListMeasure
from app.calculation.nodes.measured import Measured, PreparedMeasure, Within, after_the_end, begins_late, facts_until
from app.calculation.rules.earning import Earning, Payer, Run, Told, View
from app.calculation.rules.exact import Exact, exact, exact_text, pounds_value, simple
from app.calculation.rules.wording import measured_text, number_text, rate_text
from app.calculation.values import Fact, Measure, MeasuredIn, Node, PracticeInput, Problem
from app.core.clock import Period, financial_year_of
from app.core.wording import day_text, span_text

_CAPS = (LevelMeasure, ListMeasure, CountMeasure)
_COUNTABLE = (MeasuredIn.NUMBER, MeasuredIn.PATIENTS)


class Distinct(StrEnum):
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsMeasure(Measure):
    """Confirmed facts of one name, one by one, each on its day; where asked for, one for each subject in a year."""

    kind: ClassVar[str] = "events"
    units: ClassVar[tuple[MeasuredIn, ...]] = (MeasuredIn.EVENTS,)
    name: str
    fact: str = field(metadata=member(Name(), "The name under which the facts are recorded.", "health_check"))
    distinct: Distinct | None = field(
        default=None,
        metadata=member(
            Choice(Distinct), "`subject`: of facts with the same subject only the first counts. All count if absent."
        ),
    )
    within: Within = field(
        default=Within.YEAR,
        metadata=member(
            Choice(Within), "`year`: first in the financial year, and a cap is for the year. `period`: for each period."
        ),
    )

    def words(self) -> str:
        once = f", once for each subject in the {self.within.value}" if self.distinct else ""
        return f"confirmed facts named {self.fact}{once}"

    def facts_read(self) -> tuple[str, ...]:
        return (self.fact,)

    def facts_from(self, period: Period) -> date:
        return self.within.first_day(period)

    def counted(self, practice: PracticeInput, run: Run) -> list[tuple[Fact, Exact]]:
        """Each fact that counts since the year, or the period, began, oldest first, with how many events it is."""
        seen: set[tuple[date, str]] = set()
        found: list[tuple[Fact, Exact]] = []
        for fact in facts_until(practice, self.fact, run, since=self.facts_from(run.period)):
            if self.distinct is None or fact.subject is None:
                found.append((fact, exact(fact.value)))
                continue
            once = (self._counts_anew(fact.on, run.period), fact.subject)
            if once not in seen and fact.value > 0:
                seen.add(once)
                found.append((fact, 1))
        return found

    def _counts_anew(self, day: date, period: Period) -> date:
        """A period may reach into the next financial year, in which a subject counts again."""
        return financial_year_of(day).valid_from if self.within is Within.YEAR else period.valid_from


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRate:
    """A rate from a day on, until the next one."""

    since: date = field(metadata=member(Day(), "The first day of the rate."))
    rate: Decimal = field(
        metadata=member(DecimalString(MOST_RATE), "Pounds for each event from that day on.", "140.00")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PerEvent(Component):
    """Pays the rate of the day for each event, the oldest first, until a cap is used up.

    Checks at 116.00 until 31 March 2017 and 140.00 from then: 5 before and 7 after are 1,560.00. 23 claimed with 20 on
    the register are 20. The second check of one patient in a year is not paid (learning disability health check scheme).
    """

    type: ClassVar[str] = "per_event"
    price: ClassVar[str | None] = "rate"
    measure: EventsMeasure = field(metadata=member(MeasureName(EventsMeasure), "What counts as an event."))
    rate: Decimal | None = field(
        default=None,
        metadata=member(DecimalString(MOST_RATE), "Pounds for each event. Either this or `rates`.", "140.00"),
    )
    rates: tuple[DatedRate, ...] | None = field(
        default=None,
        metadata=member(ListOf(Declared(DatedRate), most=50), "Rates by the day of the event, in order of days."),
    )
    at_most: PreparedMeasure | None = field(
        default=None,
        metadata=member(
            MeasureName(_CAPS, units=_COUNTABLE),
            "How many can be paid: a register, an allocation, a list. All if absent.",
        ),
    )

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if ("rate" in values) == ("rates" in values):
            yield "rate", "bad_value", "Exactly one of rate and rates says what an event pays."
        days = [each.since for each in values.get("rates", ())]
        if any(later <= earlier for earlier, later in pairwise(days)):
            yield "rates", "bad_value", "Rates stand in the order of their days, each day once."

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        yield from super(PerEvent, self).problems(at, inside=inside, applies=applies)
        if self.rates:
            yield from begins_late(f"{at}/rates/0/since", self.rates[0].since, applies, "an event")

    def never_used(self, at: str, *, applies: Period) -> Iterator[Problem]:
        for i, each in enumerate(self.rates or ()):
            yield from after_the_end(f"{at}/rates/{i}/since", each.since, applies)

    def sentence(self) -> str:
        if self.rate is not None:
            rates = rate_text(self.rate)
        else:
            rates = ", ".join(f"{rate_text(each.rate)} from {day_text(each.since)}" for each in self.rates or ())
        cap = f", at most as many as {self.at_most.words()}" if self.at_most else ""
        return f"Pays {rates} for each event: {self.measure.words()}{cap}.{self.payee_words()}"

    def prepare(self, run: Run) -> Payer:
        cap = self.at_most.prepare(run) if self.at_most else None

        def pay(practice: PracticeInput) -> list[Earning]:
            most = cap(practice) if cap else None
            if most is not None and most.value is None:
                return [self._unknown(most)]
            if run.view is View.OFFERED and most is not None and most.value is not None:
                return [self._full(most, most.value, run)]
            return [self._paid(practice, run, most)]

        return pay

    def _rate_on(self, day: date) -> Decimal:
        if self.rate is not None:
            return self.rate
        return next((each.rate for each in reversed(self.rates or ()) if each.since <= day), Decimal(0))

    def _paid(self, practice: PracticeInput, run: Run, most: Measured | None) -> Earning:
        room = None if most is None else most.value
        groups: dict[Decimal, Exact] = {}
        claimed: Exact = 0
        counted: list[tuple[Fact, Decimal, Exact]] = []
        for fact, number in self.measure.counted(practice, run):
            paid = number if room is None else max(min(number, room), 0)
            room = None if room is None else room - paid
            if not run.period.contains(fact.on):
                continue
            claimed += number
            rate = self._rate_on(fact.on)
            groups[rate] = groups.get(rate, 0) + paid
            counted.append((fact, rate, paid))
        number = simple(sum(groups.values()))
        earned = simple(sum(pence(rate) * many for rate, many in groups.items()))
        return Earning(
            component=self.id,
            pence=earned,
            tell=lambda: Told(
                text=self._text(groups, claimed, number, most, run),
                link=" = ",
                workings={
                    "operator": self.type,
                    "value": pounds_value(earned),
                    "claimed": exact_text(claimed),
                    "paid": exact_text(number),
                    "inputs": [*(_event(*each) for each in counted), *([most.workings] if most else [])],
                },
            ),
            payee=self.payee_value(),
            quantity=exact_text(number),
            rate=str(next(iter(groups))) if len(groups) == 1 else None,
            bounded=most is not None,
        )

    def _text(
        self, groups: Mapping[Decimal, Exact], claimed: Exact, paid: Exact, most: Measured | None, run: Run
    ) -> str:
        if not groups:
            return f"No event named {self.measure.fact} from {span_text(run.period)}"
        text = " + ".join(f"{rate_text(rate)} x {measured_text(many, 'event')}" for rate, many in groups.items())
        if most is not None and paid != claimed:
            text = f"{text} ({number_text(claimed)} in all, {number_text(paid)} paid: at most {most.words})"
        return text

    def _full(self, most: Measured, number: Exact, run: Run) -> Earning:
        rate = self._rate_on(run.period.valid_from)
        earned = simple(pence(rate) * number)
        return Earning(
            component=self.id,
            pence=earned,
            tell=lambda: Told(
                text=f"{rate_text(rate)} x {measured_text(number, 'event')}, the most that can be paid",
                link=" = ",
                workings={"operator": self.type, "value": pounds_value(earned), "inputs": [most.workings]},
            ),
            payee=self.payee_value(),
            quantity=exact_text(number),
            rate=str(rate),
        )

    def _unknown(self, most: Measured) -> Earning:
        return Earning(
            component=self.id,
            pence=0,
            tell=lambda: Told(
                text=f"How many can be paid is not known, because {most.words}",
                link=": ",
                workings={"operator": self.type, "value": "0", "inputs": [most.workings]},
            ),
            payee=self.payee_value(),
            blocked=True,
            bounded=False,
        )


def _event(fact: Fact, rate: Decimal, paid: Exact) -> dict[str, Any]:
    return fact_workings(fact) | {"rate": str(rate), "paid": exact_text(paid)}
