"""What breaks, when, and how long it takes until work goes on."""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from app.storm.ground import RESUMED_SECONDS, Ground

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`after` is the share of the work that is done when it happens."""

    after: float
    words: str
    happen: Callable[[Ground], Awaitable[None]]


@dataclass(slots=True)
class Struck:
    """A fault that has happened, and the work that was done then."""

    fault: Fault
    at: float
    done: int


async def flush_valkey(ground: Ground) -> None:
    await ground.flush_valkey()


def killed(name: str, *, after: float) -> Fault:
    async def happen(ground: Ground) -> None:
        await ground.kill(name)

    return Fault(after, f"{name} killed with -9", happen)


EVERYTHING = (
    # At once: a quick machine may be done with little work before somebody looks how far it is.
    killed("worker", after=0),
    Fault(0.25, "Valkey flushed", flush_valkey),
    killed("postgres", after=0.4),
    killed("worker", after=0.55),
    killed("valkey-server", after=0.7),
    killed("api", after=0.85),
)


class Storm:
    """Faults one after another, each when its share of the work is done and the one before has been recovered from."""

    def __init__(self, ground: Ground, faults: Iterable[Fault], say: Say) -> None:
        self._ground = ground
        self._waiting = list(faults)
        self._say = say
        self._struck: Struck | None = None
        self.happened = 0
        self.problems: list[str] = []

    async def see(self, done: int, total: int) -> None:
        """Told how far the work is, now and then; breaks something when it is time."""
        if self._struck is not None and done > self._struck.done:
            self._recovered(self._struck)
            self._struck = None
        if self._struck is None and done < total and self._waiting and done >= self._waiting[0].after * total:
            fault = self._waiting.pop(0)
            await fault.happen(self._ground)
            self.happened += 1
            self._struck = Struck(fault, time.monotonic(), done)

    def _recovered(self, struck: Struck) -> None:
        took = time.monotonic() - struck.at
        self._say(f"  {struck.fault.words} at {struck.done:,}: work went on after {took:.1f} s")
        if took > RESUMED_SECONDS:
            self.problems.append(f"{struck.fault.words}: work went on only after {took:.1f} s")

    @property
    def missed(self) -> Sequence[str]:
        """Faults that never happened because the work was over first."""
        return [fault.words for fault in self._waiting]
