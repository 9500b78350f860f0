"""The address that failures of one mail come back to: `bounces+<delivery and check>@domain`."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

PURPOSE: Final = "bounce-address"
_MAC_CHARACTERS: Final = 12
_MARKED: Final = re.compile(r"\+([0-9a-f]{32})([0-9a-f]{12})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BounceAddress:
    """`address` takes plus addresses. The check shows that a failure comes from somebody who was given this very mail."""

    address: str
    keys: Sequence[bytes]

    def of(self, delivery_id: UUID) -> str:
        local, _, domain = self.address.rpartition("@")
        return f"{local}+{delivery_id.hex}{_mac(self.keys[0], delivery_id)}@{domain}"

    def read(self, address: str) -> UUID | None:
        """The delivery whose failures come to that address; None where it is none of ours."""
        match = _MARKED.search(address)
        if match is None:
            return None
        delivery_id, mac = UUID(match[1]), match[2].lower()
        return delivery_id if any(hmac.compare_digest(mac, _mac(key, delivery_id)) for key in self.keys) else None


def _mac(key: bytes, delivery_id: UUID) -> str:
    return hmac.new(key, delivery_id.bytes, sha256).hexdigest()[:_MAC_CHARACTERS]
