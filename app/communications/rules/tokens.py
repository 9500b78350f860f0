"""Links that are signed and not stored: a stolen database holds none of them."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from app.communications.values import LinkClaim

_MAC: Final = 16
_CLAIM: Final = 16 + 16 + 5
LINK_LETTERS: Final = (_CLAIM + _MAC) * 4 // 3 + 1


def sign_link(key: bytes, claim: LinkClaim) -> str:
    """71 letters: the commissioner, the delivery, the last second, and 128 bits by which all three are known to be ours.

    Each purpose has a key of its own, so that a link to stop mail is none to answer an offer.
    """
    until = int(claim.expires_at.timestamp())
    said = claim.commissioner_id.bytes + claim.delivery_id.bytes + until.to_bytes(5, "big")
    return base64.urlsafe_b64encode(said + _mac(key, said)).decode().rstrip("=")


def read_link(keys: Sequence[bytes], token: str) -> LinkClaim | None:
    """What the link says, where one of the keys signed it; None for whatever else was sent."""
    if len(token) != LINK_LETTERS or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    said, mac = raw[:_CLAIM], raw[_CLAIM:]
    # The last letter holds bits that mean nothing; only one way of writing them is ours.
    is_ours = base64.urlsafe_b64encode(raw).decode().rstrip("=") == token
    if not is_ours or not any(hmac.compare_digest(_mac(key, said), mac) for key in keys):
        return None
    until = datetime.fromtimestamp(int.from_bytes(said[32:], "big"), UTC)
    return LinkClaim(UUID(bytes=said[:16]), UUID(bytes=said[16:32]), until)


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, said, sha256)[:_MAC]
