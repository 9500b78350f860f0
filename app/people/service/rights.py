"""A person's rights, over everything that every slice holds: a copy, and to be forgotten."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.audit import audit
from app.core.db import Tx
from app.people.repository import PersonRepository
from app.people.tables import Person
from app.people.values import PersonHolder

Copy = dict[str, dict[str, Any]]


async def copy_of_person(session: Tx, person_id: UUID, holders: Sequence[PersonHolder]) -> Copy:
    """What each slice holds. Noted in the audit log: it is more than any single role may read."""
    await PersonRepository(session, session.tenant).get(person_id)
    audit(session, "person.exported", person_id)
    return {holder.name: await holder.export(session, person_id) for holder in holders}


async def forget_person(
    session: Tx, person: Person, holders: Sequence[PersonHolder], *, reason: str, now: datetime, dry_run: bool
) -> Copy:
    """Erase a person who is locked, slice by slice in the order handed down; returns what was held before."""
    held = {holder.name: await holder.export(session, person.id) for holder in holders}
    if dry_run or person.erased_at is not None:
        return held
    audit(session, "person.erasure_ordered", person.id, reason=reason)
    for holder in holders:
        if holder.erase is not None:
            await holder.erase(session, person.id, now=now)
    return held
