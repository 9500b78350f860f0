"""The nodes `instalments` and `advance`: what is for a year, paid in parts as the year goes on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from app.calculation.errors import BrokenPart
from app.calculation.language.members import member
from app.calculation.language.readers import DecimalString, Whole
from app.calculation.language.reading import pointer
from app.calculation.language.structures import AnyNode, MeasureName
from app.calculation.language.tree import known_late_below
from app.calculation.nodes.component import Component, pence
from app.calculation.nodes.level import LevelMeasure
from app.calculation.nodes.measured import Measured
from app.calculation.nodes.total import Sum
from app.calculation.rules.earning import Earning, Payer, PayingNode, Run, Told, pays_nothing
from app.calculation.rules.exact import exact, pounds_value, simple
from app.calculation.rules.rounding import rounded
from app.calculation.rules.wording import near_text, pounds_text
from app.calculation.values import MeasuredIn, Node, PracticeInput, Problem
from app.core.clock import Period, add_months, financial_year_of, months_between

MONTHS_OF_A_YEAR = 12
_PARTS = "Into how many equal times the financial year is divided: 2, 3, 4, 6 or 12."


class Parts(Whole):
    """A number of parts that are whole months each."""

    def read(self, raw: object, at: str, reading: Any) -> Any:
        number = Whole.read(self, raw, at, reading)
        if isinstance(number, int) and MONTHS_OF_A_YEAR % number:
            return reading.refuse(at, "bad_value", "A part is whole months: 2, 3, 4, 6 or 12 parts.")
        return number


@dataclass(frozen=True, slots=True)
class Stretch:
    """The parts of the year that a period is: of twelve, April to June are those from 0 until 3."""

    first: int
    until: int
    parts: int

    @classmethod
    def of(cls, period: Period, parts: int) -> "Stretch | None":
        """None for a period that is not whole parts of one financial year."""
        year = financial_year_of(period.valid_from)
        if period.valid_until is None or period.valid_until > year.end or period.whole_months() is None:
            return None
        months = MONTHS_OF_A_YEAR // parts
        start, end = (months_between(year.valid_from, day) for day in (period.valid_from, period.valid_until))
        return (
            None
            if period.valid_from.day != 1 or start % months or end % months
            else cls(start // months, end // months, parts)
        )

    @property
    def is_last(self) -> bool:
        return self.until == self.parts

    def words(self) -> str:
        if self.until - self.first == self.parts:
            return f"all {self.parts} parts"
        if self.until - self.first == 1:
            return f"part {self.until} of {self.parts}"
        return f"parts {self.first + 1} to {self.until} of {self.parts}"

    def times(self, year: Period) -> Iterator[Period]:
        """Each part of the year until the last of these."""
        months = MONTHS_OF_A_YEAR // self.parts
        for part in range(self.until):
            yield Period(add_months(year.valid_from, part * months), add_months(year.valid_from, (part + 1) * months))

    def share(self, whole: int) -> int:
        """Of whole pence in equal parts, of which the first carry a penny more until all are given out."""
        least, more = divmod(whole, self.parts)
        return least * (self.until - self.first) + min(self.until, more) - min(self.first, more)


def _is_member(practice: PracticeInput, time: Period) -> bool:
    return practice.member is None or any(each.intersection(time) for each in practice.member)


class _ByParts(PayingNode):
    """What is worked out for the whole year and paid by parts of it."""

    parts: int

    @property
    def reads_year(self) -> bool:
        return True

    @property
    def rescales(self) -> bool:
        return True

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        yield from super().problems(at, inside=inside, applies=applies)
        if Stretch.of(applies, self.parts) is None:
            yield Problem(pointer(at, "parts"), BrokenPart.code, BrokenPart.title)

    def stretch(self, period: Period) -> Stretch:
        found = Stretch.of(period, self.parts)
        if found is None:
            raise BrokenPart
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalments(_ByParts):
    """Pays what is below it, worked out for the whole financial year, in equal parts that add up to it exactly.

    1,000.00 in twelve parts is four times 83.34 and then eight times 83.33: the first parts carry the pennies.
    """

    type: ClassVar[str] = "instalments"
    parts: int = field(metadata=member(Parts(2, MONTHS_OF_A_YEAR), _PARTS, 12))
    then: PayingNode = field(
        metadata=member(
            AnyNode(), "What is paid in parts: lists and fixed amounts, which are known from the beginning."
        )
    )

    def sentence(self) -> str:
        return f"All of this is worked out for the financial year and paid in {self.parts} equal parts."

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        yield from super(Instalments, self).problems(at, inside=inside, applies=applies)
        late = known_late_below(self.then)
        if late:
            detail = (
                f"A part is paid before the year has shown what is read here: {', '.join(late)}. An advance can be."
            )
            yield Problem(pointer(at, "then"), "calculation.instalments_of_facts", detail)

    def prepare(self, run: Run) -> Payer:
        stretch, mode = self.stretch(run.period), run.rounding.mode
        pay_below = self.then.prepare(replace(run, period=financial_year_of(run.period.valid_from)))

        def pay(practice: PracticeInput) -> list[Earning]:
            return [self._part(earning, rounded(earning.pence, mode), stretch) for earning in pay_below(practice)]

        return pay

    def _part(self, earning: Earning, whole: int, stretch: Stretch) -> Earning:
        paid = stretch.share(whole)

        def tell(told: Told) -> Told:
            tree = {
                "operator": self.type,
                "parts": stretch.words(),
                "of": pounds_value(whole),
                "value": pounds_value(paid),
                "inputs": [told.workings],
            }
            if not earning.pence:
                return replace(told, workings=tree)
            text = f"{told.text}{told.link}{pounds_text(whole)} for the year"
            return Told(text, f"; {stretch.words()} of it is ", tree)

        return earning.retold(tell).but(pence=paid if earning.pence else earning.pence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance(Component, _ByParts):
    """Pays a share of last year's amount in parts; with the last part, what was earned in the year takes its place.

    80% of 98,556.92 in twelve parts is 6,570.46 a month. With the last one the achievement of 101,000.00 is paid and
    the parts before it are taken back; of 75,000.00 more is taken back than is paid (aspiration payments of QOF).
    Each part is of the amount as it was known by its last day, for who was a member then, and exactly those parts are
    taken back, so that a year in which nothing is earned comes to 0.00.
    """

    type: ClassVar[str] = "advance"
    measure: LevelMeasure = field(
        metadata=member(MeasureName(LevelMeasure, units=(MeasuredIn.POUNDS,)), "Last year's amount in pounds.")
    )
    share: Decimal = field(metadata=member(DecimalString(1), "The share of it that is advanced: 0.80 is 80%.", "0.80"))
    parts: int = field(metadata=member(Parts(2, MONTHS_OF_A_YEAR), _PARTS, 12))
    then: PayingNode = field(metadata=member(AnyNode(), "What is earned, worked out for the whole financial year."))

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        yield from super(Advance, self).problems(at, inside=inside, applies=applies)
        if not self.share:
            yield pays_nothing(pointer(at, "share"), "Nothing is advanced.")
        if any(not isinstance(node, (Sum, _ByParts)) for node in inside):
            detail = (
                "What stands around an advance may change it from part to part, so that more or less is taken back than"
            )
            yield Problem(at, "calculation.advance_inside", f"{detail} was paid; only a sum may.")

    def sentence(self) -> str:
        return (
            f"Advances {near_text(exact(self.share) * 100)}% of {self.measure.words()} in {self.parts} equal parts of the "
            f"financial year. The last part brings what was earned and takes the advances back.{self.payee_words()}"
        )

    def prepare(self, run: Run) -> Payer:
        stretch = self.stretch(run.period)
        year = replace(run, period=financial_year_of(run.period.valid_from))
        times = list(stretch.times(year.period))
        measures = [self.measure.prepare(replace(run, period=time)) for time in times]
        pay_below = self.then.prepare(year)

        def pay(practice: PracticeInput) -> list[Earning]:
            found = [measure(practice) for measure in measures]
            parts = [
                self._part(prior, run) if _is_member(practice, time) else 0
                for prior, time in zip(found, times, strict=True)
            ]
            advance = self._advance(found[-1], parts, stretch)
            return [advance, *(self._earned(earning, stretch) for earning in pay_below(practice))]

        return pay

    def _part(self, prior: Measured, run: Run) -> int:
        return rounded(simple(Fraction(pence(self.share) * (prior.value or 0)) / self.parts), run.rounding.mode)

    def _advance(self, prior: Measured, parts: Sequence[int], stretch: Stretch) -> Earning:
        """`parts` are pence of each part of the year until the end of the period."""
        taken_back = sum(parts) if stretch.is_last else 0
        paid = sum(parts[stretch.first :]) - taken_back

        def tell() -> Told:
            tree = {
                "operator": self.type,
                "value": pounds_value(paid),
                "parts": stretch.words(),
                "part": pounds_value(parts[-1]),
                "taken_back": pounds_value(taken_back),
                "inputs": [prior.workings],
            }
            return Told(self._text(prior, parts, stretch), " = ", tree)

        return Earning(
            component=self.id,
            pence=paid,
            tell=tell,
            payee=self.payee_value(),
            rate=str(self.share),
        )

    def _text(self, prior: Measured, parts: Sequence[int], stretch: Stretch) -> str:
        if prior.value is None:
            return f"No advance, because {prior.words}"
        now = parts[stretch.first :]
        each = f" of {pounds_text(now[0])} each" if len(set(now)) == 1 else f": {' + '.join(map(pounds_text, now))}"
        text = f"{stretch.words().capitalize()}{each}"
        if not stretch.is_last:
            return text
        if len(set(parts)) == 1:
            return f"{text}, less the {self.parts} parts of the year"
        return f"{text}, less {pounds_text(sum(parts))} that was advanced in the year"

    def _earned(self, earning: Earning, stretch: Stretch) -> Earning:
        if stretch.is_last:
            return earning

        def tell(told: Told) -> Told:
            tree = {"operator": "at_year_end", "value": "0", "inputs": [told.workings]}
            return Told("Worked out and paid with the last part of the year", ": ", tree)

        return earning.retold(tell).but(pence=0, quantity=None, blocked=False)
