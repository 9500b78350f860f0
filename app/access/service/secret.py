"""What a key looks like, and what of it is stored."""

import hashlib
import secrets
from typing import Final

KEY_PREFIX: Final = "ply_live_"


def new_secret() -> tuple[str, str, bytes]:
    """A fresh key: the text shown once, the prefix shown for ever, and the hash that is stored."""
    prefix = KEY_PREFIX + secrets.token_hex(4)
    key = f"{prefix}_{secrets.token_urlsafe(32)}"
    return key, prefix, hash_key(key)


def hash_key(key: str) -> bytes:
    """SHA-256 is enough: the secret is 256 random bits, so there is nothing to guess slowly."""
    return hashlib.sha256(key.encode()).digest()
