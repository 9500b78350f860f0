"""Browsers of a person: subscribed, forgotten, and opened to be sent to."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from app.communications.errors import PushKeysInvalid, TooManyBrowsers
from app.communications.ports import Outgoing
from app.communications.repository.push import PushSubscriptionRepository
from app.communications.repository.sending import Waiting
from app.communications.rules.push import PURPOSE, browser_keys, headers, notification, public_key
from app.communications.service.carrying import Way
from app.communications.service.sending import MailLinks
from app.communications.tables import PushSubscription
from app.communications.values import LINK_LIFE, MOST_BROWSERS, Browser, Channel, Urgency, WantedBrowser
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.etag import digest_etag
from app.core.ids import new_id
from app.core.repository import Expected
from app.core.secrets import SecretBox


def push_key(box: SecretBox) -> str:
    """The public key of the installation, from its newest secret key."""
    return public_key(box.derive(PURPOSE))


def subscription_tag(row: PushSubscription) -> str:
    return digest_etag("push_subscription", row.id, row.created_at)


async def subscribe(
    session: Tx, box: SecretBox, person_id: UUID, wanted: WantedBrowser, *, now: datetime
) -> PushSubscription:
    """The same browser again keeps its place, and is the caller's from now on."""
    try:
        browser_keys(wanted.p256dh, wanted.auth)
    except ValueError as error:
        words = "These are not the two keys that a browser gives: `getKey('p256dh')` and `getKey('auth')` in base64url."
        raise PushKeysInvalid(errors=[FieldError("/keys", "invalid", words)]) from error
    repository = PushSubscriptionRepository(session, session.tenant)
    digest = hashlib.sha256(wanted.endpoint.encode()).hexdigest()
    await repository.lock(person_id)
    row = await repository.find_endpoint(digest)
    if (row is None or row.person_id != person_id) and await repository.count_of(person_id) >= MOST_BROWSERS:
        raise TooManyBrowsers
    if row is None:
        row = PushSubscription(
            commissioner_id=session.tenant,
            id=new_id(),
            person_id=person_id,
            endpoint="",
            keys="",
            endpoint_digest=digest,
            # A browser that is known was told of the key of its day, and stays with it.
            server_key=push_key(box),
            device=None,
            created_at=now,
        )
        session.add(row)
    keys = msgspec.json.encode({"p256dh": wanted.p256dh, "auth": wanted.auth})
    row.endpoint = box.seal(wanted.endpoint.encode(), context=_context(row, "endpoint"))
    row.keys = box.seal(keys, context=_context(row, "keys"))
    row.person_id, row.device = person_id, wanted.device
    # Flushed here, so that the same browser twice at once clashes in this call.
    await session.flush()
    audit(session, "push_subscription.kept", row.id)
    return row


async def unsubscribe(session: Tx, person_id: UUID, subscription_id: UUID, *, expected: Expected) -> None:
    repository = PushSubscriptionRepository(session, session.tenant)
    row = await repository.get_own(person_id, subscription_id, for_update=True)
    expected.check_tag(subscription_tag(row))
    await session.delete(row)
    audit(session, "push_subscription.deleted", subscription_id)


def _context(row: PushSubscription, column: str) -> str:
    return f"push_subscription:{row.id}:{column}"


async def push_way(session: Tx, box: SecretBox, batch: UUID) -> Way:
    """How a batch goes to the browsers of its people. Nothing goes to one that was told of a key that is gone."""
    seeds = {public_key(seed): seed for seed in box.derive_all(PURPOSE)}
    browsers = defaultdict[str, list[Browser]](list)
    for row in await PushSubscriptionRepository(session, session.tenant).list_in(batch):
        if row.server_key in seeds:
            keys = msgspec.json.decode(box.open(row.keys, context=_context(row, "keys")), type=dict[str, str])
            endpoint = box.open(row.endpoint, context=_context(row, "endpoint")).decode()
            browser = Browser(row.id, endpoint, *browser_keys(keys["p256dh"], keys["auth"]), seeds[row.server_key])
            browsers[str(row.person_id)].append(browser)
    return Way(Channel.PUSH, None, browsers={person: tuple(found) for person, found in browsers.items()})


async def forget_browsers(session: Tx, ids: Collection[UUID]) -> None:
    """Those of which their push services said that they are gone."""
    if ids:
        forgotten = await PushSubscriptionRepository(session, session.tenant).forget(ids)
        audit(session, "push_subscriptions.gone", session.tenant, browsers=forgotten)


def write_pushes(waiting: Sequence[Waiting], *, domain: str, links: MailLinks) -> list[Outgoing]:
    """A title, and where to read: the page to answer on where it asks something, else the message in the inbox."""
    answer_at = links.maker("a", "action-link", LINK_LIFE)
    return [
        Outgoing(
            delivery_id=each.id,
            message_id=f"<{each.id}@{domain}>",
            to=each.address,
            to_name=None,
            subject=each.subject,
            text=notification(
                each.subject,
                Urgency(each.urgency),
                url=answer_at(each.id) if each.asks else f"{links.base_url}/v1/me/inbox/{each.id}",
                tag=each.id,
            ).decode(),
            headers=headers(Urgency(each.urgency), each.id),
        )
        for each in waiting
    ]


async def export_browsers(session: Tx, person_id: UUID) -> list[dict[str, str | None]]:
    found = await PushSubscriptionRepository(session, session.tenant).list_of([person_id])
    return [{"device": row.device, "since": row.created_at.isoformat()} for row in found]
