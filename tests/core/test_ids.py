import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import ID_PATTERN, PLATFORM_ID, id_at, new_id


def test_ids_made_one_after_another_only_grow():
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_made_by_several_threads_are_all_different_and_grow_within_each():
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: [new_id() for _ in range(5_000)], range(4)))
    assert all(batch == sorted(batch) for batch in batches)
    assert len({made for batch in batches for made in batch}) == 20_000


def test_ids_go_on_growing_when_the_clock_is_set_back(monkeypatch):
    before = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert before < new_id() < new_id()


def test_an_id_is_of_version_seven_and_matches_the_pattern():
    made = new_id()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert re.fullmatch(ID_PATTERN, str(made))
    assert re.fullmatch(ID_PATTERN, str(PLATFORM_ID))


def test_an_id_lies_between_the_bounds_of_the_time_it_was_made():
    start = datetime.now(UTC)
    made = new_id()
    assert id_at(start - timedelta(seconds=1)) <= made < id_at(datetime.now(UTC) + timedelta(seconds=60))


@given(
    st.timedeltas(timedelta(0), timedelta(days=200_000)).map(lambda age: datetime(1970, 1, 1, tzinfo=UTC) + age),
    st.timedeltas(timedelta(milliseconds=1), timedelta(days=1000)),
)
def test_bounds_are_ordered_as_their_instants(instant, later):
    assert id_at(instant) < id_at(instant + later)


def test_a_bound_needs_a_time_zone():
    with pytest.raises(ValueError, match="time zone"):
        id_at(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None))
