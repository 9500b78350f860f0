"""The node `pooled`: a fixed budget that all practices share by weight, to the penny."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_AMOUNT, Choice, DecimalString
from app.calculation.language.reading import pointer
from app.calculation.language.structures import AnyNeed, ListOf, MeasureName
from app.calculation.nodes.component import Component, RatePer, pence, time_share
from app.calculation.nodes.counting import CountMeasure
from app.calculation.nodes.level import LevelMeasure
from app.calculation.nodes.list_size import ListMeasure
from app.calculation.nodes.measured import Measured, PreparedMeasure
from app.calculation.nodes.needs import PreparedNeed, Verdict, lacking
from app.calculation.rules.earning import Earning, Payer, Run, Told, View, pays_nothing
from app.calculation.rules.exact import Exact, exact_text, pounds_value, simple
from app.calculation.rules.rounding import exact_sum, largest_remainder, rounded
from app.calculation.rules.wording import number_text, pounds_text, rate_text
from app.calculation.values import Node, PracticeInput, Problem
from app.core.clock import Period

_WEIGHTS = (ListMeasure, LevelMeasure, CountMeasure)


class Unearned(StrEnum):
    RETURN = "return"
    REDISTRIBUTE = "redistribute"


@dataclass(frozen=True, slots=True)
class Pot:
    """What is shared, in pence; all weights together; each practice's share, without those that take no part; and whether
    there is anybody of a weight above 0 at all.
    """

    pence: int
    whole: Exact
    shares: Mapping[str, int]
    can_be_shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled(Component):
    """Shares a budget among all practices of the run by weight; the shares are whole pence and add up to it exactly.

    10,000.00 by three equal lists is 3,333.34, 3,333.33 and 3,333.33: what is left after whole pence goes to the
    largest remainders, and of equal ones to the practice whose code comes first. What a practice has not earned, because
    a need is not met, returns to the commissioner or is shared among the others.
    """

    type: ClassVar[str] = "pooled"
    budget: Decimal = field(
        metadata=member(DecimalString(MOST_AMOUNT), "Pounds for all practices together.", "100000.00")
    )
    rate_per: RatePer = field(
        default=RatePer.YEAR,
        metadata=member(Choice(RatePer), "`year`: a period of whole months has months/12 of it. `period`: all of it."),
    )
    weight: PreparedMeasure = field(metadata=member(MeasureName(_WEIGHTS), "What the budget is shared by."))
    needs: tuple[PreparedNeed, ...] = field(
        default=(), metadata=member(ListOf(AnyNeed(), most=20), "What a practice has to meet for its share.")
    )
    unearned: Unearned = field(
        default=Unearned.RETURN,
        metadata=member(
            Choice(Unearned),
            "`return`: the share of a practice that meets not every need stays with the commissioner. `redistribute`: "
            "the others share it.",
        ),
    )

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if "unearned" in values and "needs" not in values:
            yield "unearned", "bad_value", "Without needs every share is earned."

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        yield from super(Pooled, self).problems(at, inside=inside, applies=applies)
        if not self.budget:
            yield pays_nothing(pointer(at, "budget"), "Nothing is shared out of a budget of 0.")

    @property
    def shares_among_all(self) -> bool:
        return True

    def sentence(self) -> str:
        per = "a year; a period has its share" if self.rate_per is RatePer.YEAR else "for each period"
        needs = ""
        if self.needs:
            left = "stays unspent" if self.unearned is Unearned.RETURN else "is shared among the others"
            needs = (
                f" Only when {' and '.join(need.words() for need in self.needs)}; a share that is not earned {left}."
            )
        return f"Shares {rate_text(self.budget)} {per} among all practices by {self.weight.words()}.{needs}{self.payee_words()}"

    def prepare(self, run: Run) -> Payer:
        gauge = self.weight.prepare(run)
        judges = [need.prepare(run) for need in self.needs] if run.view is not View.OFFERED else []
        weights = {practice.code: gauge(practice) for practice in run.practices}
        verdicts = {practice.code: [judge(practice) for judge in judges] for practice in run.practices}
        pot = self._pot(run, weights, verdicts)

        def pay(practice: PracticeInput) -> list[Earning]:
            return [self._earning(pot, weights[practice.code], verdicts[practice.code], practice.code)]

        return pay

    def _pot(self, run: Run, weights: Mapping[str, Measured], verdicts: Mapping[str, Sequence[Verdict]]) -> Pot:
        pot = rounded(simple(pence(self.budget) * time_share(self.rate_per, run).share), run.rounding.mode)
        taking = sorted(
            code
            for code, found in weights.items()
            if (found.value or 0) > 0
            and (self.unearned is Unearned.RETURN or all(each.is_met for each in verdicts[code]))
        )
        parts = [weights[code].value or 0 for code in taking]
        whole = exact_sum(parts)
        can_be_shared = any((found.value or 0) > 0 for found in weights.values())
        if not whole:
            return Pot(pot, whole, {}, can_be_shared)
        exact = [simple(Fraction(pot * part) / whole) for part in parts]
        shares = largest_remainder(exact, pot, order=range(len(taking)))
        return Pot(pot, whole, dict(zip(taking, shares, strict=True)), can_be_shared)

    def _earning(self, pot: Pot, found: Measured, verdicts: Sequence[Verdict], code: str) -> Earning:
        is_earned = all(each.is_met for each in verdicts)
        share = pot.shares.get(code, 0)
        earned = share if is_earned else 0

        def tell() -> Told:
            tree = {
                "operator": self.type,
                "value": pounds_value(earned),
                "pot": pounds_value(pot.pence),
                "weights": exact_text(pot.whole),
                "inputs": [found.workings, *(each.workings for each in verdicts)],
            }
            return Told(self._text(pot, found, lacking(verdicts), share), " = " if is_earned and share else ": ", tree)

        return Earning(
            component=self.id,
            pence=earned,
            tell=tell,
            payee=self.payee_value(),
            quantity=None if found.value is None else exact_text(found.value),
            blocked=self._is_blocked(pot, found),
        )

    def _is_blocked(self, pot: Pot, found: Measured) -> bool:
        """A list that is missing, a weight below 0 and a pot without weights are for somebody to put right."""
        if found.value is None:
            return isinstance(self.weight, ListMeasure)
        return found.value < 0 or not pot.can_be_shared

    def _text(self, pot: Pot, found: Measured, because: str, share: int) -> str:
        shared = pounds_text(pot.pence)
        if found.value is None:
            return f"No share of {shared}, because {found.words}"
        weight = found.words or number_text(found.value)
        if because and self.unearned is Unearned.RETURN:
            return f"Not paid, because {because}; the share of {pounds_text(share)} stays with the commissioner"
        if because:
            left = "the others share it" if pot.shares else "nobody has earned it"
            return f"Not paid, because {because}; {left}"
        if not pot.can_be_shared:
            return f"{shared} cannot be shared, because no practice has a weight above 0"
        if found.value <= 0:
            return f"No share of {shared}, by a weight of {number_text(found.value)}"
        return f"{shared} x {weight} of {number_text(pot.whole)} in all, to the penny"
