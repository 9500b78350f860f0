"""How many messages a provider may be given: the rule, and eight workers who ask at once."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communications.repository.allowances import take_allowances
from app.communications.rules.allowance import Bucket, Limits, take, take_from_all
from app.core.db import unit_of_work
from app.core.ids import new_id
from tests.factories.service import LivePlenary

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FULL = Bucket(NOON - timedelta(hours=1), NOON.date(), 0)


def test_a_full_bucket_gives_a_minutes_share_and_then_one_a_second() -> None:
    first = take(FULL, Limits(per_minute=60), wanted=100, now=NOON)
    assert (first.messages, first.wait) == (60, timedelta(seconds=1))
    later = NOON + timedelta(seconds=1)
    second = take(first.bucket, Limits(per_minute=60), wanted=40, now=later)
    assert (second.messages, second.wait) == (1, timedelta(seconds=1))


def test_whoever_asks_again_after_the_wait_gets_something() -> None:
    limits = Limits(per_minute=7)
    emptied = take(FULL, limits, wanted=50, now=NOON)
    assert take(emptied.bucket, limits, wanted=1, now=NOON + emptied.wait).messages == 1


def test_a_days_number_lasts_until_midnight_in_utc() -> None:
    limits = Limits(per_day=250)
    first = take(FULL, limits, wanted=300, now=NOON)
    assert (first.messages, first.wait) == (250, timedelta(hours=12))
    assert take(first.bucket, limits, wanted=1, now=NOON + timedelta(hours=11)).messages == 0
    assert take(first.bucket, limits, wanted=300, now=NOON + timedelta(hours=12)).messages == 250


def test_without_limits_everything_goes() -> None:
    assert take(FULL, Limits(), wanted=10_000, now=NOON).messages == 10_000


def test_a_clock_that_is_set_back_gives_nothing_for_free() -> None:
    limits = Limits(per_minute=60, per_day=100)
    emptied = take(Bucket(NOON, date(2026, 11, 22), 0), limits, wanted=60, now=NOON)
    assert take(emptied.bucket, limits, wanted=60, now=NOON - timedelta(days=1)).messages == 0


def test_what_one_limit_refuses_is_spent_under_no_other() -> None:
    day, minute = (FULL, Limits(per_day=80)), (FULL, Limits(per_minute=5))
    first = take_from_all([day, minute], wanted=100, now=NOON)
    assert (first.messages, [bucket.sent for bucket in first.buckets]) == (5, [5, 5])
    assert first.wait == timedelta(seconds=12)
    again = take_from_all([(first.buckets[0], day[1]), (first.buckets[1], minute[1])], wanted=95, now=NOON)
    assert (again.messages, again.buckets[0].sent) == (0, 5)


@given(
    per_minute=st.integers(1, 5000),
    per_day=st.one_of(st.none(), st.integers(0, 20_000)),
    asked=st.lists(st.tuples(st.integers(0, 600_000), st.integers(0, 6000)), min_size=1, max_size=30),
)
def test_no_stretch_of_time_sees_more_than_a_minutes_share_and_what_came_back(
    per_minute: int, per_day: int | None, asked: list[tuple[int, int]]
) -> None:
    limits, now, bucket = Limits(per_minute, per_day), NOON, FULL
    granted: list[tuple[datetime, int]] = []
    for after, wanted in asked:
        now += timedelta(milliseconds=after)
        grant = take(bucket, limits, wanted=wanted, now=now)
        assert 0 <= grant.messages <= wanted
        assert (grant.wait == timedelta()) <= (grant.messages == wanted or grant.messages > 0)
        granted.append((now, grant.messages))
        bucket = grant.bucket
    for position, (start, _) in enumerate(granted):
        sums = 0
        for instant, messages in granted[position:]:
            sums += messages
            assert sums <= per_minute + (instant - start) / timedelta(minutes=1) * per_minute + 1e-6
    if per_day is not None:
        assert all(
            sum(messages for instant, messages in granted if instant.date() == day) <= per_day
            for day in {instant.date() for instant, _ in granted}
        )


async def test_workers_under_two_limits_in_either_order_spend_the_same_of_both(shared: LivePlenary) -> None:
    day, minute = (f"day:{new_id()}", Limits(per_day=1000)), (f"all:{new_id()}", Limits(per_minute=30))

    async def ask(number: int) -> int:
        limits = [day, minute] if number % 2 else [minute, day]
        async with unit_of_work(shared.tools.worker_engine, None) as session:
            return (await take_allowances(session, limits, wanted=7)).messages

    taken = sum(await asyncio.gather(*(ask(number) for number in range(16))))
    rows = await shared.fetch("SELECT sent FROM sending_allowance WHERE key = ANY($1)", [day[0], minute[0]])
    assert 30 <= taken < 7 * 16
    assert [row["sent"] for row in rows] == [taken, taken]


@pytest.mark.parametrize("limits", [Limits(per_minute=120), Limits(per_minute=6000, per_day=120)], ids=("rate", "day"))
async def test_eight_workers_at_once_never_get_more_than_one_alone(shared: LivePlenary, limits: Limits) -> None:
    key = f"race:{new_id()}"

    async def ask() -> tuple[int, datetime]:
        async with unit_of_work(shared.tools.worker_engine, None) as session:
            grant = await take_allowances(session, [(key, limits)], wanted=7)
            return grant.messages, grant.buckets[0].full_at

    async def asker() -> int:
        return sum([(await ask())[0] for _ in range(5)])

    [started] = await shared.fetch("SELECT clock_timestamp()")
    taken = sum(await asyncio.gather(*(asker() for _ in range(8))))
    [ended] = await shared.fetch("SELECT clock_timestamp()")
    share = (ended[0] - started[0]) / timedelta(minutes=1) * (limits.per_minute or 0)
    assert 120 <= taken <= 120 + (0 if limits.per_day else share)
