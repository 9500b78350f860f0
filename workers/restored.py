"""After a restore, before any worker runs: what the backup had accepted but not yet sent is held for a person."""

import asyncio

from app.core import jobs
from app.core.backup import RESTORED
from app.core.db import unit_of_work
from app.core.settings import Settings
from workers.jobs import Tools
from workers.relay import relay
from workers.settings import close_tools, make_tools


async def hold_back(tools: Tools) -> int:
    """Turn events that were not yet relayed into their jobs, then park everything that would go out. Returns how many."""
    while await relay(tools):
        pass
    async with unit_of_work(tools.worker_engine, None) as session:
        return await jobs.park_waiting(session, queues=jobs.OUTWARD, error=RESTORED)


async def _hold(settings: Settings) -> int:
    tools = await make_tools(settings)
    try:
        return await hold_back(tools)
    finally:
        await close_tools(tools)


def hold(settings: Settings) -> int:
    """The same, from a command."""
    return asyncio.run(_hold(settings))
