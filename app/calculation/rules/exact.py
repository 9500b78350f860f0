"""Exact numbers: an integer where it is one, else a fraction. Integers are several times quicker, and most figures are."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from app.core.money import plain

Exact = int | Fraction
_MICRO: Final = 1_000_000


@lru_cache(maxsize=8192)
def exact(number: Decimal) -> Exact:
    return simple(Fraction(number))


def simple(number: Exact) -> Exact:
    return number.numerator if number.denominator == 1 else number


def exact_text(value: Exact) -> str:
    """For workings: a decimal where the value has one, else a fraction such as 45/91."""
    if value.denominator == 1:
        return str(value.numerator)
    if _MICRO % value.denominator == 0:
        return decimal_text(value)
    try:
        return plain(value)
    except ValueError:
        return f"{value.numerator}/{value.denominator}"


def decimal_text(value: Exact, *, thousands: str = "") -> str:
    """What `plain` says, several times quicker, for a value of at most six decimal places; longer ones go there."""
    if _MICRO % value.denominator:
        return plain(value)
    whole, places = divmod(abs(value.numerator) * (_MICRO // value.denominator), _MICRO)
    text = f"{whole:{thousands}}.{places:06d}".rstrip("0").rstrip(".")
    return f"-{text}" if value.numerator < 0 else text


def pounds_value(pence: Exact) -> str:
    """Exact pence as exact pounds, for workings."""
    if pence.denominator == 1:
        pounds, rest = divmod(abs(pence.numerator), 100)
        text = f"{pounds}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(pounds)
        return f"-{text}" if pence.numerator < 0 else text
    return exact_text(Fraction(pence, 100))
