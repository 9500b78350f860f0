"""The payments worker: a run ends once with the same figures, whatever happens to the worker on the way."""

import asyncio
from datetime import date
from functools import partial
from uuid import UUID

import asyncpg
import pytest

from app.core import jobs
from app.core.clock import Period
from app.core.db import unit_of_work
from app.payments import service
from app.payments.values import Answer, Outcome
from tests.factories import schemes
from tests.factories.jobs import make_due
from tests.factories.payments import Office
from tests.factories.service import NOW, LivePlenary
from tests.factories.waiting import heard
from workers.jobs import run_job
from workers.payments import calculate_run
from workers.relay import relay

KIND = "payments.calculate_run"


async def requested(office: Office) -> str:
    run_id = (await office.request()).json()["result"]["payment_run"]
    await relay(office.live.tools)
    return run_id


async def jobs_of(office: Office) -> list[tuple[str, int]]:
    tenant = office.live.tenants[office.tenant]
    # The owner may act as the role that counts jobs for /metrics, and that one sees every tenant's.
    rows = await office.live.fetch(
        "SELECT state, attempts FROM job WHERE kind = $1 AND commissioner_id = $2", KIND, tenant, tenant=tenant
    )
    return [(row["state"], row["attempts"]) for row in rows]


async def frozen_and_half_written(office: Office, run_id: str) -> None:
    """What a worker leaves that is killed after its first chunk."""
    live = office.live
    async with unit_of_work(live.tools.worker_engine, live.tenants[office.tenant]) as session:
        frozen = await service.freeze_run(session, UUID(run_id), now=NOW)
    assert frozen
    async with unit_of_work(live.tools.worker_engine, live.tenants[office.tenant]) as session:
        await service.write_statements(session, UUID(run_id), frozen.work_out().statements[:1])
        await service.record_written(session, UUID(run_id), left=1, total=2)


