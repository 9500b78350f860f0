"""The pure rules of schemes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import Period
from app.schemes.rules import claiming, evidence, joining, spreading, versions
from app.schemes.rules.evidence import KnownFact
from app.schemes.values import Budget, FactEntry, FactState, PracticeRange, SimulatedPractice, ratio_value

MAY = date(2026, 5, 6)
YEAR = Period(date(2026, 4, 1), date(2027, 4, 1))
ALWAYS = Period(date.min)
SINCE_2013 = Period(date(2013, 4, 1))


COUNTED = evidence.Evidence(
    names=frozenset(("lead_session", "correction")), may_be_negative=frozenset(("correction",)), applies=(YEAR,)
)


def a_fact(
    external_id: str = "a",
    value: str | None = "1",
    practice: str = "A1",
    on: date = MAY,
    measure: str = "lead_session",
) -> FactEntry:
    return FactEntry(external_id, practice, measure, on, None if value is None else Decimal(value))


def known(*facts: FactEntry, state: FactState = FactState.CONFIRMED) -> dict[str, KnownFact]:
    return {fact.external_id: KnownFact(fact, state) for fact in facts}


def test_a_withdrawal_of_what_is_not_there_changes_nothing() -> None:
    plan = evidence.plan_facts([a_fact(value=None)], {}, confirmed=True)
    assert (plan.written, plan.superseded, plan.outcome.unchanged) == ((), (), 1)


def test_a_withdrawal_supersedes_and_writes_nothing() -> None:
    plan = evidence.plan_facts([a_fact(value=None)], known(a_fact()), confirmed=True)
    assert (plan.written, plan.superseded, plan.outcome.removed) == ((), ("a",), 1)


def test_the_office_repeating_an_entered_fact_confirms_it_and_a_practice_repeating_a_confirmed_one_does_not() -> None:
    by_office = evidence.plan_facts([a_fact()], known(a_fact(), state=FactState.ENTERED), confirmed=True)
    by_practice = evidence.plan_facts([a_fact()], known(a_fact()), confirmed=False)
    assert (by_office.outcome.changed, by_practice.outcome.unchanged) == (1, 1)


@given(
    st.lists(
        st.sampled_from([a_fact(i, v) for i in "abc" for v in ("1", "2", None)]), unique_by=lambda f: f.external_id
    )
)
def test_a_plan_carried_out_leaves_nothing_to_do(facts: list[FactEntry]) -> None:
    before = known(a_fact("a"), a_fact("b", "2"))
    plan = evidence.plan_facts(facts, before, confirmed=True)
    after = {key: fact for key, fact in before.items() if key not in plan.superseded} | known(*plan.written)
    again = evidence.plan_facts(facts, after, confirmed=True)
    assert (again.written, again.superseded, again.outcome.unchanged) == ((), (), len(facts))


def test_one_id_with_two_values_is_refused_at_its_second_place() -> None:
    found = evidence.refused_facts([a_fact(), a_fact("b"), a_fact(value="2")], {}, may_correct=True)
    assert [(each.pointer, each.code) for each in found] == [("/facts/2/external_id", "schemes.external_id_repeated")]


def test_the_same_fact_twice_in_one_request_is_one_fact() -> None:
    assert evidence.refused_facts([a_fact(), a_fact()], {}, may_correct=True) == []
    assert evidence.plan_facts([a_fact(), a_fact()], {}, confirmed=True).outcome.created == 1


def test_a_fact_outside_the_agreement_is_refused() -> None:
    agreed = {"A1": Period(date(2026, 5, 7), None)}
    facts = [a_fact(), a_fact("b", practice="A2"), a_fact("c", on=date(2026, 5, 7))]
    found = evidence.facts_outside_scheme(facts, agreed, counted=COUNTED)
    assert [each.pointer for each in found] == ["/facts/0/practice", "/facts/1/practice"]


def test_a_fact_outside_the_time_of_every_version_is_refused_with_their_days() -> None:
    facts = [a_fact(on=date(2026, 3, 31)), a_fact("b", on=date(2026, 4, 1)), a_fact("c", on=date(2027, 4, 1))]
    found = evidence.facts_outside_scheme(facts, {"A1": ALWAYS}, counted=COUNTED)
    assert [(each.pointer, each.code) for each in found] == [
        ("/facts/0/on", "schemes.outside_scheme"),
        ("/facts/2/on", "schemes.outside_scheme"),
    ]
    assert found[0].detail == "The scheme's versions apply from 2026-04-01 until 2027-04-01, the last day not included."


def test_only_amounts_go_below_zero() -> None:
    facts = [a_fact(value="-1"), a_fact("b", measure="correction", value="-1"), a_fact("c", value="0")]
    found = evidence.facts_outside_scheme(facts, {"A1": ALWAYS}, counted=COUNTED)
    assert [(each.pointer, each.code) for each in found] == [("/facts/0/value", "schemes.negative_count")]


def test_a_share_above_the_whole_is_refused_where_it_would_be_paid_as_the_whole() -> None:
    counted = evidence.Evidence(
        names=frozenset(("area", "achievement", "visits")),
        may_be_negative=frozenset(),
        applies=(YEAR,),
        parts=frozenset(("area",)),
        rates=frozenset(("achievement",)),
    )
    over = {"numerator": Decimal(3), "denominator": Decimal(2)}
    facts = [
        a_fact("a", measure="area", value="50"),
        replace(a_fact("b", measure="area", value="1.5"), **over),
        a_fact("c", measure="achievement", value="50"),
        replace(a_fact("d", measure="achievement", value="1.5"), **over),
        *(a_fact(f"e{name}", measure=name, value="1") for name in ("area", "achievement")),
        a_fact("f", measure="visits", value="50"),
    ]
    found = evidence.facts_outside_scheme(facts, {"A1": ALWAYS}, counted=counted)
    pointers = ["/facts/0/value", "/facts/1/numerator", "/facts/2/value"]
    assert [(each.pointer, each.code) for each in found] == [(each, "schemes.above_whole") for each in pointers]


def test_a_ratio_counts_to_six_places() -> None:
    assert ratio_value(Decimal(45), Decimal(91)) == Decimal("0.494505")
    assert ratio_value(Decimal(1), Decimal(-3)) == Decimal("-0.333333")


def test_a_budgets_share_follows_list_and_months() -> None:
    budget = Budget(per_head=Decimal("2.00"), basis="registered")
    quarter = Period(date(2026, 4, 1), date(2026, 7, 1))
    assert versions.budget_share(budget, Decimal(8412), YEAR) == 1_682_400
    assert versions.budget_share(budget, Decimal(8412), quarter) == 420_600
    assert versions.budget_share(Budget(amount=1), Decimal(8412), YEAR) is None
    assert versions.whole_pence(Fraction(199, 100)) == 1


def test_a_budget_of_broken_months_has_the_days_of_its_own_year() -> None:
    leap = Period(date(2023, 10, 1), date(2024, 2, 15))
    assert versions.budget_share(Budget(per_head=Decimal("3.66"), basis="registered"), Decimal(100), leap) == 100 * 137


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "expected"),
    [
        (None, None, YEAR),
        (date(2026, 6, 1), None, Period(date(2026, 6, 1), date(2027, 4, 1))),
        (None, date(2026, 7, 1), Period(date(2026, 4, 1), date(2026, 7, 1))),
        (date(2025, 4, 1), date(2028, 4, 1), Period(date(2025, 4, 1), date(2028, 4, 1))),
        (date(2027, 4, 1), None, None),
        (None, date(2026, 4, 1), None),
    ],
)
def test_what_an_agreement_does_not_say_is_of_the_schemes_year(
    valid_from: date | None, valid_until: date | None, expected: Period | None
) -> None:
    assert joining.agreement_term(valid_from, valid_until, year=YEAR) == expected


def test_an_agreement_is_by_the_newest_version_of_its_time() -> None:
    april, quarter = YEAR, Period(date(2026, 4, 1), date(2026, 7, 1))
    october = Period(date(2026, 10, 1), date(2027, 4, 1))
    rest = Period(date(2026, 11, 22), date(2027, 4, 1))
    assert versions.version_signed([(1, april), (2, quarter)], rest) == 1
    assert versions.version_signed([(1, april), (2, quarter)], YEAR) == 1
    assert versions.version_signed([(1, april), (2, quarter), (3, october)], rest) == 3
    assert versions.version_signed([(1, quarter), (2, october)], YEAR) == 1
    assert versions.version_signed([(1, quarter)], rest) == 1
    assert versions.version_signed([], rest) is None


@pytest.mark.parametrize(
    ("periods", "term", "expected"),
    [
        ([], None, ()),
        ([], ALWAYS, ()),
        ([SINCE_2013], ALWAYS, (SINCE_2013,)),
        ([SINCE_2013], None, (SINCE_2013,)),
        ([SINCE_2013], Period(date(2026, 10, 1), None), (Period(date(2026, 10, 1)),)),
        ([Period(date(2013, 4, 1), date(2026, 4, 1))], YEAR, ()),
    ],
)
def test_membership_is_of_the_commissioner_and_of_the_scheme(
    periods: list[Period], term: Period | None, expected: tuple[Period, ...]
) -> None:
    assert joining.membership(periods, term) == expected


def test_memberships_with_a_day_or_less_between_them_are_one() -> None:
    before = Period(date(2013, 4, 1), date(2020, 3, 31))
    assert joining.membership([Period(date(2020, 4, 1)), before], ALWAYS) == (SINCE_2013,)
    within = Period(date(2014, 4, 1), date(2015, 4, 1))
    assert joining.membership([before, within], ALWAYS) == (before,)


def test_time_with_another_commissioner_is_not_time_as_a_member() -> None:
    first, second = Period(date(2026, 4, 1), date(2026, 4, 11)), Period(date(2026, 6, 21), date(2026, 7, 1))
    assert joining.membership([second, first], ALWAYS) == (first, second)
    assert joining.membership([first, Period(date(2026, 4, 13))], ALWAYS) == (first, Period(date(2026, 4, 13)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05", Period(date(2026, 5, 1), date(2026, 6, 1))),
        ("2026/27", YEAR),
        ("2026-04-01/2026-07-01", Period(date(2026, 4, 1), date(2026, 7, 1))),
        ("2026-07-01/2026-04-01", "The end is not after"),
        ("2026-13", "Write "),
        ("9999-12", "Write "),
        ("2026/28", "Write "),
        ("2026-W01/2026-W02", "Write "),
        ("1990-03-31/1991-04-01", "A period lies"),
        ("2101-03", Period(date(2101, 3, 1), date(2101, 4, 1))),
        ("2101-04", "A period lies"),
        ("0001-01-01/9999-12-31", "A period lies"),
    ],
)
def test_a_period_in_an_address(text: str, expected: Period | str) -> None:
    found = claiming.read_period(text)
    assert found.startswith(expected) if isinstance(found, str) and isinstance(expected, str) else found == expected


def simulated(least: int, expected: int, most: int | None, registered: str | None) -> SimulatedPractice:
    code = f"Y{expected}"
    before = PracticeRange(code, 0, 2, 2, None)
    size = None if registered is None else Decimal(registered)
    return SimulatedPractice(PracticeRange(code, least, expected, most, None), before, size, None, None, None)


def test_groups_of_practices_add_up_and_stand_in_order_of_size() -> None:
    practices = [
        simulated(100, 30_000, 300, "15000"),
        simulated(1, 5_000, None, "2999.5"),
        simulated(0, 1_000, 1_000, "0.5"),
        simulated(5, 6, 7, None),
    ]
    found = [
        (each.total.group, each.total.least, each.total.expected, each.total.most, each.per_patient, each.change)
        for each in spreading.spread(practices, spreading.GROUPINGS["list_size"])
    ]
    assert found == [
        ("0 to 2,999", 1, 6_000, None, 2, 5_996),
        ("15,000 and over", 100, 30_000, 300, 2, 29_998),
        ("unknown", 5, 6, 7, None, 4),
    ]
