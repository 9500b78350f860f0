"""The small language in which messages are worded, what it allows, and filling it in (docs/wording.md)."""

from app.communications.rules.templating.checking import find_flaws, find_flaws_of, is_sound
from app.communications.rules.templating.filling import (
    MissingFields,
    Unfilled,
    example_fields,
    example_words,
    fill,
    system_template,
    write,
)

__all__ = [
    "MissingFields",
    "Unfilled",
    "example_fields",
    "example_words",
    "fill",
    "find_flaws",
    "find_flaws_of",
    "is_sound",
    "system_template",
    "write",
]
