"""The node `tiered`: a rate by the band in which a practice stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_AMOUNT, Choice, DecimalString
from app.calculation.language.structures import Declared, ListOf, MeasureName
from app.calculation.nodes.component import Component, pence
from app.calculation.nodes.counting import CountMeasure
from app.calculation.nodes.level import SHARES_FOR_PER_CENT, LevelMeasure, is_share_of
from app.calculation.nodes.list_size import ListMeasure
from app.calculation.nodes.measured import Measured, PreparedMeasure
from app.calculation.rules.earning import Earning, Payer, Run, Told, View
from app.calculation.rules.exact import Exact, exact, exact_text, pounds_value, simple
from app.calculation.rules.wording import number_text, rate_text
from app.calculation.values import MeasuredIn, Node, PracticeInput, Problem
from app.core.clock import Period

MOST_BANDS = 50
_MEASURED = (LevelMeasure, CountMeasure, ListMeasure)
_COUNTABLE = (MeasuredIn.NUMBER, MeasuredIn.PATIENTS)


class Of(StrEnum):
    WHOLE = "whole"
    MARGINAL = "marginal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """From its first value on, and until below its end: 6 to below 8. The last band has no end."""

    at_least: Decimal = field(metadata=member(DecimalString(MOST_AMOUNT), "The first value that is in the band.", "6"))
    below: Decimal | None = field(
        default=None,
        metadata=member(
            DecimalString(MOST_AMOUNT), "The first value that is no longer in it. The last band has none.", "8"
        ),
    )
    rate: Decimal = field(
        metadata=member(DecimalString(MOST_AMOUNT), "Pounds that the band pays; 0 is a rate too.", "0.40")
    )

    def words(self, unit: Any) -> str:
        start = unit(exact(self.at_least))
        return f"from {start}" if self.below is None else f"from {start} to below {unit(exact(self.below))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiered(Component):
    """Pays the rate of the band in which the measure stands; nothing below the first band.

    0.40 from 6% to below 8% and 0.50 from 8%, for each patient: 7.3% with 8,250 patients is 3,300.00, and exactly 8%
    is in the second band. `marginal` pays each part of the measure at its own band's rate, as income tax does.
    """

    type: ClassVar[str] = "tiered"
    measure: PreparedMeasure = field(metadata=member(MeasureName(_MEASURED), "What decides the band."))
    bands: tuple[Band, ...] = field(
        metadata=member(
            ListOf(Declared(Band), most=MOST_BANDS), "One after another: each begins where the one before it ends."
        )
    )
    of: Of = field(
        default=Of.WHOLE,
        metadata=member(
            Choice(Of),
            "`whole`: the band's rate, once, or for each unit of `each`. `marginal`: each part of the measure at the "
            "rate of the band it lies in.",
        ),
    )
    each: PreparedMeasure | None = field(
        default=None,
        metadata=member(
            MeasureName(_MEASURED, units=_COUNTABLE),
            "What the rate is paid for each of, such as the list. Once if absent.",
        ),
    )

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        yield from _disorder(values["bands"])
        if values.get("of") is Of.MARGINAL and "each" in values:
            yield "each", "bad_value", "Marginal rates are paid for the measure itself."
        if is_share_of(values["measure"], values["bands"][-1].at_least):
            yield "bands", "wrong_unit", SHARES_FOR_PER_CENT

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        yield from super(Tiered, self).problems(at, inside=inside, applies=applies)
        most = self.measure.max_per_period if isinstance(self.measure, CountMeasure) else None
        for i, band in enumerate(self.bands):
            if most is not None and band.at_least > most:
                detail = f"No practice comes into this band: at most {most} count in a period."
                yield Problem(f"{at}/bands/{i}/at_least", "calculation.band_unreachable", detail)

    def sentence(self) -> str:
        unit = self._unit
        rates = "; ".join(f"{rate_text(band.rate)} {band.words(unit)}" for band in self.bands)
        if self.of is Of.MARGINAL:
            paid = "Pays each part of it at its own rate"
        else:
            paid = f"Pays a rate for each of {_words(self.each)}" if self.each else "Pays an amount"
        return f"{paid} by {_words(self.measure)}: {rates}; nothing below that.{self.payee_words()}"

    def prepare(self, run: Run) -> Payer:
        measure = self.measure.prepare(run)
        each = self.each.prepare(run) if self.each else None

        def pay(practice: PracticeInput) -> list[Earning]:
            found = measure(practice)
            times = each(practice) if each else None
            if found.value is None and run.view is View.OFFERED:
                return [self._best(found, times)]
            if found.value is None:
                return [self._unknown(found, is_blocked=isinstance(self.measure, ListMeasure))]
            if times is not None and times.value is None:
                return [self._unknown(times, is_blocked=True)]
            if self.of is Of.MARGINAL:
                return [self._marginal(found, found.value)]
            return [self._whole(found, found.value, times)]

        return pay

    @property
    def _unit(self) -> Any:
        return self.measure.value_text if isinstance(self.measure, LevelMeasure) else number_text

    def _band(self, value: Exact) -> Band | None:
        return next((band for band in reversed(self.bands) if value >= exact(band.at_least)), None)

    def _whole(self, found: Measured, value: Exact, times: Measured | None) -> Earning:
        band = self._band(value)
        rate = band.rate if band else Decimal(0)
        return self._earning(found, rate, times, band.words(self._unit) if band else "below the first band")

    def _best(self, found: Measured, times: Measured | None) -> Earning:
        rate = max(band.rate for band in self.bands)
        return self._earning(found, rate, times, "the best band")

    def _earning(self, found: Measured, rate: Decimal, times: Measured | None, band: str) -> Earning:
        number = 1 if times is None else times.value or 0
        earned = simple(pence(rate) * number)

        def tell() -> Told:
            text = f"{rate_text(rate)} ({found.words or self._unit(found.value or 0)}: {band})"
            if times is not None:
                text = f"{text} x {times.words or number_text(number)}"
            tree = {
                "operator": self.type,
                "value": pounds_value(earned),
                "band": band,
                "rate": str(rate),
                "inputs": [found.workings, *([times.workings] if times is not None else [])],
            }
            return Told(text, " = ", tree)

        return Earning(
            component=self.id,
            pence=earned,
            tell=tell,
            payee=self.payee_value(),
            quantity=exact_text(number),
            rate=str(rate),
            bounded=times is None or times.bounded,
        )

    def _marginal(self, found: Measured, value: Exact) -> Earning:
        parts = [(band, self._part(band, value)) for band in self.bands]
        earned = simple(sum(pence(band.rate) * part for band, part in parts))

        def text() -> str:
            shown = [f"{number_text(part)} x {rate_text(band.rate)}" for band, part in parts if part]
            return " + ".join(shown) or f"{found.words or self._unit(value)}: below the first band"

        return Earning(
            component=self.id,
            pence=earned,
            tell=lambda: Told(
                text=text(),
                link=" = ",
                workings={
                    "operator": self.type,
                    "value": pounds_value(earned),
                    "parts": [{"rate": str(band.rate), "quantity": exact_text(part)} for band, part in parts],
                    "inputs": [found.workings],
                },
            ),
            payee=self.payee_value(),
            quantity=exact_text(value),
            bounded=found.bounded,
        )

    def _part(self, band: Band, value: Exact) -> Exact:
        end = value if band.below is None else min(value, exact(band.below))
        return max(end - exact(band.at_least), 0)

    def _unknown(self, lacking: Measured, *, is_blocked: bool) -> Earning:
        return Earning(
            component=self.id,
            pence=0,
            tell=lambda: Told(
                text=f"Nothing, because {lacking.words}",
                link=": ",
                workings={"operator": self.type, "value": "0", "inputs": [lacking.workings]},
            ),
            payee=self.payee_value(),
            blocked=is_blocked,
            bounded=lacking.bounded,
        )


def _words(measure: PreparedMeasure) -> str:
    return f"the {measure.words()}" if isinstance(measure, ListMeasure) else measure.words()


def _disorder(bands: Sequence[Band]) -> Iterator[tuple[str, str, str]]:
    """Every value from the first band on has to be in exactly one of them."""
    for before, band in pairwise(bands):
        if before.below is None:
            yield "bands", "band_without_end", f"The band from {before.at_least} has no end, so none can follow it."
        elif band.at_least < before.below:
            both = f"{band.at_least} is in the band that ends below {before.below} and in the one that begins there"
            yield "bands", "bands_overlap", f"{both}; each has to begin where the one before it ends."
        elif band.at_least > before.below:
            gap = f"from {before.below} to below {band.at_least}"
            yield (
                "bands",
                "bands_gap",
                f"No band holds what is {gap}; give it a band, with the rate 0.00 if it earns nothing.",
            )
    for band in bands:
        if band.below is not None and band.below <= band.at_least:
            yield "bands", "bad_value", f"The band from {band.at_least} has to end above it."
    if bands[-1].below is not None:
        yield (
            "bands",
            "band_missing",
            f"Nothing says what {bands[-1].below} and more earn; end with a band without `below`, of rate 0.00 if nothing.",
        )
