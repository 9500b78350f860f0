"""Everything that a storm can break, one by one and at random, and how long a dead worker's work lies still."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import psutil

from app.core.jobs import LEASE_SECONDS
from app.storm.ground import Ground

WATCHED_SECONDS: Final = 60
CATCHING_SECONDS: Final = 1.0
Held = dict[UUID, tuple[int, datetime]]


class FaultKind(StrEnum):
    KILL9 = "kill9"
    SIGTERM = "sigterm"
    STOP = "stop"
    FLUSH = "flush"
    REDIS = "redis"
    POSTGRES = "postgres"


OF_WORKERS: Final = (FaultKind.KILL9, FaultKind.SIGTERM, FaultKind.STOP)
LEFT_WATCHED: Final = {
    FaultKind.KILL9: 2,
    FaultKind.SIGTERM: 1,
    FaultKind.STOP: 1,
    FaultKind.FLUSH: 2,
    FaultKind.REDIS: 2,
    FaultKind.POSTGRES: 0,
}
"""How many ends may still be watched when it happens."""


def faults_of(text: str) -> list[FaultKind]:
    """`ValueError` names one that is unknown."""
    named = [each.strip() for each in text.split(",")]
    if unknown := [each for each in named if each not in set(FaultKind)]:
        raise ValueError(f"{', '.join(unknown)!r}")
    return [FaultKind(each) for each in named]


def draw_faults(seed: int, kinds: list[FaultKind], number: int) -> list[FaultKind]:
    """Each kind before any comes a second time; kill -9, of which the most is asked, as often as all others together."""
    chance = random.Random(f"faults of {seed}")  # noqa: S311 - to be played again, not to be secret
    weights = [len(kinds) - 1 or 1 if kind is FaultKind.KILL9 else 1 for kind in kinds]
    first = chance.sample(kinds, len(kinds))
    return [*first, *chance.choices(kinds, weights, k=max(number - len(kinds), 0))][: max(number, len(kinds))]


@dataclass(slots=True)
class Struck:
    """`resumed` has the seconds until what a worker held when it ended or froze was taken up again; `empty` counts those
    that held nothing, and whose end nobody could notice.
    """

    happened: Counter[FaultKind] = field(default_factory=Counter)
    processes: Counter[str] = field(default_factory=Counter)
    resumed: list[float] = field(default_factory=list)
    empty: int = 0


class Faults:
    """One after another; a worker's end may meet another's, and never PostgreSQL's, without which no work can go on."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self.struck = Struck()
        self._ground = ground
        self._chance = random.Random(f"victims of {seed}")  # noqa: S311 - to be played again, not to be secret
        self._frozen: dict[int, asyncio.Task[None]] = {}
        self._are_all_hit = False
        self._watched: set[asyncio.Task[None]] = set()

    async def strike(self, kind: FaultKind) -> None:
        """Make it happen. Whether work goes on is watched beside what follows."""
        is_alone = self._are_all_hit or bool(self._frozen)
        await self._until_watched(0 if is_alone and kind in OF_WORKERS else LEFT_WATCHED[kind])
        self.struck.happened[kind] += 1
        match kind:
            case FaultKind.FLUSH:
                await self._ground.flush_valkey()
            case FaultKind.REDIS:
                await self._kill("valkey-server")
            case FaultKind.POSTGRES:
                await self._kill("postgres")
                # Answered once there is a database again.
                await self._ground.running_jobs()
            case FaultKind.KILL9 if self._chance.randint(0, 3) == 0:
                await self._kill("api")
            case _:
                await self._strike_workers(kind)

    async def end(self) -> None:
        await self._until_watched(0)
        await asyncio.gather(*self._frozen.values())

    async def _until_watched(self, left: int) -> None:
        while len(self._watched) > left:
            done, self._watched = await asyncio.wait(self._watched, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _kill(self, name: str) -> None:
        await self._ground.kill(name)
        self.struck.processes[name] += 1

    async def _strike_workers(self, kind: FaultKind) -> None:
        """Kill -9 hits up to all of them, where all are there; beside a frozen or a watched one somebody is left to go on."""
        workers = [each for each in await self._ground.workers() if each.pid not in self._frozen]
        may_be_all = kind is FaultKind.KILL9 and not self._watched and not self._frozen
        number = self._chance.randint(1, len(workers)) if may_be_all else 1
        self._are_all_hit = number > 1
        await self._until_busy()
        began = time.monotonic()
        for worker in self._chance.sample(workers, number):
            with suppress(psutil.Error):
                self._hit(worker, kind)
                self.struck.processes["worker"] += kind is FaultKind.KILL9
        self._watched.add(asyncio.create_task(self._watch(began, await self._ground.running_jobs())))

    def _hit(self, worker: psutil.Process, kind: FaultKind) -> None:
        if kind is FaultKind.KILL9:
            worker.kill()
        elif kind is FaultKind.SIGTERM:
            worker.terminate()
        else:
            worker.suspend()
            seconds = LEASE_SECONDS + self._chance.uniform(1, 5)
            self._frozen[worker.pid] = asyncio.create_task(self._thaw(worker, seconds))

    async def _thaw(self, worker: psutil.Process, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with suppress(psutil.Error):
            worker.resume()
        del self._frozen[worker.pid]

    async def _until_busy(self) -> None:
        """Somebody holds something, if that happens soon: to break an idle worker proves little."""
        until = time.monotonic() + CATCHING_SECONDS
        while not await self._ground.running_jobs() and time.monotonic() < until:  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.02)

    async def _watch(self, began: float, held: Held) -> None:
        if not held:
            self.struck.empty += 1
            return
        until = began + WATCHED_SECONDS
        while held.items() & (await self._ground.running_jobs()).items() and time.monotonic() < until:  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.1)
        self.struck.resumed.append(time.monotonic() - began)
