"""A worker killed in the middle of sending: nobody is left out, nobody is written to twice unknown to us."""

from collections import Counter

import pytest

from tests.factories.communications import announce, counts_of, delivery_rows, make_crowd, outbox
from tests.factories.processes import worker_process
from tests.factories.service import LivePlenary
from tests.factories.waiting import until
from tests.fakes.smtp_sink import SmtpSink
from workers.jobs import MOST_LOSSES

CROWD = 450
KILLS = 2


async def _announce(live: LivePlenary, tenant: str) -> str:
    practice = f"{tenant}A"
    await live.make_practice(practice, tenant)
    await make_crowd(live, tenant, CROWD, practice=practice)
    return (await announce(live, tenant, audience={"roles": ["staff"]}))["result"]["announcement"]


async def _let_leases_run_out(live: LivePlenary, tenant: str) -> None:
    """What some seconds of waiting would do."""
    await live.execute(
        "UPDATE job SET lease_until = clock_timestamp() - interval '1 second' WHERE state = 'running'",
        tenant=live.tenants[tenant],
    )


@pytest.mark.slow
async def test_as_files_none_is_lost_and_none_is_written_twice(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    announcement_id = await _announce(shared, tenant)
    before = len(outbox(shared))
    for kill in range(1, KILLS + 1):
        async with worker_process(shared, "notifications", "bulk"):
            await until(lambda kill=kill: len(outbox(shared)) > before + kill * 100)
        await _let_leases_run_out(shared, tenant)
    await shared.work()
    rows = await delivery_rows(shared, tenant)
    assert len({row["person_id"] for row in rows}) == len(rows) == CROWD
    assert {row["state"] for row in rows} == {"sent"}
    assert {str(row["id"]) for row in rows} <= {file.stem for file in outbox(shared)}
    assert len(outbox(shared)) == before + CROWD
    counts = await counts_of(shared, tenant, announcement_id)
    assert (counts["sent"], counts["in_doubt"]) == (CROWD, 0)


@pytest.mark.slow
async def test_over_smtp_none_is_lost_and_each_kill_puts_one_in_doubt_at_most(
    shared: LivePlenary, sink: SmtpSink
) -> None:
    tenant = await shared.fresh_tenant()
    announcement_id = await _announce(shared, tenant)
    sink.offers_pipelining = True
    url = f"smtp://127.0.0.1:{sink.port}"
    for kill in range(1, KILLS + 1):
        async with worker_process(shared, "notifications", "bulk", PLENARY_SMTP_URL=url):
            await until(lambda kill=kill: len(sink.envelopes) > kill * 100)
        await _as_if_the_last_but_one_had_ended(shared, tenant)
        await _let_leases_run_out(shared, tenant)
    shared.tools.settings = shared.settings.model_copy(update={"smtp_url": url})
    try:
        await _work_off(shared, tenant)
    finally:
        shared.tools.settings = shared.settings
    counts = await counts_of(shared, tenant, announcement_id)
    assert (counts["recipients"], counts["sent"]) == (CROWD, CROWD)
    copies = Counter(message["Message-ID"] for message in sink.messages)
    assert len(copies) == CROWD
    assert max(copies.values()) <= 2
    assert sum(copies.values()) - CROWD <= counts["in_doubt"] <= KILLS
    rows = await delivery_rows(shared, tenant, "doubts > 0")
    assert {f"<{row['id']}@localhost>" for row in rows} >= {key for key, number in copies.items() if number > 1}


async def _as_if_the_last_but_one_had_ended(live: LivePlenary, tenant: str) -> None:
    """In each job in hand, so many workers as may, but for one."""
    await live.execute(
        f"UPDATE job SET attempts = greatest(attempts, failures + {MOST_LOSSES - 1}) WHERE state = 'running'",
        tenant=live.tenants[tenant],
    )


async def _work_off(live: LivePlenary, tenant: str) -> None:
    """Messages in doubt wait before they go again, and so does a job that a machine which stood still has lost; here they
    do not.
    """
    for _ in range(5):
        await _let_leases_run_out(live, tenant)
        await live.execute(
            "UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued'", tenant=live.tenants[tenant]
        )
        await live.work()
