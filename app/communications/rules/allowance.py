"""How many messages a provider may be given now: a rate with room for a burst, and a number for each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """`per_minute` in the long run, of which as many may go at once after a quiet minute; `per_day` by the calendar in
    UTC, which is how providers count. None: no limit.
    """

    per_minute: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left, as one instant: the bucket is full again at `full_at`, and until then it lacks one message for each
    step of a minute's share. `sent` counts the messages of `day`.
    """

    full_at: datetime
    day: date
    sent: int


@dataclass(frozen=True, slots=True)
class Grant:
    """`messages` may go now. `wait` is how long until another may; zero when all that was asked for is granted."""

    messages: int
    wait: timedelta
    bucket: Bucket


def take(bucket: Bucket, limits: Limits, *, wanted: int, now: datetime) -> Grant:
    """As many of the wanted messages as the limits leave room for.

    60 a minute, full, asked for 100 at 10:00:00: 60 go, the bucket is full again at 10:01:00, and a second later one
    more may go. No stretch of time sees more than a minute's share and what has come back during it; a clock that is set
    back gives nothing for free.
    """
    today = now.astimezone(UTC).date()
    sent = bucket.sent if bucket.day >= today else 0
    by_day = wanted if limits.per_day is None else max(limits.per_day - sent, 0)
    by_rate = wanted if limits.per_minute is None else _tokens(bucket.full_at, limits.per_minute, now)
    granted = min(wanted, by_day, by_rate)
    full_at = bucket.full_at
    if limits.per_minute is not None:
        full_at = max(full_at, now) + granted * _step(limits.per_minute)
    left = Bucket(full_at, max(bucket.day, today), sent + granted)
    return Grant(granted, _wait(left, limits, now) if granted < wanted else timedelta(), left)


@dataclass(frozen=True, slots=True)
class JointGrant:
    """As a `Grant` of several buckets together, which are left in the order in which they were asked."""

    messages: int
    wait: timedelta
    buckets: tuple[Bucket, ...]


def take_from_all(buckets: Sequence[tuple[Bucket, Limits]], *, wanted: int, now: datetime) -> JointGrant:
    """As many as every one of the buckets has room for, spent in each; what one refuses is spent in none.

    Of 100 wanted a commissioner's day leaves room for 80 and the mail server's minute for 5: 5 go, and the day has 75 left.
    """
    room = min((take(bucket, limits, wanted=wanted, now=now).messages for bucket, limits in buckets), default=wanted)
    grants = [take(bucket, limits, wanted=room, now=now) for bucket, limits in buckets]
    waits = [_wait(grant.bucket, limits, now) for grant, (_, limits) in zip(grants, buckets, strict=True)]
    wait = max(waits, default=timedelta()) if room < wanted else timedelta()
    return JointGrant(room, wait, tuple(grant.bucket for grant in grants))


def _step(per_minute: int) -> timedelta:
    """Rounded up, so that the shares never add up to more than the rate."""
    return timedelta(microseconds=-(-60_000_000 // per_minute))


def _tokens(full_at: datetime, per_minute: int, now: datetime) -> int:
    step = _step(per_minute)
    return max((per_minute * step - max(full_at - now, timedelta())) // step, 0)


def _wait(left: Bucket, limits: Limits, now: datetime) -> timedelta:
    if limits.per_day is not None and left.sent >= limits.per_day:
        return datetime.combine(left.day + timedelta(days=1), time(), UTC) - now
    if limits.per_minute is None:
        return timedelta()
    step = _step(limits.per_minute)
    return max(left.full_at - now - (limits.per_minute - 1) * step, timedelta())
