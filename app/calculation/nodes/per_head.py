"""The node `per_head`: a rate for each patient on a list."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_RATE, Choice, DecimalString
from app.calculation.language.structures import MeasureName
from app.calculation.nodes.component import Component, RatePer, pence, time_share, year_words
from app.calculation.nodes.list_size import ListMeasure
from app.calculation.nodes.measured import Measured
from app.calculation.rules.earning import Earning, Payer, Run, Told
from app.calculation.rules.exact import exact_text, pounds_value, simple
from app.calculation.rules.wording import per_patient, pounds_text, rate_text
from app.calculation.values import PracticeInput


@dataclass(frozen=True, slots=True, kw_only=True)
class PerHead(Component):
    """Pays the rate times the list.

    2.00 a year for each of 8,412 registered patients is 16,824.00 a year and 4,206.00 a quarter. This is the shape of
    Wandsworth's engagement budget: 2.00 for each of its 368,920 patients.
    """

    type: ClassVar[str] = "per_head"
    price: ClassVar[str | None] = "rate"
    rate: Decimal = field(metadata=member(DecimalString(MOST_RATE), "Pounds for each patient, as a decimal string."))
    rate_per: RatePer = field(
        default=RatePer.YEAR,
        metadata=member(
            Choice(RatePer),
            "`year`: a period of whole months earns months/12 of the rate. `period`: each period earns all of it.",
        ),
    )
    measure: ListMeasure = field(metadata=member(MeasureName(ListMeasure), "The list whose patients are paid for."))

    def sentence(self) -> str:
        rate = f"{rate_text(self.rate)} {self._each()}"
        earned = "" if self.rate_per is RatePer.PERIOD else "; a period earns its share of the year"
        return f"Pays {rate}, by the {self.measure.words()}{earned}.{self.payee_words()}"

    def prepare(self, run: Run) -> Payer:
        measure, time, rate = self.measure.prepare(run), time_share(self.rate_per, run), pence(self.rate)
        price = rate * time.share
        shown = f"{rate_text(self.rate)} {self._each()}"
        rate_workings: dict[str, Any] = {
            "operator": "rate",
            "value": str(self.rate),
            "per": self.rate_per.value,
            "inputs": [],
        }

        def pay(practice: PracticeInput) -> list[Earning]:
            found = measure(practice)
            if not found.value:
                return [self._nothing(found, shown, rate_workings)]
            value, earned = found.value, simple(price * found.value)

            def tell() -> Told:
                text = f"{shown} x {found.words}"
                if time.words:
                    text = f"{text} = {pounds_text(simple(rate * value))}"
                inputs = [rate_workings, found.workings, *time.workings]
                tree = {"operator": self.type, "value": pounds_value(earned), "inputs": inputs}
                return Told(text, f"; {time.words} " if time.words else " = ", tree)

            return [
                Earning(
                    component=self.id,
                    pence=earned,
                    tell=tell,
                    payee=self.payee_value(),
                    quantity=exact_text(value),
                    rate=str(self.rate),
                )
            ]

        return pay

    def _each(self) -> str:
        return f"{year_words(self.rate_per)}{per_patient(self.measure.basis)}"

    def _nothing(self, found: Measured, shown: str, rate_workings: dict[str, Any]) -> Earning:
        """No list and a list of nobody both earn 0.00, but only the first is something to put right."""
        is_missing = found.value is None
        link = "cannot be worked out, because" if is_missing else "x"
        return Earning(
            component=self.id,
            pence=0,
            tell=lambda: Told(
                text=f"{shown} {link} {found.words}",
                link=": " if is_missing else " = ",
                workings={"operator": self.type, "value": "0", "inputs": [rate_workings, found.workings]},
            ),
            payee=self.payee_value(),
            quantity=None if is_missing else "0",
            rate=str(self.rate),
            blocked=is_missing,
        )
