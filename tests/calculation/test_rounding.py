"""When and how exact amounts become pence."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.calculation.rules.rounding import exact_sum, largest_remainder, rounded, settle
from app.calculation.service import evaluate
from app.calculation.values import RoundAt, Rounding, RoundMode
from app.core.clock import Period
from tests.factories.calculation import APRIL, a_list, definition, months, paid, per_head, practice, total

# A loaded machine must not fail a property for being slow.
patient = settings(deadline=None)
amounts = st.lists(
    st.one_of(st.integers(-(10**9), 10**9), st.fractions(-(10**9), 10**9, max_denominator=10**6)), max_size=40
)


@pytest.mark.parametrize(
    ("value", "half_up", "half_even", "down"),
    [
        ("841.5", 842, 842, 841),
        ("840.5", 841, 840, 840),
        ("-841.5", -842, -842, -841),
        ("-840.5", -841, -840, -840),
        ("840.49", 840, 840, 840),
        ("840.51", 841, 841, 840),
        ("-0.4", 0, 0, 0),
        ("7", 7, 7, 7),
    ],
)
def test_halves_and_rests_go_where_the_mode_says(value, half_up, half_even, down):
    modes = (RoundMode.HALF_UP, RoundMode.HALF_EVEN, RoundMode.DOWN)
    assert [rounded(Fraction(value), mode) for mode in modes] == [half_up, half_even, down]


def test_a_pool_is_shared_to_the_penny():
    third = Fraction(1_000_000, 3)
    assert largest_remainder([third] * 3, 1_000_000, order=range(3)) == [333_334, 333_333, 333_333]
    assert largest_remainder([third] * 3, 1_000_000, order=[2, 0, 1]) == [333_333, 333_333, 333_334]


THIRDS = {"rate": "0.01", "rate_per": "year"}


def test_each_line_is_rounded_once_at_line():
    # A month of 0.01 for 1,000 patients is 83.333p.
    pay = total(*(per_head(component=f"c{i}", **THIRDS) for i in range(3)))
    given_practice = practice(lists=(a_list(1000),))
    assert [line.amount for line in paid(pay, given_practice, months(1)).lines] == [83, 83, 83]


def test_factors_and_points_leave_a_share_of_time_exact():
    pay = per_head(**THIRDS)
    for at in ("factor", "points"):
        members = {"round": {"at": at, "dp": 0}}
        assert paid(pay, practice(lists=(a_list(1000),)), months(1), **members).total == 83


def test_a_period_is_rounded_once_and_the_difference_is_on_its_last_line_that_earns():
    pay = total(*(per_head(component=f"c{i}", **THIRDS) for i in range(2)), per_head(component="w", measure="weighted"))
    result = paid(pay, practice(lists=(a_list(1010),)), months(1), round={"at": "period"})
    # Twice 84.1666p are 168.33p, which is 168p; the line that is blocked stays 0.00.
    assert [line.amount for line in result.lines] == [84, 84, 0]
    result = paid(pay, practice(lists=(a_list(1016),)), months(1), round={"at": "period"})
    assert [line.amount for line in result.lines] == [85, 84, 0]
    assert result.lines[1].sentence.endswith(
        "rounded to 0.85, and 0.01 less so that the practice's total for the period is rounded once: 0.84."
    )


def test_a_run_is_rounded_once_and_shared_by_remainder_then_practice_code():
    practices = [practice(code, lists=(a_list(1000),)) for code in ("Y3", "Y1", "Y2")]
    results = evaluate(definition(per_head(**THIRDS), round={"at": "final"}), period=months(1), practices=practices)
    assert {result.code: result.total for result in results} == {"Y1": 84, "Y2": 83, "Y3": 83}
    assert "0.01 more so that the total of all practices is rounded once: 0.84." in results[1].lines[0].sentence


@patient
@given(amounts, st.sampled_from(RoundMode), st.randoms())
def test_shares_by_largest_remainder_add_up_and_nobody_is_a_penny_away(values, mode, random):
    order = list(range(len(values)))
    random.shuffle(order)
    whole = rounded(exact_sum(values), mode)
    shares = largest_remainder(values, whole, order=order)
    assert sum(shares) == whole
    assert all(abs(share - value) < 1 for share, value in zip(shares, values, strict=True))


@patient
@given(amounts)
def test_the_quick_sum_is_the_sum(values):
    assert exact_sum(values) == sum(values, Fraction(0))


@patient
@given(st.lists(amounts, max_size=5), st.sampled_from(RoundMode))
def test_what_is_settled_adds_up_to_the_stage_that_was_rounded(earned, mode):
    codes = [f"Y{i}" for i in range(len(earned))]
    by_period = settle(earned, Rounding(RoundAt.PERIOD, mode), codes=codes)
    assert [sum(pence) for pence in by_period] == [rounded(exact_sum(each), mode) for each in earned]
    at_last = settle(earned, Rounding(RoundAt.FINAL, mode), codes=codes)
    assert sum(map(sum, at_last)) == rounded(exact_sum([amount for each in earned for amount in each]), mode)


def test_periods_stand_alone():
    member = Period(APRIL)
    quarters = [paid(per_head("0.01"), practice(lists=(a_list(1001),), member=(member,)), months(3)).total] * 4
    assert sum(quarters) == 1000
    assert paid(per_head("0.01"), practice(lists=(a_list(1001),)), months(12)).total == 1001
