"""GOV.UK Notify's keys, and what it says later of a message that it took."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

from app.communications.ports import Outcome

ReceiptState = Literal["delivered", "failed", "none"]
_ON_THE_WAY: Final = frozenset(("created", "sending", "pending", "sent"))
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_API_KEY: Final = re.compile(rf".{{0,200}}?({_UUID})-({_UUID})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NotifyKey:
    """What an API key of Notify consists of."""

    service: str
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "NotifyKey":
        """`name-<service id>-<secret>`; ValueError, without the key, where it is something else."""
        match = _API_KEY.fullmatch(text.strip())
        if match is None:
            raise ValueError("An API key of GOV.UK Notify ends in two UUIDs.")
        return cls(match[1].lower(), match[2].lower())


def outcome_of_receipt(delivery_id: UUID, status: str) -> Outcome:
    """Of GOV.UK Notify's statuses. It has tried for days before it says that something failed for now, so no failure is
    tried again by us; only a permanent one says that the address or number is no good.
    """
    if status == "delivered" or status in _ON_THE_WAY:
        return Outcome(delivery_id, "sent", status)
    is_gone = status == "permanent-failure"
    if is_gone or status in ("temporary-failure", "technical-failure"):
        return Outcome(delivery_id, "failed_permanent", status, is_gone=is_gone)
    return Outcome(delivery_id, "sent", "a status that is not known here")


def receipt_state(status: str) -> ReceiptState:
    """What a callback changes: delivered, failed, or nothing, as it comes before the end or is no word of Notify's."""
    if status == "delivered":
        return "delivered"
    return "failed" if status in ("permanent-failure", "temporary-failure", "technical-failure") else "none"
