"""A CSV as rows with named cells: where the headings are, which column is which, and what to do with a bad row."""

import csv
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from operator import itemgetter
from typing import Generic, Self

from app.organisations.adapters import cells
from app.organisations.adapters.cells import CellRefused
from app.organisations.errors import BrokenQuotes, EmptyFile, FileTooLarge, TooManyErrors
from app.organisations.ports import T
from app.organisations.values import RowError

MAX_ROWS = 1_000_000
MAX_ERRORS = 20_000
MAX_CELL_CHARACTERS = 500
_SAMPLE_ROWS = 20
_DELIMITERS = (",", "\t", ";")
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")

Columns = Mapping[str, int]
# None stands for a row whose quotation marks are broken.
Numbered = tuple[int, list[str] | None]


def heading_key(text: str) -> str:
    """Headings differ between years in case, spaces, newlines, dots and underscores only."""
    return _NOT_ALPHANUMERIC.sub("", text.lower())


class Record:
    """One row. Each reader takes the column's name and says in its error which column it was."""

    __slots__ = ("_cells", "_columns", "_notes")

    def __init__(self, values: Sequence[str], columns: Columns, notes: Counter[str]) -> None:
        self._cells = values
        self._columns = columns
        self._notes = notes

    def raw(self, column: str) -> str:
        """The trimmed text; empty where the file has no such column."""
        position = self._columns.get(column)
        if position is None:
            return ""
        text = self._cells[position].strip()
        if len(text) > MAX_CELL_CHARACTERS:
            raise CellRefused("imports.too_long", f"The limit is {MAX_CELL_CHARACTERS} characters.", column)
        return text

    def text(self, column: str) -> str | None:
        text = self.raw(column)
        return None if not text or cells.is_unknown(text) else " ".join(text.split())

    def needed_text(self, column: str) -> str:
        return self._needed(column, self.text)

    def code(self, column: str) -> str | None:
        return self._read(column, cells.ods_code)

    def needed_code(self, column: str) -> str:
        return self._needed(column, self.code)

    def day(self, column: str) -> date | None:
        return self._read(column, cells.day)

    def needed_day(self, column: str) -> date:
        return self._needed(column, self.day)

    def number(self, column: str) -> Decimal | None:
        return self._read(column, cells.number)

    def flag(self, column: str) -> bool | None:
        return self._read(column, cells.yes_or_no)

    def postcode(self, column: str) -> str | None:
        found = self._read(column, cells.postcode)
        if found is None and not cells.is_unknown(self.raw(column)):
            self.note("A postcode is not of the United Kingdom's form and was left empty")
        return found

    def note(self, text: str) -> None:
        self._notes[text] += 1

    def _read(self, column: str, parse: Callable[[str], T]) -> T | None:
        text = self.raw(column)
        if not text or cells.is_unknown(text):
            return None
        try:
            return parse(text)
        except CellRefused as refused:
            refused.column = column
            raise

    def _needed(self, column: str, read: Callable[[str], T | None]) -> T:
        found = read(column)
        if found is None:
            raise CellRefused("imports.missing_value", "This cell must not be empty.", column)
        return found


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first rows, to decide what the file is, and an iterator over all of them that can be used once."""

    sample: list[list[str]]
    numbered: Iterator[Numbered]

    @classmethod
    def read(cls, lines: Iterator[str]) -> Self:
        first = next(lines, "")
        every = _numbered_rows(chain([first], lines), _delimiter(first))
        peeked = list(islice(every, _SAMPLE_ROWS))
        sample = [values for _, values in peeked if values and any(cell.strip() for cell in values)]
        if not sample:
            raise EmptyFile("There is no row in it.")
        return cls(sample, chain(peeked, every))

    @property
    def headings(self) -> list[str]:
        return [heading_key(cell) for cell in self.sample[0]]

    @property
    def width(self) -> int:
        return len(self.sample[0])


def _delimiter(line: str) -> str:
    """A comma, unless the first line has none and has tabs or semicolons, as Excel writes in some countries."""
    return next((mark for mark in _DELIMITERS if mark in line), ",")


def _numbered_rows(lines: Iterable[str], delimiter: str) -> Iterator[Numbered]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    number = 0
    while True:
        number += 1
        line_before = reader.line_num
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # Where the quotation mark swallowed other lines, going on would lose those rows without a word.
            if reader.line_num - line_before > 1:
                raise BrokenQuotes(f"It is opened in row {number}.") from error
            yield number, None


@dataclass(slots=True)
class Collected(Generic[T]):
    """What came out of a sheet: good rows with their numbers in the file, and why the others were left out."""

    rows: list[T] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    total: int = 0
    most_errors: int = MAX_ERRORS

    def refuse(self, number: int, refused: CellRefused) -> None:
        self.errors.append(RowError(number, refused.column, refused.code, refused.detail))
        if len(self.errors) > self.most_errors:
            raise TooManyErrors(f"More than {self.most_errors:,} rows; the first is row {self.errors[0].row}.")

    def keep_only(self, refusals: Mapping[int, CellRefused]) -> None:
        """Takes out the rows at these positions and reports them in the order of the file."""
        for position, refused in refusals.items():
            self.refuse(self.numbers[position], refused)
        kept = [position for position in range(len(self.rows)) if position not in refusals]
        self.rows = [self.rows[position] for position in kept]
        self.numbers = [self.numbers[position] for position in kept]
        self.errors.sort(key=lambda error: error.row)

    @property
    def warnings(self) -> list[str]:
        return [f"{text} (rows: {count:,})." for text, count in sorted(self.notes.items())]


def collect(
    sheet: Sheet,
    columns: Columns,
    read_row: Callable[[Record], T | None],
    *,
    has_headings: bool,
    most_rows: int = MAX_ROWS,
    most_errors: int = MAX_ERRORS,
) -> Collected[T]:
    """Reads every row. A row that cannot be read becomes an error and never stops the others; `None` skips it."""
    found: Collected[T] = Collected(most_errors=most_errors)
    waiting_for_headings = has_headings
    for number, values in sheet.numbered:
        if values is not None and not any(cell.strip() for cell in values):
            continue
        if waiting_for_headings:
            waiting_for_headings = False
            continue
        found.total += 1
        if found.total > most_rows:
            raise FileTooLarge(f"The limit is {most_rows:,} rows.")
        try:
            row = read_row(_record(values, sheet.width, columns, found.notes))
        except CellRefused as refused:
            found.refuse(number, refused)
            continue
        if row is not None:
            found.rows.append(row)
            found.numbers.append(number)
    if not found.total:
        raise EmptyFile("There is no row below the headings.")
    return found


def _record(values: list[str] | None, width: int, columns: Columns, notes: Counter[str]) -> Record:
    if values is None:
        raise CellRefused("imports.broken_quotes", "A quotation mark in this row is out of place.")
    # Never padded or cut: a comma without quotation marks would move every later cell into another column.
    if len(values) != width:
        raise CellRefused("imports.wrong_width", f"This row has {len(values)} cells, not {width}.")
    return Record(values, columns, notes)


def refuse_duplicates(found: Collected[T], key: Callable[[T], Hashable], column: str) -> None:
    """The first row of a kind stands, a later one is refused: the file cannot mean both."""
    seen: set[Hashable] = set()
    refusals: dict[int, CellRefused] = {}
    for position, row in enumerate(found.rows):
        if (mark := key(row)) in seen:
            refusals[position] = CellRefused("imports.duplicate", "An earlier row says this already.", column)
        seen.add(mark)
    if refusals:
        found.keep_only(refusals)


Span = tuple[date, date | None]


def refuse_overlaps(
    found: Collected[T], key: Callable[[T], Hashable], span: Callable[[T], Span], column: str = "valid_from"
) -> None:
    """Of two periods that overlap, the one that stands first in the file is kept."""
    taken: dict[Hashable, list[Span]] = {}
    refusals: dict[int, CellRefused] = {}
    for position, row in enumerate(found.rows):
        spans = taken.setdefault(key(row), [])
        mine = span(row)
        # What was taken does not overlap and is in order, so only the two neighbours can be in the way.
        place = bisect_right(spans, mine[0], key=itemgetter(0))
        neighbours = spans[max(0, place - 1) : place + 1]
        if mine in neighbours:
            refusals[position] = CellRefused("imports.duplicate", "An earlier row says this already.", column)
        elif any(_overlap(mine, other) for other in neighbours):
            refusals[position] = CellRefused(
                "imports.overlapping_membership", "An earlier row covers part of this period.", column
            )
        else:
            spans.insert(place, mine)
    if refusals:
        found.keep_only(refusals)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < (other[1] or date.max) and other[0] < (one[1] or date.max)
