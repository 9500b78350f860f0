"""Deliveries as links name them, and what became of the links."""

from uuid import UUID

from sqlalchemy import ColumnElement, true
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing
from sqlmodel import col, select

from app.communications.repository.joins import OF_MESSAGE
from app.communications.repository.meant import with_recipient
from app.communications.tables import ActionLinkUse, Delivery, Message
from app.core.db import Tx
from app.core.repository import Statement


async def find_delivery(session: Tx, delivery_id: UUID) -> tuple[Delivery, Message] | None:
    statement = (
        select(Delivery, Message)
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.id) == delivery_id)
    )
    return (await session.exec(statement)).one_or_none()


async def get_message(session: Tx, message_id: UUID) -> Message:
    mine = (col(Message.commissioner_id) == session.tenant, col(Message.id) == message_id)
    return (await session.exec(select(Message).where(*mine))).one()


async def is_among(session: Tx, meant: Statement, recipient: str, practice: str | None) -> bool:
    """Whether this recipient is meant, and at this practice where one is named."""
    found = with_recipient(meant).subquery("meant_now")
    at_practice: ColumnElement[bool] = true() if practice is None else found.c.practice == practice
    statement = select_columns(found.c.recipient).where(found.c.recipient == recipient, at_practice).limit(1)
    return (await (await session.connection()).execute(statement)).first() is not None


async def find_use(session: Tx, delivery_id: UUID) -> ActionLinkUse | None:
    return (await session.exec(_select_use(session, delivery_id))).one_or_none()


async def lock_use(session: Tx, delivery_id: UUID) -> ActionLinkUse:
    """The one row of the link, made when it is first asked for; whoever sends the same form twice waits here."""
    fresh = insert_or_nothing(ActionLinkUse).values(
        commissioner_id=session.tenant, delivery_id=delivery_id, wrong_names=0
    )
    await (await session.connection()).execute(fresh.on_conflict_do_nothing(constraint="pk_action_link_use"))
    statement = _select_use(session, delivery_id).with_for_update().execution_options(populate_existing=True)
    return (await session.exec(statement)).one()


def _select_use(session: Tx, delivery_id: UUID):  # noqa: ANN202 - the library's own type of a select has many parts
    return select(ActionLinkUse).where(
        col(ActionLinkUse.commissioner_id) == session.tenant, col(ActionLinkUse.delivery_id) == delivery_id
    )
