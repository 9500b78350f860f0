"""Recurring work: due rows are found by date, so a missed tick is made up by the next one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from app.core.clock import london_date
from app.core.db import unit_of_work
from app.core.ids import PLATFORM_ID
from app.core.jobs import NewJob, enqueue_all
from app.core.settings import Settings
from workers.jobs import Tools


@dataclass(frozen=True, slots=True)
class Daily:
    """A job for every tenant, once per London day, from just after midnight."""

    kind: str
    queue: str = "default"
    platform_only: bool = False

    def jobs(self, day: str, tenants: Sequence[UUID]) -> list[NewJob]:
        """Dedupe keys carry the day, so any number of workers may write them."""
        wanted = [PLATFORM_ID] if self.platform_only else tenants
        return [NewJob(tenant, self.kind, self.queue, day, {"day": day}) for tenant in wanted]


@dataclass(frozen=True, slots=True)
class Minutely:
    """A job of the platform's, once a minute, where the settings want it."""

    kind: str
    is_wanted: Callable[[Settings], bool]
    queue: str = "default"


DAILY: list[Daily] = []
MINUTELY: list[Minutely] = []
_TENANTS = text("SELECT commissioner_id FROM published.change_number ORDER BY commissioner_id")


class Planner:
    """Writes a day's recurring jobs for all tenants. A process does so once a day, and again when there is a new tenant."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._planned: tuple[str, Sequence[UUID]] | None = None
        self._minute: str | None = None

    async def plan(self, now: datetime) -> None:
        async with unit_of_work(self._tools.platform_engine, PLATFORM_ID) as session:
            tenants = (await (await session.connection()).execute(_TENANTS)).scalars().all()
        await self._plan_minute(now)
        wanted = (london_date(now).isoformat(), tenants)
        if wanted == self._planned:
            return
        async with unit_of_work(self._tools.worker_engine, None) as session:
            await enqueue_all(session, [job for recurring in DAILY for job in recurring.jobs(*wanted)])
        self._planned = wanted

    async def _plan_minute(self, now: datetime) -> None:
        minute = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
        wanted = [recurring for recurring in MINUTELY if recurring.is_wanted(self._tools.settings)]
        if minute == self._minute or not wanted:
            return
        async with unit_of_work(self._tools.worker_engine, None) as session:
            await enqueue_all(session, [NewJob(PLATFORM_ID, each.kind, each.queue, minute, {}) for each in wanted])
        self._minute = minute
