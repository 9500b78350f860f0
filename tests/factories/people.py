"""Persons, posts and mailboxes for tests."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core.addresses import address_key
from app.core.clock import Period
from app.core.db import Tx
from app.people.rules import name_key
from app.people.tables import Mailbox, Person, Post
from app.people.values import LEVELS, LISTED_BY_DEFAULT, PostLevel, PostRole
from tests.factories.service import LivePlenary

RECORDED = datetime(2026, 4, 1, tzinfo=UTC)


async def add_person(db: Tx, name: str = "Anne Archer", email: str | None = None, **members: Any) -> UUID:
    person = Person(
        commissioner_id=db.tenant,
        name=name,
        name_key=name_key(name),
        email=email,
        email_key=address_key(email),
        created_at=RECORDED,
        **members,
    )
    db.add(person)
    await db.flush()
    return person.id


async def add_post(
    db: Tx,
    person: UUID,
    practice: str | None = None,
    role: PostRole = PostRole.GP,
    *,
    start: date = date(2026, 4, 1),
    until: date | None = None,
    **members: Any,
) -> Post:
    level = PostLevel.PRACTICE if practice else min(LEVELS[role] - {PostLevel.PRACTICE})
    post = Post(
        **{
            "commissioner_id": db.tenant,
            "person_id": person,
            "role": role.value,
            "level": level.value,
            "practice": practice,
            "locality_id": None,
            "valid_from": start,
            "valid_until": until,
            "listed": role in LISTED_BY_DEFAULT,
            "confirmed_on": date(2026, 10, 1),
            "recorded_at": RECORDED,
            **members,
        }
    )
    db.add(post)
    await db.flush()
    return post


async def add_mailbox(db: Tx, practice: str, email: str | None = None) -> None:
    address = email or f"{practice.lower()}@practice.example"
    db.add(Mailbox(commissioner_id=db.tenant, practice=practice, email=address, recorded_at=RECORDED))
    await db.flush()


async def tenant_code(db: Tx) -> str:
    return (await (await db.connection()).execute(text("SELECT code FROM commissioner"))).scalar_one()


async def somebody_who_left(live: LivePlenary, tenant: str, practice: str, held: Period) -> UUID:
    """Somebody new who had a post there for that time, as an administrator recorded it."""
    person = await live.make_person(f"Dr {practice} {held.valid_from}", tenant=tenant)
    admin = await live.as_role("commissioner_admin", tenant=tenant)
    body = {"role": "gp", "practice": practice, "person_id": str(person)}
    days = {"from": held.valid_from.isoformat(), "until": str(held.valid_until)}
    answer = await admin.post("/v1/posts", json=body | days)
    assert answer.status_code == 201, answer.text
    return person
