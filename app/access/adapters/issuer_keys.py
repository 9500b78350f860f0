"""The signing keys of one issuer: discovery, key set, and how long each is believed."""

import asyncio
import json
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from app.access.adapters.key_set import read_key_set
from app.access.ports import is_fetchable
from app.core.clock import Clock
from app.core.errors import Unavailable
from app.core.logging import get_logger

log = get_logger(__name__)

FETCH_SECONDS = 3.0
MAX_ANSWER_BYTES = 262_144
# Older than this: used, and fetched again behind the request.
FRESH = timedelta(minutes=10)
# Older than this: fetched again first, so that a key the issuer withdrew is dead within the hour.
TRUSTED = timedelta(hours=1)
# While the issuer is down its last keys go on working, but not for ever.
KEPT = timedelta(hours=24)
# A flood of invented key ids must not become a flood on the issuer.
SPACING = timedelta(seconds=30)
# Without any key nobody can sign in, so an issuer that was down at the first request is asked again sooner.
SPACING_WITHOUT_KEYS = timedelta(seconds=5)

KEY_TYPES: dict[str, type[Key]] = {"RS": RSAKey, "PS": RSAKey, "ES": ECKey, "Ed": OKPKey}


class IssuerAnswerRefused(ValueError):
    """The issuer answered with something that we will not believe."""


class IssuerKeys:
    def __init__(self, issuer: str, *, http: httpx.AsyncClient, clock: Clock) -> None:
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._keys: tuple[Key, ...] = ()
        self._fetched_at: datetime | None = None
        self._attempted_at: datetime | None = None
        self._is_failing = False
        self._fetch: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None, algorithm: str) -> list[Key]:
        """The keys that may have signed; a key id we do not know is looked for at the issuer, not too often."""
        await self._refresh_when_old()
        found = self._matching(key_id, algorithm)
        if not found:
            await self._refresh_if_allowed()
            found = self._matching(key_id, algorithm)
        return found

    async def aclose(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
            await asyncio.gather(self._fetch, return_exceptions=True)

    def _matching(self, key_id: str | None, algorithm: str) -> list[Key]:
        kind = KEY_TYPES[algorithm[:2]]
        keys = [key for key in self._keys if isinstance(key, kind) and key.alg in (None, algorithm)]
        if key_id is not None:
            return [key for key in keys if key.kid == key_id]
        # A token may leave its key id out only where there is nothing to choose.
        return keys if len(keys) == 1 else []

    async def _refresh_when_old(self) -> None:
        age = self._age()
        if age > KEPT:
            await self._refresh_if_allowed()
            if self._age() > KEPT:
                raise Unavailable("The issuer of this token cannot be reached.")
        elif age > TRUSTED and not self._is_failing:
            await self._refresh()
        elif age > FRESH and self._may_fetch():
            self._start_fetch()

    def _age(self) -> timedelta:
        # The absolute value here and below, so that a clock set back does not stop fetching until it has caught up.
        return timedelta.max if self._fetched_at is None else abs(self._clock.now() - self._fetched_at)

    def _may_fetch(self) -> bool:
        if self._attempted_at is None:
            return True
        spacing = SPACING_WITHOUT_KEYS if self._age() > KEPT else SPACING
        return abs(self._clock.now() - self._attempted_at) >= spacing

    async def _refresh_if_allowed(self) -> None:
        if self._fetch is not None or self._may_fetch():
            await self._refresh()

    def _start_fetch(self) -> asyncio.Task[None]:
        if self._fetch is None:
            self._attempted_at = self._clock.now()
            self._fetch = asyncio.create_task(self._fetch_once(), name="oidc-keys")
            self._fetch.add_done_callback(self._forget_fetch)
        return self._fetch

    def _forget_fetch(self, _: asyncio.Task[None]) -> None:
        self._fetch = None

    async def _refresh(self) -> None:
        # Shielded: one impatient client that goes away must not cancel the fetch that others wait for.
        await asyncio.shield(self._start_fetch())

    async def _fetch_once(self) -> None:
        try:
            keys = await self._get_keys()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
            self._is_failing = True
            log.warning("access.issuer_unavailable", issuer=self._issuer, reason=f"{type(error).__name__}: {error}")
        else:
            self._keys, self._fetched_at, self._is_failing = keys, self._clock.now(), False

    async def _get_keys(self) -> tuple[Key, ...]:
        discovery = await self._get_json(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        if discovery.get("issuer") != self._issuer:
            raise IssuerAnswerRefused("The discovery document names another issuer.")
        keys = read_key_set(await self._get_json(self._key_address(discovery)))
        if not keys:
            raise IssuerAnswerRefused("The key set holds no key that can be used.")
        return keys

    def _key_address(self, discovery: dict[str, Any]) -> str:
        address = discovery.get("jwks_uri")
        if not isinstance(address, str) or not is_fetchable(address):
            raise IssuerAnswerRefused("The discovery document has no address of keys that is safe to ask.")
        if self._issuer.startswith("https:") and not address.startswith("https:"):
            # Otherwise an issuer's answer could point us at plain services of this machine.
            raise IssuerAnswerRefused("The address of the keys is less safe than the issuer's.")
        return address

    async def _get_json(self, address: str) -> dict[str, Any]:
        # httpx limits each read, which a slow drip never exceeds; the outer limit is on the whole answer.
        async with asyncio.timeout(FETCH_SECONDS):
            async with self._http.stream(
                "GET",
                address,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                timeout=FETCH_SECONDS,
                follow_redirects=False,
            ) as response:
                document = json.loads(await _read_capped(response))
        if not isinstance(document, dict):
            raise IssuerAnswerRefused("The answer is not a JSON object.")
        return document


async def _read_capped(response: httpx.Response) -> bytes:
    if response.status_code != HTTPStatus.OK:
        raise IssuerAnswerRefused(f"The answer has status {response.status_code}.")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        # We asked for none: a few compressed kilobytes can unfold into gigabytes.
        raise IssuerAnswerRefused("The answer is compressed.")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise IssuerAnswerRefused("The answer is too large.")
    return bytes(body)
