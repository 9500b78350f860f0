"""The application on a real port, for clients that are other programs."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn

from tests.factories.service import LivePlenary


@contextlib.asynccontextmanager
async def on_a_port(app: Any, **options: Any) -> AsyncIterator[str]:
    """Serve an ASGI application on a free port of this machine; yields its address. `options` are the server's own."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, **options)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            await asyncio.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listening.close()


async def served(live: LivePlenary) -> str:
    """The address of the test's own service, until the test's stack is closed."""
    return await live.stack.enter_async_context(on_a_port(live.app))
