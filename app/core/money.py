"""Money is whole pence inside and a decimal string of pounds outside; other decimals are text, never a float."""

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Final, NewType

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

Pence = NewType("Pence", int)

INTEGER_DIGITS: Final = 12
POUNDS_PATTERN: Final = r"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$"
# Wide enough for every line of a year that the engine lets through, of every practice, added up.
SUM_PATTERN: Final = r"^-?(0|[1-9][0-9]{0,23})\.[0-9]{2}$"
DECIMAL_PATTERN: Final = r"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$"

# fullmatch, because "$" also matches before a final newline.
_POUNDS: Final = re.compile(POUNDS_PATTERN.strip("^$"))
_SUM: Final = re.compile(SUM_PATTERN.strip("^$"))
_DECIMAL: Final = re.compile(DECIMAL_PATTERN.strip("^$"))


def parse_pounds(text: str) -> Pence:
    """`"12.30"` is 1230 pence. At most two places and twelve digits before them; no exponent, sign `+` or spaces."""
    if not isinstance(text, str) or not _POUNDS.fullmatch(text):
        raise ValueError("An amount is pounds as a decimal string with at most two places.")
    whole, _, places = text.removeprefix("-").partition(".")
    pence = int(whole) * 100 + int(places.ljust(2, "0"))
    return Pence(-pence if text.startswith("-") else pence)


def format_pounds(pence: int) -> str:
    """1230 pence is `"12.30"`, -5 pence is `"-0.05"`."""
    pounds, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}{pounds}.{rest:02d}"


# Most facts of a scheme have one of a few values.
@lru_cache(maxsize=8192)
def plain(number: Decimal | Fraction | int) -> str:
    """The exact value as decimal text, without exponent or trailing zeros. A third has none and is refused."""
    if isinstance(number, Decimal) and number.is_finite():
        return _without_zeros(f"{number:f}")
    ratio = Fraction(number)
    places = _places(ratio.denominator)
    scaled = abs(ratio.numerator) * 10**places // ratio.denominator
    sign = "-" if ratio < 0 else ""
    if places == 0:
        return f"{sign}{scaled}"
    digits = str(scaled).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def _without_zeros(text: str) -> str:
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _places(denominator: int) -> int:
    """How many decimal places a fraction in lowest terms needs."""
    rest, twos, fives = denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        raise ValueError("The number has no finite decimal form.")
    return max(twos, fives)


def _require_text(value: Any) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("not_a_decimal_string", 'Write the number as a string, for example "12.30".')
    return value


def _pounds(value: Any) -> str:
    text = _require_text(value)
    if not _POUNDS.fullmatch(text):
        raise PydanticCustomError(
            "not_a_decimal_string", 'Write pounds as a decimal string with at most two places, for example "12.30".'
        )
    return format_pounds(parse_pounds(text))


def _decimal_text(value: Any) -> str:
    text = _require_text(value)
    if not _DECIMAL.fullmatch(text):
        raise PydanticCustomError(
            "not_a_decimal_string",
            "Write a decimal string with at most twelve digits before the point and six after it.",
        )
    return text.removeprefix("-") if Decimal(text) == 0 else text


def _sum(value: Any) -> str:
    text = _require_text(value)
    if not _SUM.fullmatch(text):
        raise PydanticCustomError("not_a_decimal_string", "A sum is a decimal string with two places.")
    return text


# A sum that we give out. Nothing that comes in is as large.
PoundsSum = Annotated[
    str,
    BeforeValidator(_sum),
    WithJsonSchema({"type": "string", "format": "decimal", "pattern": SUM_PATTERN, "examples": ["16824.00"]}),
]

# A money member of an input schema: text in two places. `parse_pounds` and `format_pounds` go to and from pence.
Pounds = Annotated[
    str,
    BeforeValidator(_pounds),
    WithJsonSchema({"type": "string", "format": "decimal", "pattern": POUNDS_PATTERN, "examples": ["16824.00"]}),
]

# A rate or a list size. Its places are kept as written, so that a published rate is shown as it was published.
DecimalText = Annotated[
    str,
    BeforeValidator(_decimal_text),
    WithJsonSchema({"type": "string", "format": "decimal", "pattern": DECIMAL_PATTERN, "examples": ["8412.25"]}),
]
