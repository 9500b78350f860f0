"""What access needs from outside: somebody who can say whose bearer token this is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

# Signatures that need a private key. HMAC is absent on purpose: whoever can verify it can also forge it.
ASYMMETRIC = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
)
LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
MAX_LEEWAY = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerConfig:
    """One issuer whose tokens are accepted for one audience.

    `commissioner` binds the people of that issuer to one tenant. The same issuer may appear again with another
    audience; its keys are fetched once.
    """

    issuer: str
    audience: str
    algorithms: tuple[str, ...] = ("RS256", "RS512", "PS256", "ES256", "EdDSA")
    commissioner: str | None = None
    email_claim: str = "email"
    leeway: int = 60

    def __post_init__(self) -> None:
        object.__setattr__(self, "algorithms", tuple(self.algorithms))
        if not is_fetchable(self.issuer):
            raise ValueError(f"Issuer {self.issuer!r} must be an https address; http is accepted on this machine only.")
        if urlsplit(self.issuer).query or urlsplit(self.issuer).fragment:
            raise ValueError(f"Issuer {self.issuer!r} must have neither query nor fragment.")
        if not self.audience:
            raise ValueError(f"Issuer {self.issuer!r} needs an audience.")
        if not self.algorithms or not ASYMMETRIC.issuperset(self.algorithms):
            raise ValueError(f"Issuer {self.issuer!r}: algorithms must be some of {', '.join(sorted(ASYMMETRIC))}.")
        if not 0 <= self.leeway <= MAX_LEEWAY:
            raise ValueError(f"Issuer {self.issuer!r}: leeway must be between 0 and {MAX_LEEWAY} seconds.")


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """Who the issuer says this is. `email_verified` is null where the issuer does not say."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool | None
    claims: Mapping[str, Any]
    expires_at: datetime
    commissioner: str | None = None


class BearerTokens(Protocol):
    async def verify(self, token: str) -> VerifiedToken:
        """Raise `Unauthenticated` for any token that is not good, `Unavailable` while its issuer cannot be asked."""
        ...

    async def aclose(self) -> None: ...


def is_fetchable(address: str) -> bool:
    """Keys that arrive over plain http could be anybody's, so http is for an issuer on this machine only."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - reading it is what refuses a port that is not a number
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.password is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
