"""Reads one file of a named kind: a CSV, or the published ZIP with that CSV in it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.organisations.adapters import local_files, ods_files, statistics_files
from app.organisations.adapters.layouts import recognise
from app.organisations.adapters.opening import TextFile, text_files
from app.organisations.adapters.options import check_options
from app.organisations.adapters.sheet import Sheet
from app.organisations.errors import BadZip, BrokenQuotes, UnknownKind
from app.organisations.ports import Options, Parsed
from app.organisations.values import FileKind

_READERS: Mapping[FileKind, Callable[[Sheet, Options], Parsed[Any]]] = {
    FileKind.ODS_PRACTICES: ods_files.read_practices,
    FileKind.ODS_MEMBERSHIPS: ods_files.read_memberships,
    FileKind.NETWORKS: ods_files.read_networks,
    FileKind.LIST_SIZES: statistics_files.read_lists,
    FileKind.GP_PAYMENTS: statistics_files.read_payments,
    FileKind.ADJUSTED_LISTS: statistics_files.read_adjusted_lists,
    FileKind.PRACTICE_PROFILE: statistics_files.read_profile,
    FileKind.LOCALITIES: local_files.read_localities,
    FileKind.MEMBERS: local_files.read_members,
    FileKind.PEOPLE: local_files.read_people,
}
_READ_AS_WINDOWS = "The file is not UTF-8 and was read as Windows-1252; check names with accents."


def read_file(kind: str, content: bytes | Path, *, options: Options) -> Parsed[Any]:
    """Every row or the reason it was left out; raises `FileRefused` where the file as a whole is not usable."""
    if kind not in set(FileKind):
        raise UnknownKind(f"The kinds are {', '.join(FileKind)}.")
    named = FileKind(kind)
    check_options(named, options)
    with text_files(content) as files:
        file = files[0] if len(files) == 1 else _fitting(named, files)
        with _sheet(file) as sheet:
            parsed = _READERS[named](sheet, options)
    if file.encoding == "cp1252":
        parsed.warnings.append(_READ_AS_WINDOWS)
    return parsed


def read_rows(content: bytes) -> list[list[str]]:
    """A spreadsheet of another slice, read as imports are: its rows that are not blank, the headings first."""
    with text_files(content) as files:
        if len(files) != 1:
            raise BadZip(f"It holds {len(files)} CSV files. Send the one meant.")
        with _sheet(files[0]) as sheet:
            return list(_whole_rows(sheet))


def _whole_rows(sheet: Sheet) -> Iterator[list[str]]:
    for number, values in sheet.numbered:
        if values is None:
            raise BrokenQuotes(f"A quotation mark in row {number} is out of place.")
        if any(cell.strip() for cell in values):
            yield [cell.strip() for cell in values]


@contextmanager
def _sheet(file: TextFile) -> Iterator[Sheet]:
    with file.lines() as lines:
        yield Sheet.read(lines)


def _fitting(kind: FileKind, files: list[TextFile]) -> TextFile:
    """Some publications put several tables into one archive; exactly one of them may be of the named kind."""
    fitting = [file for file in files if _is_of(kind, file)]
    if len(fitting) != 1:
        raise BadZip(f"Of the {len(files)} CSV files in it, {len(fitting)} are of kind {kind}. Upload the one meant.")
    return fitting[0]


def _is_of(kind: FileKind, file: TextFile) -> bool:
    with _sheet(file) as sheet:
        recognised = recognise(sheet)
    return recognised is not None and recognised.kind is kind
