"""A simulation as a sheet: one row for each practice."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from app.core.money import format_pounds, plain
from app.core.sheets import safe_text
from app.schemes.rules.spreading import GROUPINGS
from app.schemes.values import SimulatedPractice

_COLUMNS: Final = (
    "practice",
    "registered",
    *GROUPINGS,
    "least",
    "expected",
    "most",
    "budget",
    "before_expected",
    "change_expected",
)


def simulation_sheet(practices: Iterable[SimulatedPractice]) -> str:
    """Pounds as decimals, empty where nothing is known; the same simulation gives the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_row(one) for one in practices)
    return text.getvalue()


def _row(one: SimulatedPractice) -> list[str]:
    before = one.before.expected if one.before else None
    return [
        safe_text(one.now.practice),
        "" if one.registered is None else plain(one.registered),
        *(grouping(one) for grouping in GROUPINGS.values()),
        format_pounds(one.now.least),
        format_pounds(one.now.expected),
        _pounds(one.now.most),
        _pounds(one.now.budget),
        _pounds(before),
        _pounds(None if before is None else one.now.expected - before),
    ]


def _pounds(pence: int | None) -> str:
    return "" if pence is None else format_pounds(pence)
