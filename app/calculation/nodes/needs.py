"""What a gate can ask for: that a post is held, that facts come to so much."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_AMOUNT, Choice, DecimalString, Name
from app.calculation.nodes.measured import Within, facts_until
from app.calculation.rules.earning import Run, Said, Saying
from app.calculation.rules.exact import Exact, exact, exact_text, simple
from app.calculation.rules.wording import number_text, spoken
from app.calculation.values import Need, PracticeInput
from app.core.clock import Period
from app.core.wording import day_text, span_text


@dataclass(frozen=True, slots=True)
class Verdict(Saying):
    """What is said are the reason why the need is not met, and its workings."""

    is_met: bool
    say: Callable[[], Said]


Judge = Callable[[PracticeInput], Verdict]


def lacking(verdicts: Sequence[Verdict]) -> str:
    """Why the needs are not met, in words; empty when they are."""
    return " and ".join(verdict.words for verdict in verdicts if not verdict.is_met)


class PreparedNeed(Need):
    @abstractmethod
    def prepare(self, run: Run) -> Judge: ...


class Held(StrEnum):
    PERIOD_START = "period_start"
    ANY_DAY = "any_day"
    EVERY_DAY = "every_day"


_SPOKEN: Final = {
    Held.PERIOD_START: "on the first day of the period",
    Held.ANY_DAY: "on at least one day of the period",
    Held.EVERY_DAY: "on every day of the period",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostNeed(PreparedNeed):
    """The practice has somebody in a post: a named lead on the first day of the period, say."""

    key: ClassVar[str] = "post"
    post: str = field(
        metadata=member(Name(), "The post that somebody has to hold, such as `named_lead`.", "named_lead")
    )
    held: Held = field(
        default=Held.PERIOD_START,
        metadata=member(Choice(Held), "On the first day of the period, on any of its days, or on every one."),
    )

    def words(self) -> str:
        return f"the practice has a {spoken(self.post)} {_SPOKEN[self.held]}"

    def posts_read(self) -> tuple[str, ...]:
        return (self.post,)

    def prepare(self, run: Run) -> Judge:
        def judge(practice: PracticeInput) -> Verdict:
            held = [Period(each.valid_from, each.valid_until) for each in practice.posts if each.post == self.post]
            held.sort(key=lambda each: (each.valid_from, each.valid_until or date.max))
            lacking = self._lacking(held, run.period)
            return Verdict(not lacking, lambda: self._said(lacking))

        return judge

    def _said(self, lacking: str) -> Said:
        workings = {
            "operator": self.key,
            "post": self.post,
            "held": self.held.value,
            "value": "no" if lacking else "yes",
            "inputs": [],
        }
        return Said(f"the practice had no {spoken(self.post)} {lacking}", workings)

    def _lacking(self, held: list[Period], period: Period) -> str:
        """When the post was vacant, in words; empty when the need is met."""
        if self.held is Held.PERIOD_START:
            day = period.valid_from
            return "" if any(each.contains(day) for each in held) else f"on {day_text(day)}"
        if self.held is Held.ANY_DAY:
            return "" if any(each.intersection(period) for each in held) else f"on any day from {span_text(period)}"
        gap = _first_vacant_day(held, period)
        return f"on {day_text(gap)}, and one is needed on every day of the period" if gap else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactNeed(PreparedNeed):
    """Confirmed facts of one name add up to so much: a feedback form was returned in the period, or a plan agreed in the
    year, which then opens the rest of it.
    """

    key: ClassVar[str] = "fact"
    fact: str = field(metadata=member(Name(), "The name under which the facts are recorded.", "feedback_form"))
    at_least: Decimal = field(
        default=Decimal(1),
        metadata=member(DecimalString(MOST_AMOUNT), "What they have to add up to; 1 if absent.", "1"),
    )
    within: Within = field(
        default=Within.PERIOD,
        metadata=member(
            Choice(Within), "`period`: in the period that is paid. `year`: in the financial year up to its end."
        ),
    )

    def words(self) -> str:
        when = "in the period" if self.within is Within.PERIOD else "in the financial year so far"
        return f"confirmed facts named {self.fact} come to at least {number_text(exact(self.at_least))} {when}"

    def facts_read(self) -> tuple[str, ...]:
        return (self.fact,)

    def facts_from(self, period: Period) -> date:
        return self.within.first_day(period)

    def prepare(self, run: Run) -> Judge:
        def judge(practice: PracticeInput) -> Verdict:
            facts = facts_until(practice, self.fact, run, since=self.facts_from(run.period))
            found = simple(sum(exact(fact.value) for fact in facts))
            is_met = found >= exact(self.at_least)
            span = Period(self.facts_from(run.period), run.period.end)
            return Verdict(is_met, lambda: self._said(found, span, is_met=is_met))

        return judge

    def _said(self, found: Exact, span: Period, *, is_met: bool) -> Said:
        workings = {
            "operator": self.key,
            "fact": self.fact,
            "at_least": str(self.at_least),
            "found": exact_text(found),
            "value": "yes" if is_met else "no",
            "inputs": [],
        }
        needed = f"where {number_text(exact(self.at_least))} is needed"
        return Said(f"{self.fact} came to {number_text(found)} from {span_text(span)}, {needed}", workings)


def _first_vacant_day(held: list[Period], period: Period) -> date | None:
    day = period.valid_from
    for each in held:
        if each.contains(day):
            if each.valid_until is None or (period.valid_until and each.valid_until >= period.valid_until):
                return None
            day = each.valid_until
    return day
