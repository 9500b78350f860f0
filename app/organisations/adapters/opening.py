"""Opens what was uploaded: a CSV, or the published ZIP with a CSV in it. Refuses everything else in words."""

import codecs
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.organisations.errors import BadZip, EmptyFile, FileTooLarge, TruncatedZip, WrongEncoding, WrongKind

MAX_FILE_BYTES = 64 * 2**20
MAX_TEXT_BYTES = 256 * 2**20
MAX_LINE_CHARACTERS = 2**20
MAX_MEMBERS = 100
# Deflate can reach 1,032 to 1. Published files stay under 40.
MAX_RATIO = 200
_CHUNK = 2**20
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_END_RECORD = b"PK\x05\x06"
_END_RECORD_SIZE = 22
_ZIP_TAIL = _END_RECORD_SIZE + 2**16
_MAX_DIRECTORY_BYTES = 2**20
_CONTROLS = bytes(set(range(32)) - {9, 10, 13}) + b"\x7f"
_ZIP_TROUBLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,  # the library's answer to a compression or a version that it does not know
    RuntimeError,
    ValueError,
    OSError,
    EOFError,
)
_SAVE_AS_CSV = "Open it and save the sheet as CSV (comma delimited, UTF-8)."
_NOT_CSV = (
    (b"\xd0\xcf\x11\xe0", f"This is an old Excel workbook. {_SAVE_AS_CSV}"),
    (b"%PDF", "This is a PDF document, not the data."),
    (b"\x1f\x8b", "This is a gzip archive. Unpack it first."),
    (b"7z\xbc\xaf", "This is a 7-Zip archive. Unpack it first."),
    (b"Rar!", "This is a RAR archive. Unpack it first."),
)
_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text that was read through once: it fits, is whole, and has this encoding."""

    encoding: str
    open_bytes: Callable[[], IO[bytes]]

    @contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        with self.open_bytes() as stream, io.TextIOWrapper(stream, self.encoding, newline="") as text:
            yield iter(lambda: _line(text), "")


def _line(text: io.TextIOWrapper) -> str:
    line = text.readline(MAX_LINE_CHARACTERS)
    if len(line) == MAX_LINE_CHARACTERS:
        raise FileTooLarge("A line is longer than a million characters.")
    return line


@contextmanager
def text_files(content: bytes | Path, *, most_bytes: int = MAX_TEXT_BYTES) -> Iterator[list[TextFile]]:
    """Every CSV in the upload: the file itself, or the CSV files of a ZIP."""
    with ExitStack() as stack:
        opener = _opener(content)
        head = _head(opener)
        if not head.startswith(_ZIP_MAGIC):
            yield [_text_file(opener, head, most_bytes)]
            return
        archive = stack.enter_context(_archive(opener))
        yield [_member(archive, info, most_bytes) for info in _csv_members(archive)]


def _opener(content: bytes | Path) -> Callable[[], IO[bytes]]:
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > MAX_FILE_BYTES:
        raise FileTooLarge(f"The limit is {MAX_FILE_BYTES // 2**20} MB; publish or zip it smaller.")
    if isinstance(content, Path):
        return lambda: content.open("rb")
    return lambda: io.BytesIO(content)


def _head(opener: Callable[[], IO[bytes]]) -> bytes:
    with opener() as stream:
        return stream.read(512)


def _text_file(opener: Callable[[], IO[bytes]], head: bytes, most_bytes: int) -> TextFile:
    _refuse_documents(head)
    with opener() as stream:
        return TextFile(_encoding(stream, most_bytes), opener)


def _refuse_documents(head: bytes) -> None:
    for magic, words in _NOT_CSV:
        if head.startswith(magic):
            raise WrongKind(words)
    if head.startswith(_WIDE) or head[1:40:2].count(0) > 10 or head[0:40:2].count(0) > 10:
        raise WrongEncoding("This file is UTF-16 (Excel calls it Unicode Text). Save it as CSV UTF-8.")
    opening = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if opening.startswith(b"<"):
        raise WrongKind("This is a web page, most likely the download site's error page.")
    if opening.startswith((b"{", b"[")):
        raise WrongKind("This is JSON, not CSV.")


def _encoding(stream: IO[bytes], most_bytes: int) -> str:
    """UTF-8 where every byte fits, else Windows-1252, which Excel writes. Text holds no control characters."""
    decoders = {
        "utf-8-sig": codecs.getincrementaldecoder("utf-8")(),
        "cp1252": codecs.getincrementaldecoder("cp1252")(),
    }
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > most_bytes:
            raise FileTooLarge(f"Unpacked it is larger than {most_bytes // 2**20} MB.")
        if len(chunk.translate(None, _CONTROLS)) != len(chunk):
            raise WrongEncoding("This is not a text file: it holds control characters.")
        decoders = {name: decoder for name, decoder in decoders.items() if _decodes(decoder, chunk)}
    if not size:
        raise EmptyFile("The file is empty.")
    fitting = [name for name, decoder in decoders.items() if _decodes(decoder, b"", final=True)]
    if not fitting:
        raise WrongEncoding("Save it as CSV UTF-8.")
    return fitting[0]


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _archive(opener: Callable[[], IO[bytes]]) -> Iterator[zipfile.ZipFile]:
    with opener() as stream:
        _check_directory(stream)
        try:
            archive = zipfile.ZipFile(stream)
        except _ZIP_TROUBLE as error:
            raise BadZip("Its table of contents cannot be read. Download it again.") from error
        with archive:
            yield archive


def _check_directory(stream: IO[bytes]) -> None:
    """Finds the end record before anything is built from it: a small archive can list a million members."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _ZIP_TAIL))
    tail = stream.read()
    found = tail.rfind(_END_RECORD)
    if found < 0 or len(tail) - found < _END_RECORD_SIZE:
        raise TruncatedZip
    if b"PK\x06\x06" in tail or b"PK\x06\x07" in tail:
        raise BadZip("It is a ZIP64 archive, which is for files far larger than any that is published.")
    members, directory_bytes = struct.unpack_from("<HL", tail, found + 10)
    if members > MAX_MEMBERS or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise BadZip(f"It holds more than {MAX_MEMBERS} files. Upload the one CSV.")
    stream.seek(0)


