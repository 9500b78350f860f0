"""A strict reading of a compact JWS, before any key is fetched or any signature checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from joserfc.util import urlsafe_b64decode

# The largest real access tokens (Entra ID with 200 groups) stay below 12 kB.
MAX_TOKEN_LENGTH = 16_384
# An allow list, so that logout tokens, proofs of possession and security events are never mistaken for access.
ACCEPTED_TYPES = frozenset(("jwt", "at+jwt", "application/jwt", "application/at+jwt"))
# `crit` says: refuse if you do not understand. We understand no extension, `b64` (RFC 7797) included.
REFUSED_HEADERS = frozenset(("crit", "b64", "enc", "zip"))


class TokenRefused(Exception):
    """Why a token is not good: a short reason for the log, never for the caller."""


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    algorithm: str
    key_id: str | None
    claims: Mapping[str, Any]


def read_compact(token: str) -> UnverifiedToken:
    if len(token) > MAX_TOKEN_LENGTH:
        raise TokenRefused("too_long")
    segments = token.split(".")
    if len(segments) != 3 or not all(segments) or not token.isascii():
        raise TokenRefused("malformed")
    header = _json_object(segments[0])
    return UnverifiedToken(
        algorithm=_algorithm(header), key_id=_optional_text(header, "kid"), claims=_json_object(segments[1])
    )


def _algorithm(header: Mapping[str, Any]) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise TokenRefused("no_algorithm")
    if REFUSED_HEADERS & header.keys():
        raise TokenRefused("critical_header")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in ACCEPTED_TYPES:
        raise TokenRefused("wrong_type")
    return algorithm


def _optional_text(header: Mapping[str, Any], name: str) -> str | None:
    value = header.get(name)
    if name in header and not isinstance(value, str):
        raise TokenRefused("malformed")
    return value


def _json_object(segment: str) -> dict[str, Any]:
    try:
        text = urlsafe_b64decode(segment.encode("ascii")).decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique_members, parse_constant=_not_json)
        # Half a surrogate pair is legal JSON that nothing behind us can store or log.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise TokenRefused("malformed") from error
    if not isinstance(value, dict):
        raise TokenRefused("malformed")
    return value


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two parsers that disagree on which `alg` or `aud` counts are how tokens get past a gateway.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("A member appears twice.")
    return members


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON.")
