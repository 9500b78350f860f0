"""The node `fixed`: an amount that does not depend on lists, or the sum of amounts that were recorded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_AMOUNT, Choice, DecimalString
from app.calculation.language.structures import MeasureName
from app.calculation.nodes.component import Component, RatePer, pence, time_share
from app.calculation.nodes.counting import AmountMeasure
from app.calculation.rules.earning import Earning, Payer, Run, Told
from app.calculation.rules.exact import pounds_value, simple
from app.calculation.rules.wording import pounds_text, rate_text
from app.calculation.values import PracticeInput
from app.core.wording import span_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed(Component):
    """Pays an amount, or what the facts of an amount measure add up to, which may be negative.

    100.00 for joining is 100.00. Recorded amounts of 40.00 and -85.10 pay -45.10.
    """

    type: ClassVar[str] = "fixed"
    price: ClassVar[str | None] = "amount"
    amount: Decimal | None = field(
        default=None,
        metadata=member(DecimalString(MOST_AMOUNT), "Pounds, as a decimal string. Either this or `measure`.", "100.00"),
    )
    rate_per: RatePer = field(
        default=RatePer.PERIOD,
        metadata=member(
            Choice(RatePer),
            "Of `amount`: each `period` earns all of it, or a `year` does and whole months earn months/12.",
        ),
    )
    measure: AmountMeasure | None = field(
        default=None,
        metadata=member(MeasureName(AmountMeasure), "The recorded amounts to pay. Either this or `amount`."),
    )

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if "amount" not in values and "measure" not in values:
            yield "amount", "missing_member", "Missing. Either an amount or a measure of kind amount is needed."
        if "amount" in values and "measure" in values:
            yield "measure", "bad_value", "Only one of amount and measure can say what is paid."
        if "measure" in values and "rate_per" in values:
            yield (
                "rate_per",
                "bad_value",
                "Recorded amounts belong to their period; only an amount has a price per year.",
            )

    def sentence(self) -> str:
        if self.amount is None:
            return f"Pays the sum of {self._recorded().words()}, which may be negative.{self.payee_words()}"
        per = "a year; a period earns its share" if self.rate_per is RatePer.YEAR else "for each period"
        return f"Pays a fixed {rate_text(self.amount)} {per}.{self.payee_words()}"

    def prepare(self, run: Run) -> Payer:
        return self._prepare_recorded(run) if self.amount is None else self._prepare_amount(self.amount, run)

    def _recorded(self) -> AmountMeasure:
        if self.measure is None:
            raise ValueError("A fixed node has an amount or a measure.")
        return self.measure

    def _prepare_amount(self, amount: Decimal, run: Run) -> Payer:
        time, whole = time_share(self.rate_per, run), pence(amount)
        earned = simple(whole * time.share)
        rate = {"operator": "rate", "value": str(amount), "per": self.rate_per.value, "inputs": []}
        earning = Earning(
            component=self.id,
            pence=earned,
            tell=lambda: Told(
                text=f"A fixed {pounds_text(whole)} a year" if time.words else "A fixed amount",
                link=f"; {time.words} " if time.words else " of ",
                workings={"operator": self.type, "value": pounds_value(earned), "inputs": [rate, *time.workings]},
            ),
            payee=self.payee_value(),
            quantity="1",
            rate=str(amount),
        )
        return lambda _: [earning]

    def _prepare_recorded(self, run: Run) -> Payer:
        recorded = self._recorded()
        measure = recorded.prepare(run)

        def pay(practice: PracticeInput) -> list[Earning]:
            found = measure(practice)
            earned = simple((found.value or 0) * 100)
            return [
                Earning(
                    component=self.id,
                    pence=earned,
                    tell=lambda: Told(
                        text=f"{_recorded(found.words)} named {recorded.fact} from {span_text(run.period)}",
                        link=" = ",
                        workings={"operator": self.type, "value": pounds_value(earned), "inputs": [found.workings]},
                    ),
                    payee=self.payee_value(),
                    bounded=found.bounded,
                )
            ]

        return pay


def _recorded(number: str) -> str:
    return f"{number} recorded {'amount' if number == '1' else 'amounts'}"
