"""Commands as an operator types them, run in this process: to start one of its own costs a second."""

import asyncio
import os
from functools import partial

from click.testing import Result
from typer.testing import CliRunner

from app.cli import main
from app.core.settings import Settings

_LOGINS = ("database_url", "owner_url", "worker_url", "platform_url", "reader_url", "backup_url")


async def plenary(*arguments: object, **settings: object) -> Result:
    """With these settings and no others. What a process would show as a traceback is raised."""
    environment: dict[str, str | None] = {name: None for name in os.environ if name.startswith("PLENARY_")}
    environment |= {f"PLENARY_{name.upper()}": str(value) for name, value in settings.items()}
    run = partial(CliRunner().invoke, main, [*map(str, arguments)], env=environment, catch_exceptions=False)
    # In a thread, because a command runs an event loop of its own.
    return await asyncio.to_thread(run)


def settings_of(settings: Settings) -> dict[str, object]:
    """A test's database and home as a command is told of them."""
    return {"home": settings.home} | {name: getattr(settings, name) for name in _LOGINS}
