"""What each kind of node pays, worked out by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from app.calculation.errors import AmountTooLarge, BrokenMonth, PracticeRepeated
from app.calculation.service import evaluate
from app.calculation.values import Fact, Payee, PostHeld, Range
from app.core.clock import Period
from tests.factories.calculation import (
    APRIL,
    MEASURES,
    QUARTER,
    YEAR,
    a_list,
    definition,
    estimated,
    fixed,
    gate,
    lead,
    months,
    paid,
    per_head,
    per_session,
    pooled,
    practice,
    pro_rata,
    session,
    total,
)

PUBLISHED = {"source": "NHS Payments to General Practice 2014/15", "published_period": "average of the year"}


def test_a_rate_for_each_patient_is_paid_for_a_year():
    assert paid(per_head(), practice(), YEAR).total == 1_682_400


def test_a_quarter_earns_a_quarter_and_says_so():
    line = paid(per_head(), practice(lists=(a_list(**PUBLISHED),))).lines[0]
    assert (line.amount, line.quantity, line.rate) == (420_600, "8412", "2.00")
    assert line.sentence == (
        "2.00 a year per registered patient x 8,412 patients on 1 April 2014 (NHS Payments to General Practice "
        "2014/15, average of the year) = 16,824.00; a quarter of it is 4,206.00."
    )


def test_a_rate_for_the_period_is_paid_whole():
    assert paid(per_head("0.147", rate_per="period"), practice(lists=(a_list("4579.78"),))).total == 67_323


def test_a_line_says_what_it_was_before_rounding():
    line = paid(per_head("0.147", rate_per="period"), practice(lists=(a_list("4579.78"),))).lines[0]
    assert line.sentence == (
        "0.147 per registered patient x 4,579.78 patients on 1 April 2014 = 673.22766, rounded to 673.23."
    )
    assert (line.workings["unrounded"], line.workings["rounded"]) == ("673.22766", "673.23")


def test_a_line_names_the_organisation_it_is_paid_to():
    payee = {"type": "organisation", "code": "OOH1"}
    assert paid(per_head(payee=payee), practice()).lines[0].payee == Payee("organisation", "OOH1")
    assert paid(per_head(), practice()).lines[0].payee == Payee("practice", "Y00001")


def test_without_a_list_the_line_is_blocked_and_the_others_are_paid():
    result = paid(total(per_head(), fixed()), practice(lists=(a_list(None, weighted=9000),)))
    assert [(line.amount, line.blocked) for line in result.lines] == [(0, True), (10_000, False)]
    assert result.lines[0].sentence == (
        "2.00 a year per registered patient cannot be worked out, because no registered list on or before "
        "1 April 2014 is recorded: 0.00."
    )


def test_a_list_of_nobody_pays_nothing_and_is_not_blocked():
    line = paid(per_head(), practice(lists=(a_list(0),))).lines[0]
    assert (line.amount, line.blocked, line.quantity) == (0, False, "0")
    assert line.sentence == "2.00 a year per registered patient x 0 patients on 1 April 2014 = 0.00."


@pytest.mark.parametrize(
    ("snapshot", "patients"),
    [("period_start", "3"), ("quarter_start", "2"), ("year_start", "1"), ("2014-05-10", "3"), ("2013-05-10", "0")],
)
def test_the_list_is_the_latest_on_or_before_the_snapshot(snapshot, patients):
    lists = tuple(a_list(n, date(2014, month, 1)) for n, month in ((1, 4), (2, 7), (3, 8), (4, 9)))
    lists = (*lists, a_list(0, date(2013, 1, 1))) if patients == "0" else lists
    if snapshot == "2014-05-10":
        lists = (a_list(3, date(2014, 5, 10)), a_list(9, date(2014, 5, 11)))
    measures = {"list": {"kind": "list_size", "basis": "registered", "snapshot": snapshot}}
    result = paid(per_head(), practice(lists=lists), months(1, date(2014, 8, 1)), measures=measures)
    assert result.lines[0].quantity == patients


def test_a_later_list_without_the_basis_is_passed_over():
    lists = (a_list(None, date(2014, 3, 1), weighted=7000), a_list(8412, date(2014, 1, 1)))
    line = paid(per_head(), practice(lists=lists), YEAR).lines[0]
    assert line.quantity == "8412"
    assert "on 1 January 2014, the latest list on or before 1 April 2014" in line.sentence


def test_of_two_lists_for_one_date_the_later_correction_counts():
    instants = [date(2014, 4, day).isoformat() + "T00:00:00Z" for day in (2, 9, 5)]

    lists = tuple(
        a_list(size, recorded_at=datetime.fromisoformat(at)) for size, at in zip((1, 2, 3), instants, strict=True)
    )
    assert paid(per_head(), practice(lists=lists)).lines[0].quantity == "2"


def test_each_session_is_paid_up_to_the_cap_of_its_month():
    facts = [session(date(2014, 5, day)) for day in (1, 8, 15)] + [session(date(2014, 6, 3))]
    line = paid(per_session(), practice(facts=tuple(facts))).lines[0]
    assert (line.amount, line.quantity) == (90_000, "3")
    assert line.sentence == "300.00 a session x 3 sessions (3 sessions in May, 2 paid) = 900.00."


def test_sessions_are_paid_up_to_the_cap_of_the_period():
    facts = tuple(session(date(2014, 4, day)) for day in range(1, 9))
    line = paid(per_session(measure="six"), practice(facts=facts)).lines[0]
    assert line.amount == 180_000
    assert "8 sessions in the period, 6 paid" in line.sentence


def test_sessions_outside_the_period_and_other_facts_are_not_counted():
    facts = (
        session(date(2014, 3, 31)),
        session(date(2014, 7, 1)),
        session(APRIL),
        session(APRIL, measure="feedback_form"),
    )
    assert paid(per_session(), practice(facts=facts)).total == 30_000


def test_without_sessions_the_line_says_in_which_period_there_were_none():
    line = paid(per_session(), practice()).lines[0]
    assert line.sentence == "300.00 a session x 0 sessions from 1 April 2014 to 30 June 2014 = 0.00."


def test_unconfirmed_facts_are_not_paid_and_are_listed():
    facts = (session(APRIL), session(date(2014, 4, 2), confirmed=False))
    result = paid(per_session(), practice(facts=facts))
    assert result.total == 30_000
    assert result.notes == ("1 fact named lead_session is not confirmed yet and not paid: 2 April 2014 (1).",)


def test_a_live_figure_counts_unconfirmed_facts_and_says_so():
    facts = (session(APRIL), session(date(2014, 4, 2), confirmed=False))
    result = evaluate(
        definition(per_session()), period=QUARTER, practices=[practice(facts=facts)], include_unconfirmed=True
    )[0]
    assert result.total == 60_000
    assert "not paid until then: 2 April 2014" in result.notes[0]


def test_a_fixed_amount_is_paid_for_each_period_or_for_the_year():
    assert paid(fixed(), practice()).total == 10_000
    assert paid(fixed("1000.00", rate_per="year"), practice(), months(1)).total == 8_333


def test_recorded_amounts_may_be_negative():
    facts = (
        Fact("1", "cost", APRIL, Decimal("40.00")),
        Fact("2", "cost", date(2014, 6, 30), Decimal("-85.10")),
    )
    line = paid({"type": "fixed", "id": "correction", "measure": "costs"}, practice(facts=facts)).lines[0]
    assert line.amount == -4510
    assert line.sentence == "2 recorded amounts named cost from 1 April 2014 to 30 June 2014 = -45.10."


@pytest.mark.parametrize(
    ("held", "posts", "is_paid"),
    [
        ("period_start", (lead(),), True),
        ("period_start", (lead(date(2014, 4, 2)),), False),
        ("period_start", (lead(date(2013, 1, 1), APRIL),), False),
        ("any_day", (lead(date(2014, 6, 30)),), True),
        ("any_day", (lead(date(2014, 7, 1)),), False),
        ("every_day", (lead(date(2014, 1, 1), date(2014, 5, 5)), lead(date(2014, 5, 5))), True),
        ("every_day", (lead(date(2014, 1, 1), date(2014, 5, 5)), lead(date(2014, 5, 6))), False),
        ("every_day", (lead(APRIL, date(2014, 7, 1)),), True),
        ("every_day", (lead(APRIL, date(2014, 6, 30)),), False),
        ("every_day", (), False),
    ],
)
def test_a_gate_pays_only_while_the_post_is_held(held, posts, is_paid):
    assert paid(gate(fixed(), held=held), practice(posts=posts)).total == (10_000 if is_paid else 0)


def test_a_closed_gate_gives_every_line_below_it_the_reason():
    result = paid(gate(total(per_head(), per_session())), practice(facts=(session(APRIL),)))
    assert [line.component for line in result.lines] == ["engagement", "time"]
    assert {line.amount for line in result.lines} == {0}
    assert {line.sentence for line in result.lines} == {
        "Not paid, because the practice had no named lead on 1 April 2014: 0.00."
    }


def test_another_post_does_not_open_the_gate():

    other = PostHeld("practice_manager", APRIL, None)
    assert paid(gate(fixed()), practice(posts=(other,))).total == 0


def test_a_joiner_is_paid_by_days_of_the_period():
    line = paid(pro_rata(fixed("9100.00")), practice(member=(Period(date(2014, 5, 1)),))).lines[0]
    assert line.amount == 610_000
    assert line.sentence == "A fixed amount of 9,100.00; for 61 of 91 days as a member it is 6,100.00."


def test_a_leaver_is_paid_by_months_begun():
    member = Period(date(2010, 1, 1), date(2014, 5, 15))
    assert paid(pro_rata(fixed("300.00"), "months"), practice(member=(member,))).total == 20_000


@pytest.mark.parametrize(
    ("by", "pence", "present"), [("days", 200_000, "20 of 91 days"), ("months", 303_333, "1 of 3 months")]
)
def test_who_was_elsewhere_in_between_is_paid_for_the_time_here(by, pence, present):
    here = (Period(date(2014, 4, 1), date(2014, 4, 11)), Period(date(2014, 6, 21)))
    line = paid(pro_rata(fixed("9100.00"), by), practice(member=here)).lines[0]
    assert line.amount == pence
    assert f"for {present} as a member" in line.sentence


def test_a_handover_in_mid_month_is_paid_once():
    day = date(2014, 5, 15)
    before, after = Period(date(2010, 1, 1), day), Period(day)
    for by in ("days", "months"):
        both = [paid(pro_rata(fixed("9100.00"), by), practice(member=(member,))).total for member in (before, after)]
        assert abs(sum(both) - 910_000) <= 1


def test_somebody_never_a_member_in_the_period_is_paid_nothing():
    for member in ((), (Period(date(2014, 7, 1)),)):
        assert paid(pro_rata(per_head()), practice(member=member)).total == 0


def test_a_broken_month_is_refused_for_a_price_per_year():
    with pytest.raises(BrokenMonth):
        paid(per_head(), practice(), Period(APRIL, date(2014, 4, 16)))


def test_a_broken_month_inside_pro_rata_by_days_earns_days_of_the_year():
    period = Period(date(2014, 4, 15), date(2014, 7, 1))
    assert paid(pro_rata(fixed("3650.00", rate_per="year")), practice(), period).total == 77_000


def test_a_broken_period_over_the_year_end_takes_each_years_own_days():
    period = Period(date(2023, 3, 31), date(2023, 4, 3))
    # One day of 365 and two days of 366: 1000.00 x (1/365 + 2/366).
    assert paid(pro_rata(fixed("1000.00", rate_per="year")), practice(), period).total == 820


def test_a_practice_named_twice_is_refused():
    with pytest.raises(PracticeRepeated):
        evaluate(definition(fixed()), period=QUARTER, practices=[practice(), practice()])


def test_what_can_be_earned_lies_between_what_is_certain_and_what_is_offered():
    pay = gate(total(per_head(), per_session()))
    certain = estimated(pay, practice(posts=(lead(),), facts=(session(APRIL),)))
    assert certain == Range(1_712_400, 1_682_400 + 720_000, 1_682_400 + 720_000)
    vacant = estimated(pay, practice())
    assert (vacant.least, vacant.most) == (0, 2_402_400)


def test_what_has_no_cap_has_no_most():
    facts = (session(APRIL), session(date(2014, 4, 9), confirmed=False))
    found = estimated(per_session(measure="uncapped"), practice(facts=facts))
    assert found == Range(30_000, 60_000, None)


def test_workings_lead_from_the_list_to_the_pence():
    workings = paid(gate(per_head()), practice(posts=(lead(),))).lines[0].workings
    assert workings["operator"] == "round"
    opened = workings["inputs"][0]
    assert [each["operator"] for each in opened["inputs"]] == ["post", "per_head"]
    rate, size, share = opened["inputs"][1]["inputs"]
    assert (rate["value"], size["value"], size["as_at"], share["value"]) == ("2.00", "8412", "2014-04-01", "1/4")


def test_the_named_lead_scheme_of_the_contract_pays_two_sessions_a_month():
    pay = {
        "type": "gate",
        "needs": [{"post": "named_lead", "held": "period_start"}],
        "then": {"type": "per_session", "id": "lead-time", "rate": "300.00", "measure": "sessions"},
    }
    facts = tuple(session(date(2014, month, day)) for month in (4, 5, 6) for day in (2, 9, 16))
    assert paid(pay, practice(posts=(lead(),), facts=facts), measures=MEASURES).total == 180_000


def test_an_amount_that_no_ledger_can_hold_is_refused():
    facts = (session(APRIL, "999999999999"),)
    with pytest.raises(AmountTooLarge):
        paid(per_session("1000000", "uncapped"), practice(facts=facts))


def test_a_practice_that_is_held_is_paid_nothing_yet_and_each_line_says_why():
    result = paid(total(per_head(), fixed()), practice(held="its claim is not approved"))
    assert [(line.amount, line.blocked) for line in result.lines] == [(0, True), (0, True)]
    assert result.lines[0].sentence == "Not paid, because its claim is not approved: 0.00."


def test_the_share_of_a_practice_that_is_held_goes_to_nobody_else():
    practices = [practice("Y00001", held="its claim is not approved"), practice("Y00002")]
    found = evaluate(definition(pooled(rate_per="period")), period=QUARTER, practices=practices)
    assert [result.total for result in found] == [0, 500_000]