async def test_run_of_a_killed_worker_is_ended_once_with_the_same_digests(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    undisturbed = await office.run(await office.calculate())
    await office.decide(undisturbed["id"], "reject", reason="To be done again.")
    run_id = await requested(office)
    await frozen_and_half_written(office, run_id)
    await shared.work()
    run = await office.run(run_id)
    assert run["state"] == "calculated"
    assert (run["practices"], run["lines"], run["total"]) == (2, 2, "5500.00")
    assert run["inputs_digest"] == undisturbed["inputs_digest"]
    assert run["outputs_digest"] == undisturbed["outputs_digest"]
    listed = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements")).json()["data"]
    assert [each["practice"] for each in listed] == office.practices


async def test_inputs_are_frozen_before_the_first_figure(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS)
    run_id = await requested(office)
    await frozen_and_half_written(office, run_id)
    await office.record(schemes.a_fact(office.practices[1], "late", date(2026, 4, 8)))
    await shared.work()
    assert (await office.run(run_id))["total"] == "0.00"


async def test_job_that_is_run_twice_changes_nothing_the_second_time(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    before = await office.run(run_id)
    await shared.execute(
        "UPDATE job SET state = 'queued', run_at = clock_timestamp() WHERE kind = $1",
        KIND,
        tenant=shared.tenants[office.tenant],
    )
    await shared.work()
    assert await jobs_of(office) == [("done", 2)]
    assert await office.run(run_id) == before


async def test_worker_whose_lease_ran_out_cannot_publish(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await requested(office)
    async with unit_of_work(shared.tools.worker_engine, None) as session:
        (late,) = await jobs.claim(session, queue="payments", kinds=[KIND], limit=1)
    await make_due(shared, KIND, office.tenant)
    await shared.work()
    published = await office.run(run_id)
    await run_job(shared.tools, late, stopping=asyncio.Event())
    assert await office.run(run_id) == published
    assert await jobs_of(office) == [("done", 1)]


async def test_run_that_cannot_be_worked_out_fails_and_frees_its_scheme(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await requested(office)
    # A version never changes once published; a definition that no longer parses stands for a fault of ours.
    await shared.execute(
        "ALTER TABLE scheme_version DISABLE TRIGGER written_once;"
        "UPDATE scheme_version SET definition = '{\"language\": 1}';"
        "ALTER TABLE scheme_version ENABLE TRIGGER written_once",
        tenant=shared.tenants[office.tenant],
    )
    await shared.work()
    run = await office.run(run_id)
    assert (run["state"], run["problem"]["code"]) == ("failed", "calculation.definition_invalid")
    assert await jobs_of(office) == [("parked", 1)]
    assert (await office.manager.get(f"/v1/payment-runs/{run_id}/statements")).json()["data"] == []
    refused = await office.decide(run_id, "approve")
    assert refused.json()["code"] == "payments.run_not_calculated"
    assert (await office.request()).json()["code"] != "payments.run_open"


@pytest.mark.parametrize("verb", ["approve", "release"])
async def test_of_64_decisions_at_once_one_is_taken(shared: LivePlenary, verb: str) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    if verb == "release":
        await office.decide(run_id, "approve")
    answers = await asyncio.gather(*(heard(partial(office.decide, run_id, verb)) for _ in range(64)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {409, 412}
    tenant = shared.tenants[office.tenant]
    action = f"payment_run.{verb}d"
    rows = await shared.fetch(
        "SELECT count(*) FROM audit_entry WHERE subject = $1 AND action = $2", run_id, action, tenant=tenant
    )
    assert rows[0]["count"] == 1


async def test_answers_that_come_in_two_halves_at_once_settle_the_run(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.pay()
    person = UUID((await office.run(run_id))["released_by"])
    first, second = await office.references(run_id)
    async with shared.session(office.tenant) as session:
        answer = Answer(first, Outcome.PAID, date(2026, 12, 18), None)
        await service.record_acknowledgements(
            session, UUID(run_id), [answer], person=person, expected=schemes.ANY_VERSION, now=shared.clock.now()
        )
        other = {"payment": second, "outcome": "paid", "paid_on": "2026-12-18"}
        beside = asyncio.create_task(office.acknowledge(run_id, other))
        await asyncio.wait({beside}, timeout=0.5)
    assert (await beside)["state"] == "acknowledged"
    assert (await office.run(run_id))["state"] == "acknowledged"


async def test_of_many_requests_at_once_one_run_is_opened(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    answers = await asyncio.gather(*(office.request() for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [202, *[409] * 15]
    await shared.work()


@pytest.mark.parametrize("login", ["app", "worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payment_line SET amount = 0",
        "DELETE FROM payment_line",
        "UPDATE payment SET payable = 1",
        "DELETE FROM payment_statement",
        "DELETE FROM payment_run",
    ],
)
async def test_no_login_can_change_what_was_posted(shared: LivePlenary, login: str, statement: str) -> None:
    connection = await asyncpg.connect(shared.settings.asyncpg_url(login))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_api_cannot_write_a_total(shared: LivePlenary) -> None:
    connection = await asyncpg.connect(shared.settings.asyncpg_url("app"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE payment_run SET total = 1")
    finally:
        await connection.close()


async def test_the_database_itself_refuses_the_same_person_twice(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await office.calculate()
    with pytest.raises(asyncpg.CheckViolationError, match="ck_payment_run_people"):
        await shared.execute(
            "UPDATE payment_run SET approved_by = calculated_by WHERE id = $1",
            UUID(run_id),
            tenant=shared.tenants[office.tenant],
        )


async def test_progress_of_a_large_run_is_seen_while_it_is_worked_out(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    run_id = await requested(office)
    await frozen_and_half_written(office, run_id)
    operation = (await office.run(run_id))["operation"]
    seen = (await office.manager.get(f"/v1/operations/{operation}")).json()
    assert (seen["status"], seen["progress"]) == ("running", {"done": 1, "total": 2})
    await shared.work()


async def test_metrics_count_releases_that_no_ledger_has_answered(live: LivePlenary) -> None:
    office = await Office.open(live)
    await office.pay()
    nothing_to_pay = await Office.open(live, lists=("0",))
    await nothing_to_pay.pay()
    scraper = await live.as_role("platform_admin", tenant="PLATFORM")
    text = (await scraper.get("/metrics")).text
    assert "plenary_releases_unacknowledged 1.0" in text


def test_handler_is_the_one_that_the_route_names() -> None:
    from workers.jobs import HANDLERS
    from workers.routes import ROUTES

    assert ROUTES["payments.run_requested"] == (KIND,)
    assert HANDLERS[KIND].run is calculate_run
    assert HANDLERS[KIND].queue == "payments"


async def test_later_period_is_not_touched_by_an_earlier_one(shared: LivePlenary) -> None:
    office = await Office.open(shared)
    await office.pay(Period(date(2026, 7, 1), date(2026, 10, 1)))
    run = await office.run(await office.calculate())
    assert (run["lines"], run["total"]) == (2, "5500.00")
