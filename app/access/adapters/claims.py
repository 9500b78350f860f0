"""What the claims of a token must say. Pure: the time is an argument."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.access.adapters.compact import TokenRefused
from app.access.ports import IssuerConfig, VerifiedToken

MAX_SUBJECT = 255
MAX_EMAIL = 254
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
# Keycloak writes the purpose of a token into the claim `typ`; only these two say who somebody is.
ACCEPTED_PURPOSES = frozenset(("bearer", "id"))


def choose_config(configs: Sequence[IssuerConfig], claims: Mapping[str, Any]) -> IssuerConfig:
    """The one configuration of this issuer whose audience the token names; none or several is a refusal."""
    audiences = claims.get("aud")
    if isinstance(audiences, str):
        audiences = [audiences]
    if not isinstance(audiences, list) or not all(isinstance(audience, str) for audience in audiences):
        raise TokenRefused("wrong_audience")
    matching = [config for config in configs if config.audience in audiences]
    if len(matching) != 1:
        raise TokenRefused("ambiguous_audience" if matching else "wrong_audience")
    return matching[0]


def check_claims(config: IssuerConfig, claims: Mapping[str, Any], now: datetime) -> VerifiedToken:
    """Everything but the signature. The result may be believed only once that has been checked too."""
    _check_purpose(claims)
    return VerifiedToken(
        issuer=config.issuer,
        subject=_subject(claims),
        email=_email(claims.get(config.email_claim)),
        email_verified=_flag(claims.get("email_verified")),
        claims=claims,
        expires_at=_check_times(claims, now.timestamp(), config.leeway),
        commissioner=config.commissioner,
    )


def _check_purpose(claims: Mapping[str, Any]) -> None:
    purpose = claims.get("typ", "Bearer")
    if not isinstance(purpose, str) or purpose.lower() not in ACCEPTED_PURPOSES:
        raise TokenRefused("wrong_purpose")
    if "events" in claims:
        raise TokenRefused("event_token")
    if "cnf" in claims:
        # Bound to a key or certificate of the client: without its proof the token may have been stolen.
        raise TokenRefused("proof_required")


def _check_times(claims: Mapping[str, Any], now: float, leeway: int) -> datetime:
    expires, not_before, issued = (_seconds(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None:
        raise TokenRefused("no_expiry")
    if now >= expires + leeway:
        raise TokenRefused("expired")
    if not_before is not None and not_before > now + leeway:
        raise TokenRefused("not_yet_valid")
    if issued is not None and issued > now + leeway:
        raise TokenRefused("issued_in_future")
    return datetime.fromtimestamp(expires, UTC)


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused("bad_time")
    # Compared before any conversion: an integer of 400 digits has no float, and NaN never expires.
    if not 0 <= value < END_OF_TIME or not math.isfinite(value):
        raise TokenRefused("bad_time")
    return float(value)


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or not _is_storable(subject):
        raise TokenRefused("bad_subject")
    return subject


def _email(value: object) -> str | None:
    """An address that could not be one is no address: the token still says who the subject is."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_EMAIL or "@" not in value or not _is_storable(value):
        return None
    return value


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        # Some issuers send the word; anything else stays unknown.
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _is_storable(text: str) -> bool:
    """No control characters and no lone surrogates: PostgreSQL refuses both NUL and what is not UTF-8."""
    return text.isprintable()
