"""Limits in this process alone, so that no request waits for Redis: how often a key may call, and how much is worked out
at once.
"""

import asyncio
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final, TypeVar

from app.core.errors import Unavailable

Result = TypeVar("Result")
_MOST_KEYS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Decision:
    """`reset_after` is the seconds until another request passes, or, while some are left, until all are back."""

    allowed: bool
    remaining: int
    reset_after: float
    limit: int
    window: float


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """Lets `burst` requests through at once and `rate_per_second` in the long run."""

    def __init__(self, rate_per_second: float, burst: int | None = None, *, most_keys: int = _MOST_KEYS) -> None:
        burst = max(1, math.ceil(rate_per_second)) if burst is None else burst
        if rate_per_second <= 0 or burst < 1 or most_keys < 1:
            raise ValueError("A rate limit lets something through.")
        self._rate, self._burst, self._most_keys = float(rate_per_second), burst, most_keys
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def check(self, key: str, now: float | None = None) -> Decision:
        """Takes one token if there is one. `now` is a monotonic time in seconds."""
        now = time.monotonic() if now is None else now
        bucket = self._bucket(key, now)
        allowed = bucket.tokens >= 1
        if allowed:
            bucket.tokens -= 1
        remaining = int(bucket.tokens)
        missing = (self._burst if remaining else 1) - bucket.tokens
        return Decision(allowed, remaining, max(0.0, missing / self._rate), self._burst, self._burst / self._rate)

    def give_back(self, key: str) -> None:
        """Undo one `check` that let through: what was paid for turned out to be nothing to limit."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = min(float(self._burst), bucket.tokens + 1)

    def _bucket(self, key: str, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            # The bucket that was idle longest is the fullest, so that forgetting it gives the least away.
            while len(self._buckets) >= self._most_keys:
                self._buckets.popitem(last=False)
            bucket = self._buckets[key] = _Bucket(float(self._burst), now)
            return bucket
        self._buckets.move_to_end(key)
        elapsed = max(0.0, now - bucket.filled_at)
        bucket.tokens = min(float(self._burst), bucket.tokens + elapsed * self._rate)
        bucket.filled_at = max(now, bucket.filled_at)
        return bucket


def address_key(scope: MutableMapping[str, Any]) -> str:
    """Under which a request without a known credential is counted: where it came from, of the ASGI scope.

    One line of IPv6 has the addresses of a /64 to itself, so they count together.
    """
    client = scope.get("client")
    address = client[0] if client else "unknown"
    if ":" in address:
        with suppress(ValueError):
            address = str(ip_network(f"{address.partition('%')[0]}/64", strict=False))
    return f"address:{address}"


def rate_limit_headers(decision: Decision) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` in the form of draft 11, and `Retry-After` on a refusal."""
    headers = {
        "RateLimit-Policy": f'"default";q={decision.limit};w={_seconds(decision.window)}',
        "RateLimit": f'"default";r={decision.remaining};t={_seconds(decision.reset_after)}',
    }
    return headers if decision.allowed else headers | {"Retry-After": str(_seconds(decision.reset_after))}


def _seconds(time_span: float) -> int:
    return max(1, math.ceil(time_span))


class Bench:
    """A few threads for long calculations, apart from those that everything else shares.

    Whoever finds all places taken is told to come again: a queue of them would outlast its callers. A place is free
    when the work is done, not when the caller has gone, because a thread cannot be stopped.
    """

    def __init__(self, places: int, *, again_after: int = 5) -> None:
        self._free = threading.BoundedSemaphore(places)
        self._again_after = again_after
        self._threads = ThreadPoolExecutor(places, thread_name_prefix="bench")

    async def run(self, work: Callable[..., Result], *arguments: object) -> Result:
        if not self._free.acquire(blocking=False):
            headers = {"Retry-After": str(self._again_after)}
            raise Unavailable("Other calculations are being worked out; try again shortly.", headers=headers)
        done: Future[Result] = self._threads.submit(work, *arguments)
        done.add_done_callback(lambda _: self._free.release())
        return await asyncio.wrap_future(done)
