"""What the kinds beyond heads, sessions and amounts pay and say, worked out by hand; published cases are beside it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.calculation.errors import BrokenPart, DefinitionInvalid
from app.calculation.service import (
    check_definition,
    estimates,
    evaluate,
    facts_since,
    measures_needed,
    posts_asked,
    sight,
)
from app.calculation.values import PostHeld, Range
from app.core.clock import Period, add_months
from tests.factories.calculation import (
    APRIL,
    MEASURES,
    QUARTER,
    YEAR,
    a_fact,
    a_list,
    advance,
    definition,
    estimated,
    fixed,
    gate,
    instalments,
    lead,
    linear,
    milestone,
    months,
    paid,
    per_event,
    per_head,
    per_session,
    pooled,
    practice,
    pro_rata,
    reimbursed,
    tiered,
    times,
    total,
)

SECOND_QUARTER = months(3, date(2014, 7, 1))


def facts(*given):
    return practice(facts=given)


def codes(pay) -> list[str]:
    with pytest.raises(DefinitionInvalid) as refused:
        definition(pay)
    return [error.code for error in refused.value.errors]


def test_points_say_what_was_achieved():
    line = paid(linear(), facts(a_fact("achievement", "0.34", date(2014, 6, 30)))).lines[0]
    assert (line.amount, line.rate) == (463_006, "225.49")
    assert line.sentence == (
        "about 20.5333 of 44 points x 225.49 (34% on 30 June 2014) = about 4,630.0613, rounded to 4,630.06."
    )


def test_nothing_recorded_earns_no_points_and_says_so():
    line = paid(linear(), facts(a_fact("achievement", "0.9", confirmed=False))).lines[0]
    assert (line.amount, line.blocked) == (0, False)
    assert line.sentence == (
        "0 of 44 points x 225.49, because no fact named achievement is recorded from 1 April 2014 to 30 June 2014 = 0.00."
    )


def test_a_level_is_the_latest_of_the_financial_year():
    given = facts(a_fact("achievement", "0.2"), a_fact("achievement", "0.5", date(2014, 5, 1)))
    assert paid(linear(), given, SECOND_QUARTER).total == 992_156
    assert paid(linear(), given, months(3, date(2015, 4, 1))).total == 0


def test_thresholds_in_the_wrong_order_are_refused():
    assert codes(linear(lower="50", upper="50")) == ["calculation.bad_value"]


def test_a_factor_that_cannot_be_worked_out_blocks_the_line():
    pay = times(fixed(), {"measure": "register", "over_measure": "list"})
    line = paid(pay, practice(lists=(), facts=(a_fact("register", "9"),))).lines[0]
    assert (line.amount, line.blocked) == (0, True)
    assert line.sentence == "Not paid, because no registered list on or before 1 April 2014 is recorded: 0.00."
    nobody = paid(pay, practice(lists=(a_list(0),), facts=(a_fact("register", "9"),))).lines[0]
    assert nobody.sentence == "Not paid, because nothing can be divided by 0 patients on 1 April 2014: 0.00."


@pytest.mark.parametrize(
    "factor",
    [
        {},
        {"value": "1", "measure": "list"},
        {"value": "1", "over": "0"},
        {"value": "1", "over": "2", "over_measure": "list"},
    ],
)
def test_a_factor_is_one_number_over_one_other(factor):
    assert codes(times(fixed(), factor)) == ["calculation.bad_value"]


@pytest.mark.parametrize(
    ("bands", "code"),
    [
        ([("6", "8", "0.40"), ("7", None, "0.50")], "bands_overlap"),
        ([("6", "8", "0.40"), ("9", None, "0.50")], "bands_gap"),
        ([("6", None, "0.40"), ("8", None, "0.50")], "band_without_end"),
        ([("6", "8", "0.40")], "band_missing"),
        ([("6", "6", "0.40"), ("6", None, "0.50")], "bad_value"),
    ],
)
def test_bands_that_leave_a_value_without_one_rate_are_refused(bands, code):
    assert codes(tiered(*bands)) == [f"calculation.{code}"]


def test_a_band_says_where_the_practice_stands():
    line = paid(tiered(("6", "8", "0.40"), ("8", None, "0.50"), each="list"), facts(a_fact("standing", "7.3"))).lines[0]
    assert line.sentence == "0.40 (7.3 on 1 April 2014: from 6 to below 8) x 8,412 patients on 1 April 2014 = 3,364.80."
    below = paid(tiered(("6", None, "40.00")), facts(a_fact("standing", "5.9"))).lines[0]
    assert (below.amount, below.sentence) == (0, "0.00 (5.9 on 1 April 2014: below the first band) = 0.00.")


def test_marginal_bands_pay_each_part_at_its_own_rate():
    line = paid(tiered(("0", "8000", "1.00"), ("8000", None, "0.50"), measure="list", of="marginal"), practice()).lines[
        0
    ]
    assert (line.amount, line.sentence) == (820_600, "8,000 x 1.00 + 412 x 0.50 = 8,206.00.")


def test_the_better_way_is_paid_and_the_other_says_why_not():
    result = paid({"type": "best_of", "of": [per_head(), fixed("5000.00")]}, practice())
    assert [line.amount for line in result.lines] == [0, 500_000]
    assert result.lines[0].sentence == "Not paid, because the way that comes to most is another: 5,000.00: 0.00."
    least = paid({"type": "least_of", "of": [per_head(), fixed("5000.00")]}, practice())
    assert [line.amount for line in least.lines] == [420_600, 0]


def test_a_cap_takes_off_what_is_above_it_in_a_line_of_its_own():
    pay = {"type": "cap", "id": "share", "rate": "2.00", "measure": "list", "then": fixed("5000.00")}
    result = paid(pay, practice())
    assert [line.amount for line in result.lines] == [500_000, -79_400]
    assert result.lines[1].sentence == (
        "All of this comes to 5,000.00, and to at most 2.00 a year per registered patient x 8,412 patients on "
        "1 April 2014, which is 4,206.00: -794.00."
    )
    assert [line.amount for line in paid(pay, practice(lists=())).lines] == [500_000, 0]
    assert paid(pay, practice(lists=())).lines[1].blocked


def test_a_floor_adds_what_lacks():
    pay = {"type": "floor", "id": "least", "amount": "400.00", "rate_per": "period", "then": fixed()}
    assert [line.amount for line in paid(pay, practice()).lines] == [10_000, 30_000]
    above = paid(pay | {"amount": "50.00"}, practice()).lines[1]
    assert (above.amount, above.sentence) == (
        0,
        "All of this comes to 100.00, and to at least 50.00, so nothing is changed: 0.00.",
    )


def test_a_subject_counts_once_in_a_year_whatever_the_periods_are():
    given = facts(
        a_fact("check", "1", date(2014, 5, 6), subject="p1"), a_fact("check", "1", date(2014, 8, 5), subject="p1")
    )
    assert [paid(per_event(), given, period).total for period in (QUARTER, SECOND_QUARTER, YEAR)] == [14_000, 0, 14_000]
    next_year = facts(*given.facts, a_fact("check", "1", date(2015, 5, 5), subject="p1"))
    assert paid(per_event(), next_year, months(3, date(2015, 4, 1))).total == 14_000


def test_a_subject_counts_once_in_a_period_where_periods_are_asked_for():
    once = {"kind": "events", "fact": "check", "distinct": "subject", "within": "period"}
    given = facts(
        *(a_fact("check", "1", day, subject="p1") for day in (date(2014, 5, 6), date(2014, 5, 7), date(2014, 8, 5)))
    )
    due = [
        paid(per_event(), given, period, measures=MEASURES | {"checks": once}).total
        for period in (QUARTER, SECOND_QUARTER, YEAR)
    ]
    assert due == [14_000, 14_000, 14_000]


def test_a_cap_for_the_year_is_used_up_by_earlier_periods():
    given = facts(a_fact("register", "20"), a_fact("check", "15"), a_fact("check", "9", date(2014, 8, 5)))
    pay = per_event(at_most="register")
    assert [paid(pay, given, period).total for period in (QUARTER, SECOND_QUARTER)] == [210_000, 70_000]
    assert paid(pay, given, SECOND_QUARTER).lines[0].sentence == (
        "140.00 x 5 events (9 in all, 5 paid: at most 20 on 1 April 2014) = 700.00."
    )


def test_without_the_register_nothing_is_known_to_be_payable():
    line = paid(per_event(at_most="register"), facts(a_fact("check", "15"))).lines[0]
    assert (line.amount, line.blocked) == (0, True)


def test_weeks_are_numbered_across_periods():
    weeks = [a_fact("locum", "1000.00", date(2014, 6, 16) + timedelta(weeks=n), subject="a") for n in range(4)]
    pay = reimbursed((1, "100.00"), (3, "800.00"), waiting=1)
    assert [paid(pay, facts(*weeks), period).total for period in (QUARTER, SECOND_QUARTER)] == [90_000, 80_000]
    assert paid(pay, facts(*weeks)).lines[0].sentence == (
        "3 weeks that cost 3,000.00 (1 within the wait of 1, 2 above the cap), of which is paid = 900.00."
    )


def test_a_milestone_is_paid_when_it_is_done_and_not_when_it_is_late():
    given = facts(
        a_fact("area1", "1", date(2014, 6, 2)),
        a_fact("area2", "0.5", date(2014, 6, 2)),
        a_fact("area2", "1", date(2014, 8, 5)),
    )
    first, second = (paid(milestone(), given, period).lines[0] for period in (QUARTER, SECOND_QUARTER))
    assert (first.amount, second.amount) == (30_000, 30_000)
    assert first.sentence == "Of 900.00: area2 (50%); too late: area1 on 2 June 2014 = 300.00."


def test_a_share_that_is_not_earned_returns_or_is_shared():
    given = [practice("Y1", posts=(lead(),)), practice("Y2"), practice("Y3", posts=(lead(),))]
    needs = {"needs": [{"post": "named_lead"}]}
    returned = evaluate(definition(pooled(**needs)), period=YEAR, practices=given)
    assert [each.total for each in returned] == [333_334, 0, 333_333]
    assert "the share of 3,333.33 stays with the commissioner" in returned[1].lines[0].sentence
    shared = evaluate(definition(pooled(unearned="redistribute", **needs)), period=YEAR, practices=given)
    assert [each.total for each in shared] == [500_000, 0, 500_000]


def test_a_gate_can_ask_for_a_fact():
    pay = {"type": "gate", "needs": [{"fact": "form", "at_least": "2"}], "then": fixed()}
    closed = paid(pay, facts(a_fact("form", "1"), a_fact("form", "1", date(2014, 7, 1))))
    assert closed.lines[0].sentence == (
        "Not paid, because form came to 1 from 1 April 2014 to 30 June 2014, where 2 is needed: 0.00."
    )
    assert paid(pay, facts(a_fact("form", "1"), a_fact("form", "1", date(2014, 5, 1)))).total == 10_000


def test_a_part_is_of_the_list_on_the_first_day_of_the_year():
    given = practice(lists=(a_list(1200), a_list(9999, as_at=date(2014, 6, 1))))
    pay = instalments(per_head(), 4)
    assert paid(pay, given, SECOND_QUARTER).lines[0].sentence == (
        "2.00 a year per registered patient x 1,200 patients on 1 April 2014 = 2,400.00 for the year; part 2 of 4 of it "
        "is 600.00."
    )
    assert sight(definition(pay), SECOND_QUARTER)(given).lists == given.lists


@pytest.mark.parametrize("period", [months(2), Period(date(2014, 4, 2), date(2014, 7, 2)), months(3, date(2015, 2, 1))])
def test_a_period_that_is_no_whole_part_is_refused(period):
    pay = definition(instalments(fixed(), 4))
    assert [each.code for each in check_definition(pay, applies=period)] == ["calculation.broken_part"]
    with pytest.raises(BrokenPart):
        evaluate(pay, period=period, practices=[practice()])


def test_parts_of_what_is_not_known_yet_are_refused():
    problems = check_definition(definition(instalments(gate(per_session()))), applies=YEAR)
    assert [(each.pointer, each.code) for each in problems] == [("/pay/then", "calculation.instalments_of_facts")]
    assert codes(instalments(fixed(), 5)) == ["calculation.bad_value"]


def test_an_advance_in_parts_that_its_time_does_not_divide_into_is_a_problem():
    problems = check_definition(definition(advance(fixed(), parts=4)), applies=months(2))
    assert [(each.pointer, each.code) for each in problems] == [("/pay/parts", "calculation.broken_part")]


def test_an_advance_ends_in_what_was_earned():
    given = practice(facts=(a_fact("standing", "1200.00"),))
    pay = advance(fixed("700.00", component="earned"), parts=4)
    quarters = [Period(add_months(APRIL, 3 * n), add_months(APRIL, 3 * n + 3)) for n in range(4)]
    amounts = [[line.amount for line in paid(pay, given, quarter).lines] for quarter in quarters]
    assert amounts == [[24_000, 0], [24_000, 0], [24_000, 0], [-72_000, 70_000]]
    assert paid(pay, given, YEAR).total == 70_000
    assert paid(pay, practice(), months(3)).lines[0].sentence == (
        "No advance, because no fact named standing is recorded from 1 April 2014 to 30 June 2014 = 0.00."
    )


YEARLY = [Period(add_months(APRIL, month), add_months(APRIL, month + 1)) for month in range(12)]


@pytest.mark.parametrize(
    "given",
    [
        practice(facts=(a_fact("standing", "1000.00"),), member=(Period(date(2014, 10, 1), None),)),
        practice(facts=(a_fact("standing", "1000.00"), a_fact("standing", "2000.00", on=date(2014, 10, 9)))),
        practice(facts=(a_fact("standing", "2000.00", on=date(2014, 10, 9)),)),
    ],
    ids=["joins in October", "corrected in October", "known in October"],
)
def test_advances_of_a_year_that_earns_nothing_come_to_nothing(given):
    pay = advance(fixed("0.00", component="earned"))
    months_paid = [paid(pay, given, month).total for month in YEARLY]
    assert sum(months_paid) == 0
    assert months_paid[10] > 0


def test_what_is_earned_in_the_year_counts_the_facts_of_the_year():
    since = facts_since(definition(advance(per_session())), YEARLY[11])
    assert since == {"lead_session": APRIL, "standing": APRIL}


def test_only_a_sum_may_stand_around_an_advance():
    problems = check_definition(definition(gate(advance(fixed()))), applies=YEAR)
    assert [(each.pointer, each.code) for each in problems] == [("/pay/then", "calculation.advance_inside")]


def test_what_is_offered_is_all_points_the_best_band_and_all_that_is_due():
    def most(pay, given=None):
        return estimated(pay, given or practice(), QUARTER)

    assert most(linear()) == Range(0, 992_156, 992_156)
    assert most(tiered(("6", "8", "40.00"), ("8", None, "50.00"))) == Range(0, 5_000, 5_000)
    assert most(milestone()) == Range(0, 90_000, 90_000)
    assert most(per_event(at_most="register"), facts(a_fact("register", "3"))) == Range(0, 42_000, 42_000)
    assert most(per_event()).most is None


def test_facts_are_looked_for_as_far_back_as_a_kind_needs_them():
    def first(pay):
        return facts_since(definition(pay), SECOND_QUARTER)

    assert first(total(per_session(), linear())) == {"lead_session": date(2014, 7, 1), "achievement": APRIL}
    assert first(reimbursed((1, "1.00"))) == {"locum": date(2013, 7, 1)}
    pay = {"type": "gate", "needs": [{"fact": "form"}], "then": fixed()}
    assert first(pay) == {"form": date(2014, 7, 1)}


def test_a_post_of_the_whole_year_is_seen_where_something_is_worked_out_for_it():
    given = practice(posts=(PostHeld("named_lead", APRIL, date(2014, 5, 1)),))
    pay = instalments(gate(fixed("1200.00", rate_per="year")))
    assert paid(pay, given, months(1, date(2014, 9, 1))).total == 10_000
    assert sight(definition(pay), months(1, date(2014, 9, 1)))(given).posts == given.posts


HELD = {"share": {"kind": "post_held", "post": "named_lead"}}
HELD_DAYS = {"days": {"kind": "post_held", "post": "named_lead", "unit": "days"}}
IN_APRIL = Period(APRIL, date(2014, 5, 1))


@pytest.mark.parametrize(
    ("posts", "pence"),
    [
        ((lead(),), 30_000),
        ((lead(until=date(2014, 4, 18)),), 17_000),
        ((lead(until=date(2014, 4, 18)), lead(date(2014, 4, 10), date(2014, 4, 20))), 19_000),
        ((lead(date(2014, 4, 30)),), 1_000),
        ((), 0),
    ],
)
def test_a_lead_of_part_of_the_month_earns_that_part(posts, pence):
    pay = times(fixed("300.00"), {"measure": "share"})
    assert paid(pay, practice(posts=posts), IN_APRIL, measures=HELD).total == pence


def test_a_lead_who_leaves_with_the_practice_loses_those_days_once():
    pay = pro_rata(times(fixed("300.00"), {"measure": "share"}))
    left = date(2014, 4, 18)
    given = practice(posts=(lead(until=left),), member=(Period(date(2014, 4, 1), left),))
    line = paid(pay, given, IN_APRIL, measures=HELD).lines[0]
    assert line.amount == 17_000
    assert "times 17 of 17 days with a named lead" in line.sentence


def test_a_practice_that_was_no_member_at_all_earns_nothing_by_its_lead():
    given = practice(posts=(lead(),), member=())
    assert paid(times(fixed(), {"measure": "share"}), given, IN_APRIL, measures=HELD).total == 0


def test_days_with_a_lead_are_divided_by_the_days_that_were_agreed():
    given = practice(posts=(lead(until=date(2014, 4, 4)),))
    pay = times(fixed("100.00"), {"measure": "days", "over": "10"})
    assert paid(pay, given, IN_APRIL, measures=HELD_DAYS).total == 3_000


def test_an_offer_supposes_that_the_lead_stays():
    pay = definition(times(fixed("300.00"), {"measure": "share"}), measures=HELD)
    found = estimates(pay, period=IN_APRIL, practices=[practice("Y1", posts=(lead(until=date(2014, 4, 18)),))])["Y1"]
    assert found == Range(17_000, 30_000, 30_000)


def test_the_posts_of_a_measure_are_gathered_and_frozen():
    pay = definition(times(fixed(), {"measure": "share"}), measures=HELD)
    given = practice(posts=(lead(date(2013, 1, 1)), lead(date(2014, 7, 1))))
    assert measures_needed(pay).posts == ("named_lead",)
    assert posts_asked(pay) == [("/measures/share/post", "named_lead")]
    assert sight(pay, IN_APRIL)(given).posts == (lead(APRIL, date(2014, 5, 1)),)


def test_a_plan_agreed_earlier_in_the_year_opens_the_rest_of_it():
    need = {"fact": "plan", "within": "year"}
    pay = {"type": "gate", "needs": [need], "then": fixed()}
    july = months(3, date(2014, 7, 1))
    agreed = practice(facts=(a_fact("plan", "1", date(2014, 4, 30)),))
    assert paid(pay, agreed, july).total == 10_000
    assert facts_since(definition(pay), july) == {"plan": APRIL}
    assert paid({**pay, "needs": [{"fact": "plan"}]}, agreed, july).total == 0
    nothing = paid(pay, practice(), july).lines[0].sentence
    assert (
        nothing == "Not paid, because plan came to 0 from 1 April 2014 to 30 September 2014, where 1 is needed: 0.00."
    )


def test_a_cap_raised_on_a_day_goes_for_units_from_that_day_on():
    raised = [
        {"from_unit": 1, "cap": "1143.06"},
        {"from_unit": 2, "cap": "1751.52"},
        {"from_unit": 1, "cap": "1211.64", "since": "2014-05-01"},
        {"from_unit": 2, "cap": "1856.61", "since": "2014-05-01"},
    ]
    weeks = tuple(
        a_fact("locum", "2000.00", day, subject="a") for day in (date(2014, 4, 17), date(2014, 4, 24), date(2014, 5, 1))
    )
    other = a_fact("locum", "2000.00", date(2014, 5, 2), subject="b", reference="b")
    line = paid(reimbursed(caps=raised), practice(facts=(*weeks, other))).lines[0]
    assert line.amount == 114_306 + 175_152 + 185_661 + 121_164


@pytest.mark.parametrize(
    "caps",
    [
        [{"from_unit": 2, "cap": "1.00"}],
        [{"from_unit": 1, "cap": "1.00"}, {"from_unit": 2, "cap": "1.00", "since": "2014-05-01"}],
        [{"from_unit": 1, "cap": "1.00", "since": "2014-05-01"}, {"from_unit": 1, "cap": "1.00"}],
        [{"from_unit": 1, "cap": "1.00"}, {"from_unit": 1, "cap": "2.00"}],
    ],
)
def test_caps_that_do_not_say_what_a_unit_may_cost_are_refused(caps):
    with pytest.raises(DefinitionInvalid) as refused:
        definition(reimbursed(caps=caps))
    assert [(each.pointer, each.code) for each in refused.value.errors] == [("/pay/caps", "calculation.bad_value")]


def test_a_network_is_paid_by_registered_and_adjusted_patients():
    """P01 of the published cases: 40,000 x 2.218 + 41,250 x 0.698 are 117,512.50."""
    given = practice(lists=(a_list(40_000), a_list(None, adjusted=Decimal(41_250))))
    pay = total(per_head("2.218"), per_head("0.698", "adjusted", component="support"))
    result = paid(pay, given, YEAR)
    assert result.total == 11_751_250
    assert "0.698 a year per adjusted patient x 41,250 patients" in result.lines[1].sentence
    without = paid(pay, practice(lists=(a_list(40_000),)), YEAR).lines[1]
    assert (without.amount, without.blocked) == (0, True)
    assert "no adjusted list on or before 1 April 2014 is recorded" in without.sentence
