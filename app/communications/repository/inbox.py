"""A person's messages and choices."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, text
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing
from sqlmodel import col, select

from app.communications.repository.joins import OF_MESSAGE
from app.communications.tables import Delivery, MailboxPreference, Message, MessagePreference
from app.communications.values import InboxItem, Source, Topic, Urgency
from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, keyset_page


def _select_inbox(tenant: UUID, person_id: UUID, *, to_acknowledge: bool = False) -> Select[*tuple[Any, ...]]:
    """The deliveries of a person, each with its message."""
    statement = (
        select_columns(Delivery, Message, col(Delivery.id).label("id"))
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == tenant, col(Delivery.person_id) == person_id, col(Delivery.in_inbox))
    )
    if to_acknowledge:
        statement = statement.where(
            col(Message.must_acknowledge_by).is_not(None), col(Delivery.acknowledged_at).is_(None)
        )
    return statement


async def list_inbox(
    session: Tx, person_id: UUID, *, to_acknowledge: bool, params: PageParams, cursors: Cursors
) -> Page[InboxItem]:
    """The newest first."""
    statement = _select_inbox(session.tenant, person_id, to_acknowledge=to_acknowledge)
    page = await keyset_page(
        session, statement, keys=[col(Delivery.id)], params=params, cursors=cursors, kind="inbox", descending=True
    )
    return page.map(lambda row: inbox_item(row[0], row[1]))


def inbox_item(delivery: Delivery, message: Message) -> InboxItem:
    return InboxItem(
        id=delivery.id,
        source=Source(message.source),
        source_id=message.source_id,
        practice=message.practice or delivery.practice,
        topic=Topic(message.topic),
        urgency=Urgency(message.urgency),
        subject=message.subject,
        body_text=message.body_text,
        body_html=message.body_html,
        must_acknowledge_by=message.must_acknowledge_by,
        acknowledged_at=delivery.acknowledged_at,
        created_at=delivery.created_at,
    )


async def find_item(
    session: Tx, person_id: UUID, delivery_id: UUID, *, for_update: bool = False
) -> tuple[Delivery, Message] | None:
    """By the delivery in the inbox, or by one that told of it by another way."""
    told = select_columns(col(Delivery.message_id)).where(
        col(Delivery.commissioner_id) == session.tenant,
        col(Delivery.id) == delivery_id,
        col(Delivery.person_id) == person_id,
    )
    statement = _select_inbox(session.tenant, person_id).where(col(Delivery.message_id) == told.scalar_subquery())
    if for_update:
        statement = statement.with_for_update(of=Delivery).execution_options(populate_existing=True)
    row = (await session.exec(statement)).one_or_none()  # pyright: ignore
    return None if row is None else (row[0], row[1])


async def lock_delivery(session: Tx, delivery_id: UUID) -> tuple[Delivery, Message]:
    statement = (
        select(Delivery, Message)
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.id) == delivery_id)
        .with_for_update(of=Delivery)
        .execution_options(populate_existing=True)
    )
    return (await session.exec(statement)).one()


async def list_to_acknowledge(session: Tx, person_id: UUID, *, limit: int) -> list[tuple[str, date | None]]:
    """(subject, day by which), the first day first."""
    statement = _select_inbox(session.tenant, person_id, to_acknowledge=True)
    statement = statement.order_by(col(Message.must_acknowledge_by), col(Delivery.id)).limit(limit)
    rows = (await session.exec(statement)).all()  # pyright: ignore
    return [(row[1].subject, row[1].must_acknowledge_by) for row in rows]


async def find_preference(session: Tx, person_id: UUID, *, for_update: bool = False) -> MessagePreference | None:
    statement = select(MessagePreference).where(
        col(MessagePreference.commissioner_id) == session.tenant, col(MessagePreference.person_id) == person_id
    )
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(statement)).one_or_none()


async def find_mailbox_preference(session: Tx, address: str) -> MailboxPreference | None:
    mine = (col(MailboxPreference.commissioner_id) == session.tenant, col(MailboxPreference.address) == address)
    return (await session.exec(select(MailboxPreference).where(*mine))).one_or_none()


_MUTE = text(
    """INSERT INTO mailbox_preference (commissioner_id, address, muted, changed_at)
VALUES (:tenant, :address, ARRAY[CAST(:topic AS text)], :now)
ON CONFLICT ON CONSTRAINT pk_mailbox_preference DO UPDATE SET
  muted = array_append(mailbox_preference.muted, CAST(:topic AS text)), changed_at = excluded.changed_at
WHERE NOT CAST(:topic AS text) = ANY(mailbox_preference.muted)"""
)


async def mute_mailbox(session: Tx, address: str, topic: str, *, now: datetime) -> None:
    values = {"tenant": session.tenant, "address": address, "topic": topic, "now": now}
    await (await session.connection()).execute(_MUTE, values)


async def lock_preference(session: Tx, person_id: UUID, *, now: datetime) -> tuple[MessagePreference, bool]:
    """The person's row, and whether it was made just now: of two who would make it, the second waits and finds it."""
    fresh = MessagePreference(commissioner_id=session.tenant, person_id=person_id, muted=[], changed_at=now)
    statement = insert_or_nothing(MessagePreference).on_conflict_do_nothing(constraint="pk_message_preference")
    made = await (await session.connection()).execute(statement, fresh.model_dump())
    row = await find_preference(session, person_id, for_update=True)
    assert row is not None
    return row, made.rowcount == 1
