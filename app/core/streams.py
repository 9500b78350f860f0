"""Server-sent events: a few streams for each key at a time, whose clients may leave whenever they like."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.core.errors import TooManyRequests

STREAMS_OF_A_KEY: Final = 10


class Streams:
    """Counts the streams of each key in this process; each looks at the database four times a second."""

    def __init__(self, most: int = STREAMS_OF_A_KEY) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def response(self, key: str, events: AsyncIterator[bytes]) -> "EventStream":
        if self._open[key] >= self._most:
            detail = f"A key listens to {self._most} streams at a time; poll the operation, or close one."
            raise TooManyRequests(detail, headers={"Retry-After": "5"})
        self._open[key] += 1
        return EventStream(self, key, events)

    def closed(self, key: str) -> None:
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]


class EventStream(StreamingResponse):
    def __init__(self, streams: Streams, key: str, events: AsyncIterator[bytes]) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._streams, self._key = streams, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            # How every stream ends that is not listened to until the work is done.
            return
        finally:
            self._streams.closed(self._key)
