"""The node `linear`: points, or an amount, earned step by step between two thresholds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_AMOUNT, MOST_RATE, DecimalString
from app.calculation.language.structures import MeasureName
from app.calculation.nodes.component import Component, pence
from app.calculation.nodes.level import SHARES_FOR_PER_CENT, LevelMeasure, is_share_of
from app.calculation.nodes.measured import Measured
from app.calculation.rules.earning import Earning, Payer, Run, Told, View
from app.calculation.rules.exact import Exact, exact, exact_text, pounds_value, simple
from app.calculation.rules.rounding import in_places
from app.calculation.rules.wording import near_text, number_text, rate_text
from app.calculation.values import PracticeInput, RoundAt


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(Component):
    """Pays points times their value: none at or below the lower threshold, all at or above the upper, a share between.

    44 points between 20% and 50%, at 225.49 a point: 34% earns 44 x 14/30 = 20.5333 points, 4,630.06. This is the shape
    of QOF (Statement of Financial Entitlements, General Medical Services).
    """

    type: ClassVar[str] = "linear"
    price: ClassVar[str | None] = "points"
    measure: LevelMeasure = field(metadata=member(MeasureName(LevelMeasure), "What was achieved."))
    lower: Decimal = field(metadata=member(DecimalString(MOST_AMOUNT), "At or below this nothing is earned.", "20"))
    upper: Decimal = field(metadata=member(DecimalString(MOST_AMOUNT), "At or above this all is earned.", "50"))
    points: Decimal = field(metadata=member(DecimalString(MOST_RATE), "The points that can be earned.", "44"))
    point_value: Decimal = field(metadata=member(DecimalString(MOST_RATE), "Pounds for each point.", "225.49"))

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if values["lower"] >= values["upper"]:
            yield "upper", "bad_value", "The upper threshold has to be above the lower one."
        elif is_share_of(values["measure"], values["upper"]):
            yield "upper", "wrong_unit", SHARES_FOR_PER_CENT

    def sentence(self) -> str:
        lower, upper = (self.measure.value_text(exact(each)) for each in (self.lower, self.upper))
        return (
            f"Pays {rate_text(self.point_value)} for each of up to {number_text(exact(self.points))} points: none at "
            f"or below {lower} of {self.measure.words()}, all at or above {upper}, in between a share.{self.payee_words()}"
        )

    def prepare(self, run: Run) -> Payer:
        measure, share_of, value = self.measure.prepare(run), self._shares(), pence(self.point_value)

        def pay(practice: PracticeInput) -> list[Earning]:
            found = measure(practice)
            is_offer = run.view is View.OFFERED
            share = 1 if is_offer else share_of(found.value)
            points = in_places(simple(share * exact(self.points)), run.rounding, RoundAt.POINTS)
            earned = simple(points * value)
            return [
                Earning(
                    component=self.id,
                    pence=earned,
                    tell=lambda: Told(
                        text=self._text(points, found, is_offer=is_offer),
                        link=" = ",
                        workings={
                            "operator": self.type,
                            "value": pounds_value(earned),
                            "lower": str(self.lower),
                            "upper": str(self.upper),
                            "points": exact_text(points),
                            "of": str(self.points),
                            "point_value": str(self.point_value),
                            "inputs": [found.workings],
                        },
                    ),
                    payee=self.payee_value(),
                    quantity=exact_text(points),
                    rate=str(self.point_value),
                )
            ]

        return pay

    def _shares(self) -> Callable[[Exact | None], Exact]:
        """What share of the points a level earns."""
        lower, upper = exact(self.lower), exact(self.upper)
        between = upper - lower

        def share(level: Exact | None) -> Exact:
            if level is None or level <= lower:
                return 0
            return 1 if level >= upper else Fraction(level - lower) / between

        return share

    def _text(self, points: Exact, found: Measured, *, is_offer: bool) -> str:
        level = self.measure.value_text(exact(self.upper)) if is_offer else found.words
        is_known = is_offer or found.value is not None
        earned = f"{near_text(points)} of {number_text(exact(self.points))} points x {rate_text(self.point_value)}"
        return f"{earned} ({level})" if is_known else f"{earned}, because {level}"
