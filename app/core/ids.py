"""Identifiers: UUIDv7, so that keys sort by the time they were made and indexes grow at one end."""

import os
import threading
import time
from typing import Final
from uuid import UUID

# The platform is a tenant row like any other, so that its operations and audit rows obey the same constraints.
PLATFORM_ID: Final = UUID("00000000-0000-7000-8000-000000000000")

_RANDOM_BITS: Final = 74
_STEP_BITS: Final = 32


class _Sequence:
    """The last identifier given out in this process: 48 bits of milliseconds, then 74 bits that only grow within one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._tail = 0

    def next(self) -> UUID:
        fresh = int.from_bytes(os.urandom(10), "big")
        now = time.time_ns() // 1_000_000
        with self._lock:
            if now > self._millisecond:
                # The top bit starts at zero, so that a busy millisecond has room to count up.
                self._millisecond, self._tail = now, fresh & ((1 << (_RANDOM_BITS - 1)) - 1)
            else:
                # The same millisecond, or a clock that was set back: go on from the last one by an unguessable step.
                self._tail += 1 + (fresh & ((1 << _STEP_BITS) - 1))
                if self._tail >> _RANDOM_BITS:
                    self._millisecond, self._tail = self._millisecond + 1, fresh & ((1 << _STEP_BITS) - 1)
            return _compose(self._millisecond, self._tail)

    def restart_lock(self) -> None:
        self._lock = threading.Lock()


def _compose(millisecond: int, tail: int) -> UUID:
    high, low = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=(millisecond << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low)


_sequence = _Sequence()
# A thread of the parent may hold the lock at the moment of a fork; the child would then wait for ever.
os.register_at_fork(after_in_child=_sequence.restart_lock)


def new_id() -> UUID:
    """A new UUIDv7, greater than every one this process has made before."""
    return _sequence.next()
