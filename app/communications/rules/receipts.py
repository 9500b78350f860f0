"""What a provider says later of a message that it took."""

from typing import Final, Literal
from uuid import UUID

from app.communications.ports import Outcome

ReceiptState = Literal["delivered", "failed", "none"]
_ON_THE_WAY: Final = frozenset(("created", "sending", "pending", "sent"))


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
