"""The sequence of a practice's memberships, worked out by hand and as properties."""

import itertools
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.organisations.rules import membership_sequence
from app.organisations.values import MembershipSource, MembershipStatement

Y2019, Y2023 = date(2019, 10, 1), date(2023, 12, 4)


def statement(
    commissioner: str,
    valid_from: str,
    valid_until: str | None = None,
    *,
    as_at: date = Y2019,
    source: str = "ods-practices",
) -> MembershipStatement:
    until = date.fromisoformat(valid_until) if valid_until else None
    return MembershipStatement("ZZ0001", commissioner, date.fromisoformat(valid_from), until, source, as_at)


def plain(statements: list[MembershipStatement]) -> list[tuple[str, str, str | None]]:
    return [
        (one.commissioner, one.valid_from.isoformat(), one.valid_until.isoformat() if one.valid_until else None)
        for one in membership_sequence(statements)
    ]


def test_a_newer_commissioner_ends_the_older_one_that_was_left_open():
    older, newer = statement("09F", "2013-04-01"), statement("97R", "2020-04-01", as_at=Y2023)
    assert plain([newer, older]) == [("09F", "2013-04-01", "2020-04-01"), ("97R", "2020-04-01", None)]


def test_a_history_stands_before_the_current_membership():
    history = [
        statement("5LX", "2001-04-01", "2013-04-01", source="ods-memberships"),
        statement("09F", "2013-04-01", source="ods-memberships"),
    ]
    assert plain([statement("97R", "2020-04-01", as_at=Y2023), *history]) == [
        ("5LX", "2001-04-01", "2013-04-01"),
        ("09F", "2013-04-01", "2020-04-01"),
        ("97R", "2020-04-01", None),
    ]


def test_a_closed_practice_does_not_return_to_whom_an_older_source_left_it_with():
    older = statement("09F", "2015-04-01")
    assert plain([older, statement("97R", "2020-04-01", "2021-04-01", as_at=Y2023)]) == [
        ("09F", "2015-04-01", "2020-04-01"),
        ("97R", "2020-04-01", "2021-04-01"),
    ]
    assert plain([older, statement("09F", "2015-04-01", "2021-04-01", as_at=Y2023)]) == [
        ("09F", "2015-04-01", "2021-04-01")
    ]


def test_a_later_join_date_of_the_same_commissioner_keeps_the_time_before_it():
    assert plain([statement("00V", "2018-04-01"), statement("00V", "2021-10-01", as_at=Y2023)]) == [
        ("00V", "2018-04-01", None)
    ]


def test_a_newer_correction_of_the_past_leaves_the_rest_alone():
    older = statement("09F", "2013-04-01", "2017-04-01", source="ods-memberships")
    newer = statement("5LX", "2014-04-01", "2015-04-01", source="ods-memberships", as_at=Y2023)
    assert plain([older, newer]) == [
        ("09F", "2013-04-01", "2014-04-01"),
        ("5LX", "2014-04-01", "2015-04-01"),
        ("09F", "2015-04-01", "2017-04-01"),
    ]


def test_a_publication_counts_only_for_years_the_register_does_not_know():
    register = statement("97R", "2016-06-01", as_at=Y2023)
    years = [
        statement("08X", f"{year}-04-01", f"{year + 1}-04-01", source="gp-payments", as_at=date(year, 4, 1))
        for year in (2014, 2015, 2016)
    ]
    # The year 2016/17 overlaps the register's period, so its first two months stay unknown.
    assert plain([*years, register]) == [("08X", "2014-04-01", "2016-04-01"), ("97R", "2016-06-01", None)]


days = st.dates(date(2013, 1, 1), date(2016, 12, 31))


@st.composite
def statements(draw: st.DrawFn) -> MembershipStatement:
    begins = draw(days)
    ends = draw(st.none() | days.filter(lambda day: day > begins)) if begins < date(2016, 12, 31) else None
    source = draw(st.sampled_from(MembershipSource))
    return MembershipStatement("ZZ0001", draw(st.sampled_from(["A", "B", "C"])), begins, ends, source, draw(days))


@given(st.lists(statements(), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_sources_does_not_matter_and_periods_never_overlap(given_: list[MembershipStatement], random):
    sequence = membership_sequence(given_)
    shuffled = list({(s.source, s.as_at, s.valid_from, s.commissioner): s for s in given_}.values())
    expected = membership_sequence(shuffled)
    random.shuffle(shuffled)
    assert membership_sequence(shuffled) == expected
    for one, other in itertools.pairwise(sequence):
        assert one.valid_until is not None
        assert one.valid_until <= other.valid_from
    assert all(one.valid_until is None or one.valid_until > one.valid_from for one in sequence)
