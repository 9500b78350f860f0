"""Workers as processes of their own, which a test may kill."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from app.communications.service import digests
from app.core.jobs import QUEUES
from app.core.settings import Settings, load_settings
from tests.factories.service import FixedClock, LivePlenary
from workers.settings import WorkerProcess, close_tools, make_tools

_NAMES = ("database_url", "owner_url", "worker_url", "platform_url", "reader_url", "secret_keys", "home", "outbox")


def environment(live: LivePlenary, **changes: str) -> dict[str, str]:
    """The settings of a test's database as a process reads them."""
    settings = {f"PLENARY_{name.upper()}": str(getattr(live.settings, name)) for name in _NAMES}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
    return kept | settings | {"PYTHONPATH": str(Path(__file__).parents[2])} | changes


@asynccontextmanager
async def worker_process(live: LivePlenary, *queues: str, **changes: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker without Redis; killed at the end if it still runs."""
    code = f"import workers.settings; workers.settings.run({list(queues)!r})"
    async with _process(live, code, changes) as process:
        yield process


@asynccontextmanager
async def worker_process_at(
    live: LivePlenary, moment: datetime, *queues: str, people_at_once: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The same worker, to whom it is always that moment and which writes so many digests in one transaction: both are handed
    to it in this test's own program.
    """
    given = f"{moment.isoformat()!r}, {list(queues)!r}, {people_at_once}"
    code = f"from tests.factories.processes import work_at; work_at({given})"
    async with _process(live, code, {}) as process:
        yield process


def work_at(moment: str, queues: list[str], people_at_once: int) -> None:
    """In the process itself, until it is killed."""
    digests.PEOPLE_AT_ONCE = people_at_once

    async def work() -> None:
        tools = await make_tools(load_settings())
        tools.clock = FixedClock(datetime.fromisoformat(moment))
        await WorkerProcess(tools, queues).run()

    asyncio.run(work())


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[None]:
    """A worker of all queues that lives as long as the block, in this very process: one of its own takes seconds to start."""
    tools = await make_tools(settings)
    process = WorkerProcess(tools, QUEUES)
    running = asyncio.create_task(process.run())
    try:
        yield
    finally:
        process.stopping.set()
        await running
        await close_tools(tools)


@asynccontextmanager
async def _process(live: LivePlenary, code: str, changes: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, env=environment(live, **changes))
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()
