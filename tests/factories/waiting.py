"""Waiting for what happens elsewhere, for as long as it takes and no longer."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from tests.factories.service import LivePlenary

_BLOCKED = """
SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()"""


async def until(holds: Callable[[], bool | Awaitable[bool]], *, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not (await found if isinstance(found := holds(), Awaitable) else found):
            await asyncio.sleep(0.02)


async def until_blocked(live: LivePlenary) -> None:
    """Until somebody waits for a lock that another holds in the test's database."""

    async def blocked() -> bool:
        return bool(await live.fetch(_BLOCKED))

    await until(blocked, seconds=5)


async def heard(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Its answer once the service hears it: a machine that is busy turns some of many callers at once away before."""
    while (answer := await ask()).status_code == 503:
        await asyncio.sleep(0.1)
    return answer
