"""Offering feeds: who reads what, by which address."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.communications.errors import FeedNotSecret
from app.communications.repository.feeds import FeedRepository
from app.communications.service.feeding import hash_secret
from app.communications.tables import Feed
from app.communications.values import FeedAccess, WantedFeed
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.repository import Expected
from app.organisations.service import get_commissioner, get_locality

WRITE = "feeds:write"


def localities_of(caller: Principal) -> frozenset[UUID] | None:
    """Whose feeds the caller sees. None: all of them, the commissioner's too."""
    return _localities(caller, WRITE) if keeps_feeds(caller) else None


def keeps_feeds(caller: Principal) -> bool:
    return caller.has(WRITE)


def _localities(caller: Principal, scope: str) -> frozenset[UUID] | None:
    return None if caller.covers_commissioner(scope) else frozenset(map(UUID, caller.localities(scope)))


async def create_feed(session: Tx, caller: Principal, wanted: WantedFeed, *, now: datetime) -> tuple[Feed, str | None]:
    """The feed, and the secret of one that has one, which is shown once and stored nowhere."""
    await _check_locality(session, caller, wanted.locality_id)
    secret = new_feed_secret() if wanted.access is FeedAccess.SECRET else None
    row = Feed(
        commissioner_id=session.tenant,
        id=new_id(),
        name=await _whole_name(session, wanted.name or "") if secret is None else None,
        title=wanted.title,
        kinds=[kind.value for kind in wanted.kinds],
        locality_id=wanted.locality_id,
        access=wanted.access.value,
        token_hash=hash_secret(secret) if secret else None,
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    # A name that is taken is told here, where nothing else has happened yet.
    await session.flush()
    audit(session, "feed.created", row.id, access=row.access, kinds=row.kinds)
    return row, secret


async def _check_locality(session: Tx, caller: Principal, locality_id: UUID | None) -> None:
    if locality_id is not None:
        await get_locality(session, locality_id)
    own = _localities(caller, WRITE)
    if own is not None and locality_id not in own:
        raise Forbidden("Your role offers feeds of your own localities only.")


async def _whole_name(session: Tx, name: str) -> str:
    """Begins with the commissioner's code: names are the same for the whole installation, and nobody takes another's."""
    code = (await get_commissioner(session)).code
    return f"{re.sub('[^a-z0-9]+', '-', code.lower()).strip('-')}-{name}"


def new_feed_secret() -> str:
    # A name has no underscore, so that neither is ever taken for the other.
    return f"feed_{secrets.token_urlsafe(32)}"


async def change_feed(
    session: Tx, caller: Principal, feed_id: UUID, changes: Mapping[str, Any], *, expected: Expected, now: datetime
) -> Feed:
    row = await _lock(session, caller, feed_id)
    expected.check(row.version)
    if "locality_id" in changes:
        await _check_locality(session, caller, changes["locality_id"])
    for name, value in changes.items():
        setattr(row, name, value)
    row.changed_at = now
    audit(session, "feed.changed", row.id, members=sorted(changes))
    await session.flush()  # the row's version is raised by the flush
    return row


async def rotate_feed(session: Tx, caller: Principal, feed_id: UUID, *, expected: Expected) -> tuple[Feed, str]:
    """A new secret; the address with the one before is dead at once."""
    row = await _lock(session, caller, feed_id)
    expected.check(row.version)
    if row.access != FeedAccess.SECRET:
        raise FeedNotSecret
    secret = new_feed_secret()
    row.token_hash = hash_secret(secret)
    audit(session, "feed.rotated", row.id)
    await session.flush()  # the row's version is raised by the flush
    return row, secret


async def delete_feed(session: Tx, caller: Principal, feed_id: UUID, *, expected: Expected) -> None:
    row = await _lock(session, caller, feed_id)
    expected.check(row.version)
    await session.delete(row)
    audit(session, "feed.deleted", feed_id)


async def _lock(session: Tx, caller: Principal, feed_id: UUID) -> Feed:
    own = _localities(caller, WRITE)
    return await FeedRepository(session, session.tenant).get_seen(feed_id, own, with_secret=True, for_update=True)
