"""From a message to one row for each recipient, in one statement however many there are."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    true,
    union_all,
)
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing
from sqlmodel import col

from app.communications.tables import Delivery, MailboxPreference, Message, MessagePreference
from app.communications.values import Channel, DeliveryState, Letter, Urgency
from app.core.db import Tx
from app.core.ids import new_id
from app.core.repository import Statement, among

Messages = ColumnElement[bool]
"""Which messages, for those who hand it on."""
_NO_ADDRESS = "no e-mail address is known"


def either(first: Statement, second: Statement) -> Statement:
    """The rows of both; whoever is in both comes twice."""
    return select_columns(union_all(first, second).subquery("everybody"))


async def insert_messages(session: Tx, messages: Sequence[dict[str, Any]]) -> None:
    """Those that are not there yet: the same source is told once."""
    statement = insert_or_nothing(Message).on_conflict_do_nothing(constraint="uq_message_source")
    await (await session.connection()).execute(statement, list(messages))


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
    session: Tx,
    meant: Select[*tuple[Any, ...]],
    *,
    which: Messages,
    channels: Collection[str],
    batch_size: int,
    now: datetime,
) -> list[UUID]:
    """One row for each recipient of each of these messages. Returns the batches that have something to send."""
    rows = _rows(session.tenant, meant, which=which, channels=channels).subquery("fresh")
    position = func.row_number().over(order_by=(rows.c.message_id, rows.c.recipient))
    batch = cast((position - 1) / batch_size, BigInteger)
    columns = {
        "commissioner_id": literal(session.tenant, Uuid()),
        "id": _numbered_id(new_id(), position),
        **{name: rows.c[name] for name in _COPIED},
        "batch": case((rows.c.state == DeliveryState.QUEUED, _numbered_id(new_id(), batch))),
        "attempts": literal(0),
        "doubts": literal(0),
        "created_at": literal(now),
    }
    added = (
        insert_or_nothing(Delivery)
        .from_select(list(columns), select_columns(*columns.values()))
        .on_conflict_do_nothing(constraint="uq_delivery_recipient")
        .returning(col(Delivery.batch))
        .cte("added")
    )
    found = await (await session.connection()).execute(
        select_columns(added.c.batch).where(added.c.batch.is_not(None)).distinct().order_by(added.c.batch)
    )
    return list(found.scalars())


_COPIED = (
    "message_id",
    "recipient",
    "person_id",
    "practice",
    "name",
    "address",
    "channel",
    "in_inbox",
    "state",
    "detail",
)


def _numbered_id(base: UUID, number: Any) -> Any:
    """Identifiers made in one statement: the time and the chance of `base`, then a number. They sort as they count."""
    digits = func.lpad(func.to_hex(cast(number, BigInteger)), 12, "0")
    return cast(literal(str(base)[:24], Text()).concat(digits), Uuid())


def _rows(
    tenant: UUID, meant: Select[*tuple[Any, ...]], *, which: Messages, channels: Collection[str]
) -> Select[*tuple[Any, ...]]:
    """Each recipient once for each message, with the way it goes and the state it begins in."""
    person = with_recipient(meant).subquery("person")
    by_mail, in_inbox = Channel.EMAIL in channels, Channel.INBOX in channels
    has_inbox = and_(true() if in_inbox else false(), person.c.person_id.is_not(None))
    mailed = and_(true() if by_mail else false(), person.c.email.is_not(None))
    unwanted = or_(
        col(Message.topic) == any_(col(MessagePreference.muted)),
        col(Message.topic) == any_(col(MailboxPreference.muted)),
    )
    muted = and_(col(Message.urgency) == Urgency.ROUTINE, unwanted)
    state = case(
        (and_(mailed, muted), DeliveryState.SUPPRESSED.value),
        (mailed, DeliveryState.QUEUED.value),
        (has_inbox, DeliveryState.DELIVERED.value),
        else_=DeliveryState.FAILED.value,
    )
    by_practice = or_(col(Message.practice).is_(None), col(Message.practice) == person.c.practice)
    preference = and_(
        col(MessagePreference.commissioner_id) == tenant, col(MessagePreference.person_id) == person.c.person_id
    )
    of_mailbox = and_(
        col(MailboxPreference.commissioner_id) == tenant,
        person.c.recipient == literal("mailbox:").concat(col(MailboxPreference.address)),
    )
    return (
        select_columns(
            col(Message.id).label("message_id"),
            person.c.recipient,
            person.c.person_id,
            person.c.practice,
            person.c.name,
            person.c.email.label("address"),
            case((mailed, Channel.EMAIL.value), (has_inbox, Channel.INBOX.value), else_=Channel.EMAIL.value).label(
                "channel"
            ),
            has_inbox.label("in_inbox"),
            state.label("state"),
            case((state == DeliveryState.FAILED.value, _NO_ADDRESS), else_=null()).label("detail"),
        )
        .select_from(Message)
        .join(person, by_practice)
        .outerjoin(MessagePreference, preference)
        .outerjoin(MailboxPreference, of_mailbox)
        .where(col(Message.commissioner_id) == tenant, which)
        .where(true() if by_mail else person.c.person_id.is_not(None))
        .ext(distinct_on(col(Message.id), person.c.recipient))
        .order_by(col(Message.id), person.c.recipient, person.c.practice)
    )


def with_recipient(meant: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Whoever is meant, with the text by which the same person or mailbox is known again."""
    found = meant.subquery("meant")
    recipient = case(
        (found.c.person_id.is_not(None), literal("person:").concat(cast(found.c.person_id, Text))),
        else_=literal("mailbox:").concat(func.lower(found.c.email)),
    )
    return select_columns(found, recipient.label("recipient"))
