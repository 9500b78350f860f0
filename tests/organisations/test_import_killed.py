"""An import whose worker dies in the middle: nothing is half done, and another worker does all of it."""

import asyncio
import signal
import time

import httpx
import pytest

from tests.factories.processes import worker_process
from tests.factories.service import LivePlenary
from tests.organisations.adapters.register_texts import csv_bytes, practice_cells

ROWS = 1500


async def operation_once(client: httpx.AsyncClient, address: str, *, done: int) -> dict:
    """The operation when it has come so far, or has ended."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        operation = (await client.get(address)).json()
        if operation["progress"]["done"] >= done or operation["status"] in ("succeeded", "failed"):
            return operation
        await asyncio.sleep(0.01)
    raise AssertionError(operation)


@pytest.mark.slow
async def test_a_killed_import_leaves_nothing_and_is_done_once_by_the_next_worker(live: LivePlenary):
    await live.make_tenant("ZZ1")
    admin = await live.as_role("platform_admin", tenant="PLATFORM")
    content = csv_bytes(*(practice_cells(c0=f"ZZ{number:05d}") for number in range(ROWS)))
    answer = await admin.post("/v1/imports", data={"kind": "ods-practices"}, files={"file": content})
    address = answer.headers["location"]
    async with worker_process(live, "default") as worker:
        operation = await operation_once(admin, address, done=ROWS // 5)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    assert operation["status"] == "running"
    assert await live.fetch("SELECT code FROM register_practice LIMIT 1") == []

    async with worker_process(live, "default"):
        operation = await operation_once(admin, address, done=ROWS + 1)
    assert (operation["status"], operation["result"]["created"]) == ("succeeded", ROWS)
    events = await live.fetch(
        "SELECT count(*) AS n FROM event WHERE name = $1", "organisations.practice_changed", tenant=live.tenants["ZZ1"]
    )
    assert events[0]["n"] == ROWS
