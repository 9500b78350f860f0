"""Announcements whose text is another for each practice: one message for each, and whom they are for."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as select_columns
from sqlmodel import col

from app.communications.repository.meant import with_recipient
from app.communications.tables import Announcement, Delivery, Message
from app.communications.values import Source
from app.core.db import Tx
from app.core.repository import Statement

# There is one version only of what is not asked to be read.
_FIRST = ""


async def list_places(session: Tx, meant: Statement) -> tuple[Sequence[str], int]:
    """The practices of those who are meant, by code, and how many recipients have none."""
    person = with_recipient(meant).subquery("person")
    placed = (
        select_columns(person.c.practice).where(person.c.practice.is_not(None)).distinct().order_by(person.c.practice)
    )
    nowhere = (
        select_columns(person.c.recipient)
        .group_by(person.c.recipient)
        .having(func.count(person.c.practice) == 0)
        .subquery("nowhere")
    )
    connection = await session.connection()
    codes = (await connection.execute(placed)).scalars().all()
    return codes, (await connection.execute(select_columns(func.count()).select_from(nowhere))).scalar_one()


async def is_for_each(session: Tx, message_id: UUID) -> bool:
    """Whether that is an announcement which is another message for each practice."""
    statement = select_columns(col(Announcement.is_personalised)).where(
        col(Announcement.commissioner_id) == session.tenant, col(Announcement.id) == message_id
    )
    return bool((await (await session.connection()).execute(statement)).scalar_one_or_none())


def deliveries_of(tenant: UUID, message_id: UUID, *, for_each: bool) -> ColumnElement[bool]:
    """The deliveries of a message, or `for_each` of an announcement's letters to practices."""
    if not for_each:
        return col(Delivery.message_id) == message_id
    letters = select_columns(col(Message.id)).where(
        col(Message.commissioner_id) == tenant,
        col(Message.source) == Source.ANNOUNCEMENT,
        col(Message.source_id) == str(message_id),
        col(Message.occasion) == _FIRST,
        col(Message.practice).is_not(None),
    )
    return col(Delivery.message_id).in_(letters)
