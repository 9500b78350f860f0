"""The whole service in a storm, seed after seed: everything that was accepted has its effect, once, whatever dies."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.demo.calls import Caller
from app.storm.checks import Tally, check
from app.storm.faults import FaultKind, Faults, Struck, draw_faults
from app.storm.ground import RESUMED_SECONDS, Ground, ground
from app.storm.intents import plan
from app.storm.load import Load
from app.storm.receivers import Receivers, running_receivers
from app.storm.seen import look
from app.storm.sink import Sink, running_sink
from app.storm.town import DOMAIN, Town
from app.storm.weather import Say
from app.storm.world import World, build, register

PER_FAULT: Final = 5
"""Intents that are meant between one fault and the next."""
SAID_EVERY: Final = 20
MORE_WORKERS: Final = 2
SETTLED_SECONDS: Final = 240
"""For messages in doubt that wait before they go again, and webhooks that were refused at first."""
STILL_SECONDS: Final = 2
OWN_NETWORK: Final = "127.0.0.0/8"


@dataclass(slots=True)
class Outcome:
    """Of a seed, or of all of them."""

    seed: int | None
    seeds: int = 0
    intents: int = 0
    struck: Struck = field(default_factory=Struck)
    tally: Tally = field(default_factory=Tally)
    answers: Counter[str] = field(default_factory=Counter)
    """Answers of the API that no client should get."""

    @property
    def recovery(self) -> float:
        return max(self.struck.resumed, default=0.0)

    @property
    def is_ok(self) -> bool:
        return not self.tally.problems and not self.answers and self.recovery <= RESUMED_SECONDS

    def add(self, other: "Outcome") -> None:
        self.seeds += other.seeds
        self.intents += other.intents
        self.struck.happened += other.struck.happened
        self.struck.processes += other.struck.processes
        self.struck.resumed += other.struck.resumed
        self.struck.empty += other.struck.empty
        self.tally.add(other.tally)
        self.answers += other.answers

    def line(self) -> str:
        """One line of JSON. `copies` are mails that arrived more often than once, each of them among those in doubt."""
        of = {"seeds": self.seeds} if self.seed is None else {"seed": self.seed}
        return json.dumps(
            of
            | {
                "intents": self.intents,
                "faults": {kind.value: number for kind, number in sorted(self.struck.happened.items())},
                "killed": dict(sorted(self.struck.processes.items())),
                "mails": self.tally.mails,
                "hooks": self.tally.hooks,
                "lost": self.tally.lost,
                "doubled": self.tally.doubled,
                "in_doubt": self.tally.in_doubt,
                "copies": self.tally.copies,
                "resumed": len(self.struck.resumed),
                "recovery_max_s": round(self.recovery, 1),
                "server_errors": self.answers.total(),
                "problems": len(self.tally.problems),
                "ok": self.is_ok,
            }
        )


async def storm_whole(kinds: list[FaultKind], seeds: Sequence[int], intents: int, *, say: Say) -> Outcome:
    """Plays them one after another on one running service; the totals come back."""
    total = Outcome(None)
    async with ground() as here, running_sink() as sink, running_receivers() as receivers:
        say("Starting the service in a home of its own")
        await here.start(
            smtp_url=f"smtp://127.0.0.1:{sink.port}",
            mail_from=f"Plenary <plenary@{DOMAIN}>",
            outside_networks=OWN_NETWORK,
        )
        await here.add_workers(MORE_WORKERS)
        platform = await here.make_platform_key()
        towns = [Town(seed) for seed in seeds]
        await register(platform, towns)
        for town in towns:
            outcome = await _Seed(here, platform, town, sink, receivers, say).play(kinds, intents)
            say(outcome.line())
            for problem in outcome.tally.problems:
                say(f"  seed {town.seed}: {problem}")
            for answer, number in outcome.answers.items():
                say(f"  seed {town.seed}: {answer}, {number} times")
            if not outcome.is_ok:
                named = ",".join(kinds)
                say(f"  What the service wrote is in {here.keep_log(f'plenary-storm-{town.seed}.log')}")
                say(f"  Again: plenary storm --seed-from {town.seed} --intents {intents} --faults {named}")
            total.add(outcome)
    return total


class _Seed:
    def __init__(self, here: Ground, platform: Caller, town: Town, sink: Sink, receivers: Receivers, say: Say) -> None:
        self.here = here
        self.platform = platform
        self.town = town
        self.sink = sink
        self.receivers = receivers
        self.say = say

    async def play(self, kinds: list[FaultKind], intents: int) -> Outcome:
        world = await build(self.here, self.platform, self.town)
        load = Load(world, plan(self.town.seed, self.town, intents), self.receivers.url)
        waiting = draw_faults(self.town.seed, kinds, intents // PER_FAULT)
        faults = Faults(self.here, self.town.seed)
        self.here.enduring.faults.clear()
        self.say(f"Seed {self.town.seed}: {intents} intents and {len(waiting)} faults")
        await asyncio.gather(*self._storm(load, faults, waiting))
        await faults.end()
        tally = await self._settle(world, load)
        tally.problems += load.problems
        answers = Counter(self.here.enduring.faults)
        return Outcome(self.town.seed, 1, intents, faults.struck, tally, answers)

    def _storm(self, load: Load, faults: Faults, waiting: Sequence[FaultKind]) -> list[Any]:
        """A fault when its share of the intents has begun; what comes after its share waits until it has happened."""
        total, begun, happened = len(load.intents), [0], [0]
        turned = asyncio.Condition()

        async def gate(number: int) -> None:
            async with turned:
                begun[0] = max(begun[0], number)
                turned.notify_all()
                await turned.wait_for(lambda: happened[0] * total >= number * len(waiting) - total)

        async def strike() -> None:
            for number, kind in enumerate(waiting):
                async with turned:
                    await turned.wait_for(lambda number=number: begun[0] * len(waiting) >= number * total)
                await faults.strike(kind)
                if number % SAID_EVERY == SAID_EVERY - 1:
                    self.say(f"  {begun[0]} intents begun, {number + 1} faults happened")
                async with turned:
                    happened[0] += 1
                    turned.notify_all()

        return [load.play(gate), strike()]

    async def _settle(self, world: World, load: Load) -> Tally:
        """Look until all is as it has to be, and once more a little later: what comes twice comes late."""
        until = time.monotonic() + SETTLED_SECONDS
        is_second = False
        while True:
            tally = check(self.town, load.accepted, await look(world, load.accepted, self.sink, self.receivers))
            is_quiet = not await self.here.running_jobs()
            if time.monotonic() > until or (is_second and is_quiet):
                return tally
            is_second = not tally.problems and is_quiet
            await asyncio.sleep(STILL_SECONDS if is_second else 1)
