"""Shared mailboxes of practices, and addresses that mail came back from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from app.core.addresses import address_key
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.events import emit
from app.people.events import PersonChanged
from app.people.repository import MailboxRepository, PersonRepository, PostRepository
from app.people.service.posts import announce
from app.people.tables import Mailbox

Change = Literal["created", "updated", "unchanged"]


async def set_mailboxes(session: Tx, addresses: Mapping[str, str], *, now: datetime) -> dict[str, Change]:
    """Note these practices' shared addresses, and say of each whether that was new."""
    known = {
        mailbox.practice: mailbox
        for mailbox in await MailboxRepository(session, session.tenant).lock_of_practices(addresses)
    }
    return {
        practice: _set_mailbox(session, known.get(practice), practice, email, now=now)
        for practice, email in addresses.items()
    }


def _set_mailbox(session: Tx, mailbox: Mailbox | None, practice: str, email: str, *, now: datetime) -> Change:
    if mailbox is not None and address_key(mailbox.email) == address_key(email):
        return "unchanged"
    audit(session, "mailbox.set", practice)
    if mailbox is None:
        session.add(Mailbox(commissioner_id=session.tenant, practice=practice, email=email, recorded_at=now))
        return "created"
    mailbox.email, mailbox.bounced_at, mailbox.recorded_at = email, None, now
    return "updated"


async def record_bounce(session: Tx, email: str, *, at: datetime) -> None:
    """Mail to this address came back for good: every post of its owner is stale until somebody confirms it."""
    key = address_key(email)
    if key is None:
        return
    person = await PersonRepository(session, session.tenant).find_by_email(key)
    if person is not None and person.bounced_at is None:
        person.bounced_at = at
        emit(session, PersonChanged(subject=str(person.id)))
        for post in await PostRepository(session, session.tenant).list_of_person(person.id):
            if post.valid_until is None or post.valid_until > london_date(at):
                announce(session, post)
    for mailbox in await MailboxRepository(session, session.tenant).list_with_address(key):
        mailbox.bounced_at = mailbox.bounced_at or at
