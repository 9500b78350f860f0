"""Runs that are not paid in time: listed, and told once to whoever looks after them."""

from datetime import date
from uuid import UUID

import pytest

from app.core.db import unit_of_work
from app.core.jobs import enqueue
from app.payments import service as service_of_payments
from app.payments.rules.lateness import unanswered_since
from tests.factories.communications import mail_of, told
from tests.factories.payments import Office
from tests.factories.service import LivePlenary


@pytest.mark.parametrize(
    ("on", "since"),
    [
        (date(2026, 11, 13), date(2026, 11, 8)),
        (date(2026, 11, 14), date(2026, 11, 8)),
        (date(2026, 11, 16), date(2026, 11, 9)),
        (date(2026, 11, 19), date(2026, 11, 12)),
    ],
)
def test_five_working_days_are_over_at_the_end_of_a_day(on: date, since: date) -> None:
    assert unanswered_since(on) == since


async def watch(office: Office, day: str) -> None:
    """What the night's job does just after that day began."""
    live = office.live
    async with unit_of_work(live.tools.worker_engine, live.tenants[office.tenant]) as session:
        await enqueue(session, "payments.watch_runs", queue="payments", dedupe_key=day, payload={"day": day})
    await live.work()


async def listed(office: Office, on: str) -> list[str]:
    answer = await office.manager.get("/v1/payment-runs", params={"unpaid_on": on})
    assert answer.status_code == 200, answer.text
    return [run["id"] for run in answer.json()["data"]]


async def test_run_is_listed_from_the_end_of_its_day_of_payment_until_the_ledger_has_paid_all(
    shared: LivePlenary,
) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    first, second = await office.references(run_id)
    await office.acknowledge(
        run_id,
        {"payment": first, "outcome": "paid", "paid_on": "2026-12-22"},
        {"payment": second, "outcome": "accepted"},
    )
    assert await listed(office, "2026-12-21") == []
    assert await listed(office, "2026-12-22") == [run_id]
    await office.acknowledge(run_id, {"payment": second, "outcome": "paid", "paid_on": "2026-12-23"})
    assert await listed(office, "2026-12-22") == [run_id]
    assert await listed(office, "2026-12-23") == []


async def test_run_that_pays_nothing_is_never_late(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=(None,))
    await office.pay()
    assert await listed(office, "2027-12-31") == []
    await watch(office, "2028-01-01")
    assert await told(shared, office.tenant, "late_run") == []


async def test_silence_after_five_working_days_and_a_missed_day_of_payment_are_told_once_each(
    shared: LivePlenary,
) -> None:
    office = await Office.open(shared)
    auditor = await shared.make_person("Ada Auditor", tenant=office.tenant)
    await shared.make_key("auditor", tenant=office.tenant, person=auditor)
    # Released on Sunday 22 November 2026, to be paid by 22 December.
    run_id = await office.pay()
    for day, messages in (
        ("2026-11-27", 0),
        ("2026-11-28", 1),
        ("2026-11-29", 1),
        ("2026-12-22", 1),
        ("2026-12-23", 2),
        ("2026-12-24", 2),
    ):
        await watch(office, day)
        rows = [row for row in await told(shared, office.tenant, "late_run") if row["person_id"] == auditor]
        assert len(rows) == messages, day
    tenant = shared.tenants[office.tenant]
    events = await shared.fetch("SELECT subject, payload FROM event WHERE name = 'payments.run_late'", tenant=tenant)
    assert [row["subject"] for row in events] == [run_id, run_id]
    people = {str(row["person_id"]) for row in await told(shared, office.tenant, "late_run")}
    holders = [(await client.get("/v1/me")).json()["person"]["id"] for client in (office.manager, office.releaser)]
    assert people == {str(auditor), *holders}


async def test_notice_of_a_late_run_names_what_is_still_to_be_paid(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    first, _ = await office.references(run_id)
    await office.acknowledge(run_id, {"payment": first, "outcome": "paid", "paid_on": "2026-11-22"})
    await watch(office, "2026-12-23")
    subject, text = mail_of(shared, (await told(shared, office.tenant, "late_run"))[0])
    assert subject == "Not paid in time: A named lead in every practice"
    total = (await office.run(run_id))["total"]
    assert total == "5500.00"
    assert "1 payment for A named lead in every practice, 1 April 2026 to 30 June 2026" in text
    assert "due by 22 December 2026: the ledger has not said that this is paid." in text


async def test_of_a_payment_that_was_paid_in_part_the_rest_is_named(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.pay()
    (payment,) = await office.references(run_id)
    paid = {"payment": payment, "outcome": "paid", "paid_on": "2026-12-01", "amount": "2000.00"}
    await office.acknowledge(run_id, paid)
    async with shared.session(office.tenant) as session:
        before, after = [
            await service_of_payments.find_late(session, UUID(run_id), on=on)
            for on in (date(2026, 11, 30), date(2026, 12, 22))
        ]
    assert before
    assert after
    assert [(late.payments, late.total) for late in (before, after)] == [(1, 250_000), (1, 50_000)]
