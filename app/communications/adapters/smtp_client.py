"""The library's SMTP client with bounds on what a server may answer: `smtplib` waits for each byte, however many come."""

import smtplib
import socket
from time import monotonic
from typing import Final

# RFC 5321 4.5.3.1.5 says 512; the longest in use are lists of what a server can do.
MOST_BYTES: Final = 64 * 1024


class BoundedReplies(smtplib.SMTP):
    """A reply has to be whole within the connection's time-out and within 64 KiB; else the connection is lost.

    A server that sends a line every few seconds, or lines without end, would otherwise keep a batch, and its worker,
    for ever.
    """

    timeout: float
    _waiting = b""
    _read_from: socket.socket | None = None

    def getreply(self) -> tuple[int, bytes]:
        """(code, text). The code is -1 where the server sends none. Raises SMTPServerDisconnected."""
        deadline, room, texts = monotonic() + self.timeout, MOST_BYTES, list[bytes]()
        while True:
            line = self._line(deadline, room)
            room -= len(line)
            texts.append(line[4:].strip(b" \t\r\n"))
            code = line[:3]
            if not code.isdigit():
                return -1, b"\n".join(texts)
            if line[3:4] != b"-":
                return int(code), b"\n".join(texts)

    def _line(self, deadline: float, room: int) -> bytes:
        if self._read_from is not self.sock:
            # What came before TLS was agreed on may be anybody's.
            self._read_from, self._waiting = self.sock, b""
        while b"\n" not in self._waiting:
            if len(self._waiting) > room:
                raise self._lost("the server's answer is too long")
            self._waiting += self._received(deadline)
        line, _, self._waiting = self._waiting.partition(b"\n")
        if len(line) >= room:
            raise self._lost("the server's answer is too long")
        return line + b"\n"

    def _received(self, deadline: float) -> bytes:
        left, sock = deadline - monotonic(), self.sock
        if left <= 0 or sock is None:
            raise self._lost("the server did not end its answer in time")
        sock.settimeout(left)
        try:
            received = sock.recv(8192)
        except OSError as error:
            raise self._lost(f"connection lost: {type(error).__name__}") from error
        sock.settimeout(self.timeout)
        if not received:
            raise self._lost("connection closed by the server")
        return received

    def _lost(self, words: str) -> smtplib.SMTPServerDisconnected:
        self.close()
        return smtplib.SMTPServerDisconnected(words)


class BoundedRepliesOverTls(BoundedReplies, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""
