"""What each provider may still be given: one row, shared by all workers, and the database's clock."""

from sqlalchemy import text

from app.communications.rules.allowance import Bucket, Grant, Limits, take
from app.core.db import Tx

# Makes the row or locks it, so that takers come one after the other; the clock is read once the lock is held.
_LOCK = text(
    """INSERT INTO sending_allowance AS a (key, full_at, day, sent)
VALUES (:key, clock_timestamp(), (clock_timestamp() AT TIME ZONE 'UTC')::date, 0)
ON CONFLICT (key) DO UPDATE SET key = excluded.key
RETURNING a.full_at, a.day, a.sent, clock_timestamp() AS now"""
)
_KEEP = text("UPDATE sending_allowance SET full_at = :full_at, day = :day, sent = :sent WHERE key = :key")


async def take_allowance(session: Tx, key: str, limits: Limits, *, wanted: int) -> Grant:
    """What may go now through the provider that the key names. Its row stays locked until the transaction ends, so this
    is done in one of its own.
    """
    connection = await session.connection()
    row = (await connection.execute(_LOCK, {"key": key})).one()
    grant = take(Bucket(row.full_at, row.day, row.sent), limits, wanted=wanted, now=row.now)
    left = grant.bucket
    await connection.execute(_KEEP, {"key": key, "full_at": left.full_at, "day": left.day, "sent": left.sent})
    return grant
