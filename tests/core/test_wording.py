"""Days, spans, pounds and counts in words."""

import locale
from collections.abc import Iterator
from datetime import date

import pytest

from app.core.clock import Period
from app.core.wording import counted, day_text, pounds_text, pounds_words, span_text


@pytest.fixture
def foreign() -> Iterator[None]:
    """A machine that is not set to English, where there is such a language."""
    before = locale.setlocale(locale.LC_TIME)
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C"):
        try:
            locale.setlocale(locale.LC_TIME, name)
            break
        except locale.Error:
            continue
    yield
    locale.setlocale(locale.LC_TIME, before)


def test_a_day_has_no_leading_zero_and_an_english_month(foreign: None) -> None:
    assert [day_text(date(2014, 4, 1)), day_text(date(2026, 12, 31))] == ["1 April 2014", "31 December 2026"]


def test_a_period_is_said_by_its_last_day() -> None:
    assert span_text(Period(date(2014, 4, 1), date(2014, 7, 1))) == "1 April 2014 to 30 June 2014"
    with pytest.raises(ValueError, match="known end"):
        span_text(Period(date(2014, 4, 1)))


def test_pounds_have_thousands_two_places_and_one_sign_before_all() -> None:
    assert [pounds_text(pence) for pence in (0, 5, -5, 1_682_400)] == ["0.00", "0.05", "-0.05", "16,824.00"]
    assert [pounds_words(pence) for pence in (0, -5, 1_682_400)] == ["£0.00", "-£0.05", "£16,824.00"]


def test_one_is_not_many() -> None:
    assert [counted(number, "offer") for number in (0, 1, 2)] == ["0 offers", "1 offer", "2 offers"]
    assert [counted(number, "person", "people") for number in (1, 2)] == ["1 person", "2 people"]
