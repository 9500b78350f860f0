"""What cannot be paid is refused before anything is: one definition for each refusal, with its code and its place."""

from datetime import date
from typing import Any

import pytest

from app.calculation.errors import DefinitionInvalid
from app.calculation.service import check_definition, check_period, evaluate, parse_definition
from app.core.clock import Period
from tests.factories.calculation import (
    APRIL,
    MEASURES,
    QUARTER,
    YEAR,
    a_fact,
    a_list,
    advance,
    definition,
    fixed,
    gate,
    instalments,
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
    raw_definition,
    reimbursed,
    tiered,
    times,
    total,
)

HELD = {"kind": "post_held", "post": "named_lead"}


def best_of(*ways: object) -> dict[str, Any]:
    return {"type": "best_of", "of": list(ways)}


def least_of(*ways: object) -> dict[str, Any]:
    return {"type": "least_of", "of": list(ways)}


def cap(amount: str, then: object, **members: Any) -> dict[str, Any]:
    return {"type": "cap", "id": f"cap-{amount}", "amount": amount, "then": then, **members}


def floor(amount: str, then: object, **members: Any) -> dict[str, Any]:
    return {"type": "floor", "id": f"floor-{amount}", "amount": amount, "then": then, **members}


def a_head(kind: str, rate: str, then: object) -> dict[str, Any]:
    return {"type": kind, "id": kind, "rate": rate, "measure": "list", "then": then}


def refusals(pay: object, applies: Period = YEAR, **measures: Any) -> list[tuple[str, str]]:
    """Each (pointer, code), whether it is reading that refuses or the check."""
    try:
        read = parse_definition(raw_definition(pay, measures=MEASURES | measures))
    except DefinitionInvalid as invalid:
        return [(each.pointer, each.code.removeprefix("calculation.")) for each in invalid.errors]
    return [(each.pointer, each.code.removeprefix("calculation.")) for each in check_definition(read, applies=applies)]


BANDS = ("6", "8", "0.40"), ("8", None, "0.50")
CHANGED_IN_MAY = [{"since": "2014-05-01", "rate": "1.00"}]


