"""Readers of single values: text, choices, whole numbers, decimal strings, dates."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from app.calculation.language.members import Reader
from app.calculation.language.reading import Invalid, Reading
from app.core.money import DECIMAL_PATTERN, INTEGER_DIGITS
from app.core.privacy import is_from_nhs_number

MOST_RATE: Final = 1_000_000
MOST_AMOUNT: Final = 1_000_000_000
NAME_PATTERN: Final = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"
_NAME: Final = re.compile(NAME_PATTERN.strip("^$"))
# No sign, and without anchors: "$" would also match before a final newline.
_DECIMAL: Final = re.compile(DECIMAL_PATTERN.strip("^$").removeprefix("-?"))
_DIGITS: Final = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FINANCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,29}")
_ORGANISATION: Final = re.compile(r"[A-Z0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Name(Reader):
    """A short word made by people who write definitions: a fact's name, a post."""

    def read(self, raw: object, at: str, reading: Reading) -> str | Invalid:
        if not isinstance(raw, str):
            return reading.wrong_type(at, "a string")
        if not _NAME.fullmatch(raw):
            return reading.refuse(
                at, "bad_value", "A name starts with a letter and has at most 64 letters, digits, _ . and -."
            )
        if is_from_nhs_number(raw):
            return reading.refuse(at, "nhs_number", "This seems to hold a patient's NHS number; choose another name.")
        return raw

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": NAME_PATTERN, "examples": ["lead_session"]}


@dataclass(frozen=True, slots=True)
class ComponentId(Name):
    """A name that no other paying node of the definition has."""

    def read(self, raw: object, at: str, reading: Reading) -> str | Invalid:
        name = Name.read(self, raw, at, reading)
        if isinstance(name, str) and name in reading.ids:
            return reading.refuse(
                at, "duplicate_id", "Another paying node has this id; it names the line, so it is unique."
            )
        if isinstance(name, str):
            reading.ids.add(name)
        return name


@dataclass(frozen=True, slots=True)
class Exactly(Reader):
    """One value and no other, of the same JSON type: true is not 1."""

    value: str | int

    def read(self, raw: object, at: str, reading: Reading) -> str | int | Invalid:
        if type(raw) is not type(self.value) or raw != self.value:
            return reading.refuse(at, "bad_value", f"The only value here is {self.value!r}.".replace("'", '"'))
        return self.value

    def schema(self) -> dict[str, Any]:
        return {"const": self.value, "examples": [self.value]}


@dataclass(frozen=True, slots=True)
class Choice(Reader):
    words: type[StrEnum]

    def read(self, raw: object, at: str, reading: Reading) -> StrEnum | Invalid:
        if not isinstance(raw, str):
            return reading.wrong_type(at, "a string")
        if raw not in _values(self.words):
            return reading.refuse(at, "bad_value", f"This has to be one of: {', '.join(_values(self.words))}.")
        return self.words(raw)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": _values(self.words), "examples": _values(self.words)[:1]}


@dataclass(frozen=True, slots=True)
class ChoiceOrDate(Reader):
    """One of some words, or a date written out."""

    words: type[StrEnum]

    def read(self, raw: object, at: str, reading: Reading) -> StrEnum | date | Invalid:
        if not isinstance(raw, str):
            return reading.wrong_type(at, "a string")
        if raw in _values(self.words):
            return self.words(raw)
        try:
            # The pattern comes first: fromisoformat also takes week dates and dates without hyphens.
            return date.fromisoformat(raw) if _DATE.fullmatch(raw) else self._refuse(at, reading)
        except ValueError:
            return self._refuse(at, reading)

    def schema(self) -> dict[str, Any]:
        choice = Choice(self.words).schema()
        return {"anyOf": [choice, Day().schema()], "examples": choice["examples"]}

    def _refuse(self, at: str, reading: Reading) -> Invalid:
        return reading.refuse(
            at, "bad_value", f"This has to be one of: {', '.join(_values(self.words))}; or a date YYYY-MM-DD."
        )


