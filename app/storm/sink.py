"""A mail server that takes everything and remembers Message-IDs."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

_SUBJECT: Final = re.compile(rb"^subject:\s*([^\r]*)", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID: Final = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Sink:
    """`taken` has the Message-ID of each message that arrived whole, in order, `at` when each of a subject did."""

    port: int = 0
    taken: list[str] = field(default_factory=list)
    at: dict[str, list[float]] = field(default_factory=dict)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        try:
            while line := (await reader.readline())[:4].upper():
                if line == b"DATA":
                    writer.write(b"354 Go on\r\n")
                    self._take(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"221 Bye\r\n" if line == b"QUIT" else b"250 OK\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # whoever was sending has been killed: what had not arrived whole was not taken
        finally:
            writer.close()

    def _take(self, message: bytes) -> None:
        found = _MESSAGE_ID.search(message)
        self.taken.append(found[1].decode() if found else "without Message-ID")
        if subject := _SUBJECT.search(message):
            self.at.setdefault(subject[1].decode(), []).append(time.monotonic())


@asynccontextmanager
async def running_sink() -> AsyncIterator[Sink]:
    sink = Sink()
    server = await asyncio.start_server(sink.converse, "127.0.0.1", 0, limit=2**20)
    sink.port = server.sockets[0].getsockname()[1]
    async with server:
        yield sink