@pytest.mark.parametrize(
    ("pay", "pointer", "code"),
    [
        # bands
        (tiered(("6", "8.1", "0.40"), ("8", None, "0.50")), "/pay/bands", "bands_overlap"),
        (tiered(("6", "8", "0.40"), ("8.1", None, "0.50")), "/pay/bands", "bands_gap"),
        (tiered(("6", None, "0.40"), ("8", None, "0.50")), "/pay/bands", "band_without_end"),
        (tiered(("6", "8", "0.40")), "/pay/bands", "band_missing"),
        (tiered(*BANDS, measure="six"), "/pay/bands/1/at_least", "band_unreachable"),
        (tiered(("0.1", None, "1.00"), measure="achieved"), "/pay/bands", "wrong_unit"),
        # thresholds
        (linear(lower="50", upper="50"), "/pay/upper", "bad_value"),
        (linear(lower="0.2", upper="0.5"), "/pay/upper", "wrong_unit"),
        # units
        (per_head(measure="sessions"), "/pay/measure", "wrong_measure_kind"),
        (per_session(measure="list"), "/pay/measure", "wrong_measure_kind"),
        (per_session(measure="weeks"), "/pay/measure", "wrong_measure_kind"),
        (per_session(measure="achieved"), "/pay/measure", "wrong_measure_kind"),
        (per_event(at_most="achieved"), "/pay/at_most", "wrong_unit"),
        (tiered(*BANDS, each="achieved"), "/pay/each", "wrong_unit"),
        (advance(fixed(), measure="standing"), "/pay/measure", "wrong_unit"),
        (advance(fixed(), measure="achieved"), "/pay/measure", "wrong_unit"),
        (times(fixed(), {"measure": "list"}), "/pay/factors/0/measure", "wrong_unit"),
        (times(fixed(), {"measure": "achieved"}), "/pay/factors/0/measure", "wrong_unit"),
        (times(fixed(), {"measure": "prior"}), "/pay/factors/0/measure", "wrong_unit"),
        (
            times(fixed(), {"measure": "achieved", "over_measure": "list"}),
            "/pay/factors/0/over_measure",
            "wrong_unit",
        ),
        # limits
        (floor("5.00", cap("4.00", fixed())), "/pay/then/amount", "cap_under_floor"),
        (floor("5.00", gate(cap("4.00", fixed()))), "/pay/then/then/amount", "cap_under_floor"),
        (cap("4.00", total(floor("5.00", fixed()), fixed(component="b"))), "/pay/then/of/0/amount", "cap_under_floor"),
        (a_head("cap", "1.00", a_head("floor", "2.00", fixed())), "/pay/then/rate", "cap_under_floor"),
        # branches that are never reached
        (cap("0.00", fixed()), "/pay/amount", "pays_nothing"),
        (a_head("cap", "0", fixed()), "/pay/rate", "pays_nothing"),
        (times(fixed(), {"value": "2"}, {"value": "0"}), "/pay/factors/1/value", "pays_nothing"),
        (pooled("0.00"), "/pay/budget", "pays_nothing"),
        (advance(fixed(), share="0"), "/pay/share", "pays_nothing"),
        (best_of(fixed("1.00"), per_head(), fixed("2.00", component="b")), "/pay/of/0", "never_chosen"),
        (best_of(fixed("2.00"), fixed("2.00", component="b")), "/pay/of/1", "never_chosen"),
        (least_of(per_head("1.00"), per_head("2.00", component="b")), "/pay/of/1", "never_chosen"),
        (best_of(linear(), linear(id="b", points="45")), "/pay/of/0", "never_chosen"),
        # dates
        (per_event(None, rates=CHANGED_IN_MAY), "/pay/rates/0/since", "begins_late"),
        (
            per_event(None, rates=[{"since": "2014-04-01", "rate": "1.00"}, {"since": "2015-04-01", "rate": "2.00"}]),
            "/pay/rates/1/since",
            "outside_version",
        ),
        (reimbursed(caps=[{"from_unit": 1, "cap": "1", "since": "2014-05-01"}]), "/pay/caps/0/since", "begins_late"),
        (
            reimbursed(caps=[{"from_unit": 1, "cap": "1"}, {"from_unit": 1, "cap": "2", "since": "2015-04-01"}]),
            "/pay/caps/1/since",
            "outside_version",
        ),
        # pools, parts and times
        ({"type": "pooled", "id": "a", "budget": "1.00"}, "/pay/weight", "missing_member"),
        (instalments(fixed(), 5), "/pay/parts", "bad_value"),
        (instalments(per_session()), "/pay/then", "instalments_of_facts"),
        (pro_rata(gate(pro_rata(fixed()))), "/pay/then/then", "nested_pro_rata"),
    ],
)
def test_what_cannot_be_paid_is_refused_where_it_stands(pay, pointer, code):
    assert refusals(pay) == [(pointer, code)]


@pytest.mark.parametrize(
    ("measure", "pay", "member", "code"),
    [
        ({"kind": "list_size", "basis": "registered"}, per_head(measure="m"), "snapshot", "missing_member"),
        (
            {"kind": "list_size", "basis": "registered", "snapshot": "2015-04-01"},
            per_head(measure="m"),
            "snapshot",
            "snapshot_after_period",
        ),
        (
            {"kind": "done", "fact": "x", "due": "2015-04-01"},
            milestone(items=[{"measure": "m"}]),
            "due",
            "outside_version",
        ),
        (
            {"kind": "done", "fact": "x", "due": "2014-03-31"},
            milestone(items=[{"measure": "m"}]),
            "due",
            "outside_version",
        ),
    ],
)
def test_a_measure_without_its_day_or_of_another_year_is_refused(measure, pay, member, code):
    assert refusals(pay, m=measure) == [(f"/measures/m/{member}", code)]


def test_a_lead_of_the_year_is_not_known_when_its_first_part_is_paid():
    pay = instalments(times(fixed(), {"measure": "m"}))
    assert refusals(pay, m=HELD) == [("/pay/then", "instalments_of_facts")]


