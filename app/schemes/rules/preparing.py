"""A sheet of claims, made by the office on practices' behalf: what of it is to be recorded, and what it may not say."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from app.core.clock import Period
from app.core.errors import FieldError
from app.core.money import format_pounds, plain
from app.core.sheets import safe_text
from app.schemes.values import FactEntry, PreparedClaim

COLUMNS: Final = ("practice", "practice_name", "figure_so_far")
"""Before the columns of the facts. The last two are for whoever reads the sheet; nothing is read from them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value that is to be recorded, and where it stands in the sheet."""

    row: int
    fact: FactEntry

    @property
    def pointer(self) -> str:
        return f"/rows/{self.row}/values/{self.fact.measure}"


def file_id(period: Period, practice: str, name: str) -> str:
    """The external id of a sheet's own fact, so that loading it again finds what it recorded before."""
    return f"claim-sheet:{period.valid_from}:{period.end}:{practice}:{name}"


def totals(facts: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Decimal]:
    """What facts add up to, by practice and name."""
    found = dict[tuple[str, str], Decimal]()
    for fact in facts:
        key = fact["practice"], fact["measure"]
        found[key] = found.get(key, Decimal(0)) + fact["value"]
    return found


def plan_cells(
    claims: Sequence[PreparedClaim], facts: Sequence[Mapping[str, Any]], period: Period
) -> tuple[list[Cell], list[FieldError]]:
    """The values that are to be recorded, each as one fact of the period's last day; and those that cannot be.

    A sheet says what the evidence adds up to. Six sessions where six are recorded is nothing new, whoever recorded them;
    seven where somebody else recorded six is refused, because nobody could tell what the seventh is; where nothing or only
    the sheet itself has recorded, it is what is recorded now. The rule is ours.
    """
    known = totals(facts)
    keys = {(each["practice"], each["measure"], each["external_id"]) for each in facts}
    others = {(practice, name) for practice, name, own in keys if own != file_id(period, practice, name)}
    cells: list[Cell] = []
    refused: list[FieldError] = []
    last = period.end - timedelta(days=1)
    for row, claim in enumerate(claims):
        for name, value in sorted(claim.values.items()):
            key = claim.practice, name
            if known.get(key) == value:
                continue
            cell = Cell(row, FactEntry(file_id(period, *key), claim.practice, name, last, value))
            if key in others:
                detail = f"Facts that are recorded otherwise add up to {plain(known[key])}; correct those, or leave it empty."
                refused.append(FieldError(cell.pointer, "schemes.recorded_otherwise", detail))
            else:
                cells.append(cell)
    return cells, refused


def claims_sheet(
    names: Sequence[str],
    practices: Mapping[str, str],
    figures: Mapping[str, int | None],
    facts: Iterable[Mapping[str, Any]],
) -> str:
    """One row for each practice, filled with what is recorded: loaded as it is, it changes nothing."""
    known = totals(facts)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*COLUMNS, *names])
    for code, title in sorted(practices.items()):
        figure = figures.get(code)
        values = [known.get((code, name)) for name in names]
        writer.writerow(
            [
                safe_text(code),
                safe_text(title),
                "" if figure is None else format_pounds(figure),
                *("" if value is None else plain(value) for value in values),
            ]
        )
    return text.getvalue()
