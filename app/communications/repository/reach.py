"""Whom an announcement would reach, without writing anything."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, any_, cast, false, func, literal, or_, true, union_all
from sqlalchemy import select as select_columns
from sqlmodel import col

from app.communications.repository.channels import is_on_list
from app.communications.repository.joins import mailbox_preference_of, preference_of, suppression_of
from app.communications.repository.manners import is_mobile_confirmed, is_suppressed
from app.communications.repository.meant import with_recipient
from app.communications.repository.push import has_browser
from app.communications.tables import Delivery, MailboxPreference, MessagePreference, Suppression
from app.communications.values import DeliveryState, Reach, RoleReach, TextReach, Topic, Urgency
from app.core.db import Tx

_REACHED = [DeliveryState.QUEUED, DeliveryState.ATTEMPTING, DeliveryState.SENT, DeliveryState.DELIVERED]


async def measure(
    session: Tx,
    meant: Select[*tuple[Any, ...]],
    by_role: Mapping[str, Select[*tuple[Any, ...]]],
    *,
    topic: Topic,
    urgency: Urgency,
    since: datetime,
    budget: int,
) -> Reach:
    """`topic`: whose routine mail some do not want, and of which some have texts or notifications. Urgency overrides that, but not the list of
    addresses that nothing is sent to. Two queries for any audience.
    """
    total = await _total(session, meant, topic=topic, urgency=urgency)
    week = {row.role: row for row in await _by_role(session, {"": meant} | dict(by_role), since=since, budget=budget)}
    roles = tuple(
        RoleReach(role, week[role].recipients, week[role].messages, week[role].most, week[role].over)
        for role in sorted(by_role)
    )
    return Reach(
        recipients=total.people + total.mailboxes,
        people=total.people,
        mailboxes=total.mailboxes,
        without_email=total.without_email,
        suppressed=total.suppressed,
        messages_this_week=week[""].messages,
        roles=roles,
        texts=TextReach(total.texted),
        pushed=total.pushed,
    )


async def _total(session: Tx, meant: Select[*tuple[Any, ...]], *, topic: Topic, urgency: Urgency) -> Any:
    person = with_recipient(meant).subquery("meant")
    may_mute = true() if urgency is Urgency.ROUTINE else false()

    def chose(topics: Any) -> ColumnElement[bool]:
        return literal(topic.value) == any_(col(topics))

    is_muted = and_(may_mute, or_(chose(MessagePreference.muted), chose(MailboxPreference.muted)))
    is_critical = true() if urgency is Urgency.CRITICAL else false()
    is_texted, is_pushed = (or_(is_critical, chose(way)) for way in (MessagePreference.texts, MessagePreference.pushes))
    mobile = col(MessagePreference.mobile)
    people = func.count(person.c.person_id.distinct())
    statement = select_columns(
        people.label("people"),
        func.count(func.lower(person.c.email).distinct()).filter(person.c.is_mailbox).label("mailboxes"),
        people.filter(person.c.email.is_(None)).label("without_email"),
        func.count(person.c.recipient.distinct())
        .filter(person.c.email.is_not(None), or_(is_suppressed(), is_muted))
        .label("suppressed"),
        people.filter(is_mobile_confirmed(), is_texted, ~is_on_list(session.tenant, mobile)).label("texted"),
        people.filter(is_pushed, has_browser(session.tenant, person.c.person_id)).label("pushed"),
    ).select_from(
        person.outerjoin(MessagePreference, preference_of(session.tenant, person.c.person_id))
        .outerjoin(MailboxPreference, mailbox_preference_of(session.tenant, person.c.recipient))
        .outerjoin(Suppression, suppression_of(session.tenant, person.c.email))
    )
    return (await (await session.connection()).execute(statement)).one()


async def _by_role(
    session: Tx, by_role: Mapping[str, Select[*tuple[Any, ...]]], *, since: datetime, budget: int
) -> Any:
    parts = [
        select_columns(literal(role).label("role"), with_recipient(meant).subquery().c.recipient)
        for role, meant in by_role.items()
    ]
    reached = union_all(*parts).subquery("reached")
    distinct = select_columns(reached.c.role, reached.c.recipient).distinct().subquery("each")
    sent = (
        select_columns(col(Delivery.recipient), func.count().label("messages"))
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.created_at) >= since)
        .where(col(Delivery.state).in_([state.value for state in _REACHED]), col(Delivery.is_first))
        .group_by(col(Delivery.recipient))
        .subquery("sent")
    )
    statement = (
        select_columns(
            distinct.c.role,
            func.count().label("recipients"),
            cast(func.coalesce(func.sum(sent.c.messages), 0), BigInteger).label("messages"),
            func.coalesce(func.max(sent.c.messages), 0).label("most"),
            func.count().filter(sent.c.messages >= budget).label("over"),
        )
        .select_from(distinct.outerjoin(sent, sent.c.recipient == distinct.c.recipient))
        .group_by(distinct.c.role)
    )
    return (await (await session.connection()).execute(statement)).all()


async def find_first(session: Tx, meant: Select[*tuple[Any, ...]]) -> tuple[str, bool] | None:
    """The first by name of those who are meant and have an address, and whether that is a mailbox."""
    person = meant.subquery("meant")
    statement = (
        select_columns(person.c.name, person.c.is_mailbox)
        .where(person.c.email.is_not(None))
        .order_by(person.c.is_mailbox, person.c.name)
        .limit(1)
    )
    row = (await (await session.connection()).execute(statement)).one_or_none()
    return (row.name, row.is_mailbox) if row else None
