"""From a message to one row for each recipient, in one statement however many there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    true,
    union_all,
)
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing
from sqlmodel import col

from app.communications.repository.channels import is_on_list, sends_texts
from app.communications.repository.joins import OF_MESSAGE, mailbox_preference_of, preference_of, suppression_of
from app.communications.repository.manners import (
    is_held,
    is_muted,
    is_suppressed,
    not_before,
    not_before_quiet_ends,
    wants_push,
    wants_text,
)
from app.communications.repository.meant import with_recipient
from app.communications.rules.timing import Hours
from app.communications.tables import Delivery, MailboxPreference, Message, MessagePreference, Suppression
from app.communications.values import NOTHING_IS_SENT, Channel, DeliveryState, Letter
from app.core.db import Tx
from app.core.ids import new_id
from app.core.repository import Statement, among

Messages = ColumnElement[bool]
"""Which messages, for those who hand it on."""
_BATCHES = 1_000_000
"""More batches than leave at one moment."""
_NO_ADDRESS = "no e-mail address is known"
_WAITING = (DeliveryState.QUEUED.value, DeliveryState.HELD.value)
_NO_TEXTS = "no text messages are set up"
_SUPPRESSED = DeliveryState.SUPPRESSED.value
_WAYS = ARRAY(Integer)


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
    session: Tx,
    meant: Select[*tuple[Any, ...]],
    *,
    which: Messages,
    channels: Collection[str],
    batch_size: int,
    hours: Hours,
    now: datetime,
) -> Expanded:
    """One row for each recipient of each of these messages, and one more for each other way that the person chose."""
    rows = _rows(session.tenant, meant, which=which, channels=channels, hours=hours).subquery("fresh")
    position = func.row_number().over(order_by=(rows.c.message_id, rows.c.recipient, rows.c.way))
    # What may go at different moments is in different batches, and so is what goes by different ways.
    moment = func.dense_rank().over(order_by=(rows.c.way, rows.c.not_before.nulls_first()))
    within = func.row_number().over(
        partition_by=(rows.c.way, rows.c.not_before), order_by=(rows.c.message_id, rows.c.recipient)
    )
    batch = moment * _BATCHES + cast((within - 1) / batch_size, BigInteger)
    columns: dict[str, Any] = {
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


def _numbered_id(base: UUID, number: Any) -> Any:
    """Identifiers made in one statement: the time and the chance of `base`, then a number. They sort as they count."""
    digits = func.lpad(func.to_hex(cast(number, BigInteger)), 12, "0")
    return cast(literal(str(base)[:24], Text()).concat(digits), Uuid())


def _rows(
    tenant: UUID, meant: Select[*tuple[Any, ...]], *, which: Messages, channels: Collection[str], hours: Hours
) -> Select[*tuple[Any, ...]]:
    """Each recipient of each message: once by mail or in the inbox, and as a text or to their browsers where the person has
    it so.
    """
    first = _first_rows(tenant, meant, which=which, channels=channels, hours=hours).subquery("first")
    if not {Channel.TEXT, Channel.PUSH} & {*channels}:
        return select_columns(first, literal(0).label("way"), true().label("is_first"))
    way = func.unnest(first.c.ways).table_valued("n", joins_implicitly=True).render_derived("way").c.n
    is_first, is_text = way == 0, way == 1
    why_not = case(
        (and_(is_text, ~sends_texts(tenant)), _NO_TEXTS),
        (and_(is_text, is_on_list(tenant, first.c.mobile)), NOTHING_IS_SENT),
    )
    # Whoever was told before is told nothing now by a way that they have chosen since.
    is_told = exists(
        select_columns(col(Delivery.id)).where(
            col(Delivery.commissioner_id) == tenant,
            col(Delivery.message_id) == first.c.message_id,
            col(Delivery.recipient) == first.c.recipient,
        )
    )
    own = ("message_id", "recipient", "person_id", "practice", "name")
    return select_columns(
        *(first.c[name] for name in own),
        way.label("way"),
        is_first.label("is_first"),
        case((is_first, first.c.address), (is_text, first.c.mobile), else_=cast(first.c.person_id, Text)).label(
            "address"
        ),
        case((is_first, first.c.channel), (is_text, Channel.TEXT.value), else_=Channel.PUSH.value).label("channel"),
        and_(is_first, first.c.in_inbox).label("in_inbox"),
        case((is_first, first.c.state), (why_not.is_(None), DeliveryState.QUEUED.value), else_=_SUPPRESSED).label(
            "state"
        ),
        case((is_first, first.c.detail), else_=why_not).label("detail"),
        case((is_first, first.c.not_before), (why_not.is_(None), first.c.quiet_until)).label("not_before"),
    ).where(or_(is_first, ~is_told))


def _ways(*ways: int) -> ColumnElement[Any]:
    """0: by mail or in the inbox; 1: by text; 2: to browsers."""
    return cast(literal(list(ways), _WAYS), _WAYS)


def _first_rows(
    tenant: UUID, meant: Select[*tuple[Any, ...]], *, which: Messages, channels: Collection[str], hours: Hours
) -> Select[*tuple[Any, ...]]:
    """Each recipient once for each message, with the way it goes, the state it begins in, and by which ways else it goes."""
    person = with_recipient(meant).subquery("person")
    by_mail, in_inbox = Channel.EMAIL in channels, Channel.INBOX in channels
    has_inbox = and_(true() if in_inbox else false(), person.c.person_id.is_not(None))
    mailed = and_(true() if by_mail else false(), person.c.email.is_not(None))
    by_text = and_(true() if Channel.TEXT in channels else false(), wants_text())
    by_push = and_(true() if Channel.PUSH in channels else false(), wants_push(tenant, person.c.person_id))
    state = case(
        (and_(mailed, or_(is_suppressed(), is_muted())), DeliveryState.SUPPRESSED.value),
        (and_(mailed, is_held()), DeliveryState.HELD.value),
        (mailed, DeliveryState.QUEUED.value),
        (has_inbox, DeliveryState.DELIVERED.value),
        else_=DeliveryState.FAILED.value,
    )
    by_practice = or_(col(Message.practice).is_(None), col(Message.practice) == person.c.practice)
    by_person = or_(col(Message.person_id).is_(None), col(Message.person_id) == person.c.person_id)
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
            case(
                (state == DeliveryState.FAILED.value, _NO_ADDRESS), (and_(mailed, is_suppressed()), NOTHING_IS_SENT)
            ).label("detail"),
            case((state.in_(_WAITING), not_before(hours))).label("not_before"),
            col(MessagePreference.mobile),
            case(
                (and_(by_text, by_push), _ways(0, 1, 2)), (by_text, _ways(0, 1)), (by_push, _ways(0, 2)), else_=_ways(0)
            ).label("ways"),
            not_before_quiet_ends(hours).label("quiet_until"),
        )
        .select_from(Message)
        .join(person, and_(by_practice, by_person))
        .outerjoin(MessagePreference, preference_of(tenant, person.c.person_id))
        .outerjoin(MailboxPreference, mailbox_preference_of(tenant, person.c.recipient))
        .outerjoin(Suppression, suppression_of(tenant, person.c.email))
        .where(col(Message.commissioner_id) == tenant, which)
        .where(true() if by_mail else person.c.person_id.is_not(None))
        .ext(distinct_on(col(Message.id), person.c.recipient))
        .order_by(col(Message.id), person.c.recipient, person.c.practice)
    )
