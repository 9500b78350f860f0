"""Recurring work: due rows are found by date, so a missed tick is made up by the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.core.clock import london_date
from app.core.db import unit_of_work
from app.core.ids import PLATFORM_ID
from app.core.jobs import NewJob, enqueue_all
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


DAILY: list[Daily] = []
_TENANTS = text("SELECT commissioner_id FROM published.change_number ORDER BY commissioner_id")


class Planner:
    """Writes a day's recurring jobs for all tenants. A process does so once a day, and again when there is a new tenant."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._planned: tuple[str, Sequence[UUID]] | None = None

    async def plan(self, now: datetime) -> None:
        async with unit_of_work(self._tools.platform_engine, PLATFORM_ID) as session:
            tenants = (await (await session.connection()).execute(_TENANTS)).scalars().all()
        wanted = (london_date(now).isoformat(), tenants)
        if wanted == self._planned:
            return
        async with unit_of_work(self._tools.worker_engine, None) as session:
            await enqueue_all(session, [job for recurring in DAILY for job in recurring.jobs(*wanted)])
        self._planned = wanted
