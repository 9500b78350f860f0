"""One batch's conversation with the mail server, a message at a time."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from app.communications.adapters.mime import MessageBuilder, Unsendable, checked_address
from app.communications.adapters.smtp_replies import (
    SHUTTING_DOWN,
    Reply,
    describe,
    is_gone,
    judge_body,
    judge_refusal,
    scrub,
)
from app.communications.adapters.smtp_server import SmtpServer
from app.communications.ports import Outcome, Outgoing
from app.communications.rules.envelope import BounceAddress

GOODBYE_SECONDS = 2.0
# A server that drops every connection must not be given a whole batch to put in doubt.
MAX_LOSSES_IN_A_ROW = 3


class _ConnectionLost(Exception):
    """Lost before the body was sent: the server has nothing of this message."""


class SmtpSession:
    """The connection is opened at the first message and again after a loss. Used by one thread, but for `abort`."""

    def __init__(self, server: SmtpServer, builder: MessageBuilder, returns: BounceAddress | None = None) -> None:
        self._server = server
        self._builder = builder
        self._returns = returns
        self._connection: smtplib.SMTP | None = None
        self._losses = 0
        self._given_up: str | None = None
        self._is_refused = False

    def deliver(self, message: Outgoing) -> Outcome:
        try:
            recipient, raw = checked_address(message.to, "to"), self._builder.build(message)
        except Unsendable as error:
            return Outcome(message.delivery_id, "failed_permanent", f"not sent: {error}")
        for is_last_try in (False, True):
            is_new = self._connection is None
            try:
                return self._converse(message, recipient, raw)
            except _ConnectionLost:
                # Servers close connections that were idle or had their share of messages: then a new one is tried.
                if is_new or is_last_try:
                    break
        self._count_loss()
        return Outcome(message.delivery_id, "failed_temporary", "connection lost before the message was sent")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if connection.sock is not None:
                connection.sock.settimeout(GOODBYE_SECONDS)
                connection.quit()
        except (smtplib.SMTPException, OSError):
            # Every message has its answer already; a server that does not say goodbye changes none of them.
            connection.close()

    def abort(self) -> None:
        """From another thread: what waits for the server stops waiting, and nothing more is sent."""
        self._given_up = "stopped before the message was sent"
        sock = None if self._connection is None else self._connection.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                # The other end, or our own thread, was faster.
                return

    def _converse(self, message: Outgoing, recipient: str, raw: bytes) -> Outcome:
        connection = self._connected()
        if connection is None:
            return Outcome(message.delivery_id, "failed_temporary", self._given_up, is_fault=self._is_refused)
        with self._dropping_broken_connection():
            refusal = self._offer(connection, self._sender_of(message.delivery_id), recipient, len(raw))
        if refusal is None:
            return self._hand_over(connection, message, recipient, raw)
        self._losses = 0
        state = judge_refusal(refusal)
        return Outcome(message.delivery_id, state, describe(refusal, recipient), is_gone=is_gone(refusal))

    def _sender_of(self, delivery_id: UUID) -> str:
        """Where what comes back goes: an address of this delivery alone, else the sender's own."""
        return self._returns.of(delivery_id) if self._returns else self._builder.address

    def _connected(self) -> smtplib.SMTP | None:
        if self._connection is None and self._given_up is None:
            try:
                self._connection = self._server.connect()
            except smtplib.SMTPResponseException as error:
                self._given_up = scrub(f"no connection: {error.smtp_code} {error.smtp_error!r}")
                # User and password: somebody has to put them right.
                self._is_refused = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500
            except (smtplib.SMTPException, OSError, ValueError) as error:
                # One message after another would wait for the same time-out, and end no differently. A ValueError is
                # a host name or a challenge of the server that cannot be decoded.
                self._given_up = scrub(f"no connection: {type(error).__name__}: {error}")
        return self._connection

    def _offer(self, connection: smtplib.SMTP, sender: str, recipient: str, size: int) -> Reply | None:
        """Sender, recipient and the wish to send. None if the server now waits for the body, else its refusal."""
        announced = f" SIZE={size}" if connection.has_extn("size") else ""
        commands = (f"MAIL FROM:<{sender}>{announced}", f"RCPT TO:<{recipient}>", "DATA")
        if connection.has_extn("pipelining"):
            return self._offer_at_once(connection, commands)
        for command in commands:
            reply = Reply(command[:4], *connection.docmd(command))
            if not reply.is_good():
                self._recover(connection, reply)
                return reply
        return None

    def _offer_at_once(self, connection: smtplib.SMTP, commands: tuple[str, ...]) -> Reply | None:
        """RFC 2920: one round trip for three commands."""
        connection.send("".join(f"{command}\r\n" for command in commands))
        replies = [Reply(command[:4], *connection.getreply()) for command in commands]
        refusal = next((reply for reply in replies if not reply.is_good()), None)
        if refusal is not None:
            if replies[-1].is_good():
                # The server wants a body although it refused the recipient; the RFC says to send an empty one.
                connection.docmd(".")
            self._recover(connection, refusal)
        return refusal

    def _recover(self, connection: smtplib.SMTP, refusal: Reply) -> None:
        """After a refusal, so that the next message starts clean."""
        if refusal.code == SHUTTING_DOWN:
            self._drop()
            if refusal.command == "MAIL":
                raise _ConnectionLost
        elif not 400 <= refusal.code < 600 or connection.rset()[0] != 250:
            # An answer out of turn: whatever comes next would be taken for the answer to something else.
            self._drop()

    def _hand_over(self, connection: smtplib.SMTP, message: Outgoing, recipient: str, raw: bytes) -> Outcome:
        try:
            connection.send(_dotted(raw))
            reply = Reply("body", *connection.getreply())
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            self._count_loss()
            return Outcome(message.delivery_id, "in_doubt", f"no answer to the message: {type(error).__name__}")
        if not 200 <= reply.code < 600 or reply.code == SHUTTING_DOWN:
            self._drop()
        self._losses = 0
        state = judge_body(reply)
        return Outcome(message.delivery_id, state, describe(reply, recipient))

    @contextmanager
    def _dropping_broken_connection(self) -> Iterator[None]:
        try:
            yield
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise _ConnectionLost from error

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _count_loss(self) -> None:
        self._losses += 1
        if self._losses >= MAX_LOSSES_IN_A_ROW and self._given_up is None:
            self._given_up = "not tried: the server keeps closing the connection"


def _dotted(raw: bytes) -> bytes:
    """A line that is one dot ends a message, so lines that begin with one get another (RFC 5321 4.5.2)."""
    end = b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"
    return raw.replace(b"\r\n.", b"\r\n..") + end
