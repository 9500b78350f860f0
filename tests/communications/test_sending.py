"""A mail server that is away, refuses, or does not answer."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError
from structlog.testing import capture_logs

from app.communications import service
from app.communications.repository.sending import Journal
from app.communications.rules.trying import MAX_ATTEMPTS
from app.core.db import unit_of_work
from tests.factories.communications import announce, delivery_rows, give_mailbox, give_post
from tests.factories.jobs import job_rows
from tests.factories.service import LivePlenary
from tests.fakes.smtp_sink import CUT, SmtpSink
from workers.jobs import drain
from workers.relay import relay

SEND = "communications.send_bulk"


@pytest.fixture
async def mailed(shared: LivePlenary, sink: SmtpSink) -> AsyncIterator[SmtpSink]:
    """The worker sends to the sink instead of writing files."""
    sink.offers_pipelining = True
    _set_server(shared, sink.port)
    yield sink
    shared.tools.settings = shared.settings


def _set_server(live: LivePlenary, port: int) -> None:
    live.tools.settings = live.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"})


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    code = await shared.fresh_tenant()
    await shared.make_practice(f"{code}A", code)
    for name in ("Ann", "Bob", "Cat"):
        person = await shared.make_person(name, tenant=code, email=_address(name, code))
        await give_post(shared, code, person, "gp", practice=f"{code}A")
    return code


def _address(name: str, tenant: str) -> str:
    return f"{name.lower()}@{tenant.lower()}.example"


async def _make_due(shared: LivePlenary, tenant: str) -> None:
    await shared.execute(
        "UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued'", tenant=shared.tenants[tenant]
    )


async def _states(shared: LivePlenary, tenant: str) -> dict[str, str]:
    return {row["name"]: row["state"] for row in await delivery_rows(shared, tenant)}


async def test_one_connection_takes_the_batch(shared, mailed, tenant):
    await announce(shared, tenant, audience={"roles": ["gp"]})
    await shared.work()
    assert sorted(mailed.recipients) == sorted(_address(name, tenant) for name in ("Ann", "Bob", "Cat"))
    assert mailed.connections == 1
    rows = await delivery_rows(shared, tenant)
    assert {message["Message-ID"] for message in mailed.messages} == {f"<{row['id']}@localhost>" for row in rows}
    assert {(row["state"], row["attempts"], row["doubts"]) for row in rows} == {("sent", 1, 0)}


async def test_refused_for_now_is_tried_again_alone_and_later(shared, mailed, tenant):
    bob = _address("Bob", tenant)
    mailed.answers[bob] = "451 4.7.1 Greylisted"
    operation = await announce(shared, tenant, audience={"roles": ["gp"]})
    await shared.work()
    assert await _states(shared, tenant) == {"Ann": "sent", "Bob": "queued", "Cat": "sent"}
    jobs = await job_rows(shared, SEND, tenant)
    assert [job["state"] for job in jobs] == ["done", "queued"]
    assert 25 < (jobs[1]["run_at"] - jobs[0]["finished_at"]).total_seconds() < 60
    assert jobs[1]["last_error"] == "1 not taken, try 1: RCPT 451 4.7.1 Greylisted"
    del mailed.answers[bob]
    await _make_due(shared, tenant)
    await shared.work()
    assert await _states(shared, tenant) == {"Ann": "sent", "Bob": "sent", "Cat": "sent"}
    assert mailed.recipients.count(bob) == 1
    editor = await shared.as_role("editor", tenant=tenant)
    assert (await editor.get(f"/v1/operations/{operation['id']}")).json()["status"] == "succeeded"


async def test_each_try_that_is_not_taken_is_logged_with_its_reason_and_no_address(shared, mailed, tenant):
    mailed.answers[_address("Bob", tenant)] = f"451 4.7.1 <{_address('Bob', tenant)}> greylisted"
    await announce(shared, tenant, audience={"roles": ["gp"]})
    with capture_logs() as logs:
        await shared.work()
    [said] = [line for line in logs if line["event"] == "mails_not_taken"]
    assert (said["log_level"], said["waiting"], said["attempts"]) == ("warning", 1, 1)
    assert "greylisted" in said["reasons"][0]
    assert "@" not in said["reasons"][0]


async def test_refused_for_good_makes_the_post_stale_and_is_not_tried_again(shared, mailed, tenant):
    mailed.answers[_address("Cat", tenant)] = "550 5.1.1 No such user"
    await announce(shared, tenant, audience={"roles": ["gp"]})
    await shared.work()
    assert await _states(shared, tenant) == {"Ann": "sent", "Bob": "sent", "Cat": "failed"}
    rows = await shared.fetch(
        "SELECT name, bounced_at IS NOT NULL AS bounced FROM person WHERE name IN ('Ann', 'Bob', 'Cat')",
        tenant=shared.tenants[tenant],
    )
    assert {row["name"]: row["bounced"] for row in rows} == {"Ann": False, "Bob": False, "Cat": True}
    await _make_due(shared, tenant)
    assert await shared.work() == 0


async def test_no_answer_to_a_whole_message_is_tried_once_more_and_counted(shared, mailed, tenant):
    ann = _address("Ann", tenant)
    mailed.body_answers[ann] = CUT
    operation = await announce(shared, tenant, audience={"roles": ["gp"]})
    await shared.work()
    await _make_due(shared, tenant)
    await shared.work()
    assert await _states(shared, tenant) == {"Ann": "in_doubt", "Bob": "sent", "Cat": "sent"}
    copies = [message["Message-ID"] for message in mailed.messages if message["To"].addresses[0].addr_spec == ann]
    assert len(copies) == 2
    assert len(set(copies)) == 1
    editor = await shared.as_role("editor", tenant=tenant)
    path = f"/v1/announcements/{operation['result']['announcement']}"
    assert (await editor.get(path)).json()["counts"]["in_doubt"] == 1
    listed = (await editor.get(f"{path}/deliveries", params={"in_doubt": "true"})).json()["data"]
    assert [row["name"] for row in listed] == ["Ann"]


async def test_server_that_stays_away_parks_the_batch_until_somebody_runs_it_again(shared, mailed, tenant):
    _set_server(shared, 1)
    operation = await announce(shared, tenant, audience={"roles": ["gp"]})
    for _ in range(MAX_ATTEMPTS):
        await shared.work()
        await _make_due(shared, tenant)
    assert set((await _states(shared, tenant)).values()) == {"parked"}
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    counts = (await admin.get(f"/v1/announcements/{operation['result']['announcement']}")).json()["counts"]
    assert (counts["failed"], counts["queued"]) == (3, 0)
    [job] = (await admin.get("/v1/jobs")).json()["data"]
    assert job["last_error"].startswith("MailNotTaken: 3 messages could not be handed over: no connection")
    _set_server(shared, mailed.port)
    assert (await admin.post(f"/v1/jobs/{job['id']}/redrive")).status_code == 200
    await shared.work()
    assert set((await _states(shared, tenant)).values()) == {"sent"}
    assert len(mailed.recipients) == 3


async def test_practice_mailbox_that_two_practices_share_is_written_to_once(shared, mailed, tenant):
    for practice in (f"{tenant}X", f"{tenant}Y"):
        await shared.make_practice(practice, tenant)
        await give_mailbox(shared, tenant, practice, f"Shared@{tenant.lower()}.example")
    await announce(shared, tenant, audience={"roles": ["gp"]})
    await shared.work()
    assert mailed.recipients.count(f"Shared@{tenant.lower()}.example") == 1


async def test_worker_that_is_told_to_stop_ends_after_the_message_on_its_way(shared, mailed, tenant):
    stopping = asyncio.Event()
    mailed.on_message = lambda _recipient: stopping.set()
    await announce(shared, tenant, audience={"roles": ["gp"]})
    await relay(shared.tools)
    await drain(shared.tools, "notifications", stopping=asyncio.Event())
    await drain(shared.tools, "bulk", stopping=stopping)
    assert sorted((await _states(shared, tenant)).values()) == ["queued", "queued", "sent"]
    assert len(mailed.recipients) == 1
    mailed.on_message = None
    await shared.work()
    assert set((await _states(shared, tenant)).values()) == {"sent"}
    assert len(set(mailed.recipients)) == len(mailed.recipients) == 3


async def test_database_that_goes_away_forgets_no_outcome(shared, mailed, tenant, servers):
    mailed.on_message = lambda _recipient: _end_sessions_once(servers[0], shared, mailed)
    await announce(shared, tenant, audience={"roles": ["gp"]})
    # A worker's loop goes on after a connection that has ended; each pool finds its own.
    for _ in range(4):
        with suppress(InterfaceError):
            await shared.work()
    await _make_due(shared, tenant)
    await shared.work()
    rows = await delivery_rows(shared, tenant)
    assert {(row["state"], row["doubts"]) for row in rows} == {("sent", 0)}
    assert sorted(mailed.recipients) == sorted(row["address"] for row in rows)
    [job, *_] = await job_rows(shared, SEND, tenant)
    assert job["attempts"] == 2


def _end_sessions_once(admin_url: str, live: LivePlenary, mailed: SmtpSink) -> None:
    """End every session of the worker's login while a message is on its way."""
    mailed.on_message = None

    async def end() -> None:
        admin = await asyncpg.connect(admin_url)
        login = make_url(live.settings.asyncpg_url("worker")).username
        await admin.execute("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = $1", login)
        await admin.close()

    # In a thread with a loop of its own, so that the message gets no answer before it is done.
    thread = threading.Thread(target=asyncio.run, args=(end(),))
    thread.start()
    thread.join()


