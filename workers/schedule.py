"""Recurring work: due rows are found by date, so a missed tick is made up by the next one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from app.core.clock import london_date
from app.core.db import unit_of_work
from app.core.ids import PLATFORM_ID
from app.core.jobs import enqueue
from workers.jobs import Tools


@dataclass(frozen=True, slots=True)
class Daily:
    """A job for every tenant, once per London day, from just after midnight."""

    kind: str
    queue: str = "default"
    platform_only: bool = False


DAILY: list[Daily] = []
_TENANTS = text("SELECT commissioner_id FROM published.change_number ORDER BY commissioner_id")


async def plan_day(tools: Tools, now: datetime) -> None:
    """Write today's recurring jobs for all tenants. Dedupe keys carry the London date: any number of workers may call."""
    day = london_date(now).isoformat()
    async with unit_of_work(tools.platform_engine, PLATFORM_ID) as session:
        tenants = (await (await session.connection()).execute(_TENANTS)).scalars().all()
    async with unit_of_work(tools.worker_engine, None) as session:
        for recurring in DAILY:
            for tenant in [PLATFORM_ID] if recurring.platform_only else tenants:
                await enqueue(
                    session, recurring.kind, queue=recurring.queue, dedupe_key=day, payload={"day": day}, tenant=tenant
                )


Step = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Every:
    """A cheap call every so often, from the worker's own loop."""

    period: timedelta
    call: Step
    due_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        return self.due_at is None or now >= self.due_at
