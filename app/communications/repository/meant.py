"""Who of a batch is still meant by the audience that its messages have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, case, exists, func, literal, or_, update
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import cast
from sqlmodel import col

from app.communications.tables import Delivery, Message
from app.communications.values import DeliveryState
from app.core.db import Tx
from app.core.repository import Statement

Which = ColumnElement[bool]
"""Which deliveries, for those who hand it on."""


@dataclass(frozen=True, slots=True)
class Group:
    """What of a batch has one audience. `practices`: those for which alone its messages are; none for a message to all."""

    audience: dict[str, Any]
    channels: Sequence[str]
    practices: Sequence[str]
    people: Sequence[UUID]
    mailboxes_of: Sequence[str]


_OF_MESSAGE = (col(Message.commissioner_id) == Delivery.commissioner_id) & (col(Message.id) == Delivery.message_id)


def waiting_in(batch: UUID) -> Which:
    return and_(col(Delivery.batch) == batch, col(Delivery.state) == DeliveryState.QUEUED)


async def list_audiences(session: Tx, which: Which) -> list[Group]:
    def gathered(column: Any, condition: Any) -> Any:
        return func.coalesce(func.array_agg(column.distinct()).filter(condition), [])

    person, practice = col(Delivery.person_id), col(Delivery.practice)
    statement = (
        select_columns(
            col(Message.audience),
            col(Message.channels),
            gathered(col(Message.practice), col(Message.practice).is_not(None)),
            gathered(person, person.is_not(None)),
            gathered(practice, person.is_(None) & practice.is_not(None)),
        )
        .select_from(Delivery)
        .join(Message, _OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == session.tenant, which, col(Message.audience).is_not(None))
        .group_by(col(Message.audience), col(Message.channels))
    )
    return [Group(*row) for row in (await (await session.connection()).execute(statement)).all()]


async def withdraw(session: Tx, which: Which, audience: dict[str, Any], meant: Statement) -> set[UUID]:
    """Those with this audience that are not among `meant`; a letter for one practice by that practice. Which
    messages they would have got.
    """
    still = with_recipient(meant).subquery("still")
    is_meant = exists(
        select_columns(still.c.recipient).where(
            still.c.recipient == Delivery.recipient,
            or_(col(Message.practice).is_(None), col(Message.practice) == still.c.practice),
        )
    )
    found = await (await session.connection()).execute(
        update(Delivery)
        .where(col(Delivery.commissioner_id) == session.tenant, which, _OF_MESSAGE)
        .where(col(Message.audience) == cast(audience, JSONB), ~is_meant)
        .values(state=DeliveryState.WITHDRAWN.value, batch=None, in_inbox=False, detail="no longer meant")
        .returning(col(Delivery.message_id))
    )
    return set(found.scalars())


def with_recipient(meant: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Whoever is meant, with the text by which the same person or mailbox is known again."""
    found = meant.subquery("meant")
    recipient = case(
        (found.c.person_id.is_not(None), literal("person:").concat(cast(found.c.person_id, Text))),
        else_=literal("mailbox:").concat(func.lower(found.c.email)),
    )
    return select_columns(found, recipient.label("recipient"))
