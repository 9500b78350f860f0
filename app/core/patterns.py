"""What a pattern asks for, in words: people who type a code read no regular expressions."""

import re
from typing import Final

_STEP: Final = re.compile(r"\[([^\]]+)\](\*|\+|\{(\d+)(?:,(\d+))?\})?")
_RANGES: Final = {"A-Za-z": "letters", "a-z": "small letters", "A-Z": "capital letters", "0-9": "digits"}
# Beginnings of patterns that no list of characters describes.
_KNOWN: Final = {
    "^-?(0|[1-9]": "a decimal number, such as 12.50",
    "^([01][0-9]|2[0-3])": "a time of day, such as 13:30",
    r"^\+?[0-9": "a telephone number, such as 01632 960000",
    "^([A-Za-z0-9._/-]|\\{(cost_centre": "letters, digits, ., _, / and -, with the places {cost_centre}, {subjective} and {pay_code}",
}


def pattern_words(pattern: str) -> str:
    """`^[a-z][a-z0-9_]{0,39}$` is "small letters, digits and _, at most 40, beginning with small letters".

    A pattern that is none of ours is said as it is: it is published.
    """
    known = next((words for beginning, words in _KNOWN.items() if pattern.startswith(beginning)), None)
    if known is not None:
        return known
    steps = list(_STEP.finditer(pattern))
    first, last = (steps[0], steps[-1]) if steps else (None, None)
    is_plain = f"^{''.join(step[0] for step in steps)}$" == pattern and len(steps) in (1, 2)
    if first is None or last is None or not is_plain or (len(steps) == 2 and first[2]):
        return f"it in the form {pattern}"
    beginning = f", beginning with {_characters(first[1])}" if len(steps) == 2 else ""
    return f"{_characters(last[1])}{_count(last, len(steps) - 1)}{beginning}"


def _count(step: re.Match[str], before: int) -> str:
    if step[3] is None:
        return ""
    least, most = int(step[3]) + before, int(step[4] or step[3]) + before
    if least == most:
        return f", {most} of them"
    return f", at most {most}" if least <= 1 else f", {least} to {most} of them"


def _characters(inside: str) -> str:
    parts: list[str] = []
    for written, words in _RANGES.items():
        if written in inside:
            inside = inside.replace(written, "")
            parts.append(words)
    if "a-f" in inside:
        inside = inside.replace("a-f", "")
        parts.append("letters from a to f")
    parts += ["blanks" if sign == " " else sign for sign in inside]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
