"""The measure `done` and the node `milestone`: an amount for what was finished in time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_AMOUNT, Day, DecimalString, Name
from app.calculation.language.structures import Declared, ListOf, MeasureName
from app.calculation.nodes.component import Component, pence
from app.calculation.nodes.counting import fact_workings
from app.calculation.nodes.measured import facts_until
from app.calculation.rules.earning import Earning, Payer, Run, Told, View
from app.calculation.rules.exact import Exact, exact, exact_text, pounds_value, simple
from app.calculation.rules.wording import near_text, rate_text
from app.calculation.values import Fact, Measure, MeasuredIn, PracticeInput, Problem
from app.core.clock import Period, financial_year_of
from app.core.wording import day_text

MOST_ITEMS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneMeasure(Measure):
    """How much of something is done, from 0 to 1, by the latest confirmed fact of one name on or before its due day."""

    kind: ClassVar[str] = "done"
    units: ClassVar[tuple[MeasuredIn, ...]] = (MeasuredIn.SHARE,)
    name: str
    fact: str = field(
        metadata=member(Name(), "The name under which it is recorded: 1 is done, 0.5 is half of it.", "first_area")
    )
    due: date | None = field(
        default=None,
        metadata=member(Day(), "The last day that counts. No day of the financial year is too late if absent."),
    )

    def words(self) -> str:
        by = f" by {day_text(self.due)}" if self.due else ""
        return f"{self.fact}{by}"

    def facts_read(self) -> tuple[str, ...]:
        return (self.fact,)

    def never_used(self, applies: Period) -> Iterator[Problem]:
        if self.due is None or applies.contains(self.due):
            return
        when = "before the version applies" if self.due < applies.valid_from else "after it has ended"
        detail = f"The due day is {when}, where no fact is recorded by which anything could be done."
        yield Problem(self.at("due"), "calculation.outside_version", detail)

    def facts_from(self, period: Period) -> date:
        return financial_year_of(period.valid_from).valid_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to finish, and how much of the amount it is worth beside the others."""

    measure: DoneMeasure = field(metadata=member(MeasureName(DoneMeasure), "What has to be done."))
    weight: Decimal = field(
        default=Decimal(1), metadata=member(DecimalString(MOST_AMOUNT), "Its weight among the items; 1 if absent.", "1")
    )

    def workings(self, part: Exact) -> dict[str, Any]:
        return {"fact": self.measure.fact, "weight": str(self.weight), "done": exact_text(simple(part))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone(Component):
    """Pays each item's part of the amount in the period in which it is done; half done pays half, late pays nothing.

    900.00 for three areas of equal weight: one done in May and half of another in June are 450.00 for April to June;
    the other half in August is 150.00 for July to September.
    """

    type: ClassVar[str] = "milestone"
    price: ClassVar[str | None] = "amount"
    amount: Decimal = field(
        metadata=member(DecimalString(MOST_AMOUNT), "Pounds for all items together, in the year.", "900.00")
    )
    items: tuple[Item, ...] = field(
        metadata=member(ListOf(Declared(Item), most=MOST_ITEMS), "What has to be done for it.")
    )

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if not sum(item.weight for item in values["items"]):
            yield "items", "no_weight", "At least one item needs a weight above 0."

    def sentence(self) -> str:
        items = ", ".join(item.measure.words() for item in self.items)
        return f"Pays up to {rate_text(self.amount)} for what is done: {items}.{self.payee_words()}"

    def prepare(self, run: Run) -> Payer:
        whole = sum((exact(item.weight) for item in self.items), Fraction(0))

        def pay(practice: PracticeInput) -> list[Earning]:
            moved = [self._moved(item, practice, run) for item in self.items]
            share = sum(
                (exact(item.weight) * part for item, (part, _) in zip(self.items, moved, strict=True)), Fraction(0)
            )
            earned = simple(Fraction(pence(self.amount)) * share / whole)
            parts = [part for part, _ in moved]
            late = [fact for _, facts in moved for fact in facts]
            return [
                Earning(
                    component=self.id,
                    pence=earned,
                    tell=lambda: Told(
                        text=self._text(parts, late),
                        link=" = ",
                        workings={
                            "operator": self.type,
                            "value": pounds_value(earned),
                            "amount": str(self.amount),
                            "items": [item.workings(part) for item, part in zip(self.items, parts, strict=True)],
                            "late": [fact_workings(fact) for fact in late],
                            "inputs": [],
                        },
                    ),
                    payee=self.payee_value(),
                    quantity=exact_text(simple(Fraction(share) / whole)),
                    rate=str(self.amount),
                )
            ]

        return pay

    def _text(self, parts: Sequence[Exact], late: list[Fact]) -> str:
        done = [
            f"{item.measure.fact} ({near_text(part * 100)}%)"
            for item, part in zip(self.items, parts, strict=True)
            if part
        ]
        text = f"Of {rate_text(self.amount)}: {', '.join(done) if done else 'nothing was done in this period'}"
        if late:
            days = ", ".join(f"{fact.measure} on {day_text(fact.on)}" for fact in late)
            text = f"{text}; too late: {days}"
        return text

    def _moved(self, item: Item, practice: PracticeInput, run: Run) -> tuple[Exact, list[Fact]]:
        """How much more of it was done at the end of the period than before it; and what came too late in it."""
        measure = item.measure
        facts = facts_until(practice, measure.fact, run, since=measure.facts_from(run.period))
        in_time = [fact for fact in facts if measure.due is None or fact.on <= measure.due]
        before = _level([fact for fact in in_time if fact.on < run.period.valid_from])
        is_open = measure.due is None or measure.due >= run.period.valid_from
        after: Exact = 1 if run.view is View.OFFERED and is_open else _level(in_time)
        late = [fact for fact in facts if fact not in in_time and run.period.contains(fact.on)]
        return simple(after - before), late


def _level(facts: list[Fact]) -> Exact:
    return min(max(exact(facts[-1].value), 0), 1) if facts else 0
