"""Making persons known."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.addresses import address_key
from app.core.audit import audit
from app.core.db import Tx
from app.core.events import emit
from app.core.ids import new_id
from app.people import rules
from app.people.events import PersonChanged
from app.people.repository import PersonRepository
from app.people.tables import Person


def make_person(session: Tx, *, name: str, email: str | None, now: datetime, **members: Any) -> Person:
    """A new person, added to the session. The same address twice is refused by the database."""
    person = Person(
        commissioner_id=session.tenant,
        id=new_id(),
        name=name.strip(),
        name_key=rules.name_key(name),
        email=email.strip() if email else None,
        email_key=address_key(email),
        created_at=now,
        **members,
    )
    session.add(person)
    audit(session, "person.created", person.id)
    emit(session, PersonChanged(subject=str(person.id)))
    return person


async def create_person(session: Tx, *, name: str, email: str | None, now: datetime, **members: Any) -> Person:
    person = make_person(session, name=name, email=email, now=now, **members)
    # A post of the same request refers to the row.
    await session.flush()
    return person


async def find_or_create_person(session: Tx, *, name: str, email: str) -> UUID:
    """The person with this address, who may be known by another name; a new person when the address is not known."""
    people = PersonRepository(session, session.tenant)
    person_id = new_id()
    created = await people.insert_unless_known(
        person_id=person_id, name=name.strip(), name_key=rules.name_key(name), email=email.strip()
    )
    if not created:
        known = await people.find_by_email(address_key(email) or "")
        if known is None:
            raise RuntimeError("an address clashed with a person who cannot be seen")
        return known.id
    audit(session, "person.created", person_id)
    emit(session, PersonChanged(subject=str(person_id)))
    return person_id
