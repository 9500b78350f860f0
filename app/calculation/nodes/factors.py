"""The node `times`: everything below it is multiplied by factors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar, Final

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_AMOUNT, DecimalString
from app.calculation.language.structures import AnyNode, Declared, ListOf, MeasureName
from app.calculation.nodes.counting import CountMeasure
from app.calculation.nodes.level import LevelMeasure
from app.calculation.nodes.list_size import ListMeasure
from app.calculation.nodes.measured import PreparedMeasure
from app.calculation.nodes.post_held import PostHeldMeasure
from app.calculation.rules.earning import Earning, Payer, PayingNode, Run, Said, Saying, closed, pays_nothing, scaled
from app.calculation.rules.exact import Exact, exact, exact_text, simple
from app.calculation.rules.rounding import in_places
from app.calculation.rules.wording import near_text, number_text, rate_text
from app.calculation.values import MeasuredIn, Node, PracticeInput, Problem, RoundAt
from app.core.clock import Period

_MEASURED = (ListMeasure, LevelMeasure, CountMeasure, PostHeldMeasure)


@dataclass(frozen=True, slots=True)
class Quotient(Saying):
    """A factor of one practice. `value` is None where it cannot be worked out, which `words` says why."""

    value: Exact | None
    say: Callable[[], Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A number, or a measure, over a number or another measure: 16,000 patients over a national average of 9,374."""

    value: Decimal | None = field(
        default=None,
        metadata=member(DecimalString(MOST_AMOUNT), "A number, as a decimal string. Either this or `measure`.", "1.54"),
    )
    measure: PreparedMeasure | None = field(
        default=None,
        metadata=member(MeasureName(_MEASURED), "What is measured of the practice. Either this or `value`."),
    )
    over: Decimal | None = field(
        default=None,
        metadata=member(
            DecimalString(MOST_AMOUNT), "The number that it is divided by, such as a national average.", "10184"
        ),
    )
    over_measure: PreparedMeasure | None = field(
        default=None,
        metadata=member(MeasureName(_MEASURED), "What is measured of the practice to divide by, such as its list."),
    )

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if ("value" in values) == ("measure" in values):
            yield "value", "bad_value", "Exactly one of value and measure says what is multiplied by."
        if "over" in values and "over_measure" in values:
            yield "over_measure", "bad_value", "Only one of over and over_measure can be divided by."
        if values.get("over") == 0:
            yield "over", "bad_value", "Nothing can be divided by 0."
        yield from _unlike(
            None if "value" in values else values.get("measure"),
            values.get("over_measure"),
            is_divided="over" in values,
        )

    def words(self) -> str:
        upper = rate_text(self.value) if self.value is not None else _named(self.measure)
        if self.over is None and self.over_measure is None:
            return upper
        return f"{upper} / {number_text(exact(self.over)) if self.over is not None else _named(self.over_measure)}"

    def prepare(self, run: Run) -> Callable[[PracticeInput], Quotient]:
        upper = _side(self.value, self.measure, run)
        lower = _side(self.over, self.over_measure, run) if self.over is not None or self.over_measure else None

        def factor(practice: PracticeInput) -> Quotient:
            above = upper(practice)
            return _divided(above, lower(practice), run) if lower else _divided(above, None, run)

        return factor


