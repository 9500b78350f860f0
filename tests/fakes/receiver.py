"""A receiver of calls on a real socket: keeps what it was sent, counts connections, and can be told to misbehave."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpcore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds_before: float = 0.0
    seconds_between_bytes: float = 0.0


@dataclass
class Receiver:
    """`answers` maps a path to what is answered there, one after another; the last stays."""

    port: int = 0
    connections: int = 0
    requests: list[Received] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    on_request: Callable[[Received], None] | None = None
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def say(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def at(self, path: str) -> list[Received]:
        return [request for request in self.requests if request.path == path]

    def _answer(self, path: str) -> Answer:
        waiting = self.answers.get(path, [Answer()])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def hang_up(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._serve_one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            # The client went away; what it sent before has been kept.
            return
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Received(head.split(" ")[1], headers, body)
        self.requests.append(request)
        if self.on_request is not None:
            self.on_request(request)
        answer = self._answer(request.path)
        await asyncio.sleep(answer.seconds_before)
        shown = {"Content-Length": str(len(answer.body)), **answer.headers}
        fields = "".join(f"{name}: {value}\r\n" for name, value in shown.items())
        writer.write(f"HTTP/1.1 {answer.status} X\r\n{fields}\r\n".encode())
        step = 1 if answer.seconds_between_bytes else len(answer.body) or 1
        for start in range(0, len(answer.body), step):
            writer.write(answer.body[start : start + step])
            await writer.drain()
            await asyncio.sleep(answer.seconds_between_bytes)


@asynccontextmanager
async def running_receiver(*, tls_for: str | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    context = certificate(tls_for).server if tls_for else None
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await receiver.hang_up()


class DialReceiver(httpcore.AsyncNetworkBackend):
    """Whatever address is dialled, the receiver takes the call: what got past a guard is counted there."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.dialled: list[tuple[str, int]] = []
        self.away: set[str] = set()
        self._inner: Any = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *rest: Any) -> httpcore.AsyncNetworkStream:
        self.dialled.append((host, port))
        if host in self.away:
            raise httpcore.ConnectError
        return await self._inner.connect_tcp("127.0.0.1", self.receiver.port, *rest)


@dataclass(frozen=True)
class Certificate:
    server: ssl.SSLContext
    client: ssl.SSLContext


@cache
def certificate(host: str) -> Certificate:
    """A certificate for that name, and a client that trusts no other."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
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
