"""One cell at a time: codes, postcodes, dates, numbers and yes or no, as the published files write them."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

# What publishers write where they do not know: blank in 2022/23, a dash in 2014/15, words elsewhere.
UNKNOWN = frozenset({"", "-", "unknown", "not known", "missing", "null", "none", "na", "n/a"})

_CODE = re.compile(r"[A-Z0-9]{3,8}")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
DATE_FORMS = "Dates are read as 20231204 (register files), 2023-12-04, 04/12/2023 (payments files), 04DEC2023 or 04-Dec-23 (list sizes)."
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_BRITISH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: 00:00(?::00)?)?")
_NAMED_MONTH = re.compile(r"([0-9]{1,2})[- ]?([A-Za-z]{3})[- ]?([0-9]{4}|[0-9]{2})")
_NUMBER = re.compile(r"-?(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,20})?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YES = frozenset({"yes", "y", "true", "t", "1"})
_NO = frozenset({"no", "n", "false", "f", "0"})


class CellRefused(ValueError):
    """A value that cannot be what its column says. The words never repeat the value."""

    def __init__(self, code: str, detail: str, column: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.column = column


def is_unknown(trimmed: str) -> bool:
    return len(trimmed) < 10 and trimmed.lower() in UNKNOWN


def ods_code(text: str) -> str:
    code = text.strip().upper()
    if _CODE.fullmatch(code) is None:
        raise CellRefused("imports.bad_code", "An ODS code is three to eight letters and digits.")
    return code


def postcode(text: str) -> str | None:
    """The usual form, with one space before the last three; `None` where the text cannot be a UK postcode."""
    match = _POSTCODE.fullmatch("".join(text.upper().split()))
    return f"{match[1]} {match[2]}" if match else None


@lru_cache(maxsize=4096)
def day(text: str) -> date:
    """A date in any of the published spellings: 20231204, 2023-12-04, 04/12/2023, 04DEC2023, 04-Dec-23."""
    year, month, dom = _date_parts(text.strip())
    try:
        found = date(year, month, dom)
    except ValueError as error:
        raise CellRefused("imports.bad_date", "There is no such date.") from error
    if not 1800 <= found.year <= 2100:
        raise CellRefused("imports.bad_date", "The year is outside 1800 to 2100.")
    return found


def _date_parts(text: str) -> tuple[int, int, int]:
    if match := _COMPACT.fullmatch(text) or _ISO.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _BRITISH.fullmatch(text):
        return int(match[3]), int(match[2]), int(match[1])
    match = _NAMED_MONTH.fullmatch(text)
    if match and match[2].lower() in _MONTHS:
        # Two-digit years occur in list-size files only, and those begin in 2013.
        year = int(match[3]) if len(match[3]) == 4 else 2000 + int(match[3])
        return year, _MONTHS.index(match[2].lower()) + 1, int(match[1])
    raise CellRefused("imports.bad_date", DATE_FORMS)


def number(text: str) -> Decimal:
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped) is None:
        raise CellRefused("imports.bad_number", "This is not a plain decimal number.")
    return Decimal(stripped.replace(",", ""))


def yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CellRefused("imports.bad_flag", "Write yes or no, or leave it empty.")
