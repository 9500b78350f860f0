"""From a JWKS document to the keys in it that we would accept a signature from."""

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

MAX_KEYS = 100
# 2,048 bits is the smallest that NIST allows; beyond 8,192 each verification becomes a way to keep us busy.
RSA_BYTES = range(256, 1025)
SIGNING_CURVES = {"EC": ("P-256", "P-384", "P-521"), "OKP": ("Ed25519", "Ed448")}
READERS: dict[str, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


def read_key_set(document: Mapping[str, Any]) -> tuple[Key, ...]:
    """Keys we cannot use are left out, one by one: an issuer may publish kinds that are newer than we are."""
    entries = document.get("keys")
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise ValueError("The key set has no list of keys, or too long a one.")
    keys = (_read_key(entry) for entry in entries if isinstance(entry, dict))
    return tuple(key for key in keys if key is not None)


def _read_key(entry: dict[str, Any]) -> Key | None:
    # A symmetric key (`oct`) has no reader: published to everybody, it would let everybody sign.
    reader = READERS.get(str(entry.get("kty")))
    if reader is None or not _is_for_signatures(entry):
        return None
    try:
        if not _is_strong(entry):
            return None
        key = reader.import_key(entry)
    except (JoseError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, OverflowError, AttributeError):
        return None
    # A private key in a public document has been read by others.
    return None if key.is_private else key


def _is_for_signatures(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _is_strong(entry: Mapping[str, Any]) -> bool:
    if entry["kty"] == "RSA":
        return len(urlsafe_b64decode(entry["n"].encode("ascii")).lstrip(b"\0")) in RSA_BYTES
    return entry["crv"] in SIGNING_CURVES[entry["kty"]]
