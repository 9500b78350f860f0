"""Calls to addresses that somebody typed: only to where they may go, whatever the name says today.

The name is resolved once for each connection, every address it has is checked, and the connection goes to an address that
was checked; the certificate is checked against the name. No redirects, no proxies from the environment, no cookies.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpcore
import httpx

from app.core.networks import Address, Network, is_within, parse_address, why_not_public

PORTS: Final = frozenset({443, 8443})
LONGEST_URL: Final = 2048
TOTAL_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0
RESOLVE_SECONDS: Final = 5.0
BODY_BYTES: Final = 1_048_576
# A pool looks through all its connections for each request, which takes longer than the request where they are many.
POOLS: Final = 16
_LOOK_UPS: Final = 32
_ADDRESSES_TRIED: Final = 4

_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
# The library also takes a user name of nothing, and a port in any digits and with signs.
_WRITTEN: Final = re.compile(r"[A-Za-z]+://(?:\[[^]/?#@]*\]|[^/?#@:[\]]+)(?::[1-9][0-9]{0,4})?(?:[/?#]|\Z)")
# What C libraries read as a number: `0x7f.1` and `2130706433` are addresses to them.
_NUMBER: Final = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Name and port to every address there is; raises OSError when there is none."""


class OutsideError(Exception):
    """The call did not come to an answer. The text is for the person who typed the address, and quotes nothing of it."""


class Refused(OutsideError):
    """Against the rules, today and tomorrow: trying again is no use."""


class NotReached(OutsideError):
    """The other side was away, slow, or spoke something else. It may be there later."""


class AnswerTooLarge(NotReached):
    """More was sent back than is read."""


def checked_url(text: str) -> httpx.URL:
    """The address in its one normal form (name in ASCII, no dot at its end). Raises Refused; looks nothing up."""
    if len(text) > LONGEST_URL:
        raise Refused(f"The address is longer than {LONGEST_URL} characters.")
    if not text.isprintable() or any(letter.isspace() or letter == "\\" for letter in text):
        raise Refused("The address contains a space, a backslash or a character that cannot be seen.")
    if not _WRITTEN.match(text):
        raise Refused("The address has to begin with https:// and a host, with no user name and an ordinary port.")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise Refused("This is not an address that can be called.") from None
    if url.fragment or text.endswith("#"):
        raise Refused("The address has a part after #, which is never sent.")
    if url.host.endswith(".") and not url.host.endswith(".."):
        url = url.copy_with(host=url.host[:-1])
    _check_host(url)
    return url


def _check_host(url: httpx.URL) -> None:
    if url.scheme not in ("https", "http"):
        raise Refused("The address has to begin with https://.")
    if url.userinfo:
        raise Refused("The address contains a user name or password; nobody signs in that way.")
    host = url.raw_host.decode("ascii")
    if ":" in host or _NUMBER.match(host.rpartition(".")[2]):
        _check_number(host)
    elif not _NAME.fullmatch(host):
        raise Refused("The address names no host, or writes it in a way that names are not written.")


def _check_number(host: str) -> None:
    """What one program reads as this address and another as that one is read by nobody."""
    try:
        address = parse_address(host)
    except ValueError:
        raise Refused("The address is a number that is not written as an IP address usually is.") from None
    if "%" in host or (address.version == 4 and str(address) != host):
        raise Refused("The address is a number that is not written as an IP address usually is.")


_ONLY_OWN: Final = "Only https:// at port 443 or 8443 is called outside the installation's own networks."


class Rules:
    """Where calls may go: the open internet over TLS, and whatever else the installation names as its own networks."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self.networks = tuple(networks)

    def is_usual(self, url: httpx.URL) -> bool:
        """TLS at a usual port. Anything else is for the installation's own networks alone."""
        return url.scheme == "https" and (url.port is None or url.port in PORTS)

    def check(self, url: httpx.URL) -> None:
        _check_host(url)
        if self.is_usual(url) or self.networks:
            return
        if url.scheme != "https":
            raise Refused("The address has to begin with https://.")
        raise Refused("The address has an unusual port; 443 and 8443 are called.")

    def check_addresses(self, addresses: Sequence[str], *, own_only: bool) -> list[Address]:
        """All of them or none: a name with one good and one bad address is a trap."""
        checked = [parse_address(address) for address in addresses]
        for address in checked:
            if is_within(address, self.networks):
                continue
            if own_only:
                raise Refused(_ONLY_OWN)
            words = why_not_public(address)
            if words is not None:
                raise Refused(f"The address leads to {words}, where nothing is called.")
        if not checked:
            raise NotReached("The name of the address is not known.")
        return checked