AVERAGE: Final = {"measure": "list", "over": "10184"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times(PayingNode):
    """Pays what is below it, multiplied by every factor.

    1,000.00 for a practice of 16,000 patients, times its list over an average list of 9,374, is 1,706.85. In a scheme
    in the manner of QOF the factors are the list and, for clinical areas, the prevalence.
    """

    type: ClassVar[str] = "times"
    factors: tuple[Factor, ...] = field(
        metadata=member(
            ListOf(Declared(Factor), most=10), "What everything below is multiplied by, one after another.", [AVERAGE]
        )
    )
    then: PayingNode = field(metadata=member(AnyNode(), "What is multiplied."))

    @property
    def rescales(self) -> bool:
        return True

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        del inside, applies
        for i, factor in enumerate(self.factors):
            if factor.value == 0:
                yield pays_nothing(f"{at}/factors/{i}/value", "Everything below is multiplied by 0.")

    def sentence(self) -> str:
        return f"Everything in this is multiplied by {' and by '.join(factor.words() for factor in self.factors)}."

    def prepare(self, run: Run) -> Payer:
        pay_below = self.then.prepare(run)
        prepared = [factor.prepare(run) for factor in self.factors]

        def pay(practice: PracticeInput) -> list[Earning]:
            earnings = pay_below(practice)
            for factor in prepared:
                found = factor(practice)
                say = partial(self._said, found)
                if found.value is None:
                    return [closed(earning, say=say).as_blocked() for earning in earnings]
                earnings = [scaled(earning, found.value, say=say) for earning in earnings]
            return earnings

        return pay

    def _said(self, found: Quotient) -> Said:
        words = found.words if found.value is None else f"; times {found.words} it is "
        return Said(words, {"operator": self.type, "inputs": [found.workings]})


_PEOPLE: Final = frozenset({MeasuredIn.NUMBER, MeasuredIn.PATIENTS})
_PLAIN: Final = frozenset({MeasuredIn.NUMBER, MeasuredIn.SHARE})


def _unlike(
    above: PreparedMeasure | None, below: PreparedMeasure | None, *, is_divided: bool
) -> Iterator[tuple[str, str, str]]:
    """A factor has no unit: a list is divided by an average list, a register by a list, pounds by pounds."""
    if above is None or is_divided:
        return
    if below is None:
        if above.measured_in not in _PLAIN:
            detail = f"This is {above.measured_in.value}, and a factor is a plain number: divide it by `over` or `over_measure`."
            yield "measure", "wrong_unit", detail
        return
    units = {above.measured_in, below.measured_in}
    if len(units) > 1 and not units <= _PEOPLE:
        detail = f"This is {below.measured_in.value} below {above.measured_in.value}; both sides have the same unit."
        yield "over_measure", "wrong_unit", detail


def _named(measure: PreparedMeasure | None) -> str:
    return f"the {measure.words()}" if isinstance(measure, ListMeasure) else measure.words() if measure else ""


def _divided(above: Quotient, below: Quotient | None, run: Run) -> Quotient:
    sides = [above] if below is None else [above, below]
    lacking = next((side for side in sides if side.value is None), None)
    if lacking or above.value is None:
        return Quotient(None, lambda: Said((lacking or above).words, _factor(None, sides)))
    if below is not None and not below.value:
        return Quotient(None, lambda: Said(f"nothing can be divided by {below.words}", _factor(None, sides)))
    divisor = 1 if below is None or below.value is None else below.value
    value = in_places(simple(Fraction(above.value) / divisor), run.rounding, RoundAt.FACTOR)
    return Quotient(value, lambda: Said(_quotient_text(value, sides), _factor(exact_text(value), sides)))


def _factor(value: str | None, sides: Sequence[Quotient]) -> dict[str, Any]:
    return {"operator": "factor", "value": value, "inputs": [side.workings for side in sides]}


def _quotient_text(value: Exact, sides: Sequence[Quotient]) -> str:
    words = " / ".join(side.words for side in sides)
    return words if value == sides[0].value else f"{words} = {near_text(value)}"


def _side(number: Decimal | None, measure: PreparedMeasure | None, run: Run) -> Callable[[PracticeInput], Quotient]:
    if number is not None:
        value = exact(number)
        known = Quotient(value, lambda: Said(number_text(value), _number(number)))
        return lambda _: known
    if measure is None:
        raise ValueError("A side of a factor is a number or a measure.")
    gauge = measure.prepare(run)

    def side(practice: PracticeInput) -> Quotient:
        found = gauge(practice)
        return Quotient(found.value, lambda: Said(found.words or number_text(found.value or 0), found.workings))

    return side


def _number(number: Decimal) -> dict[str, Any]:
    return {"operator": "number", "value": str(number), "inputs": []}