@pytest.mark.parametrize(
    "pay",
    [
        floor("5.00", cap("6.00", fixed())),
        floor("5.00", times(cap("4.00", fixed()), {"value": "2"})),
        floor("5.00", total(cap("4.00", fixed()), fixed(component="b"))),
        floor("5.00", cap("4.00", fixed(), rate_per="period")),
        cap("4.00", a_head("floor", "2.00", fixed())),
        best_of(per_head("1.00"), per_head("2.00", "weighted", component="b")),
        best_of(per_head("1.00"), total(per_head("2.00", component="b"))),
        best_of(fixed("1.00"), fixed("2.00", component="b", rate_per="year")),
        times(fixed(), {"measure": "register", "over_measure": "list"}),
        times(fixed(), {"measure": "achieved", "over": "2.1"}),
        times(fixed(), {"value": "9374", "over_measure": "list"}),
        times(fixed(), {"measure": "m"}),
        tiered(*BANDS, each="list"),
        per_event(None, rates=[{"since": "2013-04-01", "rate": "1.00"}, {"since": "2014-07-01", "rate": "2.00"}]),
    ],
)
def test_what_only_looks_like_it_is_taken(pay):
    assert refusals(pay, m=HELD) == []


def test_a_unit_is_named_in_words():
    with pytest.raises(DefinitionInvalid) as refused:
        definition(total(per_session(measure="list"), per_event(at_most="achieved")))
    assert [each.detail for each in refused.value.errors] == [
        "This is patients, of kind list_size. Needed here is a number: a measure of kind count.",
        "This is per cent, of kind level. Needed here is a number or patients: a measure of kind level or list_size or "
        "count.",
    ]


def test_dates_of_the_rest_of_the_version_do_not_stop_the_run_of_a_quarter():
    rates = [{"since": "2014-04-01", "rate": "1.00"}, {"since": "2014-10-01", "rate": "2.00"}]
    read = definition(total(milestone(), per_event(None, rates=rates)))
    assert check_definition(read, applies=YEAR) == []
    assert [each.code for each in check_definition(read, applies=QUARTER)] == ["calculation.outside_version"]
    for first in (APRIL, date(2014, 7, 1), date(2014, 10, 1)):
        assert check_period(read, period=months(3, first)) == []


@pytest.mark.parametrize("size", ["0", None])
def test_zero_or_no_patients_below_a_division_block_the_line_by_name(size):
    given = practice(lists=() if size is None else (a_list(size),), facts=(a_fact("register", "3"),))
    pay = total(times(fixed(), {"measure": "register", "over_measure": "list"}), fixed(component="other"))
    divided, other = paid(pay, given).lines
    assert (divided.amount, divided.blocked, other.amount) == (0, True, 10_000)
    assert divided.sentence.startswith("Not paid, because n")


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (("0", "0"), "2,500.00 cannot be shared, because no practice has a weight above 0: 0.00."),
        (("-5", "10"), "No share of 2,500.00, by a weight of -5: 0.00."),
    ],
)
def test_a_pool_is_never_shared_by_what_is_no_weight(weights, sentence):
    given = [practice(f"Y{i}", facts=(a_fact("standing", value),)) for i, value in enumerate(weights)]
    lines = [each.lines[0] for each in evaluate(definition(pooled(weight="standing")), period=QUARTER, practices=given)]
    assert lines[0].sentence == sentence
    assert lines[0].blocked
    assert [line.amount for line in lines] == [0, 250_000 if weights[1] != "0" else 0]


def test_a_definition_two_hundred_deep_is_refused_at_the_twenty_first():
    pay: object = fixed()
    for _ in range(200):
        pay = total(pay)
    assert refusals(pay) == [("/pay" + "/of/0" * 20, "too_deep")]


def test_a_definition_of_two_megabytes_is_refused_in_a_short_answer():
    found = refusals(total(*(fixed(component=f"n{i}", note="x" * 40) for i in range(20_000))))
    assert found == [("/pay/of", "too_large")]
