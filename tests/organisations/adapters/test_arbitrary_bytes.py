"""Whatever is uploaded: rows, row errors or a refusal in words, and nothing else."""

import io
import re
import zipfile
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.organisations.adapters import cells
from app.organisations.adapters.register_files import read_file
from app.organisations.errors import EmptyFile, FileRefused, MissingColumns, TruncatedZip, WrongEncoding
from app.organisations.ports import Options
from app.organisations.values import FileKind
from tests.organisations.adapters.register_texts import csv_bytes, practice_cells

KINDS = st.sampled_from(list(FileKind))
HEADINGS = st.sampled_from(
    [
        "practice_code,from,until",
        "locality,practice_code,from,until",
        "practice_code,role,name,email,from,until,listed",
        "practice_code,imd_score,imd_decile,rural",
        "EXTRACT_DATE,TYPE,CODE,SEX,AGE,NUMBER_OF_PATIENTS",
        "CCG Code,CCG NAME,Code,Practice Code,Number of Registered Patients,Number of Weighted Patients",
    ]
)
CELLS = st.sampled_from(
    ["ZZ9001", "ZZ9002", "2024-04-01", "01/04/2024", "31/02/2024", "-1", "0.5", "ALL", "yes", '"', ""]
)
REGISTER = csv_bytes(practice_cells(), practice_cells(c0="ZZ9002"))


def _archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("epraccur.csv", REGISTER)
    return made.getvalue()


ARCHIVE = _archive()


def expect_rows_or_refusal(kind: FileKind, content: bytes) -> None:
    """A refusal is an answer; any other exception fails the test, and so does a row that is neither in nor refused."""
    options: Options = {"financial_year": "2022/23"} if kind is FileKind.GP_PAYMENTS else {}
    try:
        parsed = read_file(kind, content, options=options)
    except FileRefused:
        return
    assert len(parsed.rows) + len(parsed.errors) <= parsed.total_rows
    assert all(error.row >= 1 and error.code.startswith("imports.") for error in parsed.errors)


# No deadline: a busy machine is not a failure.
SOME = settings(deadline=None)
MANY = settings(deadline=None, max_examples=200)


@SOME
@given(KINDS, st.binary(max_size=400))
def test_arbitrary_bytes_never_crash(kind: FileKind, content: bytes):
    expect_rows_or_refusal(kind, content)


@SOME
@given(KINDS, st.text(max_size=400))
def test_arbitrary_text_never_crashes(kind: FileKind, content: str):
    expect_rows_or_refusal(kind, content.encode("utf-8", "surrogatepass"))


@MANY
@given(KINDS, HEADINGS, st.lists(st.lists(CELLS | st.text(max_size=12), min_size=1, max_size=8), max_size=8))
def test_arbitrary_cells_under_real_headings_never_crash(kind: FileKind, headings: str, rows: list[list[str]]):
    body = "\n".join(",".join(row) for row in rows)
    expect_rows_or_refusal(kind, f"{headings}\n{body}".encode("utf-8", "surrogatepass"))


@MANY
@given(st.sampled_from([REGISTER, ARCHIVE]), st.integers(0, 10_000), st.integers(0, 255), st.integers(0, 3))
def test_damaged_register_never_crashes(whole: bytes, place: int, value: int, removed: int):
    at = place % len(whole)
    expect_rows_or_refusal(FileKind.ODS_PRACTICES, whole[:at] + bytes([value]) + whole[at + removed :])


@SOME
@given(st.integers(0, len(ARCHIVE) - 1))
def test_archive_cut_anywhere_is_refused(length: int):
    with pytest.raises(FileRefused) as refused:
        read_file(FileKind.ODS_PRACTICES, ARCHIVE[:length], options={})
    # Before its fourth byte an archive looks like text, and like nothing at all before the first.
    expected = TruncatedZip if length >= 4 else (EmptyFile, MissingColumns, WrongEncoding)
    assert isinstance(refused.value, expected)


def test_a_bad_date_is_told_forms_that_are_read():
    with pytest.raises(cells.CellRefused) as refused:
        cells.day("tomorrow")
    forms = re.findall(r"[0-9][0-9A-Za-z/-]{7,}", refused.value.detail)
    assert {cells.day(form) for form in forms} == {date(2023, 12, 4)}
    assert len(forms) == 5


@SOME
@given(st.dates(min_value=cells.day("1900-01-01"), max_value=cells.day("2100-12-31")))
def test_every_spelling_of_a_date_means_the_same_day(day):
    spellings = ("%Y%m%d", "%Y-%m-%d", "%d/%m/%Y", "%d%b%Y", "%d-%b-%Y", "%Y-%m-%d 00:00:00")
    assert {cells.day(day.strftime(spelling)) for spelling in spellings} == {day}


@SOME
@given(st.from_regex(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}", fullmatch=True))
def test_postcode_has_one_space_before_the_last_three_however_it_was_written(text: str):
    written = {text, text.lower(), text.replace(" ", ""), f" {text[:-3]}  {text[-3:]} "}
    assert {cells.postcode(one) for one in written} == {f"{text.replace(' ', '')[:-3]} {text[-3:]}"}


DAYS = st.dates(min_value=cells.day("2020-01-01"), max_value=cells.day("2020-02-28"))


@SOME
@given(st.lists(st.tuples(DAYS, st.integers(1, 20) | st.none()), min_size=1, max_size=12))
def test_kept_periods_never_overlap_and_each_refused_one_does(periods):
    spans = [(begins, begins + timedelta(days=length) if length else None) for begins, length in periods]
    lines = [f"ZZ9001,{begins},{until or ''}" for begins, until in spans]
    parsed = read_file("members", "\n".join(["practice_code,from,until", *lines]).encode(), options={})
    kept: list[set[date]] = []
    refused: list[int] = []
    for row, (begins, until) in enumerate(spans, start=2):
        days = {begins + timedelta(days=count) for count in range(((until or date(2021, 1, 1)) - begins).days)}
        if any(days & other for other in kept):
            refused.append(row)
        else:
            kept.append(days)
    assert [error.row for error in parsed.errors] == refused
    assert len(parsed.rows) == len(kept)
