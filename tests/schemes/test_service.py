"""Use cases of schemes on a real database, rolled back after each test."""

from datetime import date

import pytest

from app.core.db import Tx
from app.schemes import service
from app.schemes.errors import FactsRefused
from app.schemes.values import FactEntry, FactSource
from tests.factories.schemes import NOW, PER_HEAD, QUARTER, a_fact, a_published_scheme, a_sign_up
from tests.factories.service import LivePlenary


async def a_practice(shared: LivePlenary, db: Tx, **facts: object) -> str:
    tenant = next(code for code, known in shared.tenants.items() if known == db.tenant)
    code = f"Y{tenant[-5:]}"
    await shared.make_practice(code, tenant, **facts)
    return code


async def test_a_signed_up_practice_earns_by_its_list(shared: LivePlenary, db: Tx) -> None:
    practice = await a_practice(shared, db, registered="8412")
    scheme = await a_published_scheme(db, definition=PER_HEAD)
    made = await service.record_sign_ups(db, scheme.id, [a_sign_up(practice)], recorded_by=None, now=NOW)
    assert (made.created, made.updated, made.unchanged) == (1, 0, 0)
    assert await service.list_participants(db, scheme.id, period=QUARTER) == [practice]
    assert (await service.expected(db, scheme.id, practice, QUARTER)).total == 420_600


async def test_the_same_facts_again_change_nothing_and_a_correction_supersedes(shared: LivePlenary, db: Tx) -> None:
    practice = await a_practice(shared, db)
    scheme = await a_published_scheme(db)
    await service.record_sign_ups(db, scheme.id, [a_sign_up(practice)], recorded_by=None, now=NOW)

    async def record(*facts: FactEntry) -> tuple[int, int, int]:
        done = await service.record_facts(
            db, scheme.id, facts, confirmed=True, source=FactSource.OFFICE, recorded_by=None, now=NOW
        )
        return done.created, done.changed, done.unchanged

    first, second = a_fact(practice, "a", date(2026, 5, 6)), a_fact(practice, "b", date(2026, 5, 13))
    assert await record(first, second) == (2, 0, 0)
    assert await record(first, second) == (0, 0, 2)
    assert (await service.expected(db, scheme.id, practice, QUARTER)).total == 60_000
    assert await record(a_fact(practice, "b", date(2026, 8, 13))) == (0, 1, 0)
    assert (await service.expected(db, scheme.id, practice, QUARTER)).total == 30_000


async def test_a_fact_of_a_practice_outside_the_scheme_is_refused_and_nothing_is_half_done(
    shared: LivePlenary, db: Tx
) -> None:
    practice = await a_practice(shared, db)
    scheme = await a_published_scheme(db)
    await service.record_sign_ups(db, scheme.id, [a_sign_up(practice)], recorded_by=None, now=NOW)
    facts = [a_fact(practice, "a", date(2026, 5, 6)), a_fact("ZZZ999", "b", date(2026, 5, 6))]
    with pytest.raises(FactsRefused) as refused:
        await service.record_facts(
            db, scheme.id, facts, confirmed=True, source=FactSource.OFFICE, recorded_by=None, now=NOW
        )
    assert [(each.pointer, each.code) for each in refused.value.errors] == [
        ("/facts/1/practice", "schemes.practice_not_in_scheme")
    ]
    assert (await service.expected(db, scheme.id, practice, QUARTER)).total == 0
