"""How what is sent is joined: with what it says, and with what its recipients chose."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal
from sqlmodel import col

from app.communications.tables import Delivery, MailboxPreference, Message, MessagePreference, Suppression

OF_MESSAGE: Final = and_(
    col(Message.commissioner_id) == Delivery.commissioner_id, col(Message.id) == Delivery.message_id
)
"""A delivery and its message."""


def preference_of(tenant: UUID, person_id: Any) -> ColumnElement[bool]:
    return and_(col(MessagePreference.commissioner_id) == tenant, col(MessagePreference.person_id) == person_id)


def mailbox_preference_of(tenant: UUID, recipient: Any) -> ColumnElement[bool]:
    return and_(
        col(MailboxPreference.commissioner_id) == tenant,
        recipient == literal("mailbox:").concat(col(MailboxPreference.address)),
    )


def suppression_of(tenant: UUID, address: Any) -> ColumnElement[bool]:
    """The list's row of an address in ASCII, which small letters make comparable. One with a domain in other letters is
    found when it is about to go.
    """
    return and_(col(Suppression.commissioner_id) == tenant, col(Suppression.address_key) == func.lower(address))
