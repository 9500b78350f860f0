"""Who gets each message, by which ways, and in which state each copy begins."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Text, and_, case, cast, exists, false, func, literal, or_, true
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlmodel import col

from app.communications.repository.channels import is_on_list, sends_texts
from app.communications.repository.joins import mailbox_preference_of, preference_of, suppression_of
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
from app.communications.values import NOTHING_IS_SENT, Channel, DeliveryState
from app.core.repository import Statement

Messages = ColumnElement[bool]
"""Which messages, for those who hand it on."""
_NO_ADDRESS = "no e-mail address is known"
_NO_TEXTS = "no text messages are set up"
_WAITING = (DeliveryState.QUEUED.value, DeliveryState.HELD.value)
_SUPPRESSED = DeliveryState.SUPPRESSED.value
_WAYS = ARRAY(Integer)


@dataclass(frozen=True, slots=True)
class Telling:
    """Which messages are told, by which channels at the most, and the hours at the moment at which they are.

    `are_for_practices`: each of them is one practice's, so that thousands meet their readers by the practice alone.
    """

    which: Messages
    channels: Collection[str]
    hours: Hours
    are_for_practices: bool = False

    def may_go_by(self, channel: Channel) -> ColumnElement[bool]:
        return true() if channel in self.channels else false()


def copies(tenant: UUID, meant: Statement, telling: Telling) -> Statement:
    """Each recipient of each message: once by mail or in the inbox, and as a text or to their browsers where the person has
    it so.
    """
    first = _first_copies(tenant, meant, telling).subquery("first")
    if not {Channel.TEXT, Channel.PUSH} & {*telling.channels}:
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
    to_browsers = cast(first.c.person_id, Text)
    state = case((is_first, first.c.state), (why_not.is_(None), DeliveryState.QUEUED.value), else_=_SUPPRESSED)
    channel = case((is_first, first.c.channel), (is_text, Channel.TEXT.value), else_=Channel.PUSH.value)
    return select_columns(
        *(first.c[name] for name in own),
        way.label("way"),
        is_first.label("is_first"),
        case((is_first, first.c.address), (is_text, first.c.mobile), else_=to_browsers).label("address"),
        channel.label("channel"),
        and_(is_first, first.c.in_inbox).label("in_inbox"),
        state.label("state"),
        case((is_first, first.c.detail), else_=why_not).label("detail"),
        case((is_first, first.c.not_before), (why_not.is_(None), first.c.quiet_until)).label("not_before"),
    ).where(or_(is_first, ~is_told))


def _first_copies(tenant: UUID, meant: Statement, telling: Telling) -> Statement:
    """Each recipient once for each message, with the way it goes, the state it begins in, and by which ways else it goes."""
    person = with_recipient(meant).subquery("person")
    by_practice = col(Message.practice) == person.c.practice
    if not telling.are_for_practices:
        by_practice = or_(col(Message.practice).is_(None), by_practice)
    by_person = or_(col(Message.person_id).is_(None), col(Message.person_id) == person.c.person_id)
    return (
        select_columns(
            col(Message.id).label("message_id"),
            person.c.recipient,
            person.c.person_id,
            person.c.practice,
            person.c.name,
            person.c.email.label("address"),
            *_beginning(person, telling),
            col(MessagePreference.mobile),
            _ways(tenant, person, telling).label("ways"),
            not_before_quiet_ends(telling.hours).label("quiet_until"),
        )
        .select_from(Message)
        .join(person, and_(by_practice, by_person))
        .outerjoin(MessagePreference, preference_of(tenant, person.c.person_id))
        .outerjoin(MailboxPreference, mailbox_preference_of(tenant, person.c.recipient))
        .outerjoin(Suppression, suppression_of(tenant, person.c.email))
        .where(col(Message.commissioner_id) == tenant, telling.which)
        .where(true() if Channel.EMAIL in telling.channels else person.c.person_id.is_not(None))
        .ext(distinct_on(col(Message.id), person.c.recipient))
        .order_by(col(Message.id), person.c.recipient, person.c.practice)
    )


def _beginning(person: Any, telling: Telling) -> tuple[ColumnElement[Any], ...]:
    """How the first copy begins: by mail to whoever has an address, else in the inbox."""
    has_inbox = and_(telling.may_go_by(Channel.INBOX), person.c.person_id.is_not(None))
    mailed = and_(telling.may_go_by(Channel.EMAIL), person.c.email.is_not(None))
    state = case(
        (and_(mailed, or_(is_suppressed(), is_muted())), _SUPPRESSED),
        (and_(mailed, is_held()), DeliveryState.HELD.value),
        (mailed, DeliveryState.QUEUED.value),
        (has_inbox, DeliveryState.DELIVERED.value),
        else_=DeliveryState.FAILED.value,
    )
    mail, inbox = Channel.EMAIL.value, Channel.INBOX.value
    why_not = case((state == DeliveryState.FAILED.value, _NO_ADDRESS), (and_(mailed, is_suppressed()), NOTHING_IS_SENT))
    return (
        case((mailed, mail), (has_inbox, inbox), else_=mail).label("channel"),
        has_inbox.label("in_inbox"),
        state.label("state"),
        why_not.label("detail"),
        case((state.in_(_WAITING), not_before(telling.hours))).label("not_before"),
    )


def _ways(tenant: UUID, person: Any, telling: Telling) -> ColumnElement[Any]:
    """0: by mail or in the inbox; 1: by text; 2: to browsers."""

    def these(*ways: int) -> ColumnElement[Any]:
        return cast(literal(list(ways), _WAYS), _WAYS)

    by_text = and_(telling.may_go_by(Channel.TEXT), wants_text())
    by_push = and_(telling.may_go_by(Channel.PUSH), wants_push(tenant, person.c.person_id))
    return case(
        (and_(by_text, by_push), these(0, 1, 2)), (by_text, these(0, 1)), (by_push, these(0, 2)), else_=these(0)
    )
