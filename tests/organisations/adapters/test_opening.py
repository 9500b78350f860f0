"""What is not a usable text is refused in words, before a row is read."""

import codecs
import io
import zipfile
from pathlib import Path

import pytest

from app.organisations.adapters import opening, sheet
from app.organisations.adapters.register_files import read_file
from app.organisations.errors import (
    BadZip,
    BrokenQuotes,
    EmptyFile,
    FileRefused,
    FileTooLarge,
    TooManyErrors,
    TruncatedZip,
    UnknownKind,
    WrongEncoding,
    WrongKind,
)

MEMBERS = "practice_code,from\nZZ9001,2024-04-01\n"


def _zip(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def _codes(content: bytes | Path, kind: str = "members") -> list[str]:
    return [row.practice for row in read_file(kind, content, options={}).rows]


@pytest.mark.parametrize(
    "content",
    [
        MEMBERS.encode(),
        codecs.BOM_UTF8 + MEMBERS.encode(),
        MEMBERS.replace("\n", "\r\n").encode(),
        MEMBERS.replace("\n", "\r").encode(),
        MEMBERS.rstrip().encode(),
    ],
    ids=["plain", "byte order mark", "carriage returns", "old Macintosh", "no last newline"],
)
def test_every_way_to_write_lines_is_read(content: bytes):
    assert _codes(content) == ["ZZ9001"]


def test_file_on_disk_is_read(tmp_path: Path):
    path = tmp_path / "members.csv"
    path.write_text(MEMBERS, encoding="utf-8")
    assert _codes(path) == ["ZZ9001"]


def test_windows_text_is_read_with_a_warning():
    text = "locality,practice_code,from\nCaf\u00e9 \u2013 East,ZZ9001,2024-04-01\n"
    parsed = read_file("localities", text.encode("cp1252"), options={})
    assert parsed.rows[0].locality == "Caf\u00e9 \u2013 East"
    assert parsed.warnings == ["The file is not UTF-8 and was read as Windows-1252; check names with accents."]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_is_refused(encoding: str):
    with pytest.raises(WrongEncoding, match="UTF-16"):
        _codes(MEMBERS.encode(encoding))


@pytest.mark.parametrize("content", [MEMBERS.encode() + b"\x00", MEMBERS.encode() + b"\x81\x8d"])
def test_bytes_that_are_no_text_are_refused(content: bytes):
    with pytest.raises(WrongEncoding):
        _codes(content)


@pytest.mark.parametrize("content", [b"", codecs.BOM_UTF8, b"\r\n\r\n", b" , \n"])
def test_nothing_is_refused_as_empty(content: bytes):
    with pytest.raises(EmptyFile):
        _codes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save the sheet as CSV"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x1f\x8b\x08\x00", "Unpack"),
        (b"<!DOCTYPE html><title>403</title>", "web page"),
        (b'{"rows": []}', "JSON"),
    ],
)
def test_other_documents_are_refused_in_words(content: bytes, words: str):
    with pytest.raises(WrongKind, match=words):
        _codes(content)


@pytest.mark.parametrize(
    "members",
    [
        [("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")],
        [("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<x/>")],
    ],
)
def test_workbook_is_refused_in_words(members: list[tuple[str, bytes]]):
    with pytest.raises(WrongKind, match="save the sheet as CSV"):
        _codes(_zip(*members))


def test_archive_with_papers_beside_the_table_is_read():
    archive = _zip(
        ("folder/Members.CSV", MEMBERS.encode()), ("readme.pdf", b"%PDF"), ("__MACOSX/folder/._Members.CSV", b"\x00")
    )
    assert _codes(archive) == ["ZZ9001"]


def test_of_several_tables_the_one_of_the_named_kind_is_read():
    localities = b"locality,practice_code,from\nNorth,ZZ9001,2024-04-01\n"
    people = b"practice_code,role,name,email\nZZ9001,lead,Ann,a@b.example\n"
    archive = _zip(("a.csv", people), ("b.csv", localities))
    assert read_file("localities", archive, options={}).rows[0].locality == "North"
    with pytest.raises(BadZip, match="Of the 2 CSV files in it, 0 are of kind networks"):
        read_file("networks", archive, options={})


def test_archive_without_a_table_is_refused():
    with pytest.raises(BadZip, match="no CSV"):
        _codes(_zip(("readme.txt", b"hello")))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_archive_that_was_cut_off_is_refused(kept: float):
    archive = _zip(("members.csv", MEMBERS.encode() * 500), compression=zipfile.ZIP_STORED)
    with pytest.raises(TruncatedZip):
        _codes(archive[: int(len(archive) * kept)])


