"""Codes that are worked out wherever they are needed and kept nowhere: a stolen database holds none of them."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from app.communications.values import AskedCode

PURPOSE: Final = "mobile-code"


def code_of(key: bytes, asked: AskedCode) -> str:
    """Six digits for one person's one asking about one number."""
    said = asked.commissioner_id.bytes + asked.person_id.bytes + asked.operation_id.bytes + asked.mobile.encode()
    return f"{int.from_bytes(hmac.digest(key, said, sha256)) % 1_000_000:06d}"


def is_code_of(keys: Sequence[bytes], asked: AskedCode, given: str) -> bool:
    """By any of the installation's keys: the worker that texted it may have had an older one in front."""
    return any(hmac.compare_digest(code_of(key, asked), given) for key in keys)


def code_text(code: str, office: str, *, minutes: int) -> str:
    """What is texted. The code comes first, where a telephone shows it without being opened."""
    return (
        f"{code} is the code to confirm this number for messages from {office}. It can be used for {minutes} minutes."
        " If you did not ask for it, you do not have to do anything."
    )


def bucket_key(key: bytes, kind: str, *whose: str) -> str:
    """The name of what somebody, or a number, has left of codes: it does not say who or which."""
    said = "\0".join((kind, *whose)).encode()
    return f"code:{kind}:{hmac.digest(key, said, sha256)[:16].hex()}"
