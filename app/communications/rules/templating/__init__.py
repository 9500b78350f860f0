"""The small language in which messages are worded, what it allows, and filling it in (docs/wording.md)."""

from app.communications.rules.templating.checking import find_flaws, is_sound
from app.communications.rules.templating.filling import (
    MissingFields,
    example_fields,
    example_words,
    system_template,
    write,
)

__all__ = ["MissingFields", "example_fields", "example_words", "find_flaws", "is_sound", "system_template", "write"]
