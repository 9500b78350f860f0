"""The spreadsheet of people, applied to PostgreSQL."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from app.core.db import Tx
from app.organisations.values import ImportOutcome, PersonRow
from app.people import service
from app.people.service.spreadsheet import apply_people
from app.people.tables import Mailbox, Person, Post
from tests.factories.people import add_person, add_post, tenant_code
from tests.factories.service import NOW, TODAY, LivePlenary


def row(practice: str, role: str = "practice_manager", name: str | None = "Anne Archer", **members: Any) -> PersonRow:
    values = {"email": None, "valid_from": None, "valid_until": None, "listed": None} | members
    return PersonRow(practice=practice, role=role, name=name, **values)


async def a_practice(shared: LivePlenary, db: Tx, number: int = 0) -> str:
    tenant = await tenant_code(db)
    code = f"Z{tenant[2:]}{number}"
    await shared.make_practice(code, tenant)
    return code


async def apply(db: Tx, *rows: PersonRow, now=NOW) -> ImportOutcome:
    outcome = await apply_people(db, rows, numbers=range(2, len(rows) + 2), now=now)
    await db.flush()
    await (await db.connection()).execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    return outcome


def counts(outcome: ImportOutcome) -> tuple[int, int, int]:
    return outcome.created, outcome.updated, outcome.unchanged


def refusals(outcome: ImportOutcome) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.code) for error in outcome.errors]


async def mailboxes(db: Tx) -> list[tuple[str, str]]:
    return [tuple(row) for row in await db.exec(select(Mailbox.practice, Mailbox.email))]


async def held(db: Tx) -> list[tuple[Any, ...]]:
    statement = select(Person.name, Post.role, Post.valid_from, Post.valid_until).join(
        Post, col(Post.person_id) == Person.id
    )
    return sorted((await db.exec(statement.where(col(Post.commissioner_id) == db.tenant))).all())


async def test_a_first_import_makes_people_posts_and_mailboxes_and_a_second_changes_nothing(
    shared: LivePlenary, db: Tx
) -> None:
    code = await a_practice(shared, db)
    rows = [
        row(code, "Practice Manager", "Anne Archer", email="anne@surgery.example"),
        row(code, "named_lead", "Dr Ben Best", email="ben@surgery.example", valid_from=date(2026, 4, 1)),
        row(code, "nurse", "Cy Carr"),
        row(code, "mailbox", None, email="team@surgery.example"),
    ]
    assert counts(await apply(db, *rows)) == (4, 0, 0)
    assert await held(db) == [
        ("Anne Archer", "practice_manager", TODAY, None),
        ("Cy Carr", "nurse", TODAY, None),
        ("Dr Ben Best", "named_lead", date(2026, 4, 1), None),
    ]
    assert await mailboxes(db) == [(code, "team@surgery.example")]
    shown = await (await db.connection()).execute(text("SELECT lead_name FROM published.practice"))
    assert shown.scalar_one() == "Dr Ben Best"
    db.pending.events.clear()
    db.pending.audit.clear()
    again = await apply(db, *rows, now=NOW + timedelta(days=1))
    assert (counts(again), again.errors, again.warnings) == ((0, 0, 4), [], [])
    assert (db.pending.events, db.pending.audit) == ([], [])


async def test_rows_that_cannot_be_are_refused_one_by_one(shared: LivePlenary, db: Tx) -> None:
    code = await a_practice(shared, db)
    outcome = await apply(
        db,
        row("ZNONE1"),
        row(code, "astronaut"),
        row(code, "gp", "Pat 943 476 5919"),
        row(code, "gp", "Gone", valid_until=date(2026, 1, 1)),
        row(code, "gp", "Fine"),
        row(code, "mailbox", None, email="a@surgery.example"),
        row(code, "mailbox", None, email="b@surgery.example"),
    )
    assert counts(outcome) == (2, 0, 0)
    assert refusals(outcome) == [
        (2, "practice_code", "people.not_a_member"),
        (3, "role", "people.unknown_role"),
        (4, "name", "privacy.nhs_number"),
        (5, "from", "imports.missing_value"),
        (8, "email", "people.second_mailbox"),
    ]
    assert [name for name, *_ in await held(db)] == ["Fine"]


async def test_an_address_that_went_to_somebody_else_does_not_take_the_person_along(
    shared: LivePlenary, db: Tx
) -> None:
    code = await a_practice(shared, db)
    anne = await add_person(db, "Anne Archer", "manager@surgery.example")
    await add_post(db, anne, code)
    outcome = await apply(db, row(code, name="Zoe Young", email="manager@surgery.example"))
    assert refusals(outcome) == [(2, "email", "people.email_of_another")]
    married = await apply(db, row(code, "gp", "Anne Brown", email="Manager@surgery.example"))
    assert (counts(married), (await service.get_person(db, anne)).name) == ((0, 1, 0), "Anne Brown")


async def test_one_address_for_several_people_is_the_practices_mailbox(shared: LivePlenary, db: Tx) -> None:
    code = await a_practice(shared, db)
    rows = [
        row(code, "gp", "Anne Archer", email="team@surgery.example"),
        row(code, "gp", "Ben Best", email="TEAM@surgery.example"),
    ]
    outcome = await apply(db, *rows)
    assert counts(outcome) == (2, 0, 0)
    assert len(outcome.warnings) == 1
    assert await mailboxes(db) == [(code, "team@surgery.example")]
    assert await service.find_person_by_email(db, "team@surgery.example") is None
    assert counts(await apply(db, *rows)) == (0, 0, 2)


async def test_namesakes_in_one_practice_are_told_apart_by_their_addresses(shared: LivePlenary, db: Tx) -> None:
    code = await a_practice(shared, db)
    rows = [
        row(code, "gp", "Anita Patel", email="anita.one@surgery.example"),
        row(code, "gp", "Anita Patel", email="anita.two@surgery.example"),
    ]
    assert counts(await apply(db, *rows)) == (2, 0, 0)
    assert counts(await apply(db, *rows)) == (0, 0, 2)
    unclear = await apply(db, row(code, "named_lead", "Anita Patel"))
    assert refusals(unclear) == [(2, "name", "people.ambiguous_name")]


async def test_a_new_address_of_a_known_person_is_taken_over(shared: LivePlenary, db: Tx) -> None:
    code = await a_practice(shared, db)
    anne = await add_person(db, "Anne Archer", "anne@old.example")
    await add_post(db, anne, code)
    assert counts(await apply(db, row(code, "gp", "Dr A Archer", email="anne@new.example"))) == (1, 0, 0)
    assert (await service.get_person(db, anne)).email == "anne@old.example"
    outcome = await apply(db, row(code, "gp", "ARCHER, Anne", email="anne.archer@new.example"))
    assert counts(outcome) == (0, 1, 0)
    assert (await service.get_person(db, anne)).email == "anne.archer@new.example"


async def test_a_lead_whom_the_file_no_longer_names_makes_room_for_the_new_one(shared: LivePlenary, db: Tx) -> None:
    code = await a_practice(shared, db)
    await apply(db, row(code, "named_lead", "Old Lead", valid_from=date(2020, 4, 1)))
    outcome = await apply(db, row(code, "named_lead", "New Lead", valid_from=date(2026, 10, 1)))
    assert (counts(outcome), len(outcome.warnings)) == ((1, 0, 0), 1)
    assert await held(db) == [
        ("New Lead", "named_lead", date(2026, 10, 1), None),
        ("Old Lead", "named_lead", date(2020, 4, 1), date(2026, 10, 1)),
    ]


async def test_two_leads_at_once_in_one_file_are_refused_and_a_handover_is_not(shared: LivePlenary, db: Tx) -> None:
    code = await a_practice(shared, db)
    both = await apply(db, row(code, "lead", "First Lead"), row(code, "lead", "Second Lead"))
    assert (counts(both), refusals(both)) == ((1, 0, 0), [(3, "role", "people.lead_overlap")])
    other = await a_practice(shared, db, 1)
    day = date(2026, 9, 1)
    handover = [
        row(other, "lead", "Next Lead", valid_from=day),
        row(other, "lead", "Past Lead", valid_from=date(2026, 4, 1), valid_until=day),
    ]
    outcome = await apply(db, *handover)
    assert (counts(outcome), outcome.errors) == ((2, 0, 0), [])
    assert counts(await apply(db, *handover)) == (0, 0, 2)


async def test_a_correction_of_a_period_is_remembered_as_it_was_known(shared: LivePlenary, db: Tx) -> None:
    code = await a_practice(shared, db)
    await apply(db, row(code, "named_lead", "A Lead", valid_from=date(2026, 4, 1)))
    later = NOW + timedelta(days=2)
    outcome = await apply(db, row(code, "named_lead", "A Lead", valid_from=date(2026, 6, 1)), now=later)
    assert counts(outcome) == (0, 1, 0)
    then = await service.posts_held(db, [code], known_on=NOW + timedelta(days=1))
    now = await service.posts_held(db, [code], known_on=later)
    assert [posts[code][0].valid_from for posts in (then, now)] == [date(2026, 4, 1), date(2026, 6, 1)]
    assert await service.posts_held(db, [code], known_on=NOW - timedelta(days=1)) == {}


async def test_an_import_confirms_a_stale_post_and_never_takes_back_what_a_cell_leaves_empty(
    shared: LivePlenary, db: Tx
) -> None:
    code = await a_practice(shared, db)
    anne = await add_person(db)
    post = await add_post(db, anne, code, confirmed_on=date(2026, 1, 1), until=date(2027, 4, 1), listed=True)
    assert counts(await apply(db, row(code, "gp"))) == (0, 1, 0)
    assert (post.confirmed_on, post.valid_until, post.listed) == (TODAY, date(2027, 4, 1), True)
    assert counts(await apply(db, row(code, "gp"))) == (0, 0, 1)


async def test_a_changed_mailbox_replaces_the_one_before(shared: LivePlenary, db: Tx) -> None:
    code = await a_practice(shared, db)
    await apply(db, row(code, "mailbox", None, email="old@surgery.example"))
    await service.record_bounces(db, ["OLD@surgery.example"], at=NOW)
    assert (await db.exec(select(Mailbox.bounced_at))).one() == NOW
    assert counts(await apply(db, row(code, "mailbox", None, email="new@surgery.example"))) == (0, 1, 0)
    assert (await db.exec(select(Mailbox.email, Mailbox.bounced_at))).one() == ("new@surgery.example", None)


async def test_a_row_with_an_address_that_somebody_gave_up_is_refused_unless_it_is_theirs(
    shared: LivePlenary, db: Tx
) -> None:
    code = await a_practice(shared, db)
    await apply(db, row(code, name="Anne Archer", email="anne@old.example"))
    await apply(db, row(code, name="Anne Archer", email="anne@new.example"))
    outcome = await apply(db, row(code, "gp", name="Zoe Zephyr", email="Anne@OLD.example"))
    assert refusals(outcome) == [(2, "email", "people.former_address")]
    assert counts(await apply(db, row(code, name="Anne Archer", email="anne@old.example"))) == (0, 1, 0)
