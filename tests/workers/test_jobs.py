"""Jobs on a real database: leases, fences, retries, parking, turns between tenants."""

import asyncio

import pytest
from sqlalchemy import text

from app.core import jobs
from app.core.db import Tx, unit_of_work
from app.core.errors import Conflict
from app.core.jobs import LostLease
from tests.factories.jobs import handling, job_rows, make_due, put_job
from tests.factories.service import LivePlenary
from workers.jobs import MOST_LOSSES, JobContext, Parked, advanced, back_off, drain, run_job


async def run_due(live: LivePlenary, queue: str = "default") -> int:
    return await drain(live.tools, queue, stopping=asyncio.Event())


async def test_a_job_is_run_once_and_done(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    seen = []

    async def note(context: JobContext) -> None:
        seen.append(context.payload["key"])

    with handling("test.note", note):
        await put_job(shared, "test.note", tenant=tenant, key="a")
        await put_job(shared, "test.note", tenant=tenant, key="a")
        await run_due(shared)
        await run_due(shared)
    assert seen == ["a"]
    assert [row["state"] for row in await job_rows(shared, "test.note", tenant)] == ["done"]


async def test_effect_and_done_commit_together_or_not_at_all(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()

    async def change_then_fail(context: JobContext) -> None:
        async with context.transaction(final=True) as session:
            await (await session.connection()).execute(
                text("INSERT INTO locality (commissioner_id, id, code, name) VALUES (:t, :i, 'L1', 'North')"),
                {"t": context.job.commissioner_id, "i": context.job.id},
            )
            raise Conflict("no")

    with handling("test.half", change_then_fail):
        await put_job(shared, "test.half", tenant=tenant)
        await run_due(shared)
    assert await shared.fetch("SELECT 1 FROM locality", tenant=shared.tenants[tenant]) == []
    [row] = await job_rows(shared, "test.half", tenant)
    assert (row["state"], row["last_error"]) == ("parked", "conflict: no")


async def test_a_passing_fault_is_retried_and_the_last_attempt_parks(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()

    async def never(context: JobContext) -> None:
        raise TimeoutError("provider away")

    with handling("test.never", never, attempts=2):
        await put_job(shared, "test.never", tenant=tenant)
        await run_due(shared)
        [first] = await job_rows(shared, "test.never", tenant)
        await make_due(shared, "test.never", tenant)
        await run_due(shared)
        [second] = await job_rows(shared, "test.never", tenant)
    assert (first["state"], first["attempts"]) == ("queued", 1)
    assert (second["state"], second["attempts"]) == ("parked", 2)


async def test_a_dead_workers_job_is_taken_over_and_the_late_one_is_fenced_off(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()

    async def nothing(context: JobContext) -> None:
        return

    with handling("test.dead", nothing):
        await put_job(shared, "test.dead", tenant=tenant)
        async with unit_of_work(shared.tools.worker_engine, None) as session:
            [old] = await jobs.claim(session, queue="default", kinds=["test.dead"], limit=1)
        await make_due(shared, "test.dead", tenant)
        await run_due(shared)
        with pytest.raises(LostLease):
            async with unit_of_work(shared.tools.worker_engine, old.commissioner_id) as session:
                await jobs.finish(session, old)
    [row] = await job_rows(shared, "test.dead", tenant)
    assert (row["state"], row["token"]) == ("done", 2)


async def test_a_worker_that_lost_its_lease_leaves_nothing_behind(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()

    async def slow(context: JobContext) -> None:
        await make_due(shared, "test.slow", tenant)
        async with unit_of_work(shared.tools.worker_engine, None) as session:
            await jobs.claim(session, queue="default", kinds=["test.slow"], limit=1)
        async with context.transaction(final=True) as session:
            await (await session.connection()).execute(
                text("INSERT INTO locality (commissioner_id, id, code, name) VALUES (:t, :i, 'L2', 'South')"),
                {"t": context.job.commissioner_id, "i": context.job.id},
            )

    with handling("test.slow", slow):
        await put_job(shared, "test.slow", tenant=tenant)
        async with unit_of_work(shared.tools.worker_engine, None) as session:
            [job] = await jobs.claim(session, queue="default", kinds=["test.slow"], limit=1)
        await run_job(shared.tools, job, stopping=asyncio.Event())
    assert await shared.fetch("SELECT 1 FROM locality", tenant=shared.tenants[tenant]) == []


async def test_a_lease_that_another_worker_has_taken_cannot_be_renewed(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await put_job(shared, "test.taken", tenant=tenant)
    async with unit_of_work(shared.tools.worker_engine, None) as session:
        [old] = await jobs.claim(session, queue="default", kinds=["test.taken"], limit=1)
    await make_due(shared, "test.taken", tenant)
    async with unit_of_work(shared.tools.worker_engine, None) as session:
        await jobs.claim(session, queue="default", kinds=["test.taken"], limit=1)
    with pytest.raises(LostLease):
        async with unit_of_work(shared.tools.worker_engine, old.commissioner_id) as session:
            await jobs.hold(session, old)


class _Killed(BaseException):
    """Stands for the end of the process: nothing after it runs."""


async def test_what_failed_before_a_job_got_on_is_forgotten(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()

    async def get_on_and_fail(context: JobContext) -> None:
        async with context.transaction(end=advanced):
            pass
        raise TimeoutError

    with handling("test.gets_on", get_on_and_fail, attempts=2):
        await put_job(shared, "test.gets_on", tenant=tenant)
        await _count_job(shared, tenant, attempts=1, failures=1)
        await run_due(shared)
    [row] = await job_rows(shared, "test.gets_on", tenant)
    assert (row["state"], row["failures"]) == ("queued", 1)


async def test_a_job_that_got_on_and_is_given_back_has_lost_no_workers(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await put_job(shared, "test.given_back", tenant=tenant)
    await _count_job(shared, tenant, attempts=19, failures=7)
    for step in (jobs.begin, jobs.advance, jobs.give_back):
        async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
            if step is jobs.begin:
                [claimed] = await jobs.claim(session, queue="default", kinds=["test.given_back"], limit=1)
            await step(session, claimed)
    [row] = await job_rows(shared, "test.given_back", tenant)
    assert (row["state"], row["attempts"], row["failures"]) == ("queued", 0, 0)


async def _count_job(live: LivePlenary, tenant: str, *, attempts: int, failures: int) -> None:
    await live.execute("UPDATE job SET attempts = $1, failures = $2", attempts, failures, tenant=live.tenants[tenant])


async def test_workers_that_ended_leave_a_job_all_its_tries(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    ends = [_Killed, _Killed, _Killed, TimeoutError]

    async def unlucky(context: JobContext) -> None:
        if ends:
            raise ends.pop(0)

    with handling("test.unlucky", unlucky, attempts=2):
        await put_job(shared, "test.unlucky", tenant=tenant)
        for _ in range(3):
            with pytest.raises(_Killed):
                await run_due(shared)
            await make_due(shared, "test.unlucky", tenant)
        for _ in range(2):
            await run_due(shared)
            await make_due(shared, "test.unlucky", tenant)
    [row] = await job_rows(shared, "test.unlucky", tenant)
    assert (row["state"], row["attempts"], row["failures"]) == ("done", 5, 1)


async def test_a_job_that_kills_its_workers_again_and_again_is_parked(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    told = []

    async def deadly(context: JobContext) -> None:
        raise _Killed

    async def note(session: Tx, parked: Parked) -> None:
        told.append(str(parked.error))

    with handling("test.deadly", deadly, attempts=2, on_parked=note):
        await put_job(shared, "test.deadly", tenant=tenant)
        for _ in range(MOST_LOSSES):
            with pytest.raises(_Killed):
                await run_due(shared)
            await make_due(shared, "test.deadly", tenant)
        await run_due(shared)
    [row] = await job_rows(shared, "test.deadly", tenant)
    assert (row["state"], row["attempts"]) == ("parked", MOST_LOSSES)
    assert row["last_error"] == f"jobs.worker_lost: The worker ended {MOST_LOSSES} times in this job."
    assert len(told) == 1


async def test_who_waits_is_handed_the_error_itself(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    told = []

    async def refuse(context: JobContext) -> None:
        raise Conflict("not: today")

    async def note(session: Tx, parked: Parked) -> None:
        told.append(parked.error)

    with handling("test.refused", refuse, on_parked=note):
        await put_job(shared, "test.refused", tenant=tenant)
        await run_due(shared)
    assert [(type(error), str(error)) for error in told] == [(Conflict, "not: today")]


@pytest.mark.parametrize("statement", [None, "SELECT no_such_column"])
async def test_a_job_is_parked_though_nobody_could_be_told(shared: LivePlenary, statement: str | None) -> None:
    tenant = await shared.fresh_tenant()

    async def refuse(context: JobContext) -> None:
        raise Conflict("not today")

    async def stumble(session: Tx, parked: Parked) -> None:
        if statement:
            await (await session.connection()).execute(text(statement))
        raise KeyError("subject")

    with handling("test.untold", refuse, on_parked=stumble):
        await put_job(shared, "test.untold", tenant=tenant)
        await run_due(shared)
    [row] = await job_rows(shared, "test.untold", tenant)
    assert row["state"] == "parked"
    assert row["last_error"].startswith("conflict: not today (on_parked failed: ")
    assert ("no_such_column" if statement else "KeyError") in row["last_error"]


async def test_what_the_database_was_given_is_not_kept_with_the_job(shared: LivePlenary) -> None:
    """Names and addresses would outlive their person there, for auditors and in the log."""
    tenant = await shared.fresh_tenant()
    insert = text(
        "INSERT INTO person (commissioner_id, id, name, name_key, email) VALUES (:tenant, :tenant, :name, '', :email)"
    )

    async def stumble(context: JobContext) -> None:
        async with context.transaction() as session:
            values = {"tenant": session.tenant, "name": None, "email": "zoe@example.org"}
            await (await session.connection()).execute(insert, values)

    with handling("test.personal", stumble):
        await put_job(shared, "test.personal", tenant=tenant)
        await run_due(shared)
    [row] = await job_rows(shared, "test.personal", tenant)
    assert row["state"] == "parked"
    assert row["last_error"].startswith("IntegrityError (23502): null value in column")
    assert "zoe@" not in row["last_error"]


async def test_what_a_dead_worker_left_counts_as_due(live: LivePlenary) -> None:
    tenant = await live.fresh_tenant()
    await put_job(live, "test.left", tenant=tenant, queue="payments")
    async with unit_of_work(live.tools.worker_engine, None) as session:
        await jobs.claim(session, queue="payments", kinds=["test.left"], limit=1)
    await live.execute(
        "UPDATE job SET lease_until = clock_timestamp() - interval '5 minutes'", tenant=live.tenants[tenant]
    )
    scraper = await live.as_role("platform_admin", tenant="PLATFORM")
    page = (await scraper.get("/metrics")).text
    [line] = [line for line in page.splitlines() if line.startswith('plenary_job_oldest_due_seconds{queue="payments"}')]
    assert 299 < float(line.split()[-1]) < 330
    # Beside it, every other queue has its line.
    shown = {queue for queue in jobs.QUEUES if f'plenary_job_oldest_due_seconds{{queue="{queue}"}}' in page}
    assert shown == set(jobs.QUEUES)


async def test_waiting_behind_a_slow_job_is_no_attempt(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    ran = []

    async def slow(context: JobContext) -> None:
        ran.append(context.payload["key"])
        # The leases of all that wait in this batch run out, and another worker claims them and dies.
        await make_due(shared, "test.behind", tenant)
        async with unit_of_work(shared.tools.worker_engine, None) as session:
            await jobs.claim(session, queue="default", kinds=["test.behind"], limit=10)

    with handling("test.slow_first", slow), handling("test.behind", slow):
        await put_job(shared, "test.slow_first", tenant=tenant, key="slow")
        for key in ("a", "b"):
            await put_job(shared, "test.behind", tenant=tenant, key=key)
        await run_due(shared)
    assert ran == ["slow"]
    assert [row["attempts"] for row in await job_rows(shared, "test.behind", tenant)] == [0, 0]


async def test_an_unknown_kind_waits_for_a_worker_that_knows_it(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await put_job(shared, "test.from_the_future", tenant=tenant)
    await run_due(shared)
    assert [row["state"] for row in await job_rows(shared, "test.from_the_future", tenant)] == ["queued"]


async def test_tenants_take_turns(shared: LivePlenary) -> None:
    busy, quiet = await shared.fresh_tenant(), await shared.fresh_tenant()
    for number in range(12):
        await put_job(shared, "test.turns", tenant=busy, key=str(number))
    await put_job(shared, "test.turns", tenant=quiet)
    async with unit_of_work(shared.tools.worker_engine, None) as session:
        claimed = await jobs.claim(session, queue="default", kinds=["test.turns"], limit=2)
    assert {job.commissioner_id for job in claimed} == {shared.tenants[busy], shared.tenants[quiet]}


async def test_much_work_of_one_tenant_does_not_hide_anothers(shared: LivePlenary) -> None:
    busy, quiet = await shared.fresh_tenant(), await shared.fresh_tenant()
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[busy]) as session:
        payloads = {str(number): {} for number in range(600)}
        await jobs.enqueue_many(session, "test.hidden", queue="default", payloads=payloads)
    await put_job(shared, "test.hidden", tenant=quiet)
    async with unit_of_work(shared.tools.worker_engine, None) as session:
        claimed = await jobs.claim(session, queue="default", kinds=["test.hidden"], limit=10)
    owners = [job.commissioner_id for job in claimed]
    assert (owners.count(shared.tenants[busy]), owners.count(shared.tenants[quiet])) == (9, 1)


async def test_a_parked_job_can_be_run_again_by_api(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    fail = True

    async def sometimes(context: JobContext) -> None:
        if fail:
            raise Conflict("not yet")

    client = await shared.as_role("commissioner_admin", tenant=tenant)
    with handling("test.sometimes", sometimes):
        await put_job(shared, "test.sometimes", tenant=tenant)
        await run_due(shared)
        [parked] = (await client.get("/v1/jobs")).json()["data"]
        fail = False
        again = await client.post(f"/v1/jobs/{parked['id']}/redrive")
        await run_due(shared)
    assert parked["last_error"] == "conflict: not yet"
    assert again.status_code == 200
    assert (await client.get(f"/v1/jobs/{parked['id']}")).json()["state"] == "done"
    refused = await client.post(f"/v1/jobs/{parked['id']}/redrive")
    assert (refused.status_code, refused.json()["code"]) == (409, "jobs.not_parked")


@pytest.mark.parametrize(("attempts", "least", "most"), [(1, 1, 1.5), (4, 8, 12), (30, 900, 1350)])
def test_back_off_grows_to_a_quarter_of_an_hour(attempts: int, least: float, most: float) -> None:
    assert least <= back_off(attempts) <= most
