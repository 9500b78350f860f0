"""References that fit an invoice number, a remittance title and the text on a bank statement."""

import hashlib
import re
from typing import Final

# No I, L, O or U: people read these out on the telephone.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKED: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BODY: Final = 12
_LINE: Final = re.compile(r"(S[0-9A-Z]{13})-([1-9][0-9]{0,5})")


def statement_reference(*parts: object) -> str:
    return _reference("S", parts)


def payment_reference(*parts: object) -> str:
    """14 of the 18 characters that a bank's reference has: P, 60 bits, and a check character."""
    return _reference("P", parts)


def line_reference(statement: str, no: int) -> str:
    return f"{statement}-{no}"


def split_line_reference(reference: str) -> tuple[str, int] | None:
    """The statement and the number of the line in it, or None where the text is no line's reference."""
    found = _LINE.fullmatch(reference)
    return (found[1], int(found[2])) if found else None


def _reference(prefix: str, parts: tuple[object, ...]) -> str:
    """Made from what it stands for, so that a run that is worked out again after a crash has the same references."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    body = "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(_BODY))
    return f"{prefix}{body}{check_character(prefix + body)}"


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36: finds every single wrong character and every swap of neighbours."""
    rest = 36
    for character in text:
        rest = (rest + _CHECKED.index(character)) % 36 or 36
        rest = rest * 2 % 37
    return _CHECKED[(37 - rest) % 36]
