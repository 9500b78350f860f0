"""Persons: making them known, correcting them, and their rights over what is kept."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.addresses import address_key
from app.core.audit import audit
from app.core.clock import london_date, utc_text
from app.core.db import Tx
from app.core.events import emit
from app.people import rules
from app.people.errors import PersonErased
from app.people.events import PersonChanged
from app.people.repository import PersonRepository, PostRepository
from app.people.service.leads import publish_leads
from app.people.service.posts import close_post
from app.people.tables import Person

ERASED_NAME = "Erased"


async def change_person(session: Tx, person: Person, changes: dict[str, Any], *, today: date) -> None:
    """Correct a person who is locked: name, email, telephone, objects_to_listing; only members that are given."""
    if person.erased_at is not None:
        raise PersonErased
    if "name" in changes:
        person.name, person.name_key = changes["name"].strip(), rules.name_key(changes["name"])
    if "email" in changes and changes["email"] != person.email:
        # A new address has not sent anything back yet.
        person.email, person.bounced_at = changes["email"], None
        person.email_key = address_key(changes["email"])
    if "telephone" in changes:
        person.telephone = changes["telephone"]
    if "objects_to_listing" in changes:
        person.objects_to_listing = changes["objects_to_listing"]
    audit(session, "person.changed", person.id, members=sorted(changes))
    await _announce(session, person, today=today)


async def change_listing(session: Tx, person: Person, *, objects: bool, today: date) -> None:
    """The person's own word on whether intranets may show them; it outdoes the `listed` of every post."""
    if person.objects_to_listing != objects:
        await change_person(session, person, {"objects_to_listing": objects}, today=today)


async def _announce(session: Tx, person: Person, *, today: date, removed: bool = False) -> None:
    emit(session, PersonChanged(subject=str(person.id), removed=removed))
    posts = await PostRepository(session, session.tenant).list_of_person(person.id)
    await publish_leads(session, [post.practice for post in posts], today=today)


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """The person's own particulars, and every post, ended ones too."""
    people = PersonRepository(session, session.tenant)
    person = await people.get(person_id)
    posts = await PostRepository(session, session.tenant).list_of_person(person_id)
    return {
        "name": person.name,
        "email": person.email,
        "former_addresses": [former.email_key for former in await people.list_former(person_id=person_id)],
        "telephone": person.telephone,
        "objects_to_listing": person.objects_to_listing,
        "known_since": utc_text(person.created_at),
        "posts": [
            {
                "role": post.role,
                "practice": post.practice,
                "from": post.valid_from.isoformat(),
                "until": post.valid_until and post.valid_until.isoformat(),
                "listed": post.listed,
                "confirmed_on": post.confirmed_on.isoformat(),
            }
            for post in posts
        ],
    }


async def erase_person(session: Tx, person_id: UUID, *, now: datetime) -> None:
    """Forget who the person was, former addresses too. The posts stay, ended and without a name, because payments were made by them."""
    person = await PersonRepository(session, session.tenant).get(person_id, for_update=True)
    if person.erased_at is not None:
        return
    today = london_date(now)
    person.name, person.name_key = ERASED_NAME, ERASED_NAME.lower()
    person.email = person.email_key = person.telephone = person.bounced_at = None
    person.erased_at = now
    for post in await PostRepository(session, session.tenant).list_of_person(person_id, for_update=True):
        post.listed = False
        if post.valid_until is None or post.valid_until > today:
            await close_post(session, post, on=today, now=now)
    audit(session, "person.erased", person_id)
    await _announce(session, person, today=today, removed=True)
