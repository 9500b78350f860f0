"""What changed after a period was paid: differences, money taken back, and changes that touch it."""

from datetime import date

from app.core.clock import Period
from tests.factories import schemes
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

SECOND_QUARTER = Period(date(2026, 7, 1), date(2026, 10, 1))


async def test_late_fact_of_a_paid_period_becomes_an_adjustment(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS)
    first, _ = office.practices
    await office.record(schemes.a_fact(first, "f1", date(2026, 4, 8)))
    paid = await office.pay()
    assert (await office.statement(paid, first))["total"] == "300.00"
    await office.record(schemes.a_fact(first, "f2", date(2026, 5, 6)))
    later = await office.statement(await office.calculate(SECOND_QUARTER), first)
    assert [(line["kind"], line["period"]["from"], line["amount"]) for line in later["lines"]] == [
        ("entitlement", "2026-07-01", "0.00"),
        ("adjustment", "2026-04-01", "300.00"),
    ]
    assert later["lines"][1]["sentence"].startswith("Adjustment from 1 April 2026 to 30 June 2026: 600.00 is due")


async def test_period_that_has_not_changed_brings_no_adjustment(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await office.pay()
    later = await office.run(await office.calculate(SECOND_QUARTER))
    assert (later["lines"], later["total"]) == (2, "5500.00")


async def test_second_run_of_a_released_period_holds_differences_only(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS)
    first, second = office.practices
    await office.record(schemes.a_fact(first, "f1", date(2026, 4, 8)))
    await office.pay()
    await office.record(schemes.a_fact(second, "f2", date(2026, 4, 8)))
    run_id = await office.pay()
    run = await office.run(run_id)
    assert (run["practices"], run["lines"], run["total"]) == (1, 1, "300.00")
    assert (await office.statement(run_id, second))["lines"][0]["kind"] == "adjustment"
    nothing = await office.run(await office.calculate())
    assert (nothing["state"], nothing["practices"], nothing["total"]) == ("calculated", 0, "0.00")


async def test_withdrawn_session_is_taken_back_from_the_next_payment(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS, lists=("5000",))
    (practice,) = office.practices
    await office.record(*(schemes.a_fact(practice, f"a{n}", date(2026, 4, n)) for n in (7, 8)))
    await office.pay()
    await office.record(*(schemes.a_fact(practice, f"a{n}", date(2026, 4, n), None) for n in (7, 8)))
    clawback = await office.pay(SECOND_QUARTER)
    payment = (await office.statement(clawback, practice))["payments"][0]
    assert (payment["total"], payment["payable"], payment["carried_forward"]) == ("-600.00", "0.00", "-600.00")
    file = (await office.manager.get(f"/v1/payment-runs/{clawback}/file", params={"format": "json"})).json()
    assert file["control"] == {"count": 0, "total": "0.00"}
    third = Period(date(2026, 10, 1), date(2027, 1, 1))
    held = (date(2026, 10, 1), date(2026, 11, 1), date(2026, 11, 2))
    await office.record(*(schemes.a_fact(practice, f"b{day}", day) for day in held))
    payment = (await office.statement(await office.calculate(third), practice))["payments"][0]
    assert (payment["total"], payment["brought_forward"], payment["payable"]) == ("900.00", "-600.00", "300.00")


async def test_practice_change_says_which_payments_it_would_touch(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS, lists=("5000",))
    (practice,) = office.practices
    await office.record(
        schemes.a_fact(practice, "f1", date(2026, 4, 8)), schemes.a_fact(practice, "f2", date(2026, 4, 9))
    )
    await office.pay()
    await office.record(schemes.a_fact(practice, "f1", date(2026, 4, 8), None))
    await office.pay(SECOND_QUARTER)
    await office.record(schemes.a_fact(practice, "f3", date(2026, 10, 8)))
    await office.calculate(Period(date(2026, 10, 1), date(2027, 1, 1)))
    body = {"kind": "close", "practice": practice, "effective_on": "2026-12-01", "dry_run": True}
    effects = await effects_of(shared, office, body)
    assert effects["payments"].startswith("1 in runs that are not released yet, 300.00 in all")
    assert effects["carried_forward"].startswith("300.00 carried forward")


async def effects_of(shared: LivePlenary, office: Office, body: dict) -> dict[str, str]:
    admin = await shared.as_role("platform_admin", tenant="PLATFORM")
    answer = await admin.post("/v1/practice-changes", json=body)
    assert answer.status_code in (200, 201), answer.text
    return {each["what"]: each["sentence"] for each in answer.json()["effects"]}
