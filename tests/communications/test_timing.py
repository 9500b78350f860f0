"""Hours of London, over both changes of the clocks."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communications.rules.timing import hours_from
from app.core.clock import LONDON

INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("now", "hour", "expected"),
    [
        (datetime(2027, 3, 27, 12, tzinfo=UTC), 7, datetime(2027, 3, 28, 6, tzinfo=UTC)),
        (datetime(2027, 3, 27, 12, tzinfo=UTC), 1, datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (datetime(2027, 10, 30, 12, tzinfo=UTC), 7, datetime(2027, 10, 31, 7, tzinfo=UTC)),
        (datetime(2027, 10, 30, 12, tzinfo=UTC), 1, datetime(2027, 10, 31, 0, tzinfo=UTC)),
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), 1, datetime(2027, 11, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_hour_comes_when_the_clocks_in_london_show_it_first(now, hour, expected):
    assert hours_from(now).by_hour[hour] == expected


@given(INSTANTS, st.integers(0, 23))
def test_following_one_hour_from_day_to_day_meets_each_date_once(now, hour):
    dates = []
    for _ in range(4):
        now = hours_from(now).by_hour[hour]
        dates.append(now.astimezone(LONDON).date())
    assert [later - earlier for earlier, later in itertools.pairwise(dates)] == [timedelta(days=1)] * 3


@given(INSTANTS, st.integers(1, 7), st.integers(0, 23))
def test_an_hour_of_a_week_comes_on_that_day_within_eight_days(now, weekday, hour):
    coming = hours_from(now).by_week[24 * (weekday - 1) + hour]
    assert now < coming <= now + timedelta(days=7, hours=1)
    assert coming.astimezone(LONDON).isoweekday() == weekday
