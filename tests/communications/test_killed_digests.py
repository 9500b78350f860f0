"""Workers killed while they write digests and while they send them, in the nights on which the clocks change."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial

import pytest

from tests.factories.communications import make_crowd, outbox, publish, told
from tests.factories.processes import worker_process_at
from tests.factories.service import LivePlenary
from tests.factories.waiting import until

CROWD = 60
AT_ONCE = 40
"""Of whom so many are written in one transaction here: a crowd that is large enough takes a minute."""
PATIENCE = 120
"""A busy machine takes long to start a worker."""
# At seven in London, which is another hour in UTC from 28 March and again from 31 October on.
WINDOWS = (datetime(2027, 3, 28, 6, tzinfo=UTC), datetime(2027, 10, 31, 7, tzinfo=UTC))


async def _written(live: LivePlenary, tenant: str, window: datetime) -> int:
    rows = await live.fetch(
        "SELECT 1 FROM message WHERE source = 'digest' AND occasion::timestamptz = $1",
        window,
        tenant=live.tenants[tenant],
    )
    return len(rows)


async def _is_written(live: LivePlenary, tenant: str, window: datetime) -> bool:
    return await _written(live, tenant, window) > 0


async def _due(live: LivePlenary, tenant: str, window: datetime) -> None:
    """What was to run by then may run, and nobody holds a job any more."""
    await live.execute(
        "UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued' AND (kind LIKE 'communications.send%'"
        " OR (kind = 'communications.write_digests' AND dedupe_key <= $1))",
        window.isoformat(),
        tenant=live.tenants[tenant],
    )
    await live.execute(
        "UPDATE job SET lease_until = clock_timestamp() - interval '1 second' WHERE state = 'running'",
        tenant=live.tenants[tenant],
    )


async def _kill_twice(live: LivePlenary, tenant: str, window: datetime) -> tuple[int, int]:
    """Once after some digests are written, once after some have gone: how many were written, and how many had gone."""
    before = len(outbox(live))
    async with worker_process_at(live, window, "bulk", people_at_once=AT_ONCE):
        await until(partial(_is_written, live, tenant, window), seconds=PATIENCE)
    written = await _written(live, tenant, window)
    await _due(live, tenant, window)
    async with worker_process_at(live, window, "bulk", people_at_once=AT_ONCE):
        await until(lambda: len(outbox(live)) > before + 20, seconds=PATIENCE)
    return written, len(outbox(live)) - before


@pytest.mark.slow
async def test_each_person_gets_one_digest_of_each_window_the_newest_first(
    live: LivePlenary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.communications.service.digests.PEOPLE_AT_ONCE", AT_ONCE)
    tenant = await live.fresh_tenant()
    await live.make_practice(f"{tenant}A", tenant)
    await make_crowd(live, tenant, CROWD, practice=f"{tenant}A")
    await live.execute(
        "INSERT INTO message_preference (commissioner_id, person_id, muted, daily, weekly, changed_at)"
        " SELECT commissioner_id, id, '{}', '{announcements}', '{}', created_at FROM person WHERE email LIKE '%@crowd.example'",
        tenant=live.tenants[tenant],
    )
    killed: list[tuple[int, int]] = []
    for window in WINDOWS:
        for hours, title in ((20, "The older"), (2, "The newer")):
            live.clock.instant = window - timedelta(hours=hours)
            await publish(live, tenant, audience={"roles": ["staff"]}, title=title)
        live.clock.instant = window
        await _due(live, tenant, window)
        killed.append(await _kill_twice(live, tenant, window))
        await _due(live, tenant, window)
        await live.work()
        assert await _written(live, tenant, window) == CROWD
    assert all(0 < written <= CROWD and gone > 20 for written, gone in killed)
    assert any(written < CROWD or gone < CROWD for written, gone in killed)
    digests = await told(live, tenant, "digest")
    assert Counter(row["person_id"] for row in digests) == dict.fromkeys(
        {row["person_id"] for row in digests}, len(WINDOWS)
    )
    assert (len(digests), {row["state"] for row in digests}) == (CROWD * len(WINDOWS), {"sent"})
    _check_mails(live, {str(row["id"]) for row in digests})
    assert {row["state"] for row in await told(live, tenant, "announcement")} == {"digested"}


def _check_mails(live: LivePlenary, ids: set[str]) -> None:
    """Each digest went once, whole and with the newest first."""
    files = [file for file in outbox(live) if file.stem in ids]
    assert len(files) == len(ids)
    subjects = Counter[tuple[str, str]]()
    for file in files:
        mail = message_from_bytes(file.read_bytes(), policy=default)
        body = mail.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        subjects[mail["To"], mail["Subject"]] += 1
        assert text.index("The newer") < text.index("The older")
    assert set(subjects.values()) == {1}
    assert len({subject for _, subject in subjects}) == len(WINDOWS)
