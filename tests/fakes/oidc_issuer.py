"""An OpenID Connect issuer on a real socket, which can be made to misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from joserfc.jwk import Key, generate_key
from joserfc.jws import JWSRegistry, serialize_compact

DISCOVERY = "/.well-known/openid-configuration"
SIZES: dict[str, Any] = {"RSA": 2048, "EC": "P-256", "OKP": "Ed25519"}


@cache
def new_key(kind: str, kid: str) -> Key:
    """A new key for each id; the same one again for the same id, because making an RSA key takes long."""
    return generate_key(kind, SIZES[kind], {"kid": kid, "use": "sig"})


@dataclass
class Answer:
    """What one address says: the body as it goes over the wire, or silence."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds_before: float = 0.0
    seconds_between_bytes: float = 0.0


@dataclass
class FakeIssuer:
    url: str
    keys: dict[str, Key] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    is_down: bool = False

    def publish(self, *kinds: str, prefix: str = "key") -> None:
        """Replace the published keys with new ones, one of each kind: `key-RSA`, `key-EC`, `key-OKP`."""
        self.keys = {f"{prefix}-{kind}": new_key(kind, f"{prefix}-{kind}") for kind in kinds}
        self.publish_documents([key.as_dict(private=False) for key in self.keys.values()])

    def publish_documents(self, key_set: list[Any]) -> None:
        self.say(DISCOVERY, {"issuer": self.url, "jwks_uri": f"{self.url}/keys"})
        self.say("/keys", {"keys": key_set})

    def say(self, path: str, document: Any, **how: Any) -> None:
        self.answers[path] = Answer(json.dumps(document).encode(), **how)

    def sign(self, claims: dict[str, Any], *, kid: str = "key-RSA", alg: str = "RS256", **header: Any) -> str:
        headers = {"alg": alg, "kid": kid, "typ": "JWT", **header}
        return sign_with(self.keys[kid], claims, headers)

    @property
    def key_fetches(self) -> int:
        return self.requests.count("/keys")


def sign_with(key: Key, claims: dict[str, Any] | bytes, header: dict[str, Any]) -> str:
    """A compact JWS. Claims given as bytes are signed as they are; a header of value `...` is left out."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    header = {name: value for name, value in header.items() if value is not ...}
    return serialize_compact(header, payload, key, registry=_Registry(strict_check_header=False))


class _Registry(JWSRegistry):
    """Signs anything: bad headers are what the tests are about, and warnings fail the suite."""

    def check_header(self, header: dict[str, Any]) -> None:
        assert "alg" in header

    def get_alg(self, name: str):
        return self.algorithms[name]


@asynccontextmanager
async def running_issuer() -> AsyncIterator[FakeIssuer]:
    issuer = FakeIssuer("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve_one(issuer, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            issuer.requests.append("(client went away)")
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    issuer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    issuer.publish("RSA", "EC", "OKP")
    try:
        yield issuer
    finally:
        server.close()


async def _serve_one(issuer: FakeIssuer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    path = request.split(b" ")[1].decode()
    issuer.requests.append(path)
    if issuer.is_down:
        return
    answer = issuer.answers.get(path, Answer(b"", status=404))
    await asyncio.sleep(answer.seconds_before)
    headers = {"Content-Length": str(len(answer.body)), "Connection": "close", **answer.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {answer.status} X\r\n{head}\r\n".encode())
    step = 1 if answer.seconds_between_bytes else len(answer.body) or 1
    for start in range(0, len(answer.body), step):
        writer.write(answer.body[start : start + step])
        await writer.drain()
        await asyncio.sleep(answer.seconds_between_bytes)
