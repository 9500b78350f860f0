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
from app.core.wording import day_text
from app.schemes.values import FactEntry, PreparedClaim

_MOST_NAMED: Final = 10
_LATEST: Final = frozenset({"level", "done"})
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


@dataclass(frozen=True, slots=True)
class Reading:
    """Names of facts that a sum does not stand for: `one_by_one` have to be told apart, of `dated` the days matter, and of
    `latest` only the last one counts.
    """

    one_by_one: frozenset[str] = frozenset()
    dated: frozenset[str] = frozenset()
    latest: frozenset[str] = frozenset()


def recorded(facts: Iterable[Mapping[str, Any]], reading: Reading) -> dict[tuple[str, str], Decimal]:
    """What facts, the latest last, come to by practice and name: half done in May and all of it in June is all, and six
    sessions are the sum of six.
    """
    found = dict[tuple[str, str], Decimal]()
    for fact in facts:
        key = fact["practice"], fact["measure"]
        before = Decimal(0) if fact["measure"] in reading.latest else found.get(key, Decimal(0))
        found[key] = before + fact["value"]
    return found


def reading_of(definition: Mapping[str, Any]) -> Reading:
    """By the measures that read them.

    Ten weeks of a locum are ten units with a cap each, and as one fact a single unit; checks of which one counts for each
    patient would all count. Sessions with a cap by the month, and events whose rate is that of the day, are merely moved
    to the period's last day.
    """
    one_by_one, dated, read_as = set[str](), set[str](), dict[str, set[str]]()
    for measure in definition.get("measures", {}).values():
        kind, name = measure["kind"], measure.get("fact")
        read_as.setdefault(name, set()).add(kind)
        if kind == "costs" or (kind == "events" and "distinct" in measure):
            one_by_one.add(name)
        elif kind == "events" or "max_per_month" in measure:
            dated.add(name)
    latest = frozenset(name for name, kinds in read_as.items() if kinds <= _LATEST)
    return Reading(frozenset(one_by_one), frozenset(dated - one_by_one), latest)


def merged_words(cells: Sequence[Cell], reading: Reading) -> list[str]:
    """One sentence for each name of which several are recorded as one fact, and its day decides what is paid."""
    found: dict[str, list[FactEntry]] = {}
    for cell in cells:
        fact = cell.fact
        if fact.measure in reading.dated and fact.value is not None and fact.value > 1:
            found.setdefault(fact.measure, []).append(fact)
    return [_merged(name, facts) for name, facts in sorted(found.items())]


def _merged(name: str, facts: Sequence[FactEntry]) -> str:
    rows = [f"{each.practice} ({plain(each.value or Decimal(0))})" for each in facts[:_MOST_NAMED]]
    more = f" and {len(facts) - _MOST_NAMED} more" if len(facts) > _MOST_NAMED else ""
    return (
        f"{name}: one fact of {day_text(facts[0].on)} stands for each of {', '.join(rows)}{more}, although what is paid depends on"
        " the days. Where they lie in several months, or at several rates, record each of them as a fact of its own day."
    )


def plan_cells(
    claims: Sequence[PreparedClaim], facts: Sequence[Mapping[str, Any]], period: Period, reading: Reading
) -> tuple[list[Cell], list[FieldError]]:
    """The values that are to be recorded, each as one fact of the period's last day; and those that cannot be.

    A sheet says what the evidence comes to. Six sessions where six are recorded is nothing new, whoever recorded them;
    seven where somebody else recorded six is refused, because nobody could tell what the seventh is; where nothing or only
    the sheet itself has recorded, it is what is recorded now. What has to be told apart is not recorded as a sum. The rule
    is ours.
    """
    known = recorded(facts, reading)
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
            if name in reading.one_by_one:
                detail = (
                    "Each of these counts by itself, by its day and whom it is about, and the sum would be one of them: record"
                    " them as facts, one by one, and leave the cell as it was."
                )
                refused.append(FieldError(cell.pointer, "schemes.counted_one_by_one", detail))
            elif key in others:
                detail = (
                    f"Facts that are recorded otherwise come to {plain(known[key])}; correct those, or leave it empty."
                )
                refused.append(FieldError(cell.pointer, "schemes.recorded_otherwise", detail))
            else:
                cells.append(cell)
    return cells, refused


def claims_sheet(
    names: Sequence[str],
    practices: Mapping[str, str],
    figures: Mapping[str, int | None],
    facts: Iterable[Mapping[str, Any]],
    reading: Reading,
) -> str:
    """One row for each practice, filled with what is recorded: loaded as it is, it changes nothing."""
    known = recorded(facts, reading)
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
