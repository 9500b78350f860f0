"""Streams of events: how many a key has, and what becomes of one whose client leaves."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.core.errors import TooManyRequests
from app.core.streams import Streams

SCOPE = {"type": "http", "asgi": {"spec_version": "2.4"}}


async def events() -> AsyncIterator[bytes]:
    yield b"data: 1\n\n"


async def nothing() -> Any:
    return {"type": "http.disconnect"}


async def gone(_: Any) -> None:
    raise OSError


async def heard(_: Any) -> None: ...


@pytest.mark.parametrize("send", [gone, heard])
async def test_a_key_has_so_many_streams_and_one_that_ends_makes_room(send: Any) -> None:
    streams = Streams(most=2)
    first = streams.response("a", events())
    streams.response("a", events())
    streams.response("b", events())
    with pytest.raises(TooManyRequests) as refused:
        streams.response("a", events())
    assert refused.value.headers["Retry-After"] == "5"
    await first(SCOPE, nothing, send)
    streams.response("a", events())
