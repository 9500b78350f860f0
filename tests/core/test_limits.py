import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Unavailable
from app.core.limits import Bench, RateLimiter, address_key, rate_limit_headers


def test_a_burst_passes_and_the_next_waits():
    limiter = RateLimiter(2, burst=3)
    assert [limiter.check("key", 10.0).allowed for _ in range(4)] == [True, True, True, False]
    refused = limiter.check("key", 10.0)
    assert (refused.remaining, refused.reset_after, refused.limit) == (0, 0.5, 3)
    assert limiter.check("key", 10.5).allowed


def test_keys_do_not_share():
    limiter = RateLimiter(1)
    assert limiter.check("a", 0.0).allowed
    assert limiter.check("b", 0.0).allowed
    assert not limiter.check("a", 0.0).allowed


def test_what_is_given_back_can_be_spent_again_and_no_more():
    limiter = RateLimiter(1, burst=1)
    assert limiter.check("a", 0.0).allowed
    limiter.give_back("a")
    limiter.give_back("a")
    assert [limiter.check("a", 0.0).allowed for _ in range(2)] == [True, False]


@given(st.lists(st.floats(0, 2), min_size=1, max_size=200), st.integers(1, 20), st.integers(1, 20))
def test_never_more_than_the_burst_and_the_rate_together(pauses, rate, burst):
    limiter, now, passed = RateLimiter(rate, burst), 0.0, 0
    for pause in pauses:
        now += pause
        passed += limiter.check("key", now).allowed
    assert passed <= burst + rate * (now - pauses[0]) + 1e-6


@given(st.integers(1, 20), st.integers(1, 20))
def test_who_waits_as_long_as_told_passes(rate, burst):
    limiter = RateLimiter(rate, burst)
    while (decision := limiter.check("key", 0.0)).allowed:
        pass
    assert limiter.check("key", decision.reset_after + 1e-9).allowed


def test_a_clock_that_goes_back_gives_nothing_away():
    limiter = RateLimiter(1)
    assert limiter.check("key", 100.0).allowed
    assert not limiter.check("key", 50.0).allowed
    assert not limiter.check("key", 100.5).allowed


def test_memory_is_bounded_by_forgetting_who_was_idle_longest():
    limiter = RateLimiter(1, most_keys=2)
    for key in ("a", "b", "c"):
        assert limiter.check(key, 0.0).allowed
    assert not limiter.check("c", 0.0).allowed
    assert not limiter.check("b", 0.0).allowed
    assert limiter.check("a", 0.0).allowed


def test_the_clock_is_read_when_no_time_is_given():
    limiter = RateLimiter(0.001)
    assert [limiter.check("key").allowed, limiter.check("key").allowed] == [True, False]


def test_headers_say_what_is_left_and_how_long_to_wait():
    limiter = RateLimiter(2, burst=2)
    assert rate_limit_headers(limiter.check("key", 0.0)) == {
        "RateLimit-Policy": '"default";q=2;w=1',
        "RateLimit": '"default";r=1;t=1',
    }
    limiter.check("key", 0.0)
    assert rate_limit_headers(limiter.check("key", 0.0))["Retry-After"] == "1"


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_limit_that_lets_nothing_through_is_a_mistake(rate, burst):
    with pytest.raises(ValueError, match="lets something"):
        RateLimiter(rate, burst)


async def test_a_bench_takes_as_many_as_it_has_places_and_a_place_is_free_when_the_work_is_done() -> None:
    bench, go = Bench(1, again_after=7), threading.Event()
    first = asyncio.create_task(bench.run(go.wait))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await bench.run(len, "")
    assert refused.value.headers["Retry-After"] == "7"
    first.cancel()
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await bench.run(len, "whose caller has left")
    go.set()
    for _ in range(200):
        try:
            assert await bench.run(len, "abc") == 3
            return
        except Unavailable:
            await asyncio.sleep(0.01)
    pytest.fail("the place was never given back")


def test_addresses_of_one_ipv6_line_count_together_and_others_apart():
    def key(address):
        return address_key({"client": (address, 50_000)})

    assert key("2001:db8:1:2::7") == key("2001:db8:1:2:ffff::9")
    assert key("2001:db8:1:2::7") != key("2001:db8:1:3::7")
    assert key("fe80::1%eth0") == key("fe80::2%eth1")
    assert key("192.0.2.1") != key("192.0.2.2")
    assert address_key({}) == "address:unknown"
