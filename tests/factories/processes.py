"""Workers as processes of their own, which a test may kill."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.factories.service import LivePlenary

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
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, env=environment(live, **changes))
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()
