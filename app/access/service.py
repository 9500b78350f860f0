"""Use cases of access: finding out who calls, and giving and taking keys."""

import hashlib
import secrets
from collections import OrderedDict
from time import monotonic

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.values import ROLE_SCOPES, Role
from app.core.clock import Clock
from app.core.db import unit_of_work
from app.core.errors import Unauthenticated
from app.core.principal import Grant, Principal
from app.core.settings import Settings

KEY_PREFIX = "ply_live_"
CACHE_SECONDS = 3.0
CACHE_SIZE = 20_000
_FIND_KEY = text("SELECT * FROM find_api_key(:hash)")
_FIND_ORIGIN = text("SELECT find_origin(:origin)")


def new_secret() -> tuple[str, str, bytes]:
    """A fresh key: the text shown once, the prefix shown for ever, and the hash that is stored."""
    prefix = KEY_PREFIX + secrets.token_hex(4)
    key = f"{prefix}_{secrets.token_urlsafe(32)}"
    return key, prefix, hash_key(key)


def hash_key(key: str) -> bytes:
    """SHA-256 is enough: the secret is 256 random bits, so there is nothing to guess slowly."""
    return hashlib.sha256(key.encode()).digest()


def scopes_of(role: str) -> frozenset[str]:
    return ROLE_SCOPES[Role(role)]


class DatabaseAuthenticator:
    """Finds principals by key through one function in the database. A found key is remembered for three seconds, so a
    revoked one is dead in every process within five.
    """

    def __init__(self, engine: AsyncEngine, *, settings: Settings, clock: Clock) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._found: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()
        self._origins: OrderedDict[str, tuple[float, bool]] = OrderedDict()

    async def authenticate(self, token: str, *, commissioner: str | None, fresh: bool) -> Principal:
        if not token.startswith(KEY_PREFIX):
            raise Unauthenticated("The credential is not one of ours.")
        hashed = hash_key(token)
        known = self._found.get(hashed)
        if known is not None and not fresh and monotonic() - known[0] < CACHE_SECONDS:
            return known[1]
        principal = await self._find_key(hashed)
        self._found[hashed] = (monotonic(), principal)
        self._found.move_to_end(hashed)
        if len(self._found) > CACHE_SIZE:
            self._found.popitem(last=False)
        return principal

    async def _find_key(self, hashed: bytes) -> Principal:
        async with unit_of_work(self._engine, None) as session:
            row = (await (await session.connection()).execute(_FIND_KEY, {"hash": hashed})).one_or_none()
        if row is None:
            self._found.pop(hashed, None)
            raise Unauthenticated("The key is unknown, expired or revoked.")
        grant = Grant(row.role, row.boundary, row.boundary_id, scopes_of(row.role))
        return Principal(
            commissioner_id=row.commissioner_id,
            commissioner_code=row.commissioner_code,
            credential_id=row.id,
            credential_kind="key",
            name=row.name,
            person_id=row.person_id,
            grants=(grant,),
            origins=tuple(row.origins),
        )

    async def is_known_origin(self, origin: str) -> bool:
        known = self._origins.get(origin)
        if known is not None and monotonic() - known[0] < CACHE_SECONDS:
            return known[1]
        async with unit_of_work(self._engine, None) as session:
            found = (await (await session.connection()).execute(_FIND_ORIGIN, {"origin": origin})).scalar_one()
        self._origins[origin] = (monotonic(), found)
        if len(self._origins) > CACHE_SIZE:
            self._origins.popitem(last=False)
        return found

    async def aclose(self) -> None:
        self._found.clear()
