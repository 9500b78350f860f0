"""What a person may ask of us: a copy of what is kept, and to be forgotten."""

import pytest

from app.core.db import Tx
from app.people import service
from app.people.errors import PersonErased
from app.people.tables import Person
from app.people.values import PostRole
from tests.factories.people import add_person, add_post
from tests.factories.service import NOW, TODAY


async def test_a_person_gets_everything_that_is_kept_of_them(db: Tx) -> None:
    anne = await add_person(db, "Anne Archer", "anne@surgery.example", telephone="01632 960123")
    await add_post(db, anne, "ZA1", PostRole.NAMED_LEAD, until=TODAY)
    export = await service.export_person(db, anne)
    assert export["name"] == "Anne Archer"
    assert export["telephone"] == "01632 960123"
    assert export["posts"] == [
        {
            "role": "named_lead",
            "practice": "ZA1",
            "from": "2026-04-01",
            "until": "2026-11-22",
            "listed": True,
            "confirmed_on": "2026-10-01",
        }
    ]


async def test_an_erased_person_has_no_name_and_their_posts_end_and_stay(db: Tx) -> None:
    anne = await add_person(db, "Anne Archer", "anne@surgery.example", telephone="01632 960123")
    await add_post(db, anne, "ZA1", PostRole.NAMED_LEAD)
    before = await service.posts_held(db, ["ZA1"])
    await service.erase_person(db, anne, now=NOW)
    await db.flush()
    person = await db.get(Person, (db.tenant, anne))
    assert person is not None
    assert (person.name, person.email, person.email_key, person.telephone) == ("Erased", None, None, None)
    held = await service.posts_held(db, ["ZA1"])
    assert [(post.post, post.valid_until) for post in held["ZA1"]] == [("named_lead", TODAY)]
    assert await service.posts_held(db, ["ZA1"], known_on=NOW.replace(hour=9)) == before
    assert await service.find_person_by_email(db, "anne@surgery.example") is None
    with pytest.raises(PersonErased):
        await service.change_person(db, person, {"name": "Back"}, today=TODAY)


async def test_erasing_twice_changes_nothing_more(db: Tx) -> None:
    anne = await add_person(db)
    await service.erase_person(db, anne, now=NOW)
    events = len(db.pending.events)
    await service.erase_person(db, anne, now=NOW)
    assert len(db.pending.events) == events


async def test_former_addresses_are_given_out_and_forgotten_with_the_person(db: Tx) -> None:
    anne = await add_person(db, "Anne Archer", "anne@surgery.example")
    person = await db.get(Person, (db.tenant, anne))
    assert person is not None
    await service.change_person(db, person, {"email": "anne@new.example"}, today=TODAY)
    await db.flush()
    assert (await service.export_person(db, anne))["former_addresses"] == ["anne@surgery.example"]
    await service.erase_person(db, anne, now=NOW)
    await db.flush()
    assert (await service.export_person(db, anne))["former_addresses"] == []
    assert await service.find_or_create_person(db, name="Anne", email="anne@surgery.example") != anne
