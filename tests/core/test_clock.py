from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.core.clock import (
    Instant,
    Period,
    PeriodModel,
    SystemClock,
    add_months,
    financial_year,
    financial_year_start,
    london_date,
    london_midnight,
    months_between,
    quarter_start,
    utc_text,
)

DAYS = st.dates(date(1990, 4, 1), date(2080, 1, 1))


def test_the_system_clock_is_aware_and_in_utc():
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_london_day_in_summer_begins_an_hour_earlier_in_utc():
    assert london_midnight(date(2026, 7, 1)) == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert london_midnight(date(2026, 1, 1)) == datetime(2026, 1, 1, tzinfo=UTC)
    assert london_date(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == date(2026, 7, 1)


@given(DAYS)
def test_midnight_in_london_is_the_first_instant_of_that_date(day):
    midnight = london_midnight(day)
    assert london_date(midnight) == day
    assert london_date(midnight - timedelta(microseconds=1)) == day - timedelta(days=1)


def test_instants_are_written_in_utc_with_milliseconds_only_when_there_are_any():
    offset = timezone(timedelta(hours=1))
    assert utc_text(datetime(2026, 11, 22, 11, tzinfo=offset)) == "2026-11-22T10:00:00Z"
    assert utc_text(datetime(2026, 11, 22, 10, 0, 0, 250_000, tzinfo=UTC)) == "2026-11-22T10:00:00.250Z"
    assert utc_text(datetime(2026, 11, 22, 10, 0, 0, 999, tzinfo=UTC)) == "2026-11-22T10:00:00Z"


@pytest.mark.parametrize("call", [utc_text, london_date])
def test_an_instant_without_a_time_zone_is_refused(call):
    with pytest.raises(ValueError, match="time zone"):
        call(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None))


def test_a_financial_year_turns_on_the_first_of_april():
    assert financial_year(date(2026, 4, 1)) == "2026/27"
    assert financial_year(date(2026, 3, 31)) == "2025/26"
    assert financial_year(date(1999, 5, 1)) == "1999/00"


@given(DAYS)
def test_a_date_lies_in_the_financial_year_it_names(day):
    start = financial_year_start(financial_year(day))
    assert start <= day < add_months(start, 12)


@pytest.mark.parametrize(
    "text",
    [
        "2026/28",
        "2026-27",
        "26/27",
        "2026/2027",
        "2026/27 ",
        "\uff12026/27",
        "0000/01",
        "1989/90",
        "2101/02",
        "9999/00",
        "",
    ],
)
def test_a_financial_year_has_one_way_of_writing(text):
    with pytest.raises(ValueError, match="2026/27"):
        financial_year_start(text)


def test_months_are_added_up_to_the_last_day():
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 31), 25) == date(2028, 2, 29)
    assert add_months(date(2026, 1, 15), -2) == date(2025, 11, 15)


@given(DAYS, st.integers(-200, 200))
def test_months_added_are_months_between(day, months):
    first = day.replace(day=1)
    assert months_between(first, add_months(first, months)) == months


def test_a_broken_month_does_not_count():
    assert months_between(date(2026, 4, 10), date(2026, 7, 9)) == 2
    assert months_between(date(2026, 4, 10), date(2026, 7, 10)) == 3


def test_quarters_begin_with_april_july_october_and_january():
    assert [quarter_start(date(2026, month, 15)).month for month in range(1, 13)] == [1] * 3 + [4] * 3 + [7] * 3 + [
        10
    ] * 3


def test_a_quarter_is_three_whole_months_and_ninety_one_days():
    quarter = Period(date(2026, 4, 1), date(2026, 7, 1))
    assert (quarter.whole_months(), quarter.days) == (3, 91)
    assert quarter.contains(date(2026, 6, 30))
    assert not quarter.contains(date(2026, 7, 1))


def test_a_broken_period_has_no_whole_months():
    assert Period(date(2026, 4, 1), date(2026, 6, 30)).whole_months() is None
    assert Period(date(2026, 1, 31), date(2026, 2, 28)).whole_months() is None
    assert Period(date(2026, 4, 10), date(2026, 5, 10)).whole_months() == 1


def test_an_open_period_has_no_length_but_meets_others():
    membership = Period(date(2026, 5, 1))
    assert membership.contains(date(2999, 1, 1))
    quarter = Period(date(2026, 4, 1), date(2026, 7, 1))
    assert membership.intersection(quarter) == Period(date(2026, 5, 1), date(2026, 7, 1))
    assert membership.intersection(Period(date(2026, 6, 1))) == Period(date(2026, 6, 1))
    with pytest.raises(ValueError, match="no known end"):
        _ = membership.days


PERIODS = st.tuples(DAYS, st.integers(1, 500)).map(lambda p: Period(p[0], p[0] + timedelta(days=p[1])))


@given(PERIODS, PERIODS, DAYS)
def test_a_day_is_in_both_periods_exactly_when_it_is_in_their_intersection(first, second, day):
    both = first.intersection(second)
    assert both == second.intersection(first)
    assert first.overlaps(second) == second.overlaps(first) == (both is not None)
    assert (both is not None and both.contains(day)) == (first.contains(day) and second.contains(day))


def test_a_period_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="ends after"):
        Period(date(2026, 4, 1), date(2026, 4, 1))
    with pytest.raises(ValidationError) as refusal:
        PeriodModel.model_validate({"from": "2026-04-01", "until": "2026-04-01"})
    assert refusal.value.errors()[0]["type"] == "period_ends_before_it_starts"


def test_a_period_is_from_and_until_on_the_wire():
    sent = PeriodModel.model_validate_json('{"from": "2026-04-01", "until": "2026-07-01"}')
    assert sent.period() == Period(date(2026, 4, 1), date(2026, 7, 1))
    assert PeriodModel.of(sent.period()).model_dump_json(by_alias=True) == '{"from":"2026-04-01","until":"2026-07-01"}'


class Note(BaseModel):
    at: Instant


def test_an_instant_member_comes_in_with_any_offset_and_goes_out_in_utc():
    note = Note.model_validate_json('{"at": "2026-06-01T11:00:00+01:00"}')
    assert note.model_dump_json() == '{"at":"2026-06-01T10:00:00Z"}'


@pytest.mark.parametrize("value", [1_700_000_000, 1.5, "2026-06-01T11:00:00", "0001-01-01T00:00:00+14:00", None])
def test_numbers_naive_times_and_the_edge_of_the_calendar_are_no_instants(value):
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(value)


@pytest.mark.parametrize(
    "period", [{"from": "1990-03-31", "until": "2026-07-01"}, {"from": "2026-04-01", "until": "2101-04-02"}]
)
def test_a_period_outside_the_years_that_are_reckoned_with_is_refused(period):
    with pytest.raises(ValidationError):
        PeriodModel.model_validate(period)
