"""Who has still to read something: as parts of statements, so that any number of people stays in the database."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, exists, func, literal, or_, true, union_all, update
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing
from sqlmodel import col

from app.communications.repository.joins import OF_MESSAGE
from app.communications.repository.meant import Which, with_recipient
from app.communications.rules.must_read import ASK_LEAD, ASK_MANAGER, occasion_of
from app.communications.tables import Acknowledgement, AlsoAsked, Announcement, Delivery, Message
from app.communications.values import DeliveryState, Duty, Source, Stage
from app.core.db import Tx
from app.core.repository import Statement


async def add_also_asked(session: Tx, which: ColumnElement[bool], meant: Statement) -> None:
    """Of messages that have to be read: the other practices at which their recipients are meant."""
    named = and_(col(Message.commissioner_id) == session.tenant, which)
    asking = select_columns(col(Message.id)).where(
        named, col(Message.must_acknowledge_by).is_not(None), col(Message.practice).is_(None)
    )
    found = (await (await session.connection()).execute(asking)).scalars().all()
    if not found:
        return
    twice = _twice(meant)
    rows = (
        select_columns(col(Delivery.commissioner_id), col(Delivery.message_id), col(Delivery.id), twice.c.practice)
        .join(twice, twice.c.recipient == Delivery.recipient)
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.message_id).in_(found))
        .where(col(Delivery.is_first), twice.c.practice != Delivery.practice)
        .distinct()
    )
    columns = ["commissioner_id", "message_id", "delivery_id", "practice"]
    statement = insert_or_nothing(AlsoAsked).from_select(columns, rows)
    await (await session.connection()).execute(statement.on_conflict_do_nothing(constraint="pk_also_asked"))


def _twice(meant: Statement) -> CTE:
    """(recipient, practice) of the few who are meant at several. Worked out before all else: fresh deliveries have no
    statistics, and joined to them at once all who are meant would be looked up anew for each.
    """
    who = with_recipient(meant).subquery("who")
    times = func.count().over(partition_by=who.c.recipient)
    counted = select_columns(who.c.recipient, who.c.practice, times.label("times")).where(who.c.practice.is_not(None))
    placed = counted.subquery("placed")
    several = select_columns(placed.c.recipient, placed.c.practice).where(placed.c.times > 1)
    return several.cte("twice").prefix_with("MATERIALIZED", dialect="postgresql")


def _asked(row: Announcement) -> Any:
    """(practice, person_id, recipient) of everybody who was asked to read the version of today."""
    of_version = (
        col(Delivery.commissioner_id) == row.commissioner_id,
        col(Delivery.message_id) == (row.message_id or row.id),
        col(Delivery.is_first),
        col(Delivery.state) != DeliveryState.WITHDRAWN,
    )
    who = col(Delivery.person_id), col(Delivery.recipient)
    also = and_(
        col(AlsoAsked.commissioner_id) == Delivery.commissioner_id,
        col(AlsoAsked.message_id) == Delivery.message_id,
        col(AlsoAsked.delivery_id) == Delivery.id,
    )
    first = select_columns(col(Delivery.practice), *who).where(*of_version)
    others = select_columns(col(AlsoAsked.practice), *who).select_from(Delivery).join(AlsoAsked, also)
    return union_all(first, others.where(*of_version)).subquery("asked")


def _acknowledged(row: Announcement, *by: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select_columns(col(Acknowledgement.id)).where(
            col(Acknowledgement.commissioner_id) == row.commissioner_id,
            col(Acknowledgement.announcement_id) == row.id,
            col(Acknowledgement.edition) == row.edition,
            *by,
        )
    )


def practices_left(row: Announcement, stage: Stage) -> Statement:
    """The practices (practice) that are reminded, or of which others are asked, at that stage.

    Where one reads it for the practice: those for which nobody has. Where everybody does, mailboxes are reminded as
    practices; after the last day each practice where somebody has not read it, until whoever was asked first in their
    place has taken note of that.
    """
    asked = _asked(row)
    nobody = ~_acknowledged(row, col(Acknowledgement.practice) == asked.c.practice)
    statement = select_columns(asked.c.practice).where(asked.c.practice.is_not(None)).distinct()
    if row.must_acknowledge != Duty.EACH_PERSON:
        return statement.where(nobody)
    if stage.cover is None:
        return statement.where(asked.c.person_id.is_(None), nobody)
    unread = or_(
        and_(asked.c.person_id.is_(None), nobody),
        and_(
            asked.c.person_id.is_not(None),
            ~_acknowledged(row, col(Acknowledgement.person_id) == asked.c.person_id),
        ),
    )
    taken_note = exists(
        select_columns(col(Delivery.id))
        .join(Message, OF_MESSAGE)
        .where(
            col(Message.commissioner_id) == row.commissioner_id,
            col(Message.source) == Source.ANNOUNCEMENT,
            col(Message.source_id) == str(row.id),
            col(Message.occasion).in_([occasion_of(row.edition, stage) for stage in (ASK_LEAD, ASK_MANAGER)]),
            col(Message.practice) == asked.c.practice,
            col(Delivery.acknowledged_at).is_not(None),
        )
    )
    return statement.where(unread, ~taken_note)


def people_left(row: Announcement) -> Statement:
    """Those (person_id) who are reminded for themselves: everybody, or whoever was asked without a practice."""
    asked = _asked(row)
    for_themselves = true() if row.must_acknowledge == Duty.EACH_PERSON else asked.c.practice.is_(None)
    return (
        select_columns(asked.c.person_id)
        .where(asked.c.person_id.is_not(None), for_themselves)
        .where(~_acknowledged(row, col(Acknowledgement.person_id) == asked.c.person_id))
        .distinct()
    )


async def list_practices_left(session: Tx, row: Announcement, stage: Stage, meant: Statement) -> list[str]:
    """Those of them at which somebody is still meant, in order."""
    who = meant.subquery("who")
    statement = practices_left(row, stage).intersect(select_columns(who.c.practice))
    return sorted((await (await session.connection()).execute(statement)).scalars())


def only_people_left(row: Announcement, meant: Statement) -> Statement:
    """Of those who are meant whoever is reminded for themselves."""
    who = meant.subquery("meant_still")
    left = people_left(row).subquery("left_over")
    return select_columns(*who.c).where(who.c.person_id.in_(select_columns(left.c.person_id)))


async def withdraw_read(
    session: Tx, which: Which, row: Announcement, occasion: str, stage: Stage, *, is_old: bool
) -> None:
    """Reminders of that occasion for whoever has read it meanwhile, or all of them where there is a newer version."""
    practice = practices_left(row, stage).subquery("practice_left")
    person = people_left(row).subquery("person_left")
    waits = or_(
        col(Message.practice).in_(select_columns(practice.c.practice)),
        and_(
            col(Message.practice).is_(None),
            col(Delivery.person_id).in_(select_columns(person.c.person_id)),
        ),
    )
    await (await session.connection()).execute(
        update(Delivery)
        .where(col(Delivery.commissioner_id) == session.tenant, OF_MESSAGE, which)
        .where(col(Message.source) == Source.ANNOUNCEMENT, col(Message.source_id) == str(row.id))
        .where(col(Message.occasion) == occasion, true() if is_old else ~func.coalesce(waits, literal(False)))
        .values(state=DeliveryState.WITHDRAWN.value, batch=None, in_inbox=False, detail="read meanwhile")
    )
