"""Turns each new event into its jobs, exactly once, inside PostgreSQL."""

import msgspec
from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.ids import new_id
from workers.jobs import HANDLERS, Tools
from workers.routes import ROUTES

# Events of a newer release stay for a worker that knows them; the relay's lag tells when there is none.
_TAKE = text(
    """
SELECT commissioner_id, change_number, position, id, name, subject, payload, correlation_id FROM event
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
_JOBS = text(
    """
INSERT INTO job (commissioner_id, id, kind, queue, dedupe_key, payload, state, run_at, token, attempts, correlation_id,
                 created_at)
SELECT tenant, id, kind, queue, key, payload::jsonb, 'queued', clock_timestamp(), 0, 0, correlation, clock_timestamp()
FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:queues AS text[]),
            CAST(:keys AS text[]), CAST(:payloads AS text[]), CAST(:correlations AS text[]))
     AS j(tenant, id, kind, queue, key, payload, correlation)
ON CONFLICT (commissioner_id, kind, dedupe_key) DO NOTHING
"""
)


async def relay(tools: Tools) -> int:
    """One batch. Events whose name has an empty route are marked and feed the change feed only. Returns events taken."""
    async with unit_of_work(tools.worker_engine, None) as session:
        connection = await session.connection()
        events = (await connection.execute(_TAKE, {"known": list(ROUTES)})).mappings().all()
        if not events:
            return 0
        rows = [
            {
                "tenant": event["commissioner_id"],
                "id": new_id(),
                "kind": kind,
                "queue": HANDLERS[kind].queue,
                "key": str(event["id"]),
                "payload": msgspec.json.encode(event["payload"] | {"subject": event["subject"]}).decode(),
                "correlation": event["correlation_id"],
            }
            for event in events
            for kind in ROUTES[event["name"]]
        ]
        if rows:
            columns = {"tenants": "tenant", "ids": "id", "kinds": "kind", "queues": "queue", "keys": "key"}
            columns |= {"payloads": "payload", "correlations": "correlation"}
            await connection.execute(_JOBS, {many: [row[one] for row in rows] for many, one in columns.items()})
        await connection.execute(
            _MARK,
            {
                "tenants": [e["commissioner_id"] for e in events],
                "numbers": [e["change_number"] for e in events],
                "positions": [e["position"] for e in events],
            },
        )
        return len(events)
