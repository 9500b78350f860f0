"""Shared mailboxes of practices, and addresses that mail came back from."""

from collections.abc import Iterable, Mapping
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


async def record_bounces(session: Tx, addresses: Iterable[str], *, at: datetime) -> None:
    """Mail to these addresses came back for good: every post of their owners is stale until somebody confirms it."""
    keys = {key for key in map(address_key, addresses) if key is not None}
    if not keys:
        return
    people = await PersonRepository(session, session.tenant).list_with_addresses(keys)
    for person in people:
        person.bounced_at = at
        emit(session, PersonChanged(subject=str(person.id)))
    if people:
        ids = [person.id for person in people]
        for post in await PostRepository(session, session.tenant).list_current_of(ids, on=london_date(at)):
            announce(session, post)
    for mailbox in await MailboxRepository(session, session.tenant).list_with_addresses(keys):
        mailbox.bounced_at = at
