"""Runs while their worker is killed with -9: each ends, once, with the figures of its frozen inputs."""

import asyncio
import signal
from uuid import UUID

import pytest

from app.core.db import unit_of_work
from app.payments import service
from tests.factories.payments import Office
from tests.factories.processes import worker_process
from tests.factories.service import LivePlenary

RUNS = 5


async def states(offices: dict[str, Office]) -> list[str]:
    return [(await office.run(run_id))["state"] for run_id, office in offices.items()]


async def calculated(offices: dict[str, Office], number: int, *, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while (await states(offices)).count("calculated") < number:
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_runs_end_once_although_their_worker_is_killed(live: LivePlenary) -> None:
    offices: dict[str, Office] = {}
    for _ in range(RUNS):
        office = await Office.open(live, lists=("5000", "6000", "7000.25"))
        offices[(await office.request()).json()["result"]["payment_run"]] = office
    async with worker_process(live, "payments") as worker:
        await calculated(offices, 1, seconds=30)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    async with worker_process(live, "payments"):
        await calculated(offices, RUNS, seconds=45)
    for run_id, office in offices.items():
        run = await office.run(run_id)
        assert (run["practices"], run["lines"], run["total"]) == (3, 3, "9000.13")
        async with unit_of_work(live.tools.worker_engine, live.tenants[office.tenant]) as session:
            again = (await service.load_frozen(session, UUID(run_id))).work_out()
        assert again.outputs_digest == run["outputs_digest"]
        operation = (await office.manager.get(f"/v1/operations/{run['operation']}")).json()
        assert (operation["status"], operation["progress"]) == ("succeeded", {"done": 3, "total": 3})
        events = await live.fetch(
            "SELECT count(*) FROM event WHERE name = 'payments.run_calculated' AND subject = $1",
            run_id,
            tenant=live.tenants[office.tenant],
        )
        assert events[0]["count"] == 1
