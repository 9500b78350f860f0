"""Standing jobs: one row for work that comes again and again, called when there is some.

A call while the job runs is not lost: it moves `run_at`, which whoever runs the job compares with what it was when they
began to look for work.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from app.core.db import Tx
from app.core.ids import new_id
from app.core.jobs.rows import Claimed, LostLease, NewJob

# A parked one stays with the person who is to look at it: what was held back is not sent because something else came.
_CALL = text(
    """
INSERT INTO job AS j (commissioner_id, id, kind, queue, dedupe_key, payload, state, run_at, token, attempts,
                      correlation_id, created_at)
SELECT tenant, id, kind, queue, key, payload::jsonb, 'queued', clock_timestamp(), 0, 0, correlation, clock_timestamp()
FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:queues AS text[]),
            CAST(:keys AS text[]), CAST(:payloads AS text[]), CAST(:correlations AS text[]))
     AS c(tenant, id, kind, queue, key, payload, correlation)
ORDER BY tenant, kind, key
ON CONFLICT (commissioner_id, kind, dedupe_key) DO UPDATE SET
  state = CASE WHEN j.state = 'done' THEN 'queued' ELSE j.state END,
  attempts = CASE WHEN j.state = 'done' THEN 0 ELSE j.attempts END,
  failures = CASE WHEN j.state = 'done' THEN 0 ELSE j.failures END,
  finished_at = NULL,
  run_at = CASE WHEN j.state = 'queued' THEN least(j.run_at, excluded.run_at) ELSE excluded.run_at END
WHERE j.state <> 'parked'
"""
)
_OURS = "commissioner_id = :tenant AND id = :id AND token = :token AND state = 'running'"
_LAST_CALL = text(f"SELECT run_at FROM job WHERE {_OURS}")
_REST = text(
    f"""UPDATE job SET lease_until = NULL, last_error = NULL, attempts = 0, failures = 0,
  state = CASE WHEN run_at = :known AND CAST(:pause AS float8) IS NULL THEN 'done' ELSE 'queued' END,
  finished_at = CASE WHEN run_at = :known AND CAST(:pause AS float8) IS NULL THEN clock_timestamp() END,
  run_at = least(CASE WHEN run_at <> :known THEN run_at END,
                 clock_timestamp() + make_interval(secs => coalesce(CAST(:pause AS float8), 0)))
WHERE {_OURS}"""
)


async def call_all(session: Tx, wanted: Iterable[NewJob]) -> None:
    """Have each of these run soon, in this transaction, in one statement; `run_at` of a `NewJob` is not looked at."""
    jobs = list(wanted)
    if not jobs:
        return
    await (await session.connection()).execute(
        _CALL,
        {
            "tenants": [job.tenant for job in jobs],
            "ids": [new_id() for _ in jobs],
            "kinds": [job.kind for job in jobs],
            "queues": [job.queue for job in jobs],
            "keys": [job.key for job in jobs],
            "payloads": [msgspec.json.encode(job.payload).decode() for job in jobs],
            "correlations": [job.correlation_id for job in jobs],
        },
    )
    session.pending.has_work = True


async def last_call(session: Tx, job: Claimed) -> datetime:
    """To be asked before the work is looked for, and given to `rest` when none is left."""
    found = (await (await session.connection()).execute(_LAST_CALL, _key(job))).scalar_one_or_none()
    if found is None:
        raise LostLease(str(job.id))
    return found


async def rest(session: Tx, job: Claimed, *, known: datetime, pause: float | None) -> None:
    """Done for now, or for `pause` seconds; at once again when somebody called since `known`."""
    values: dict[str, Any] = {**_key(job), "known": known, "pause": pause}
    if (await (await session.connection()).execute(_REST, values)).rowcount != 1:
        raise LostLease(str(job.id))
    session.pending.has_work = True


def _key(job: Claimed) -> dict[str, Any]:
    return {"tenant": job.commissioner_id, "id": job.id, "token": job.token}
