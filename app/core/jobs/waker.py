"""Wakes the workers sooner than their own sweep would."""

import asyncio
import time
from typing import Final

import redis.asyncio as redis
import structlog

WAKE_CHANNEL: Final = "plenary:wake"
log = structlog.get_logger(__name__)


class Waker:
    """Tells the workers after a commit that there is work: one message for many commits, never awaited by a request.

    A failure opens the circuit for five seconds; the workers' own sweep finds the work anyway.
    """

    def __init__(self, redis_url: str | None) -> None:
        self._redis = redis.from_url(redis_url, socket_timeout=0.2, socket_connect_timeout=0.2) if redis_url else None
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._closed_until = 0.0

    def wake(self) -> None:
        if self._redis is None or time.monotonic() < self._closed_until:
            return
        if self._task is not None and not self._task.done():
            self._again = True
            return
        self._task = asyncio.get_running_loop().create_task(self._publish())

    async def _publish(self) -> None:
        assert self._redis is not None
        while True:
            self._again = False
            try:
                await asyncio.wait_for(self._redis.publish(WAKE_CHANNEL, "work"), 0.2)
            except (redis.RedisError, OSError, TimeoutError) as error:
                self._closed_until = time.monotonic() + 5
                log.info("wake_failed", error=type(error).__name__)
                return
            if not self._again:
                return

    async def aclose(self) -> None:
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        if self._redis is not None:
            await self._redis.aclose()
