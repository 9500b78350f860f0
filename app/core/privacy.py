"""Keeps out of text what has no place here: patients' numbers wherever people write (ten digits with a valid check
digit), and bank details where suppliers are named.
"""

import re
import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

# Written together or in the usual groups, between spaces, dots, dashes, slashes and marks that take no room on the
# screen, perhaps after two zeros or more; one zero before ten digits is a telephone. Any other grouping is not looked for: a date followed by a time is also ten digits, and one in eleven of those would fit.
_GAP: Final = r"[\s./_\-\u2010-\u2015\u00ad\u200b-\u200d\u2060\ufeff]{0,3}"
_GROUPINGS: Final = tuple(_GAP.join(rf"\d{{{size}}}" for size in sizes) for sizes in ((3, 3, 4), (4, 3, 3)))
# A lookahead, so that a number is found even where the digits before it would have fitted too.
_CANDIDATE: Final = re.compile(rf"(?<!\d)(?:00+)?(?=({_GROUPINGS[0]})(?!\d)|({_GROUPINGS[1]})(?!\d))")
_NOT_OF_A_LINE: Final = frozenset({"Cc", "Zl", "Zp"})
# They turn the direction of what stands after them, in a list of other people's names as well.
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters, and one symbol, that are drawn as nothing.
_UNSEEN: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# In a code one zero is enough: no telephone's number stands there.
_FILLING: Final = re.compile(r"(?:^|(?<=[^\W\d])|(?<=[:#]))0+")
_WEIGHTS: Final = range(10, 1, -1)
_WORDS: Final = "This seems to hold a patient's NHS number. Leave it out: nothing about a patient's care belongs here."


def is_nhs_number(text: str) -> bool:
    """Whether ten digits, whatever stands between them, carry a valid check digit (modulus 11; 943 476 5919 does)."""
    digits = [int(character) for character in text if character.isdecimal()]
    if len(digits) != 10:
        return False
    rest = 11 - sum(weight * digit for weight, digit in zip(_WEIGHTS, digits, strict=False)) % 11
    return rest % 11 == digits[9] and rest != 10


def holds_nhs_number(text: str) -> bool:
    return any(is_nhs_number(match[1] or match[2]) for match in _CANDIDATE.finditer(text))


def is_from_nhs_number(code: str) -> bool:
    """Whether a code holds an NHS number, also one that zeros fill up to a length: `P09434765919` does."""
    return holds_nhs_number(code) or holds_nhs_number(_FILLING.sub("", code))


# A sort code in its three pairs; an account number, which has eight digits; an IBAN in its groups or together. A day with
# slashes or dots, or with the whole year, is none of them.
_BANK_DETAILS: Final = re.compile(
    r"(?<![\d-])\d{2}([- ])\d{2}\1\d{2}(?![\d-])|(?<!\d)\d{4} ?\d{4}(?!\d)"
    r"|(?<![A-Z0-9])[A-Z]{2}\d{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?(?![A-Z0-9])"
    r"|(?i:(?<![A-Z0-9])[A-Z]{2}\d{2}[A-Z0-9]{11,30}(?![A-Z0-9]))"
)


def holds_bank_details(text: str) -> bool:
    return _BANK_DETAILS.search("".join(map(_as_typed, unicodedata.normalize("NFKC", text)))) is not None


def _as_typed(character: str) -> str:
    """As a keyboard has it: a dash of any length is a hyphen, and what takes no room on the screen is nothing."""
    kind = unicodedata.category(character)
    return "" if kind == "Cf" else "-" if kind == "Pd" or character == "\u2212" else character


def _checked(text: str) -> str:
    if holds_nhs_number(text):
        raise PydanticCustomError("nhs_number", _WORDS)
    return text


def is_one_line(text: str) -> bool:
    """Whether nothing in the text ends a line, turns its direction or steers a terminal: a name goes into the head of a
    message and among other names.
    """
    return not any(unicodedata.category(each) in _NOT_OF_A_LINE or each in _TURNING for each in text)


def is_seen(text: str) -> bool:
    """Whether a reader sees that something is written: a letter, a digit, a mark or a symbol that is drawn."""
    return any(unicodedata.category(each)[0] in "LNPS" and each not in _UNSEEN for each in text)


def _one_line(text: str) -> str:
    if not is_one_line(text):
        raise PydanticCustomError("not_one_line", "Write it on one line, without control characters.")
    # Whether it may be left empty is the member's own affair.
    if text and not is_seen(text):
        raise PydanticCustomError("blank", "Write something that can be seen.")
    return _checked(text)


def _sentence(text: str) -> str:
    # Its lines become one where it is said.
    if not is_one_line(" ".join(text.split())):
        raise PydanticCustomError("not_plain", "Leave out control characters and marks that turn the text's direction.")
    if not is_seen(text):
        raise PydanticCustomError("blank", "Write something that can be seen.")
    return _checked(text)


SafeText = Annotated[str, AfterValidator(_checked)]
"""Text that a person writes, as a member of an input schema: `note: Annotated[SafeText, Field(max_length=2000)]`."""

OneLine = Annotated[str, AfterValidator(_one_line)]
"""The same on one line: a name, a title, whatever may stand in a message's head."""


Sentence = Annotated[str, AfterValidator(_sentence)]
"""A reason that is put between our own words, as on a statement: it can be seen, and turns none of them."""


def _checked_code(code: str) -> str:
    if is_from_nhs_number(code):
        raise PydanticCustomError("nhs_number", "An NHS number may not be used; give an opaque reference of your own.")
    return code


SafeCode = Annotated[str, AfterValidator(_checked_code)]
"""A code or a reference that clients make up: `external_id: Annotated[SafeCode, Field(max_length=200)]`."""


def _without_bank_details(text: str) -> str:
    if holds_bank_details(text):
        raise PydanticCustomError(
            "bank_details",
            "This looks like a sort code, an account number or an IBAN. No bank details are kept here: the ledger has them.",
        )
    return text


NoBankDetails = AfterValidator(_without_bank_details)
"""Added to one of the kinds above: `reason: Annotated[SafeText, NoBankDetails, Field(max_length=500)]`."""
