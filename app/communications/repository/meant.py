"""Who of a batch is still meant by the audience that its messages have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, case, exists, func, literal, or_, update
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.expression import cast
from sqlmodel import col

from app.communications.repository.joins import OF_MESSAGE
from app.communications.tables import Delivery, Message
from app.communications.values import Channel, DeliveryState
from app.core.db import Tx
from app.core.repository import Statement

Which = ColumnElement[bool]
"""Which deliveries, for those who hand it on."""


@dataclass(frozen=True, slots=True)
class Group:
    """What of what waits has one audience and goes by the same channels. `is_for_one`: each of its messages is for one of the
    `practices` alone.
    """

    audience: dict[str, Any]
    channels: Sequence[str]
    is_for_one: bool
    practices: Sequence[str]
    people: Sequence[UUID]
    mailboxes_of: Sequence[str]


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
            col(Message.practice).is_not(None),
            gathered(col(Message.practice), col(Message.practice).is_not(None)),
            gathered(person, person.is_not(None)),
            gathered(practice, person.is_(None) & practice.is_not(None)),
        )
        .select_from(Delivery)
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == session.tenant, which, col(Message.audience).is_not(None))
        .group_by(col(Message.audience), col(Message.channels), col(Message.practice).is_not(None))
    )
    return [Group(*row) for row in (await (await session.connection()).execute(statement)).all()]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What somebody does not get, and at which practice they would have."""

    message_id: UUID
    source: str
    source_id: str
    occasion: str
    practice: str | None


def _of_group(tenant: UUID, which: Which, group: Group) -> Which:
    return and_(
        col(Delivery.commissioner_id) == tenant,
        which,
        OF_MESSAGE,
        col(Message.audience) == cast(group.audience, JSONB),
        col(Message.channels) == cast(list(group.channels), ARRAY(Text)),
        col(Message.practice).is_not(None) == literal(group.is_for_one),
    )


async def withdraw(session: Tx, which: Which, group: Group, meant: Statement) -> list[Withdrawn]:
    """Those of the group that are not among `meant`; a letter for one practice by that practice."""
    still = with_recipient(meant).subquery("still")
    is_meant = exists(
        select_columns(still.c.recipient).where(
            still.c.recipient == Delivery.recipient,
            or_(col(Message.practice).is_(None), col(Message.practice) == still.c.practice),
        )
    )
    found = await (await session.connection()).execute(
        update(Delivery)
        .where(_of_group(session.tenant, which, group), ~is_meant)
        .values(state=DeliveryState.WITHDRAWN.value, batch=None, in_inbox=False, detail="no longer meant")
        .returning(
            col(Message.id), col(Message.source), col(Message.source_id), col(Message.occasion), col(Delivery.practice)
        )
    )
    return [Withdrawn(*row) for row in found.all()]


async def refresh_addresses(session: Tx, which: Which, group: Group, meant: Statement) -> None:
    """A person's mail goes to the address of the day, under today's name."""
    still = with_recipient(meant).subquery("still")
    await (await session.connection()).execute(
        update(Delivery)
        .where(_of_group(session.tenant, which, group), still.c.recipient == Delivery.recipient)
        .where(col(Delivery.channel) == Channel.EMAIL, still.c.email.is_not(None), col(Delivery.person_id).is_not(None))
        .where(or_(still.c.email != Delivery.address, still.c.name != Delivery.name))
        .values(address=still.c.email, name=still.c.name)
    )


def with_recipient(meant: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Whoever is meant, with the text by which the same person or mailbox is known again."""
    found = meant.subquery("meant")
    recipient = case(
        (found.c.person_id.is_not(None), literal("person:").concat(cast(found.c.person_id, Text))),
        else_=literal("mailbox:").concat(func.lower(found.c.email)),
    )
    return select_columns(found, recipient.label("recipient"))
