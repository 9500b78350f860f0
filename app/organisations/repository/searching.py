"""How a search text meets the stored search columns, in which every word begins after a space."""

import re

_NOT_WORD = re.compile(r"[^a-z0-9]+")
# The search column is never empty, so this fits nothing.
_NOTHING = [""]


def word_patterns(q: str) -> list[str]:
    """A LIKE pattern for each word, all of which have to fit: `o'neill st` finds words that begin so."""
    words = _NOT_WORD.sub(" ", q.lower().replace("'", "")).split()
    return [f"% {word}%" for word in words] or _NOTHING


def postcode_pattern(q: str) -> str:
    """A LIKE pattern for the beginning of a postcode, with or without its space."""
    key = "".join(q.lower().split())
    return f"{key}%" if key and not _NOT_WORD.search(key) else ""
