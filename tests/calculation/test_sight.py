"""What a period can see of a practice."""

from datetime import date

from app.calculation.service import sight
from app.core.clock import Period
from tests.factories.calculation import APRIL, QUARTER, YEAR, a_list, definition, gate, lead, per_head, practice

JULY = date(2014, 7, 1)


def test_a_list_of_a_later_day_is_not_seen():
    earlier, later = a_list(8000, date(2014, 3, 1)), a_list(8412, JULY)
    seen = sight(definition(per_head()), QUARTER)(practice(lists=(earlier, later)))
    assert seen.lists == (earlier,)


def test_of_two_records_of_one_day_the_correction_is_seen():
    first, corrected = a_list(8000, source="a"), a_list(8412, source="b")
    seen = sight(definition(per_head()), QUARTER)(practice(lists=(first, corrected)))
    assert seen.lists == (corrected,)


def test_a_post_is_seen_as_far_as_it_lies_in_the_period():
    given = practice(posts=(lead(APRIL, date(2015, 1, 1)), lead(JULY)))
    seen = sight(definition(gate(per_head())), QUARTER)(given)
    assert seen.posts == (lead(APRIL, JULY),)


def test_posts_that_nobody_asks_for_are_not_seen():
    assert sight(definition(per_head()), QUARTER)(practice(posts=(lead(),))).posts == ()


def test_leaving_after_the_period_looks_like_staying():
    given = practice(member=(Period(date(2013, 4, 1), date(2014, 10, 1)),))
    assert sight(definition(per_head()), QUARTER)(given).member is None
    assert sight(definition(per_head()), YEAR)(given).member == (Period(APRIL, date(2014, 10, 1)),)


def test_who_was_never_a_member_stays_so():
    assert sight(definition(per_head()), QUARTER)(practice(member=())).member == ()


def test_what_was_seen_last_is_the_very_same_object_and_anything_else_is_not():
    look, given = sight(definition(per_head()), QUARTER), practice(posts=(lead(),))
    last = look(given)
    assert look(given, last) is last
    assert look(practice(posts=(lead(),), member=()), last).member == ()
