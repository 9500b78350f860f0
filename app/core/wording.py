"""Days, spans, pounds and counts as people write them. Nothing here depends on the machine's language or its C library."""

from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Final

from app.core.clock import Period

MONTHS: Final = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


@lru_cache(maxsize=4096)
def day_text(day: date) -> str:
    """`1 April 2014`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def span_text(period: Period) -> str:
    """A period by its last day, which is how people read it: `1 April 2014 to 30 June 2014`."""
    last = date.fromordinal(period.end.toordinal() - 1)
    return f"{day_text(period.valid_from)} to {day_text(last)}"


def month_text(month: Period) -> str:
    """The calendar month in which a period begins: `October 2026`."""
    return f"{MONTHS[month.valid_from.month - 1]} {month.valid_from.year}"


def pounds_text(pence: int) -> str:
    """1682400 pence is `16,824.00`."""
    return _with_sign(pence, "")


def pounds_words(pence: int) -> str:
    """1682400 pence is `£16,824.00`, -5 pence is `-£0.05`."""
    return _with_sign(pence, "£")


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 offer`, `2 offers`; what is not made by an s is given."""
    return f"{number} {noun(number, one, many)}"


def noun(number: int | Fraction, one: str, many: str | None = None) -> str:
    return one if number == 1 else many or f"{one}s"


def _with_sign(pence: int, currency: str) -> str:
    whole, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}{currency}{whole:,}.{rest:02d}"
