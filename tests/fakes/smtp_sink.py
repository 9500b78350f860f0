"""A mail server on a real socket that keeps what it takes, and can be told to misbehave."""
# ruff: noqa: N802 - the names of the hooks are aiosmtpd's

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# In place of an answer: the connection is cut at this point.
CUT = "cut"
PASSWORD = "p@ss:word"


@dataclass
class SmtpSink:
    """`answers` maps a recipient, or the stage `MAIL`, to what is said to it; `body` likewise for the whole message."""

    port: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    body_answers: dict[str, str] = field(default_factory=dict)
    messages_per_connection: int = 10_000
    offers_pipelining: bool = False
    connections: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    logins: list[str] = field(default_factory=list)
    on_message: Callable[[str], None] | None = None

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(envelope.original_content, policy=default) for envelope in self.envelopes]

    @property
    def recipients(self) -> list[str]:
        return [envelope.rcpt_tos[0] for envelope in self.envelopes]

    async def handle_EHLO(
        self, server: Any, session: Session, envelope: Envelope, host: str, answers: list[str]
    ) -> Any:
        session.host_name = host
        return [answers[0], "250-PIPELINING", *answers[1:]] if self.offers_pipelining else answers

    async def handle_MAIL(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.commands["MAIL"] += 1
        server.taken = getattr(server, "taken", 0)
        if server.taken >= self.messages_per_connection:
            return "421 4.7.0 Too many messages on this connection"
        envelope.mail_from = address
        return self._say(server, self.answers.get("MAIL", "250 OK"))

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.commands["RCPT"] += 1
        answer = self._say(server, self.answers.get(address, "250 OK"))
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_RSET(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.commands["RSET"] += 1
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.commands["DATA"] += 1
        server.taken += 1
        answer = self.body_answers.get(envelope.rcpt_tos[0], "250 OK")
        if answer.startswith(("250", CUT)):
            self.envelopes.append(envelope)
        if self.on_message is not None:
            self.on_message(envelope.rcpt_tos[0])
        return self._say(server, answer)

    async def handle_QUIT(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.commands["QUIT"] += 1
        return "221 Bye"

    def authenticate(self, server: Any, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
        assert isinstance(login, LoginPassword)
        self.logins.append(login.login.decode())
        return AuthResult(success=login.password.decode() == PASSWORD, handled=False)

    def _say(self, server: Any, answer: str) -> str:
        if answer == CUT:
            server.transport.abort()
        return answer


@asynccontextmanager
async def running_sink(*, implicit_tls: bool = False, **options: Any) -> AsyncIterator[SmtpSink]:
    sink = SmtpSink()

    def connect() -> SMTP:
        sink.connections += 1
        return SMTP(sink, hostname="sink.example", enable_SMTPUTF8=False, authenticator=sink.authenticate, **options)

    server = await asyncio.get_running_loop().create_server(
        connect, "127.0.0.1", 0, ssl=certificate().server if implicit_tls else None
    )
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()


@dataclass(frozen=True)
class Certificate:
    server: ssl.SSLContext
    client: ssl.SSLContext


@cache
def certificate() -> Certificate:
    """A certificate for 127.0.0.1, and a client that trusts no other."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with TemporaryDirectory() as folder:
        file = Path(folder, "server.pem")
        file.write_bytes(secret + pem)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(file)
    return Certificate(server, ssl.create_default_context(cadata=pem.decode()))