def test_archive_with_a_damaged_table_is_refused():
    archive = bytearray(_zip(("members.csv", MEMBERS.encode()), compression=zipfile.ZIP_STORED))
    archive[60] ^= 0x01
    with pytest.raises(BadZip, match="damaged"):
        _codes(bytes(archive))


def test_archive_with_a_password_is_refused():
    archive = bytearray(_zip(("members.csv", MEMBERS.encode())))
    archive[archive.find(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadZip, match="password"):
        _codes(bytes(archive))


def test_archive_in_another_compression_is_refused():
    with pytest.raises(BadZip, match="compressed in a way"):
        _codes(_zip(("members.csv", MEMBERS.encode()), compression=zipfile.ZIP_LZMA))


def test_archive_that_blows_up_is_refused_before_it_is_unpacked():
    with pytest.raises(FileTooLarge):
        _codes(_zip(("members.csv", b"0" * 20_000_000)))


def test_archive_that_lies_about_its_size_is_refused():
    archive = bytearray(_zip(("members.csv", MEMBERS.encode() * 1000)))
    entry = archive.find(b"PK\x01\x02")
    archive[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    with pytest.raises(FileRefused):
        _codes(bytes(archive))


def test_archive_of_many_files_is_refused_before_they_are_listed():
    with pytest.raises(BadZip, match="more than 100 files"):
        _codes(_zip(*((f"{number}.csv", b"x") for number in range(101))))


def test_file_over_the_limit_is_refused():
    with pytest.raises(FileTooLarge, match="The limit is 64 MB"):
        _codes(bytes(opening.MAX_FILE_BYTES + 1))


@pytest.mark.parametrize("content", [MEMBERS.encode(), _zip(("members.csv", MEMBERS.encode()))], ids=["plain", "zip"])
def test_text_over_the_limit_is_refused(content: bytes):
    with opening.text_files(content, most_bytes=len(MEMBERS)) as files:
        assert len(files) == 1
    with pytest.raises(FileTooLarge, match="Unpacked"), opening.text_files(content, most_bytes=len(MEMBERS) - 1):
        pytest.fail("opened")


def test_endless_line_is_refused():
    with pytest.raises(FileTooLarge, match="line"):
        _codes(b"practice_code,from\n" + b"x" * (opening.MAX_LINE_CHARACTERS + 1))


def _collected(*cells: str, **most: int) -> sheet.Collected[str]:
    lines = sheet.Sheet.read(iter(["code\n", *(f"{cell}\n" for cell in cells)]))
    return sheet.collect(lines, {"code": 0}, lambda record: record.needed_code("code"), has_headings=True, **most)


def test_too_many_rows_are_refused():
    assert _collected("ZZ9001", "ZZ9002", most_rows=2).rows == ["ZZ9001", "ZZ9002"]
    with pytest.raises(FileTooLarge, match="The limit is 2 rows"):
        _collected("ZZ9001", "ZZ9002", "ZZ9003", most_rows=2)


def test_too_many_errors_are_refused():
    assert [error.row for error in _collected("ZZ9001", "?", "?", most_errors=2).errors] == [3, 4]
    with pytest.raises(TooManyErrors, match="More than 2 rows; the first is row 3"):
        _collected("ZZ9001", "?", "?", "?", most_errors=2)


def test_quotation_mark_that_swallows_rows_is_refused():
    with pytest.raises(BrokenQuotes, match="row 3"):
        _codes((MEMBERS + '"ZZ9002,2024-04-01\nZZ9003,2024-04-01\n').encode())


def test_quotation_mark_out_of_place_in_one_row_is_a_row_error():
    parsed = read_file("members", (MEMBERS + '"ZZ9002"x,2024-04-01\nZZ9003,2024-04-01\n').encode(), options={})
    assert [row.practice for row in parsed.rows] == ["ZZ9001", "ZZ9003"]
    assert [(error.row, error.code) for error in parsed.errors] == [(3, "imports.broken_quotes")]


def test_unknown_kind_is_refused():
    with pytest.raises(UnknownKind):
        _codes(MEMBERS.encode(), "horoscopes")


def test_every_refusal_has_its_own_stable_code():
    refusals = FileRefused.__subclasses__()
    assert len({refusal.code for refusal in refusals}) == len(refusals)
    assert all(refusal.status == 422 and refusal.code.startswith("imports.") for refusal in refusals)
