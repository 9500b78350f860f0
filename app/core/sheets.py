"""Cells of the sheets that we write: a spreadsheet runs what begins like a formula."""

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_text(text: str) -> str:
    """The text so that no spreadsheet runs it; names and codes come from files that others wrote. Numbers need none."""
    return f"'{text}" if text.startswith(_FORMULA) else text
