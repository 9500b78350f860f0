"""Without Valkey: every write is accepted all the same, and what it sends goes out while Valkey is still away."""

import asyncio
import json
import random
import time
from typing import Any, Final

from app.demo.calls import CallFailed
from app.storm.ground import Ground, ground
from app.storm.payments import NOWHERE
from app.storm.sink import Sink, running_sink
from app.storm.town import DOMAIN, ROLES, Town
from app.storm.weather import Say
from app.storm.world import World, build, register

DELAY_SECONDS: Final = 5
"""What is promised of 99 in a hundred: from the answer of the API to the mail at its server."""
PAUSE_SECONDS: Final = 0.5
LAST_SECONDS: Final = 30
"""How long the last ones are waited for."""


async def storm_outage(seconds: float, *, say: Say) -> bool:
    async with ground() as here, running_sink() as sink:
        say("Starting the service without Valkey in a home of its own")
        smtp = f"smtp://127.0.0.1:{sink.port}"
        await here.start(redis_url=NOWHERE, smtp_url=smtp, mail_from=f"Plenary <plenary@{DOMAIN}>")
        platform, town = await here.make_platform_key(), Town(0)
        await register(platform, [town])
        outage = _Outage(here, await build(here, platform, town), sink)
        await outage.write(seconds)
        found = await outage.found()
        say(json.dumps(found))
        return found["ok"]


class _Outage:
    def __init__(self, here: Ground, world: World, sink: Sink) -> None:
        self.here = here
        self.world = world
        self.sink = sink
        self.accepted: dict[str, tuple[float, int]] = {}
        self.refused: list[str] = []

    async def write(self, seconds: float) -> None:
        """Announcements of every urgency to a few people each, steadily."""
        until, chance = time.monotonic() + seconds, random.Random(0)  # noqa: S311 - no secret
        while time.monotonic() < until:
            title = f"No {len(self.accepted) + len(self.refused)}"
            roles, practices = [chance.choice(ROLES)], [chance.choice(self.world.town.practices)]
            urgency = chance.choice(("routine", "important", "critical"))
            audience = {"roles": roles, "practices": practices}
            wanted = {"title": title, "body_markdown": "Without Valkey.", "audience": audience, "urgency": urgency}
            try:
                await self.world.office["editor"].post("/v1/announcements", wanted)
            except CallFailed as failed:
                self.refused.append(str(failed))
            else:
                due = len(self.world.town.recipients(roles, practices, by_mail=True))
                self.accepted[title] = time.monotonic(), due
            await asyncio.sleep(PAUSE_SECONDS)

    async def found(self) -> dict[str, Any]:
        until = time.monotonic() + LAST_SECONDS
        while len(self._delays()) < len(self.accepted) and time.monotonic() < until:  # noqa: ASYNC110 - mail that arrives
            await asyncio.sleep(0.2)
        delays = self._delays()
        p99 = delays[-1 - len(delays) // 100] if delays else 0.0
        unsent, faults = len(self.accepted) - len(delays), self.here.enduring.faults.total()
        return {
            "accepted": len(self.accepted),
            "mails": sum(due for _, due in self.accepted.values()),
            "refused": len(self.refused),
            "unsent": unsent,
            "server_errors": faults,
            "delay_p50_s": round(delays[len(delays) // 2], 2) if delays else None,
            "delay_p99_s": round(p99, 2),
            "delay_max_s": round(delays[-1], 2) if delays else None,
            "ok": bool(delays) and not (self.refused or unsent or faults) and p99 <= DELAY_SECONDS,
        }

    def _delays(self) -> list[float]:
        """Of those of which everybody has the mail, until the last of them had it; in order."""
        arrived = ((sorted(self.sink.at.get(title, [])), *said) for title, said in self.accepted.items())
        return sorted(times[due - 1] - at for times, at, due in arrived if len(times) >= due)
