"""A mailbox over IMAP: as much of it as a visitor needs who looks for unseen mail."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class FakeMailbox:
    """`seen` are the uids that were marked. With `is_closing` it hangs up instead of giving out a mail."""

    mails: dict[str, bytes] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    port: int = 0
    password: str = "secret"
    is_closing: bool = False

    @property
    def url(self) -> str:
        return f"imap://bounces:{self.password}@127.0.0.1:{self.port}/INBOX"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        while line := await reader.readline():
            tag, _, command = line.decode().strip().partition(" ")
            body = self._answer(command)
            if body is None:
                break
            writer.write(body + f"{tag} OK done\r\n".encode() if body != b"NO" else f"{tag} NO\r\n".encode())
            await writer.drain()
        writer.close()

    def _answer(self, command: str) -> bytes | None:
        if command.startswith("LOGIN"):
            return b"" if f'"{self.password}"' in command else b"NO"
        if command.startswith("SELECT"):
            return f"* {len(self.mails)} EXISTS\r\n".encode()
        if command.startswith("UID SEARCH UNSEEN"):
            return f"* SEARCH {' '.join(uid for uid in self.mails if uid not in self.seen)}\r\n".encode()
        if match := re.match(r"UID FETCH (\d+) \(BODY", command):
            return None if self.is_closing else self._mail(match[1])
        if match := re.match(r"UID FETCH (\d+)", command):
            return f"* 1 FETCH (UID {match[1]} RFC822.SIZE {len(self.mails[match[1]])})\r\n".encode()
        if match := re.match(r"UID STORE ([\d,]+)", command):
            self.seen |= set(match[1].split(","))
        return b"* CAPABILITY IMAP4rev1\r\n" if command.startswith("CAPABILITY") else b""

    def _mail(self, uid: str) -> bytes:
        mail = self.mails[uid]
        return f"* 1 FETCH (UID {uid} BODY[] {{{len(mail)}}}\r\n".encode() + mail + b")\r\n"


@asynccontextmanager
async def running_mailbox() -> AsyncIterator[FakeMailbox]:
    mailbox = FakeMailbox()
    server = await asyncio.start_server(mailbox.serve, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
