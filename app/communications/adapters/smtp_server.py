"""Where mail is handed over, and how safely: read from one URL."""

import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from app.communications.adapters.smtp_client import BoundedReplies, BoundedRepliesOverTls

SCHEMES = frozenset(("smtp", "smtps"))
LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """`smtp://` upgrades with STARTTLS wherever the server offers it; `smtps://` is TLS from the first byte.

    A password is never sent in the clear to another machine. On this machine nothing is upgraded unless `tls` is
    given: a local relay's certificate is rarely one that could be checked.
    """

    host: str
    port: int
    is_implicit_tls: bool
    user: str | None
    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None
    timeout: float

    @classmethod
    def from_url(cls, url: str, *, tls: ssl.SSLContext | None = None, timeout: float = 30.0) -> "SmtpServer":
        # No message here shows the URL, as it may hold the password.
        parts = urlsplit(url)
        port = _port(parts)
        if parts.scheme not in SCHEMES or not parts.hostname or port is None or parts.path.strip("/") or parts.query:
            raise ValueError("The mail server must be given as smtp://user:password@host:port or smtps://…")
        user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        if (user is None) != (password is None):
            raise ValueError("The mail server needs both a user and a password, or neither.")
        if not (f"{user}{password}").isascii():
            raise ValueError("The mail server's user and password must be ASCII.")
        is_implicit = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (465 if is_implicit else 587 if user else 25),
            is_implicit_tls=is_implicit,
            user=user,
            password=password,
            tls=tls,
            timeout=timeout,
        )

    def connect(self) -> smtplib.SMTP:
        """A connection that is greeted, encrypted and logged in. Raises SMTPException or OSError."""
        connection = self._open()
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self) -> smtplib.SMTP:
        # Named, because the library would ask the resolver for our name, which can take many seconds.
        name = socket.gethostname()
        options = {"local_hostname": name if "." in name else "[127.0.0.1]", "timeout": self.timeout}
        if self.is_implicit_tls:
            return BoundedRepliesOverTls(self.host, self.port, context=self._context(), **options)
        return BoundedReplies(self.host, self.port, **options)

    def _prepare(self, connection: smtplib.SMTP) -> None:
        connection.ehlo_or_helo_if_needed()
        is_remote = self.host not in LOOPBACK
        if not self.is_implicit_tls and (self.tls or is_remote):
            must_upgrade = self.user is not None and is_remote
            if must_upgrade or connection.has_extn("starttls"):
                connection.starttls(context=self._context())
                connection.ehlo_or_helo_if_needed()
        if self.user is not None and self.password is not None:
            connection.login(self.user, self.password)

    def _context(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context()


def _port(parts: SplitResult) -> int | None:
    """Zero where the URL names none, null where what it names is no port."""
    try:
        return parts.port or 0
    except ValueError:
        return None
