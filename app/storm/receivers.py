"""Webhook receivers on this machine that keep what arrives whole, and refuse some of it at first where they are told to."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.storm.accepted import Change


@dataclass(slots=True)
class Heard:
    """What one endpoint took: how often each `webhook-id`, and what each told of, with its place within the number."""

    copies: Counter[str] = field(default_factory=Counter)
    changes: dict[str, tuple[Change, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Receivers:
    """`heard` is by path. One whose path ends with `refuses` takes some only when they come again."""

    port: int = 0
    heard: dict[str, Heard] = field(default_factory=dict)
    _refused: set[tuple[str, str]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                answer = self._take(first.split(" ")[1], headers["webhook-id"], body)
                writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # whoever was calling is done, or has been killed: what had not arrived whole was not taken
        finally:
            writer.close()

    def _take(self, path: str, identifier: str, body: bytes) -> str:
        if path.endswith("refuses") and identifier[-1] in "048" and (path, identifier) not in self._refused:
            self._refused.add((path, identifier))
            return "503 Not now"
        told, heard = json.loads(body)["data"], self.heard.setdefault(path, Heard())
        heard.copies[identifier] += 1
        heard.changes[identifier] = (told["number"], told["kind"], told["id"]), told["position"]
        return "204 Taken"


@asynccontextmanager
async def running_receivers() -> AsyncIterator[Receivers]:
    receivers = Receivers()
    server = await asyncio.start_server(receivers.converse, "127.0.0.1", 0)
    receivers.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receivers
