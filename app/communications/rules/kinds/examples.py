"""Invented days and words that examples are made from."""

from datetime import date
from typing import Final

from app.core.clock import Period

QUARTER: Final = Period(date(2026, 7, 1), date(2026, 10, 1))
SOON: Final = date(2026, 12, 24)
SIGNED: Final = date(2026, 4, 3)
STATEMENT: Final = "S7TT9P6S2NPSH8"
WORDS: Final = "Pays 300.00 for each session, at most 2 in a calendar month."
