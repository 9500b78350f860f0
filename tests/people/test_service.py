"""What other slices ask of people, on PostgreSQL."""

from datetime import date

from app.calculation.values import PostHeld
from app.core.db import Tx
from app.people import service
from app.people.values import PersonRef, PostRole
from tests.factories.people import add_mailbox, add_person, add_post, tenant_code
from tests.factories.service import TODAY, LivePlenary

LEAD, MANAGER, GP = PostRole.NAMED_LEAD, PostRole.PRACTICE_MANAGER, PostRole.GP


async def recipients(db: Tx, **asked) -> set[tuple]:
    asked = {"roles": [LEAD], "practices": None, "localities": None, "on": TODAY} | asked
    statement = service.select_recipients(db.tenant, **asked)
    rows = (await (await db.connection()).execute(statement)).all()
    return {(row.practice, row.name, row.email, row.is_mailbox) for row in rows}


async def practices(shared: LivePlenary, db: Tx, count: int = 2) -> list[str]:
    tenant = await tenant_code(db)
    codes = [f"Z{tenant[2:]}{number}" for number in range(count)]
    for code in codes:
        await shared.make_practice(code, tenant)
    return codes


async def test_a_known_address_is_that_person_whatever_the_name(db: Tx) -> None:
    first = await service.find_or_create_person(db, name="Dr Anne Archer", email="Anne@surgery.example")
    assert await service.find_or_create_person(db, name="A Archer", email=" anne@SURGERY.example ") == first
    assert await service.get_person(db, first) == PersonRef(first, "Dr Anne Archer", "Anne@surgery.example")
    assert await service.find_person_by_email(db, "ANNE@surgery.example") == await service.get_person(db, first)
    assert [event["name"] for event in db.pending.events] == ["people.person_changed"]


async def test_posts_come_as_they_are_known_in_one_order(db: Tx) -> None:
    person, other = await add_person(db), await add_person(db, "Ben Best")
    await add_post(db, person, "ZA1", LEAD, until=date(2026, 9, 1))
    await add_post(db, other, "ZA1", GP)
    assert await service.posts_held(db, ["ZA1", "ZA2"]) == {
        "ZA1": (
            PostHeld("gp", date(2026, 4, 1), None),
            PostHeld("named_lead", date(2026, 4, 1), date(2026, 9, 1)),
        )
    }


async def test_a_post_is_held_from_its_first_day_to_the_day_before_its_until(db: Tx) -> None:
    person = await add_person(db)
    await add_post(db, person, "ZA1", start=date(2026, 4, 1), until=date(2026, 9, 1))
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 8, 31), date(2026, 9, 1)]
    held = [await service.practices_of(db, person, since=day, until=day) for day in days]
    assert held == [set(), {"ZA1"}, {"ZA1"}, set()]


async def test_a_name_on_a_list_is_matched_within_the_practice_and_only_when_it_is_one_person(db: Tx) -> None:
    anne = await add_person(db, "Dr Anne O'Brien-Shah")
    await add_post(db, anne, "ZA1")
    line = ("ZA1", "O'BRIEN SHAH, Anne")
    assert await service.find_members_by_name(db, [line, ("ZA2", "Anne O'Brien-Shah")], on=TODAY) == {line: anne}
    await add_post(db, await add_person(db, "Anne O'Brien Shah"), "ZA1")
    assert await service.find_members_by_name(db, [("ZA1", "Anne O'Brien Shah")], on=TODAY) == {}


async def test_recipients_are_those_in_the_posts_and_mailboxes_where_nobody_can_be_reached(
    shared: LivePlenary, db: Tx
) -> None:
    first, second = await practices(shared, db)
    lead = await add_person(db, "Lead", "lead@a.example")
    await add_post(db, lead, first, LEAD)
    await add_post(db, lead, first, GP)
    await add_post(db, await add_person(db, "Nurse", "n@a.example"), second, PostRole.NURSE)
    await add_mailbox(db, first)
    await add_mailbox(db, second, "team@b.example")
    await add_mailbox(db, "ZNOT1")
    mailbox = (second, "Practice mailbox", "team@b.example", True)
    assert await recipients(db) == {(first, "Lead", "lead@a.example", False), mailbox}
    assert await recipients(db, roles=[LEAD, GP]) == {(first, "Lead", "lead@a.example", False), mailbox}
    assert await recipients(db, practices=[first]) == {(first, "Lead", "lead@a.example", False)}
    assert await recipients(db, localities=[]) == set()


async def test_somebody_without_an_address_still_has_an_inbox_and_the_mailbox_is_told_too(
    shared: LivePlenary, db: Tx
) -> None:
    (code,) = await practices(shared, db, 1)
    await add_post(db, await add_person(db, "Lead"), code, LEAD)
    await add_mailbox(db, code, "team@a.example")
    assert await recipients(db) == {
        (code, "Lead", None, False),
        (code, "Practice mailbox", "team@a.example", True),
    }


async def test_posts_above_practices_are_reached_only_when_nothing_narrows_the_audience(
    shared: LivePlenary, db: Tx
) -> None:
    (code,) = await practices(shared, db, 1)
    await add_mailbox(db, code)
    await add_post(db, await add_person(db, "Chief", "c@icb.example"), None, PostRole.CHIEF_EXECUTIVE)
    chief = {(None, "Chief", "c@icb.example", False)}
    assert await recipients(db, roles=[PostRole.CHIEF_EXECUTIVE]) == chief
    assert await recipients(db, roles=[PostRole.CHIEF_EXECUTIVE], practices=[code]) == set()
