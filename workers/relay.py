"""Turns each new event into its jobs, exactly once, inside PostgreSQL."""

from uuid import UUID

from sqlalchemy import RowMapping, text

from app.communications.service.webhook_sending import FAN_OUT
from app.core.db import unit_of_work
from app.core.jobs import NewJob, call_all, enqueue_all
from workers.jobs import HANDLERS, Tools
from workers.routes import ROUTES

# Events of a newer release stay for a worker that knows them; the relay's lag tells when there is none.
_TAKE = text(
    """
SELECT commissioner_id, change_number, position, id, name, subject, payload, correlation_id, is_heard FROM event
WHERE relayed_at IS NULL AND name = ANY(:known) ORDER BY occurred_at FOR UPDATE SKIP LOCKED LIMIT 1000
"""
)
_MARK = text(
    """
UPDATE event e SET relayed_at = clock_timestamp()
FROM unnest(CAST(:tenants AS uuid[]), CAST(:numbers AS bigint[]), CAST(:positions AS int[])) AS t(tenant, number, position)
WHERE e.commissioner_id = t.tenant AND e.change_number = t.number AND e.position = t.position
"""
)


async def relay(tools: Tools) -> int:
    """One batch. Events whose name has an empty route are marked and feed the change feed only. Returns events taken."""
    async with unit_of_work(tools.worker_engine, None) as session:
        connection = await session.connection()
        events = (await connection.execute(_TAKE, {"known": list(ROUTES)})).mappings().all()
        if not events:
            return 0
        await enqueue_all(session, [job for event in events for job in _jobs_of(event)])
        await call_all(
            session, (_fan_out(tenant) for tenant in {e["commissioner_id"] for e in events if e["is_heard"]})
        )
        await connection.execute(
            _MARK,
            {
                "tenants": [e["commissioner_id"] for e in events],
                "numbers": [e["change_number"] for e in events],
                "positions": [e["position"] for e in events],
            },
        )
        return len(events)


def _fan_out(tenant: UUID) -> NewJob:
    """One for all that this tenant's endpoints are to hear of: it goes by the changes' numbers."""
    return NewJob(tenant, FAN_OUT, HANDLERS[FAN_OUT].queue, "all", {})


def _jobs_of(event: RowMapping) -> list[NewJob]:
    payload = event["payload"] | {"subject": event["subject"]}
    return [
        NewJob(
            tenant=event["commissioner_id"],
            kind=kind,
            queue=HANDLERS[kind].queue,
            key=str(event["id"]),
            payload=payload,
            correlation_id=event["correlation_id"],
        )
        for kind in ROUTES[event["name"]]
    ]
