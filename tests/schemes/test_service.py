"""Use cases of schemes on a real database, rolled back after each test."""

from datetime import date

import pytest

from app.calculation.service import evaluate, parse_definition
from app.core.clock import Period
from app.core.db import Tx
from app.organisations.values import PracticeChangeKind, PracticeChangeRef
from app.schemes import service
from app.schemes.errors import FactsRefused, NoVersion
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.values import FactEntry, FactSource, SchemeRef
from tests.factories.organisations import make_membership
from tests.factories.schemes import (
    LEAD,
    NOW,
    PER_HEAD,
    QUARTER,
    SESSIONS,
    YEAR,
    a_fact,
    a_published_scheme,
    a_sign_up,
    publish,
)
from tests.factories.service import LivePlenary


async def a_practice(shared: LivePlenary, db: Tx, **facts: object) -> str:
    tenant = next(code for code, known in shared.tenants.items() if known == db.tenant)
    code = f"Y{tenant[-5:]}"
    await shared.make_practice(code, tenant, **facts)
    return code


async def expected(db: Tx, scheme: SchemeRef, practice: str) -> int:
    """Pence for the first quarter."""
    found = await service.expected_of_practice(db, practice, QUARTER)
    return {scheme.id: result.total for scheme, result in found}[scheme.id]


async def test_a_signed_up_practice_earns_by_its_list(shared: LivePlenary, db: Tx) -> None:
    practice = await a_practice(shared, db, registered="8412")
    scheme = await a_published_scheme(db, definition=PER_HEAD)
    made = await service.record_sign_ups(db, scheme.id, [a_sign_up(practice)], recorded_by=None, now=NOW)
    assert (made.created, made.updated, made.unchanged) == (1, 0, 0)
    assert await service.list_participants(db, scheme.id, period=QUARTER) == [practice]
    assert await expected(db, scheme, practice) == 420_600


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
    assert await expected(db, scheme, practice) == 60_000
    assert await record(a_fact(practice, "b", date(2026, 8, 13))) == (0, 1, 0)
    assert await expected(db, scheme, practice) == 30_000


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
    assert await expected(db, scheme, practice) == 0


async def test_the_newest_published_version_that_covers_the_period_counts(db: Tx) -> None:
    scheme = await a_published_scheme(db, definition=PER_HEAD)
    autumn = Period(date(2026, 10, 1), date(2027, 4, 1))
    assert await publish(db, scheme.id, SESSIONS, applies=autumn) == 2
    drafted = await service.add_version(db, scheme.id, applies=YEAR, definition=SESSIONS, reason="Draft.", now=NOW)
    assert drafted.n == 3
    assert (await service.get_version_for(db, scheme.id, QUARTER)).n == 1
    assert (await service.get_version_for(db, scheme.id, Period(date(2026, 10, 1), date(2026, 11, 1)))).n == 2
    with pytest.raises(NoVersion):
        await service.get_version_for(db, scheme.id, Period(date(2027, 3, 1), date(2027, 5, 1)))


async def test_a_past_period_takes_a_version_published_later(shared: LivePlenary, db: Tx) -> None:
    practice = await a_practice(shared, db, registered="100")
    scheme = await a_published_scheme(db, definition=PER_HEAD)
    await service.record_sign_ups(db, scheme.id, [a_sign_up(practice)], recorded_by=None, now=NOW)
    assert await expected(db, scheme, practice) == 5_000
    dearer = {**PER_HEAD, "pay": {**PER_HEAD["pay"], "rate": "3.00"}}
    await publish(db, scheme.id, dearer)
    assert await expected(db, scheme, practice) == 7_500


async def test_who_joins_late_is_a_member_of_the_scheme_from_then(shared: LivePlenary, db: Tx) -> None:
    practice = await a_practice(shared, db, registered="12000")
    monthly = {**PER_HEAD, "pay": {"type": "pro_rata", "by": "months", "then": PER_HEAD["pay"]}}
    scheme = await a_published_scheme(db, definition=monthly)
    june = a_sign_up(practice, valid_from=date(2026, 6, 1))
    await service.record_sign_ups(db, scheme.id, [june], recorded_by=None, now=NOW)
    assert await expected(db, scheme, practice) == 200_000
    assert await service.list_participants(db, scheme.id, period=Period(date(2026, 4, 1), date(2026, 6, 1))) == []
    assert await service.expected_of_practice(db, practice, Period(date(2026, 4, 1), date(2026, 6, 1))) == []