def _csv_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    names = {info.filename.lower() for info in archive.infolist()}
    if "[content_types].xml" in names or any(name.startswith("xl/") for name in names):
        raise WrongKind(f"This is an Excel workbook. {_SAVE_AS_CSV}")
    if "content.xml" in names and "mimetype" in names:
        raise WrongKind(f"This is a spreadsheet document. {_SAVE_AS_CSV}")
    found = [info for info in archive.infolist() if _is_csv(info.filename)]
    if not found:
        raise BadZip("There is no CSV file in it.")
    return found


def _is_csv(name: str) -> bool:
    # Archives made on a Mac hold a shadow of each file under __MACOSX, with a name that begins with "._".
    return name.lower().endswith(".csv") and not name.startswith("__MACOSX/") and not Path(name).name.startswith(".")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most_bytes: int) -> TextFile:
    if info.flag_bits & 1:
        raise BadZip("It is protected with a password.")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise BadZip("It is compressed in a way that is not supported. Unpack it and upload the CSV.")
    if info.file_size > most_bytes or info.file_size > max(info.compress_size, 2**14) * MAX_RATIO:
        raise FileTooLarge("Unpacked it would be far larger than any file that is published.")
    try:
        return _text_file(lambda: archive.open(info), _head(lambda: archive.open(info)), most_bytes)
    except EOFError as error:
        raise TruncatedZip from error
    except _ZIP_TROUBLE as error:
        raise BadZip("A file in it is damaged. Download it again.") from error
