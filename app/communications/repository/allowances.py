"""What each provider may still be given: one row, shared by all workers, and the database's clock."""

from collections.abc import Sequence

from sqlalchemy import text

from app.communications.rules.allowance import Bucket, JointGrant, Limits, take_from_all
from app.core.db import Tx

# Makes the rows or locks them, always in the order of their keys, so that takers come one after the other; the clock is
# read once a lock is held.
_LOCK = text(
    """INSERT INTO sending_allowance AS a (key, full_at, day, sent)
SELECT key, clock_timestamp(), (clock_timestamp() AT TIME ZONE 'UTC')::date, 0
FROM unnest(CAST(:keys AS text[])) AS wanted(key) ORDER BY key
ON CONFLICT (key) DO UPDATE SET key = excluded.key
RETURNING a.key, a.full_at, a.day, a.sent, clock_timestamp() AS now"""
)
_KEEP = text(
    """UPDATE sending_allowance a SET full_at = n.full_at, day = n.day, sent = n.sent
FROM unnest(CAST(:keys AS text[]), CAST(:full_at AS timestamptz[]), CAST(:days AS date[]), CAST(:sent AS bigint[]))
  AS n(key, full_at, day, sent)
WHERE a.key = n.key"""
)


async def take_allowances(session: Tx, allowances: Sequence[tuple[str, Limits]], *, wanted: int) -> JointGrant:
    """What may go now under all of these limits (at least one), each known by its key. Their rows stay locked until the transaction ends,
    so this is done in one of its own.
    """
    keys = [key for key, _ in allowances]
    connection = await session.connection()
    found = {row.key: row for row in (await connection.execute(_LOCK, {"keys": keys})).all()}
    now = max(row.now for row in found.values())
    buckets = [(Bucket(found[key].full_at, found[key].day, found[key].sent), limits) for key, limits in allowances]
    grant = take_from_all(buckets, wanted=wanted, now=now)
    values = {
        "keys": keys,
        "full_at": [bucket.full_at for bucket in grant.buckets],
        "days": [bucket.day for bucket in grant.buckets],
        "sent": [bucket.sent for bucket in grant.buckets],
    }
    await connection.execute(_KEEP, values)
    return grant


# A row that is missing is one of a bucket that is full, with nothing sent.
_DROP_FULL = text(
    """DELETE FROM sending_allowance WHERE starts_with(key, :beginning)
AND day < (clock_timestamp() AT TIME ZONE 'UTC')::date AND full_at < clock_timestamp()"""
)


async def drop_full_allowances(session: Tx, beginning: str) -> None:
    """Those of days before, by how their keys begin."""
    await (await session.connection()).execute(_DROP_FULL, {"beginning": beginning})