async def test_an_undated_agreement_holds_in_the_schemes_year_only_wherever_it_is_asked(
    shared: LivePlenary, db: Tx
) -> None:
    practice = await a_practice(shared, db, registered="8412")
    after = Period(date(2027, 4, 1), date(2027, 7, 1))
    scheme = await a_published_scheme(db, definition=SESSIONS)
    await service.record_sign_ups(db, scheme.id, [a_sign_up(practice)], recorded_by=None, now=NOW)
    assert await service.list_participants(db, scheme.id, period=YEAR) == [practice]
    assert await service.list_participants(db, scheme.id, period=after) == []
    assert await service.expected_of_practice(db, practice, after) == []
    with pytest.raises(FactsRefused) as refused:
        await service.record_facts(
            db,
            scheme.id,
            [a_fact(practice, "a", after.valid_from)],
            confirmed=True,
            source=FactSource.OFFICE,
            recorded_by=None,
            now=NOW,
        )
    found = [each.code for each in refused.value.errors]
    assert found == ["schemes.fact_in_future", "schemes.outside_scheme"]
    for day, still in ((date(2027, 3, 31), 1), (date(2027, 4, 1), 0)):
        change = PracticeChangeRef(PracticeChangeKind.CLOSE, (practice,), None, None, day)
        held = {each.what: each.count for each in await service.effects_of_practice_change(db, change)}
        assert held["agreements"] == still


async def test_an_agreement_from_after_the_schemes_year_holds_on_no_day(shared: LivePlenary, db: Tx) -> None:
    practice = await a_practice(shared, db, registered="8412")
    late, scheme = a_sign_up(practice, valid_from=date(2027, 4, 1)), await a_published_scheme(db, definition=PER_HEAD)
    await service.record_sign_ups(db, scheme.id, [late], recorded_by=None, now=NOW)
    assert await service.list_participants(db, scheme.id, period=QUARTER) == []
    assert await service.expected_of_practice(db, practice, QUARTER) == []


async def test_time_with_another_commissioner_is_not_paid_in_part(shared: LivePlenary, db: Tx) -> None:
    practice = await a_practice(shared, db, registered="9100", valid_until=date(2026, 4, 11))
    tenant = next(code for code, known in shared.tenants.items() if known == db.tenant)
    await make_membership(shared, practice, tenant, valid_from=date(2026, 6, 21))
    daily = {**PER_HEAD, "pay": {"type": "pro_rata", "by": "days", "then": PER_HEAD["pay"]}}
    scheme = await a_published_scheme(db, definition=daily)
    await service.record_sign_ups(db, scheme.id, [a_sign_up(practice)], recorded_by=None, now=NOW)
    # 20 of the quarter's 91 days of 4,550.00.
    assert await expected(db, scheme, practice) == 100_000


async def test_a_successor_of_the_register_is_paid_what_is_left_of_who_closed(shared: LivePlenary, db: Tx) -> None:
    heir = await a_practice(shared, db, registered="9100")
    tenant, former = next(code for code, known in shared.tenants.items() if known == db.tenant), f"{heir[:-1]}Z"
    closed = {
        "valid_until": date(2026, 5, 16),
        "closed_on": date(2026, 5, 15),
        "registered": "9100",
        "successor_code": heir,
    }
    await shared.make_practice(former, tenant, **closed)
    pay = {"type": "pro_rata", "by": "days", "successor": "takes_over", "then": PER_HEAD["pay"]}
    scheme = await a_published_scheme(db, definition={**PER_HEAD, "pay": pay})
    await service.record_sign_ups(db, scheme.id, [a_sign_up(former), a_sign_up(heir)], recorded_by=None, now=NOW)
    # 45 of the quarter's 91 days of 4,550.00, and the other 46.
    assert [await expected(db, scheme, each) for each in (former, heir)] == [225_000, 455_000 + 230_000]


