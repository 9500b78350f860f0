"""Which month practices are asked about, and which days can be confirmed."""

from datetime import date
from decimal import Decimal

from app.core.clock import Period
from app.schemes.rules.sessions import month_asked, refused_days, room_left, sample_day

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


def test_the_month_before_is_asked_about_in_the_first_week() -> None:
    assert month_asked(date(2026, 11, 1)) == month_asked(date(2026, 11, 7)) == OCTOBER
    assert month_asked(date(2026, 11, 8)) is None
    assert month_asked(date(2027, 1, 3)) == Period(date(2026, 12, 1), date(2027, 1, 1))


def test_what_is_recorded_leaves_room_for_the_rest() -> None:
    given = [Decimal(text) for text in ("0", "1", "1.5", "2", "3")]
    assert [room_left(2, recorded) for recorded in given] == [2, 1, 1, 0, 0]
    assert room_left(None, Decimal(9)) is None


def test_each_day_that_cannot_be_is_named_by_its_place_and_why() -> None:
    days = [date(2026, 10, 5), date(2026, 9, 30), date(2026, 10, 6), date(2026, 10, 6), date(2026, 10, 7)]
    refused = refused_days(days, OCTOBER, recorded=[date(2026, 10, 5)], room=3)
    assert [(each.pointer, each.code) for each in refused] == [
        ("/facts/0/on", "schemes.session_recorded"),
        ("/facts/1/on", "schemes.other_month"),
        ("/facts/3/on", "schemes.session_recorded"),
        ("/facts/4/on", "schemes.sessions_full"),
    ]
    assert refused_days([date(2026, 10, 7)], OCTOBER, recorded=[], room=None) == []


def test_one_more_session_is_thought_of_on_a_free_day_of_the_month_that_is_over() -> None:
    assert sample_day(OCTOBER, date(2026, 11, 2), []) == date(2026, 10, 31)
    assert sample_day(OCTOBER, date(2026, 11, 2), [date(2026, 10, 31)]) == date(2026, 10, 30)
    assert sample_day(OCTOBER, date(2026, 10, 3), []) == date(2026, 10, 3)
