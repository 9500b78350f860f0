"""Figures and dates as people write them. Nothing here depends on the machine's language."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from app.calculation.rules.exact import Exact, decimal_text, pounds
from app.calculation.values import Basis
from app.core.clock import Period

MONTHS: Final = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_SHARES: Final = {
    Fraction(1, 12): "a twelfth of it is",
    Fraction(1, 6): "a sixth of it is",
    Fraction(1, 4): "a quarter of it is",
    Fraction(1, 3): "a third of it is",
    Fraction(1, 2): "half of it is",
    Fraction(2, 3): "two thirds of it is",
    Fraction(3, 4): "three quarters of it is",
}


@lru_cache(maxsize=4096)
def day_text(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def span_text(period: Period) -> str:
    """A period by its last day, which is how people read it: from 1 April 2014 to 30 June 2014."""
    last = date.fromordinal(period.end.toordinal() - 1)
    return f"from {day_text(period.valid_from)} to {day_text(last)}"


def rate_text(rate: Decimal) -> str:
    """A published rate keeps its places, and has at least two."""
    places = max(2, -int(rate.as_tuple().exponent))
    return f"{rate:,.{places}f}"


def number_text(value: Exact) -> str:
    """A measured quantity with thousands: 8,412 or 4,029.25."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    return decimal_text(value, thousands=",")


def pounds_text(pence: Exact) -> str:
    """Pence as pounds: two places when they are enough, up to six when exact, else four after the word about."""
    if pence.denominator == 1:
        whole, rest = divmod(abs(pence.numerator), 100)
        return f"{'-' if pence.numerator < 0 else ''}{whole:,}.{rest:02d}"
    if 10_000 % pence.denominator == 0:
        return number_text(pounds(pence))
    return f"about {_four_places(pence)}"


def share_text(share: Fraction) -> str:
    """What a share of a year is called: a quarter of it is, 7 months of it come to."""
    named = _SHARES.get(share)
    months = share * 12
    if named or months.denominator != 1:
        return named or f"{share.numerator}/{share.denominator} of it is"
    return f"{months.numerator} months of it come to"


def per_patient(basis: Basis) -> str:
    return f"per {basis.value} patient"


def counted(number: Exact, one: str, many: str) -> str:
    return f"{number_text(number)} {one if number == 1 else many}"


def spoken(name: str) -> str:
    """A name of the definition as words: named_lead is a named lead."""
    return name.replace("_", " ").replace("-", " ")


def _four_places(pence: Exact) -> str:
    nearest = (200 * abs(pence.numerator) + pence.denominator) // (2 * pence.denominator)
    whole, places = divmod(nearest, 10_000)
    return f"{'-' if pence.numerator < 0 else ''}{whole:,}.{places:04d}"