async def test_fault_on_the_way_parks_what_is_left_and_keeps_its_doubt(shared, mailed, tenant, monkeypatch):
    real, calls = Journal.step, iter(range(10))

    async def step(self, done, following):
        if next(calls) == 1:
            raise ValueError("a fault of ours")
        await real(self, done, following)

    monkeypatch.setattr(Journal, "step", step)
    await announce(shared, tenant, audience={"roles": ["gp"]})
    await shared.work()
    # The first message was sent, and its outcome is known although it could not be noted on the way.
    assert sorted((await _states(shared, tenant)).values()) == ["parked", "parked", "sent"]
    assert len(mailed.recipients) == 1


async def test_parking_a_message_on_its_way_counts_it_as_doubtful(shared, mailed, tenant):
    mailed.answers["MAIL"] = "451 4.3.0 Wait"
    await announce(shared, tenant, audience={"roles": ["gp"]})
    await shared.work()
    [first, *_] = await delivery_rows(shared, tenant)
    tenant_id = shared.tenants[tenant]
    await shared.execute("UPDATE delivery SET state = 'attempting' WHERE id = $1", first["id"], tenant=tenant_id)
    async with unit_of_work(shared.tools.worker_engine, tenant_id) as session:
        await service.park_batch(session, first["batch"], queue="bulk", payload={}, error="stopped")
    rows = await delivery_rows(shared, tenant)
    assert {(row["id"] == first["id"], row["state"], row["doubts"]) for row in rows} == {
        (True, "parked", 1),
        (False, "parked", 0),
    }
