"""One log: what every child writes, line by line, under its name."""

import asyncio
import os
import select
import sys
from pathlib import Path
from typing import Protocol

CHUNK = 65536
NAME_WIDTH = 8
# About background saves and replicas, of which our Valkey has none: nobody has to change the machine's kernel for it.
BESIDE_THE_POINT = (b"WARNING Memory overcommit must be enabled!",)


class Journal(Protocol):
    def open(self, name: str) -> int:
        """A descriptor for the child to write to; the caller closes its own copy once the child has it."""
        ...

    def where(self, name: str) -> str:
        """Words that tell a person where to find what that child wrote."""
        ...


class FileJournal:
    """For servers that tests start: a file for each, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> int:
        return os.open(self._path(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def where(self, name: str) -> str:
        path = self._path(name)
        return f"{path} ends with: {' / '.join(path.read_text(errors='replace').splitlines()[-5:])}"

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.log"


class StreamJournal:
    """For `plenary up`: every line goes to one stream, with the name of the child in front."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stdout.fileno() if descriptor is None else descriptor
        self._partial: dict[int, tuple[str, bytes]] = {}

    def open(self, name: str) -> int:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        self._partial[reader] = (name, b"")
        asyncio.get_running_loop().add_reader(reader, self._read, reader)
        return writer

    def where(self, name: str) -> str:
        return f"its own words are in the lines marked {name!r} above"

    def say(self, line: str) -> None:
        self._write(b"plenary", line.encode())

    def announce(self, line: str) -> None:
        """Without a name in front, for those who wait for this line."""
        self._write_line(line.encode())

    def close(self) -> None:
        """Shows what is still in the pipes; call it when the children have ended."""
        for reader in list(self._partial):
            while self._read(reader):
                pass
            if reader in self._partial:
                self._end(reader)

    def _read(self, reader: int) -> bool:
        try:
            chunk = os.read(reader, CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._end(reader)
            return False
        name, kept = self._partial[reader]
        *lines, rest = (kept + chunk).split(b"\n")
        if len(rest) > CHUNK:
            lines, rest = [*lines, rest], b""
        for line in lines:
            if not any(words in line for words in BESIDE_THE_POINT):
                self._write(name.encode(), line)
        self._partial[reader] = (name, rest)
        return True

    def _end(self, reader: int) -> None:
        asyncio.get_running_loop().remove_reader(reader)
        os.close(reader)
        name, kept = self._partial.pop(reader)
        if kept:
            self._write(name.encode(), kept)

    def _write(self, name: bytes, line: bytes) -> None:
        self._write_line(name.ljust(NAME_WIDTH) + b" | " + line)

    def _write_line(self, line: bytes) -> None:
        remaining = line + b"\n"
        while remaining:
            try:
                remaining = remaining[os.write(self._descriptor, remaining) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError:
                # Whoever read the log has gone (a closed terminal, `| head`); the service goes on without a reader.
                self._descriptor = os.open(os.devnull, os.O_WRONLY)
