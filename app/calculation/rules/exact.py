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
    # It divides a power of ten, or no number of places is enough.
    is_decimal = pow(10, value.denominator.bit_length(), value.denominator) == 0
    return plain(value) if is_decimal else f"{value.numerator}/{value.denominator}"


def decimal_text(value: Exact, *, thousands: str = "") -> str:
    """What `plain` says, several times quicker, for a value of at most six decimal places; longer ones go there."""
    if _MICRO % value.denominator:
        return plain(value)
    whole, places = divmod(abs(value.numerator) * (_MICRO // value.denominator), _MICRO)
    text = f"{whole:{thousands}}.{places:06d}".rstrip("0").rstrip(".")
    return f"-{text}" if value.numerator < 0 else text


def pounds(pence: Exact) -> Fraction:
    # Of two integers, which is several times quicker than of a fraction and an integer.
    return Fraction(pence.numerator, 100 * pence.denominator)


def pounds_value(pence: Exact) -> str:
    """Exact pence as exact pounds, for workings."""
    return exact_text(pounds(pence))
