"""Mail that came back, from files: what `plenary bounces` runs."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from app.core.settings import Settings
from workers.bounces import take_reports
from workers.settings import close_tools, make_tools


async def _from_files(settings: Settings, files: Sequence[str]) -> int:
    tools = await make_tools(settings)
    try:
        return await take_reports(tools, (_content(file) for file in files))
    finally:
        await close_tools(tools)


def _content(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


def from_files(settings: Settings, files: Sequence[str]) -> int:
    """For `plenary bounces`."""
    return asyncio.run(_from_files(settings, files))
