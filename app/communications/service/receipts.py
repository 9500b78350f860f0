"""What is heard of a message after it has gone: that it was delivered, that it came back, that somebody complained."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from app.communications.repository.receipts import lock_deliveries
from app.communications.rules.bounces import read_report
from app.communications.rules.envelope import BounceAddress
from app.communications.rules.notify import outcome_of_receipt, receipt_state
from app.communications.rules.trying import awaits_receipt
from app.communications.service.suppressing import suppress, suppression_key
from app.communications.tables import Delivery
from app.communications.values import Bounce, BounceKind, DeliveryState, Receipt, SuppressionReason, SuppressionSource
from app.core.db import Tx
from app.core.errors import Unavailable


async def record_receipt(session: Tx, receipt: Receipt, *, now: datetime) -> None:
    """What GOV.UK Notify says of a message. Anything but the first final word on a message that we gave it changes
    nothing: a replay, a word that comes late, an id of nobody, another recipient than the one we meant.
    """
    found = await lock_deliveries(session, [receipt.delivery_id])
    delivery, state = found.get(receipt.delivery_id), receipt_state(receipt.status)
    if delivery is None or state == "none" or not _is_to(delivery, receipt.to):
        return
    if delivery.state == DeliveryState.ATTEMPTING:
        # The provider was faster than our own note that it took the message; it will say it again.
        raise Unavailable("This message is on its way at the moment; say it again.")
    if not awaits_receipt(DeliveryState(delivery.state), doubts=delivery.doubts):
        return
    if state == "delivered":
        delivery.state, delivery.detail = DeliveryState.DELIVERED.value, None
        delivery.sent_at = delivery.sent_at or now
        return
    delivery.state, delivery.detail = DeliveryState.FAILED.value, receipt.status
    if outcome_of_receipt(delivery.id, receipt.status).is_gone and delivery.address:
        await suppress(
            session,
            [delivery.address],
            reason=SuppressionReason.BOUNCED,
            source=SuppressionSource.NOTIFY,
            detail=receipt.status,
            now=now,
        )


def _is_to(delivery: Delivery, to: str | None) -> bool:
    return to is None or (delivery.address is not None and suppression_key(delivery.address) == suppression_key(to))


def read_reports(raws: Iterable[bytes], *, returns: BounceAddress | None) -> list[Bounce]:
    """What mails that came back say of ours."""
    return [bounce for raw in raws for bounce in read_report(raw, returns=returns)]


async def record_returned(
    session: Tx, bounces: Sequence[Bounce], *, source: SuppressionSource, now: datetime
) -> set[UUID]:
    """Mail that came back after a server had taken it, and complaints. Returns the deliveries that are this commissioner's.

    A report counts only where it names the address that this very delivery went to: whoever makes one up does not know
    both.
    """
    found = await lock_deliveries(session, {bounce.delivery_id for bounce in bounces})
    for bounce in bounces:
        delivery = found.get(bounce.delivery_id)
        if delivery is not None and delivery.address is not None and _is_about(bounce, delivery.address):
            await _record_bounce(session, bounce, delivery, delivery.address, source=source, now=now)
    return set(found)


def _is_about(bounce: Bounce, address: str) -> bool:
    return bounce.is_certain or suppression_key(address) in bounce.keys


async def _record_bounce(
    session: Tx, bounce: Bounce, delivery: Delivery, address: str, *, source: SuppressionSource, now: datetime
) -> None:
    state = DeliveryState(delivery.state)
    was_delivered = state is DeliveryState.DELIVERED and delivery.sent_at is not None
    if not was_delivered and not awaits_receipt(state, doubts=delivery.doubts):
        return
    if bounce.kind is not BounceKind.COMPLAINT:
        delivery.state, delivery.detail = DeliveryState.FAILED.value, f"came back: {bounce.detail}"[:200]
    if bounce.kind is BounceKind.SOFT:
        return
    is_complaint = bounce.kind is BounceKind.COMPLAINT
    reason = SuppressionReason.COMPLAINED if is_complaint else SuppressionReason.BOUNCED
    await suppress(session, [address], reason=reason, source=source, detail=bounce.detail, now=now)
