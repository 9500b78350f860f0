"""What is kept for how long: a nightly job per tenant that deletes in batches. Money is never deleted."""

from functools import partial

from sqlalchemy import text

from app.core import jobs
from app.core.db import Tx
from workers.jobs import JobContext, advanced, handler
from workers.schedule import DAILY, Daily

BATCH = 5_000
# Jobs that are done 7 days; idempotent answers at their expiry; the change feed 90 days (older cursors get 410). The
# oldest first: whatever is left is then all there is since some moment. Of the feed nothing goes that comes after an
# event still waiting for the relay, because a gap behind the oldest event would not be seen. Simulations 24 months, with
# their practices: as long as anybody argues about the year that they were made for.
RULES = (
    "DELETE FROM idempotency_key WHERE commissioner_id = :tenant AND (credential_id, key) IN (SELECT credential_id, key"
    " FROM idempotency_key WHERE commissioner_id = :tenant AND expires_at < clock_timestamp() ORDER BY expires_at LIMIT :batch)",
    "DELETE FROM event WHERE commissioner_id = :tenant AND (change_number, position) IN (SELECT change_number, position"
    " FROM event WHERE commissioner_id = :tenant AND occurred_at < clock_timestamp() - interval '90 days'"
    " AND change_number < coalesce((SELECT min(change_number) FROM event WHERE commissioner_id = :tenant"
    " AND relayed_at IS NULL), 9223372036854775807) ORDER BY change_number, position LIMIT :batch)",
    "DELETE FROM operation WHERE commissioner_id = :tenant AND id IN (SELECT id FROM operation"
    " WHERE commissioner_id = :tenant AND finished_at < clock_timestamp() - interval '90 days' ORDER BY id LIMIT :batch)",
    "DELETE FROM scheme_simulation WHERE commissioner_id = :tenant AND id IN (SELECT id FROM scheme_simulation"
    " WHERE commissioner_id = :tenant AND created_at < clock_timestamp() - interval '24 months' ORDER BY id LIMIT :batch)",
)


@handler("core.retain")
async def retain(context: JobContext) -> None:
    """Delete what has had its time, a batch to a transaction; ended on the way, the next night goes on."""
    for drop in (_drop_done_jobs, *(partial(_drop, rule) for rule in RULES)):
        deleted = BATCH
        while deleted == BATCH and not context.stopping.is_set():
            async with context.transaction(end=advanced) as session:
                deleted = await drop(session)


async def _drop_done_jobs(session: Tx) -> int:
    return await jobs.drop_done(session, days=7, limit=BATCH)


async def _drop(rule: str, session: Tx) -> int:
    values = {"tenant": session.tenant, "batch": BATCH}
    return (await (await session.connection()).execute(text(rule), values)).rowcount


DAILY.append(Daily("core.retain"))
