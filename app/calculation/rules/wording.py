"""Exact figures as people write them; days, spans and whole pence are worded as everywhere."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from app.calculation.rules.exact import Exact, decimal_text, pounds
from app.calculation.values import Basis
from app.core import wording

_SHARES: Final = {
    Fraction(1, 12): "a twelfth of it is",
    Fraction(1, 6): "a sixth of it is",
    Fraction(1, 4): "a quarter of it is",
    Fraction(1, 3): "a third of it is",
    Fraction(1, 2): "half of it is",
    Fraction(2, 3): "two thirds of it is",
    Fraction(3, 4): "three quarters of it is",
}


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
        return wording.pounds_text(pence.numerator)
    if 10_000 % pence.denominator == 0:
        return number_text(pounds(pence))
    return f"about {_four_places(pence)}"


def near_text(value: Exact) -> str:
    """A number that may have no last place: 20.5 or about 20.5333."""
    if 1_000_000 % value.denominator == 0:
        return number_text(value)
    return f"about {_four_places(value * 100)}"


def share_text(share: Fraction) -> str:
    """What a share of a year is called: a quarter of it is, 7 months of it come to."""
    named = _SHARES.get(share)
    months = share * 12
    if named or months.denominator != 1:
        return named or f"{share.numerator}/{share.denominator} of it is"
    return f"{months.numerator} months of it come to"


def per_patient(basis: Basis) -> str:
    return f"per {basis.value} patient"


def measured_text(number: Exact, one: str) -> str:
    """`1 patient`, `8,412 patients`."""
    return f"{number_text(number)} {wording.noun(number, one)}"


def spoken(name: str) -> str:
    """A name of the definition as words: named_lead is a named lead."""
    return name.replace("_", " ").replace("-", " ")


def _four_places(pence: Exact) -> str:
    nearest = (200 * abs(pence.numerator) + pence.denominator) // (2 * pence.denominator)
    whole, places = divmod(nearest, 10_000)
    return f"{'-' if pence.numerator < 0 else ''}{whole:,}.{places:04d}"
