"""Mobile numbers and the length of text messages."""

import re
from typing import Final

from app.communications.values import Urgency

# What people type between the digits.
_BETWEEN: Final = re.compile(r"[\s().\-\u2010-\u2015\u00a0/]+")
_EXTENSION: Final = re.compile(r"(?:x|ext\.?)\s*[0-9]+\Z", re.IGNORECASE)
# 07 and nine digits, without 070 (personal numbers) and 076 (pagers, but for the Isle of Man's 07624).
_UK_MOBILE: Final = re.compile(r"\+447(?:[1-57-9]\d{8}|624\d{6})")

# GSM 03.38: the characters that take one place in a message, and those that take two.
_ONE: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO: Final = frozenset("\f^{}\\[~]|€")
_REST: Final = "The rest is in your inbox."
# GOV.UK Notify takes no more.
MOST_CHARACTERS: Final = 918


def mobile_number(text: str | None) -> str | None:
    """The number as +447…, or None where it is no mobile number of the United Kingdom.

    `07700 900 123`, `+44 (0)7700 900123`, `0044 7700900123` and `447700900123` are one number.
    """
    digits = _BETWEEN.sub("", _EXTENSION.sub("", (text or "").strip()))
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0"):
        digits = f"+44{digits[1:]}"
    elif digits.startswith("44"):
        digits = f"+{digits}"
    if digits.startswith("+440"):
        digits = f"+44{digits[4:]}"
    return digits if digits.isascii() and _UK_MOBILE.fullmatch(digits) else None


def text_parts(body: str) -> int:
    """How many messages a text is sent and charged as.

    160 plain characters are one message, 161 two of at most 153; with one character that the alphabet lacks (an emoji, a
    curly quote) it is 70, and two of at most 67.
    """
    if all(character in _ONE or character in _TWO for character in body):
        length, alone, joined = sum(2 if character in _TWO else 1 for character in body), 160, 153
    else:
        length, alone, joined = len(body.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= alone else -(-length // joined)


def text_message(subject: str, text: str, urgency: Urgency, link: str | None = None) -> str:
    """The text that a message becomes. What is critical says so: it comes whatever the person chose."""
    return text_body(f"Critical: {subject}" if urgency is Urgency.CRITICAL else subject, text, link)


def text_body(subject: str, text: str, link: str | None = None) -> str:
    """What goes into a text message: the subject and where to read on, or the words themselves where they fit."""
    end = f"\n{link}" if link else ""
    whole = f"{subject}\n{text.strip()}{end}" if text.strip() else f"{subject}{end}"
    if len(whole) <= MOST_CHARACTERS and text_parts(whole) <= 2:
        return whole
    end = end or f"\n{_REST}"
    room = MOST_CHARACTERS - len(end)
    return (subject if len(subject) <= room else f"{subject[: room - 3]}...") + end
