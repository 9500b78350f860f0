"""Mail that is not wanted any more, said by a link in it and without a key (RFC 8058)."""

from datetime import datetime

from app.communications.errors import LinkExpired, LinkUnknown
from app.communications.repository import inbox, links
from app.communications.service.inbox import change_preferences
from app.communications.tables import Delivery, Message
from app.communications.values import Choice, Frequency, LinkClaim, Subscription, Topic
from app.core.audit import audit
from app.core.db import Tx
from app.organisations.service import get_commissioner


async def show_subscription(session: Tx, claim: LinkClaim, *, now: datetime) -> Subscription:
    """Whether routine mail of the topic is still sent to whoever got this one."""
    delivery, message = await _find(session, claim, now=now)
    if delivery.person_id is not None:
        row = await inbox.find_preference(session, delivery.person_id)
        muted = row.muted if row else []
    else:
        mailbox = await inbox.find_mailbox_preference(session, _address(delivery))
        muted = mailbox.muted if mailbox else []
    return await _subscription(session, message, is_on=message.topic not in muted)


async def stop_mail(session: Tx, claim: LinkClaim, *, now: datetime) -> Subscription:
    """At once and without a question. A second time changes nothing."""
    delivery, message = await _find(session, claim, now=now)
    topic = Topic(message.topic)
    if delivery.person_id is not None:
        row, _ = await inbox.lock_preference(session, delivery.person_id, now=now)
        change_preferences(row, Choice({topic: Frequency.NEVER}), now=now)
    else:
        await inbox.mute_mailbox(session, _address(delivery), topic.value, now=now)
    audit(session, "mail.stopped", delivery.id, topic=topic.value)
    return await _subscription(session, message, is_on=False)


async def _find(session: Tx, claim: LinkClaim, *, now: datetime) -> tuple[Delivery, Message]:
    if claim.expires_at <= now:
        raise LinkExpired
    found = await links.find_delivery(session, claim.delivery_id)
    if found is None:
        raise LinkUnknown
    return found


def _address(delivery: Delivery) -> str:
    return delivery.recipient.removeprefix("mailbox:")


async def _subscription(session: Tx, message: Message, *, is_on: bool) -> Subscription:
    return Subscription(message.topic, (await get_commissioner(session)).name, is_on)