class Names:
    """Names to addresses, beside the event loop and with a limit: a name server may be as slow as it likes."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOK_UPS, thread_name_prefix="names")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port)
        return list(dict.fromkeys(found))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except UnicodeError as error:
        # A label of no or of too many letters; the library encodes names itself.
        raise OSError("no such name") from error


async def find_addresses(rules: Rules, resolve: Resolve, host: str, port: int, *, own_only: bool) -> list[Address]:
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await resolve(host, port)
    except TimeoutError:
        raise NotReached("The name of the address could not be looked up in time.") from None
    except OSError:
        raise NotReached("The name of the address is not known.") from None
    return rules.check_addresses(found, own_only=own_only)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens the connections of a pool: the only place where a name becomes an address that is called."""

    def __init__(self, rules: Rules, resolve: Resolve, *, own_only: bool, dial: httpcore.AsyncNetworkBackend) -> None:
        self._rules = rules
        self._resolve = resolve
        self._own_only = own_only
        self._dial = dial

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await find_addresses(self._rules, self._resolve, host, port, own_only=self._own_only)
        *others, last = addresses[:_ADDRESSES_TRIED]
        for address in others:
            try:
                return await self._dial.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._dial.connect_tcp(str(last), port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> httpcore.AsyncNetworkStream:
        raise Refused("A socket of this machine is not called.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def pooled(context: ssl.SSLContext, backend: httpcore.AsyncNetworkBackend) -> httpx.AsyncHTTPTransport:
    """The library's transport on a pool of ours: it has no argument for a backend."""
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    if not isinstance(getattr(transport, "_pool", None), httpcore.AsyncConnectionPool):
        # Never go on unguarded because the library was laid out anew.
        raise TypeError("httpx keeps its pool elsewhere; app/core/outside.py has to follow")
    # Unlimited: whoever calls limits itself, and one slow host must not use up another's connections.
    transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001 - see above
        ssl_context=context,
        max_connections=None,
        max_keepalive_connections=4,
        keepalive_expiry=5.0,
        network_backend=backend,
    )
    return transport


class GuardedTransport(httpx.AsyncBaseTransport):
    """Checks each request, whoever built it, and limits how long and how large its answer may be."""

    def __init__(
        self,
        rules: Rules,
        *,
        resolve: Resolve,
        context: ssl.SSLContext,
        dial: httpcore.AsyncNetworkBackend,
        total_seconds: float,
        body_bytes: int,
    ) -> None:
        self._rules = rules
        self._resolve = resolve
        self._total_seconds = total_seconds
        self._body_bytes = body_bytes
        self._pools = {
            own_only: [
                pooled(context, GuardedBackend(rules, resolve, own_only=own_only, dial=dial)) for _ in range(POOLS)
            ]
            for own_only in (False, True)
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._rules.check(request.url)
        pools = self._pools[not self._rules.is_usual(request.url)]
        deadline = asyncio.get_running_loop().time() + self._total_seconds
        with _in_our_words():
            async with asyncio.timeout_at(deadline):
                response = await pools[hash(request.url.host) % len(pools)].handle_async_request(request)
        # None was asked for, and unpacking could make a thousand times as much of it: what is packed stays packed.
        response.headers.pop("content-encoding", None)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Capped(response.stream, deadline, self._body_bytes)
        return response

    async def aclose(self) -> None:
        for pools in self._pools.values():
            for transport in pools:
                await transport.aclose()
        if isinstance(self._resolve, Names):
            self._resolve.close()


class _Capped(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, deadline: float, limit: int) -> None:
        self._stream = stream
        self._deadline = deadline
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        parts = aiter(self._stream)
        while True:
            with _in_our_words():
                async with asyncio.timeout_at(self._deadline):
                    part = await anext(parts, None)
            if part is None:
                return
            read += len(part)
            if read > self._limit:
                raise AnswerTooLarge(f"The answer is larger than {self._limit} bytes.")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (httpx.TransportError, TimeoutError) as error:
        raise NotReached(_words_for(error)) from error


def _words_for(error: Exception) -> str:
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return "It did not answer in time."
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "Its certificate is for another name, is out of date, or was signed by nobody who is trusted."
        # Waiting for more of what is encrypted is an SSLError to the library too.
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLWantReadError):
            return "It does not speak TLS as it should."
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return "It took no connection."
    if isinstance(error, httpx.RemoteProtocolError):
        return "It broke off, or did not answer in HTTP."
    return "The connection broke."


class OutsideClient(httpx.AsyncClient):
    """httpx's client, guarded. Raises Refused and NotReached in place of httpx's own errors."""

    def __init__(
        self,
        networks: Sequence[Network] = (),
        *,
        base_url: str = "",
        total_seconds: float = TOTAL_SECONDS,
        body_bytes: int = BODY_BYTES,
        resolve: Resolve | None = None,
        context: ssl.SSLContext | None = None,
        dial: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        """The last three are for tests: a resolver, the authorities that are trusted, what opens connections."""
        self._rules = Rules(networks)
        self._resolve = resolve or Names()
        super().__init__(
            base_url=base_url,
            transport=GuardedTransport(
                self._rules,
                resolve=self._resolve,
                context=context or _trusted(),
                dial=dial or httpcore.AnyIOBackend(),  # pyright: ignore - a stand-in when anyio is not installed
                total_seconds=total_seconds,
                body_bytes=body_bytes,
            ),
            trust_env=False,
            follow_redirects=False,
            # One client serves many tenants: nobody's cookie is kept.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={"User-Agent": "Plenary", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(total_seconds, connect=CONNECT_SECONDS),
        )

    def build_request(self, *args: Any, **kwargs: Any) -> httpx.Request:
        try:
            return super().build_request(*args, **kwargs)
        except httpx.InvalidURL:
            raise Refused("This is not an address that can be called.") from None

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        return await super().send(request, **{**options, "follow_redirects": False})

    async def look_up(self, url: httpx.URL) -> None:
        """Everything that a call would be refused for, without the call; NotReached when there is no such name."""
        self._rules.check(url)
        port = url.port or (443 if url.scheme == "https" else 80)
        own_only = not self._rules.is_usual(url)
        try:
            await find_addresses(self._rules, self._resolve, url.raw_host.decode("ascii"), port, own_only=own_only)
        except NotReached:
            if own_only:
                raise Refused(_ONLY_OWN) from None
            raise


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that browsers trust, and those of this machine: an organisation may have one of its own. Read once for
    all clients, which takes a tenth of a second.
    """
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
