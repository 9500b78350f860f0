"""Written digests that have not gone yet, and what is in them."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, and_, exists, update
from sqlalchemy import select as select_columns
from sqlalchemy.sql.expression import cast
from sqlmodel import col

from app.communications.repository.joins import OF_MESSAGE
from app.communications.repository.meant import Which
from app.communications.tables import Announcement, Delivery, Message
from app.communications.values import DeliveryState, DigestItem, Rendered, Source
from app.core.db import Tx
from app.core.repository import among


async def list_waiting(session: Tx, which: Which) -> dict[UUID, str]:
    """The windows of the digests among these deliveries, by message."""
    statement = (
        select_columns(col(Message.id), col(Message.occasion))
        .select_from(Delivery)
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == session.tenant, which, col(Message.source) == Source.DIGEST)
    )
    rows: Sequence[Any] = (await (await session.connection()).execute(statement)).all()
    return {row[0]: row[1] for row in rows}


def inside(digests: Collection[UUID]) -> Which:
    """What these digests hold."""
    return and_(
        col(Delivery.state) == DeliveryState.DIGESTED,
        # As the index has it.
        col(Delivery.digest_id).is_not(None),
        among(col(Delivery.digest_id), digests),
    )


async def withdraw_taken_back(session: Tx, which: Which) -> None:
    """Out of what waits: announcements that the office has withdrawn."""
    taken_back = exists(
        select_columns(col(Announcement.id)).where(
            col(Announcement.commissioner_id) == session.tenant,
            cast(col(Announcement.id), Text) == col(Message.source_id),
            col(Announcement.withdrawn_at).is_not(None),
        )
    )
    await (await session.connection()).execute(
        update(Delivery)
        .where(col(Delivery.commissioner_id) == session.tenant, OF_MESSAGE, which)
        .where(col(Message.source) == Source.ANNOUNCEMENT, taken_back)
        .values(state=DeliveryState.WITHDRAWN.value, in_inbox=False, detail="withdrawn by the office")
    )


async def list_changed(session: Tx, digests: Collection[UUID]) -> list[UUID]:
    """Those from which something was withdrawn."""
    statement = (
        select_columns(col(Delivery.digest_id))
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.digest_id).is_not(None))
        .where(among(col(Delivery.digest_id), digests), col(Delivery.state) == DeliveryState.WITHDRAWN)
        .distinct()
    )
    found = await (await session.connection()).execute(statement)
    return [digest for digest in found.scalars() if digest is not None]


async def list_items(session: Tx, digests: Collection[UUID]) -> list[tuple[UUID, DigestItem]]:
    """(digest, message) of what they still hold."""
    statement = (
        select_columns(
            col(Delivery.digest_id),
            col(Delivery.id),
            col(Message.subject),
            col(Message.body_text),
            col(Message.body_html),
            col(Message.created_at),
        )
        .select_from(Delivery)
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == session.tenant, inside(digests))
        .order_by(col(Delivery.id))
    )
    rows: Sequence[Any] = (await (await session.connection()).execute(statement)).all()
    return [(row[0], DigestItem(*row[1:])) for row in rows]


async def rewrite(session: Tx, digest: UUID, subject: str, body: Rendered) -> None:
    await (await session.connection()).execute(
        update(Message)
        .where(col(Message.commissioner_id) == session.tenant, col(Message.id) == digest)
        .values(subject=subject, body_text=body.text, body_html=body.html)
    )


async def withdraw_empty(session: Tx, digests: Collection[UUID], which: Which) -> None:
    """Digests in which nothing is left do not go."""
    await (await session.connection()).execute(
        update(Delivery)
        .where(col(Delivery.commissioner_id) == session.tenant, which, among(col(Delivery.message_id), digests))
        .values(state=DeliveryState.WITHDRAWN.value, batch=None, detail="nothing in it is meant any more")
    )
