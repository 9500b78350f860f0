"""Evidence, and what it earns."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from app.calculation.values import PracticeResult
from app.core.clock import Period

_PLACES: Final = Decimal("0.000001")


class FactState(StrEnum):
    """`entered` by a practice and waiting for the office, or `confirmed` and therefore paid."""

    ENTERED = "entered"
    CONFIRMED = "confirmed"


class FactSource(StrEnum):
    PRACTICE = "practice"
    OFFICE = "office"
    ATTENDANCE = "attendance"


@dataclass(frozen=True, slots=True)
class FactEntry:
    """One fact as it is handed in. `value` is None where the fact is withdrawn."""

    external_id: str
    practice: str
    measure: str
    on: date
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    subject: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FactOutcome:
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class CalculationOutcome:
    period: Period
    results: tuple[PracticeResult, ...]
    total: int
    inputs_digest: str
    outputs_digest: str


def ratio_value(numerator: Decimal, denominator: Decimal) -> Decimal:
    """A fact given as a ratio counts as its quotient to six places: 45 of 91 is 0.494505. The parts are kept as well."""
    return Decimal(round(Fraction(numerator) / Fraction(denominator) * 10**6)) * _PLACES
