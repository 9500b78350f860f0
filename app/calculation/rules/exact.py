"""Exact numbers: an integer where it is one, else a fraction. Integers are several times quicker, and most figures are."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from app.core.money import plain

Exact = int | Fraction


@lru_cache(maxsize=8192)
def exact(number: Decimal) -> Exact:
    return simple(Fraction(number))


def simple(number: Exact) -> Exact:
    return number.numerator if number.denominator == 1 else number


def exact_text(value: Exact) -> str:
    """For workings: a decimal where the value has one, else a fraction such as 45/91."""
    if value.denominator == 1:
        return str(value.numerator)
    try:
        return plain(value)
    except ValueError:
        return f"{value.numerator}/{value.denominator}"


def pounds_value(pence: Exact) -> str:
    """Exact pence as exact pounds, for workings."""
    if isinstance(pence, int):
        pounds, rest = divmod(abs(pence), 100)
        text = f"{pounds}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(pounds)
        return f"-{text}" if pence < 0 else text
    return exact_text(pence / 100)
