"""Who calls: keys and bearer tokens, each found through one function in the database."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, Final, Generic, TypeVar
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncEngine

from app.access import repository
from app.access.errors import ChooseCommissioner, UnknownPerson
from app.access.ports import BearerTokens, VerifiedToken
from app.access.service.secret import KEY_PREFIX, hash_key
from app.access.values import ROLE_SCOPES, FoundGrant, FoundKey, Role
from app.core.addresses import address_key
from app.core.clock import Clock
from app.core.db import unit_of_work
from app.core.errors import Unauthenticated
from app.core.principal import Grant, Principal

CACHE_SECONDS: Final = 3.0
CACHE_SIZE: Final = 20_000
_LONGEST_KEY: Final = 200

Value = TypeVar("Value")


class _Remembered(Generic[Value]):
    """What was found in the last three seconds, so that what is revoked is dead in every process within five."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._found: OrderedDict[Any, tuple[float, Value]] = OrderedDict()
        self._seconds = seconds

    def get(self, key: Any) -> Value | None:
        found = self._found.get(key)
        return found[1] if found is not None and self._seconds() - found[0] < CACHE_SECONDS else None

    def last(self, key: Any) -> Value | None:
        """What was found when it was last looked for, however long ago."""
        found = self._found.get(key)
        return found[1] if found is not None else None

    def put(self, key: Any, value: Value) -> Value:
        self._found[key] = (self._seconds(), value)
        self._found.move_to_end(key)
        if len(self._found) > CACHE_SIZE:
            self._found.popitem(last=False)
        return value

    def clear(self) -> None:
        self._found.clear()


@dataclass(frozen=True, slots=True)
class _Known:
    """A key as it was found; nobody, where none was."""

    principal: Principal | None
    expires_at: datetime | None


_NOBODY: Final = _Known(None, None)


class DatabaseAuthenticator:
    """Finds principals by key, or by the e-mail address of a bearer token that its issuer signed."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        clock: Clock,
        tokens: BearerTokens | None = None,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._tokens = tokens
        self._keys: _Remembered[_Known] = _Remembered(seconds)
        self._grants: _Remembered[Sequence[FoundGrant]] = _Remembered(seconds)
        self._origins: _Remembered[bool] = _Remembered(seconds)

    async def authenticate(self, token: str, *, commissioner: str | None, fresh: bool) -> Principal:
        if token.startswith(KEY_PREFIX):
            return await self._by_key(token, commissioner, fresh=fresh)
        if self._tokens is None:
            raise Unauthenticated("The credential is not one of ours.")
        return await self._by_token(self._tokens, token, commissioner, fresh=fresh)

    def is_stranger(self, token: str) -> bool:
        # A bearer token's signature is checked before anything is looked up.
        if not token.startswith(KEY_PREFIX):
            return False
        known = self._keys.last(hash_key(token[: _LONGEST_KEY + 1]))
        return known is None or known.principal is None

    async def _by_key(self, key: str, commissioner: str | None, *, fresh: bool) -> Principal:
        hashed = hash_key(key[: _LONGEST_KEY + 1])
        known = None if fresh else self._keys.get(hashed)
        if known is None:
            known = self._keys.put(hashed, await self._find_key(hashed))
        if known.principal is None or (known.expires_at is not None and known.expires_at <= self._clock.now()):
            raise Unauthenticated("The key is unknown, expired or revoked.")
        if commissioner is not None and commissioner != known.principal.commissioner_code:
            # Going on with the key's own commissioner would change somebody else's records than the caller means.
            raise ChooseCommissioner("This key belongs to another commissioner than the header names.")
        return known.principal

    async def _find_key(self, hashed: bytes) -> _Known:
        async with unit_of_work(self._engine, None) as session:
            row = await repository.find_key(session, hashed)
        if row is None:
            return _NOBODY
        principal = Principal(
            commissioner_id=row.commissioner_id,
            commissioner_code=row.commissioner_code,
            credential_id=row.id,
            credential_kind="key",
            name=row.name,
            person_id=row.person_id,
            grants=(_grant(row),),
            origins=tuple(row.origins),
        )
        return _Known(principal, row.expires_at)

    async def _by_token(self, tokens: BearerTokens, token: str, commissioner: str | None, *, fresh: bool) -> Principal:
        # Verified each time: it is cheap beside the request, and a token may end while its person is remembered.
        verified = await tokens.verify(token)
        if verified.email is None or verified.email_verified is False:
            raise UnknownPerson("The token has no e-mail address that its issuer vouches for.")
        address = address_key(verified.email) or ""
        rows = None if fresh else self._grants.get(address)
        if rows is None:
            async with unit_of_work(self._engine, None) as session:
                rows = self._grants.put(address, await repository.list_grants(session, address))
        return _choose(self._in_force(rows), verified, commissioner)

    def _in_force(self, rows: Sequence[FoundGrant]) -> list[FoundGrant]:
        now = self._clock.now()
        return [r for r in rows if r.valid_from <= now and (r.valid_until is None or now < r.valid_until)]

    async def is_known_origin(self, origin: str) -> bool:
        known = self._origins.get(origin)
        if known is not None:
            return known
        async with unit_of_work(self._engine, None) as session:
            return self._origins.put(origin, await repository.find_origin(session, origin, self._clock.now()))

    async def aclose(self) -> None:
        self._keys.clear()
        self._grants.clear()
        self._origins.clear()
        if self._tokens is not None:
            await self._tokens.aclose()


def _choose(rows: Sequence[FoundGrant], verified: VerifiedToken, wanted: str | None) -> Principal:
    """The person in one tenant: the one the issuer is bound to, the one the header names, or the only one there is."""
    if verified.commissioner is not None:
        rows = [row for row in rows if row.commissioner_code == verified.commissioner]
    if not rows:
        raise UnknownPerson
    codes = sorted({row.commissioner_code for row in rows})
    if wanted is None and len(codes) > 1:
        raise ChooseCommissioner(f"You belong to {', '.join(codes)}.")
    rows = [row for row in rows if wanted is None or row.commissioner_code == wanted]
    if not rows:
        raise ChooseCommissioner(f"You belong to {', '.join(codes)} only.")
    first = rows[0]
    return Principal(
        commissioner_id=first.commissioner_id,
        commissioner_code=first.commissioner_code,
        # Stable for the person at this issuer, so that limits and idempotency keys outlive one token.
        credential_id=uuid5(NAMESPACE_URL, f"{verified.issuer}\n{verified.subject}\n{first.commissioner_id}"),
        credential_kind="token",
        name=first.person_name,
        person_id=first.person_id,
        grants=tuple(_grant(row) for row in rows),
    )


def _grant(row: FoundKey | FoundGrant) -> Grant:
    return Grant(row.role, row.boundary, row.boundary_id, ROLE_SCOPES[Role(row.role)])
