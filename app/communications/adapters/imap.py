"""The mailbox in which mail comes back, over IMAP: the library in a thread, one connection for each visit."""

import asyncio
import imaplib
import re
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

from app.communications.rules.bounces import LARGEST_REPORT

TIMEOUT: Final = 30.0
MOST_AT_ONCE: Final = 200
_SIZE: Final = re.compile(rb"UID (\d+).*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+).*?UID (\d+)")

Found = TypeVar("Found")


class MailboxAway(Exception):
    """The mailbox could not be read now. The text holds nothing of the address."""


class BounceMailbox:
    """Unseen mails are handed out, and marked as seen only when they have been dealt with."""

    def __init__(self, url: str, *, context: ssl.SSLContext | None = None) -> None:
        self._parts = urlsplit(url)
        self._context = context
        self._connection: imaplib.IMAP4 | None = None

    async def fetch(self) -> list[tuple[str, bytes]]:
        """(uid, the whole mail), the oldest first. One that is too large to be a report comes empty."""
        return await self._in_thread(self._fetch)

    async def mark_seen(self, uids: Sequence[str]) -> None:
        await self._in_thread(self._mark_seen, uids)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(connection.shutdown)

    async def _in_thread(self, call: Callable[..., Found], *arguments: Any) -> Found:
        try:
            return await asyncio.to_thread(call, *arguments)
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise MailboxAway(type(error).__name__) from error

    def _open(self) -> imaplib.IMAP4:
        parts, host = self._parts, self._parts.hostname or ""
        if parts.scheme == "imaps":
            context = self._context or ssl.create_default_context()
            connection = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=TIMEOUT)
        else:
            connection = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT)
        self._connection = connection
        connection.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.lstrip("/")) or "INBOX"
        escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
        self._expect(connection.select(f'"{escaped}"'))
        return connection

    def _fetch(self) -> list[tuple[str, bytes]]:
        connection = self._connection or self._open()
        [found] = self._expect(connection.uid("SEARCH", "UNSEEN"))[:1] or [b""]
        uids = [uid.decode() for uid in (found or b"").split()][:MOST_AT_ONCE]
        return [(uid, self._fetch_one(connection, uid)) for uid in uids]

    def _fetch_one(self, connection: imaplib.IMAP4, uid: str) -> bytes:
        sizes = self._expect(connection.uid("FETCH", uid, "(UID RFC822.SIZE)"))
        match = _SIZE.search(sizes[0]) if sizes and isinstance(sizes[0], bytes) else None
        if match is None or int(match[2] or match[3]) > LARGEST_REPORT:
            return b""
        parts = self._expect(connection.uid("FETCH", uid, "(BODY.PEEK[])"))
        return next((part[1] for part in parts if isinstance(part, tuple)), b"")

    def _mark_seen(self, uids: Sequence[str]) -> None:
        if uids:
            connection = self._connection or self._open()
            self._expect(connection.uid("STORE", ",".join(uids), "+FLAGS.SILENT", r"(\Seen)"))

    def _expect(self, answer: tuple[str, list]) -> list:
        status, found = answer
        if status != "OK":
            raise imaplib.IMAP4.error("refused")
        return found
