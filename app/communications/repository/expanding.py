"""From a message to one row for each recipient, in one statement however many there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    union_all,
)
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing
from sqlmodel import col

from app.communications.repository.joins import OF_MESSAGE
from app.communications.repository.meant import with_recipient
from app.communications.repository.ways import Messages, Telling, copies
from app.communications.tables import Delivery, Message
from app.communications.values import DeliveryState, Letter
from app.core.db import Tx
from app.core.ids import new_id
from app.core.repository import Statement, among

_BATCHES = 1_000_000
"""More batches than leave at one moment."""
_COPIED = (
    "message_id",
    "recipient",
    "person_id",
    "practice",
    "name",
    "address",
    "channel",
    "is_first",
    "in_inbox",
    "state",
    "detail",
    "not_before",
)


def either(first: Statement, second: Statement) -> Statement:
    """The rows of both; whoever is in both comes twice."""
    return select_columns(union_all(first, second).subquery("everybody"))


@dataclass(frozen=True, slots=True)
class Expanded:
    """The batches that have something to send, with the moment before which each may not (None: at once), and the moments at
    which digests are to be written.
    """

    batches: Mapping[UUID, datetime | None]
    windows: Sequence[datetime]


def without_told(tenant: UUID, meant: Statement, source: str, source_id: str) -> Statement:
    """Those who have no delivery of any message of this source and id; one that was withdrawn is none."""
    person = with_recipient(meant).subquery("person")
    told = (
        select_columns(col(Delivery.id))
        .join(Message, OF_MESSAGE)
        .where(col(Delivery.commissioner_id) == tenant, col(Delivery.recipient) == person.c.recipient)
        .where(col(Message.source) == source, col(Message.source_id) == source_id)
        .where(col(Delivery.state) != DeliveryState.WITHDRAWN)
    )
    kept = [column for column in person.c if column.key != "recipient"]
    return select_columns(*kept).where(~told.exists())


async def insert_messages(session: Tx, messages: Sequence[dict[str, Any]]) -> set[UUID]:
    """Those that are not there yet, by id: the same source is told once."""
    statement = insert_or_nothing(Message).on_conflict_do_nothing(constraint="uq_message_source")
    found = await (await session.connection()).execute(statement.returning(col(Message.id)), list(messages))
    return set(found.scalars())


def told_by(letter: Letter) -> Messages:
    """The messages of this letter's source and occasion."""
    return and_(
        col(Message.source) == letter.source,
        col(Message.source_id) == letter.source_id,
        col(Message.occasion) == letter.occasion,
    )


def with_ids(messages: Collection[UUID]) -> Messages:
    return among(col(Message.id), messages)


async def insert_deliveries(
    session: Tx, meant: Statement, telling: Telling, *, batch_size: int, now: datetime
) -> Expanded:
    """One row for each recipient of each of these messages, and one more for each other way that the person chose."""
    rows = copies(session.tenant, meant, telling).subquery("fresh")
    position = func.row_number().over(order_by=(rows.c.message_id, rows.c.recipient, rows.c.way))
    columns: dict[str, Any] = {
        "commissioner_id": literal(session.tenant, Uuid()),
        "id": _numbered_id(new_id(), position),
        **{name: rows.c[name] for name in _COPIED},
        "batch": case((rows.c.state == DeliveryState.QUEUED, _numbered_id(new_id(), _batch_of(rows, batch_size)))),
        "attempts": literal(0),
        "doubts": literal(0),
        "created_at": literal(now),
    }
    added = (
        insert_or_nothing(Delivery)
        .from_select(list(columns), select_columns(*columns.values()))
        .on_conflict_do_nothing(constraint="uq_delivery_recipient")
        .returning(col(Delivery.batch), col(Delivery.not_before), col(Delivery.state))
        .cte("added")
    )
    waits = or_(added.c.batch.is_not(None), added.c.state == DeliveryState.HELD)
    found = await (await session.connection()).execute(
        select_columns(added.c.batch, added.c.not_before).where(waits).distinct().order_by(added.c.batch)
    )
    pairs = found.all()
    return Expanded(
        batches={row.batch: row.not_before for row in pairs if row.batch is not None},
        windows=sorted({row.not_before for row in pairs if row.batch is None}),
    )


def _batch_of(rows: Any, batch_size: int) -> ColumnElement[Any]:
    """What may go at different moments is in different batches, and so is what goes by different ways."""
    moment = func.dense_rank().over(order_by=(rows.c.way, rows.c.not_before.nulls_first()))
    within = func.row_number().over(
        partition_by=(rows.c.way, rows.c.not_before), order_by=(rows.c.message_id, rows.c.recipient)
    )
    return moment * _BATCHES + cast((within - 1) / batch_size, BigInteger)


def _numbered_id(base: UUID, number: Any) -> Any:
    """Identifiers made in one statement: the time and the chance of `base`, then a number. They sort as they count."""
    digits = func.lpad(func.to_hex(cast(number, BigInteger)), 12, "0")
    return cast(literal(str(base)[:24], Text()).concat(digits), Uuid())