@dataclass(frozen=True, slots=True)
class Day(Reader):
    """A date written out."""

    def read(self, raw: object, at: str, reading: Reading) -> date | Invalid:
        if not isinstance(raw, str):
            return reading.wrong_type(at, "a string")
        try:
            # The pattern comes first: fromisoformat also takes week dates and dates without hyphens.
            return date.fromisoformat(raw) if _DATE.fullmatch(raw) else self._refuse(at, reading)
        except ValueError:
            return self._refuse(at, reading)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": f"^{_DATE.pattern}$", "examples": ["2026-04-01"]}

    def _refuse(self, at: str, reading: Reading) -> Invalid:
        return reading.refuse(at, "bad_value", "This has to be a date YYYY-MM-DD.")


@dataclass(frozen=True, slots=True)
class Whole(Reader):
    least: int
    most: int

    def read(self, raw: object, at: str, reading: Reading) -> int | Invalid:
        if isinstance(raw, bool) or not isinstance(raw, int):
            return reading.wrong_type(at, "a whole number, not a string")
        if raw > self.most:
            return reading.refuse(at, "too_large", f"At most {self.most}.")
        return raw if raw >= self.least else reading.refuse(at, "bad_value", f"At least {self.least}.")

    def schema(self) -> dict[str, Any]:
        limits = {"minimum": self.least, "maximum": self.most}
        return {"type": "integer", **limits, "examples": [min(2, self.most)]}


@dataclass(frozen=True, slots=True)
class DecimalString(Reader):
    """A rate or an amount, never negative. A JSON number is refused: it has passed through a float somewhere.

    What is larger than any scheme pays is a slip of the hand, and would make sums that no ledger holds.
    """

    most: int

    def read(self, raw: object, at: str, reading: Reading) -> Decimal | Invalid:
        if isinstance(raw, str) and _DECIMAL.fullmatch(raw):
            if Decimal(raw) > self.most:
                return reading.refuse(at, "too_large", f"At most {self.most}.00.")
            return Decimal(raw)
        if isinstance(raw, str) and _DIGITS.fullmatch(raw):
            return reading.refuse(at, "too_large", f"At most {INTEGER_DIGITS} digits before the point and 6 after it.")
        return reading.refuse(at, "not_a_decimal_string", 'Write it as a decimal string without sign, such as "2.00".')

    def schema(self) -> dict[str, Any]:
        pattern = DECIMAL_PATTERN.replace("-?", "", 1)
        return {"type": "string", "format": "decimal", "pattern": pattern, "examples": ["2.00"]}


@dataclass(frozen=True, slots=True)
class FinanceCode(Reader):
    """A code of somebody's ledger. It goes into files that spreadsheets open, so it begins with a letter or a digit."""

    def read(self, raw: object, at: str, reading: Reading) -> str | Invalid:
        if not isinstance(raw, str):
            return reading.wrong_type(at, "a string")
        if not _FINANCE.fullmatch(raw):
            detail = "A code begins with a letter or a digit and has at most 30 letters, digits, spaces, . / _ and -."
            return reading.refuse(at, "bad_value", detail)
        if is_from_nhs_number(raw):
            return reading.refuse(at, "nhs_number", "This seems to hold a patient's NHS number; a ledger has none.")
        return raw

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_FINANCE.pattern}$", "examples": ["C100"]}


@dataclass(frozen=True, slots=True)
class YesNo(Reader):
    def read(self, raw: object, at: str, reading: Reading) -> bool | Invalid:
        return raw if isinstance(raw, bool) else reading.wrong_type(at, "true or false")

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean", "examples": [True]}


@dataclass(frozen=True, slots=True)
class OrganisationCode(Reader):
    def read(self, raw: object, at: str, reading: Reading) -> str | Invalid:
        if not isinstance(raw, str) or not _ORGANISATION.fullmatch(raw):
            return reading.refuse(at, "bad_value", "An organisation's code has at most 12 capital letters and digits.")
        return raw

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_ORGANISATION.pattern}$", "examples": ["OOH1"]}


def _values(words: type[StrEnum]) -> list[str]:
    return [each.value for each in words]