async def test_nobody_takes_over_from_a_practice_that_had_left_the_scheme_before_it_closed(
    shared: LivePlenary, db: Tx
) -> None:
    heir = await a_practice(shared, db, registered="9100")
    tenant, former = next(code for code, known in shared.tenants.items() if known == db.tenant), f"{heir[:-1]}Z"
    closed = {"valid_until": date(2026, 8, 1), "closed_on": date(2026, 7, 31), "successor_code": heir}
    await shared.make_practice(former, tenant, registered="9100", **closed)
    pay = {"type": "pro_rata", "by": "days", "successor": "takes_over", "then": PER_HEAD["pay"]}
    scheme = await a_published_scheme(db, definition={**PER_HEAD, "pay": pay})
    sign_ups = [a_sign_up(former, valid_until=date(2026, 5, 16)), a_sign_up(heir)]
    await service.record_sign_ups(db, scheme.id, sign_ups, recorded_by=None, now=NOW)
    assert [await expected(db, scheme, each) for each in (former, heir)] == [225_000, 455_000]


async def test_a_successor_that_comes_to_the_commissioner_later_takes_over_nothing_before(
    shared: LivePlenary, db: Tx
) -> None:
    heir = await a_practice(shared, db, registered="9100", valid_from=date(2026, 10, 1))
    tenant, former = next(code for code, known in shared.tenants.items() if known == db.tenant), f"{heir[:-1]}Z"
    closed = {"valid_until": date(2026, 5, 16), "closed_on": date(2026, 5, 15), "successor_code": heir}
    await shared.make_practice(former, tenant, registered="9100", **closed)
    pay = {"type": "pro_rata", "by": "days", "successor": "takes_over", "then": PER_HEAD["pay"]}
    scheme = await a_published_scheme(db, definition={**PER_HEAD, "pay": pay})
    await service.record_sign_ups(db, scheme.id, [a_sign_up(former), a_sign_up(heir)], recorded_by=None, now=NOW)
    version = await service.get_version_for(db, scheme.id, QUARTER)
    inputs = await service.gather_inputs(db, scheme.id, version, period=QUARTER, codes=[former, heir])
    results = evaluate(parse_definition(version.definition), period=QUARTER, practices=inputs)
    assert {each.code: each.total for each in results} == {former: 225_000, heir: 0}


async def test_inputs_come_in_the_order_asked_for_with_facts_of_the_period_only(shared: LivePlenary, db: Tx) -> None:
    one = await a_practice(shared, db)
    two = f"{one[:-1]}_"[:8].replace("_", "Z")
    tenant = next(code for code, known in shared.tenants.items() if known == db.tenant)
    await shared.make_practice(two, tenant)
    scheme = await a_published_scheme(db, definition=LEAD)
    await service.record_sign_ups(db, scheme.id, [a_sign_up(one), a_sign_up(two)], recorded_by=None, now=NOW)
    facts = [
        a_fact(one, "in", date(2026, 6, 30)),
        a_fact(one, "out", date(2026, 7, 1)),
        a_fact(two, "b", QUARTER.valid_from),
    ]
    for confirmed, several in ((True, facts[:2]), (False, facts[2:])):
        await service.record_facts(
            db, scheme.id, several, confirmed=confirmed, source=FactSource.OFFICE, recorded_by=None, now=NOW
        )
    version = await service.get_version_for(db, scheme.id, QUARTER)
    inputs = await service.gather_inputs(db, scheme.id, version, period=QUARTER, codes=[two, one])
    assert [(each.code, [(f.external_id, f.confirmed) for f in each.facts]) for each in inputs] == [
        (two, [("b", False)]),
        (one, [("in", True)]),
    ]


async def test_what_is_held_on_a_person_is_given_out_and_a_lead_is_forgotten(shared: LivePlenary, db: Tx) -> None:
    practice = await a_practice(shared, db)
    tenant = next(code for code, known in shared.tenants.items() if known == db.tenant)
    person = await shared.make_person("Dr Ada Wren", tenant=tenant)
    scheme = await a_published_scheme(db)
    await service.record_sign_ups(db, scheme.id, [a_sign_up(practice)], recorded_by=person, now=NOW)
    await service.record_facts(
        db,
        scheme.id,
        [a_fact(practice, "a", date(2026, 5, 6))],
        confirmed=True,
        source=FactSource.OFFICE,
        recorded_by=person,
        now=NOW,
    )
    held = await service.export_person(db, person)
    assert [each["practice"] for each in held["offers_answered"]] == [practice]
    assert held["facts_recorded"] == [{"external_id": "a", "at": "2026-11-22T10:00:00Z"}]
    row = (await ParticipationRepository(db, db.tenant).list_by_practice(scheme.id, [practice]))[practice]
    row.named_lead_id = person
    await db.flush()
    await service.erase_person(db, person, now=NOW)
    await db.flush()
    assert (await service.export_person(db, person))["named_lead_in"] == []
