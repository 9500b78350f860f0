"""What the language takes, and how it refuses the rest: every problem at once, each at its place."""

import copy
from typing import Any

import pytest

from app.calculation.errors import DefinitionInvalid
from app.calculation.service import check_definition, measures_needed, parse_definition
from app.calculation.values import Needed, Problem, RoundAt, Rounding, RoundMode
from app.core.clock import Period
from tests.factories.calculation import (
    APRIL,
    MEASURES,
    QUARTER,
    YEAR,
    definition,
    fixed,
    gate,
    months,
    per_head,
    per_session,
    pro_rata,
    raw_definition,
    total,
)


def refused(raw: Any) -> list[tuple[str, str]]:
    with pytest.raises(DefinitionInvalid) as caught:
        parse_definition(raw)
    assert caught.value.status == 422
    assert all(error.detail for error in caught.value.errors)
    return [(error.pointer, error.code.removeprefix("calculation.")) for error in caught.value.errors]


def changed(path: str, value: Any) -> dict[str, Any]:
    """A sound definition with one member changed, or removed when the value is ..."""
    raw = copy.deepcopy(raw_definition(gate(total(per_head(), per_session(), fixed()))))
    raw["round"] = {"at": "line", "mode": "half_up"}
    *steps, last = path.strip("/").split("/")
    place: Any = raw
    for step in steps:
        place = place[int(step) if isinstance(place, list) else step]
    if value is ...:
        del place[last]
    elif isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return raw


def test_the_plainest_definition_is_rounded_once_a_line_and_needs_no_claim():
    parsed = definition(per_head())
    assert parsed.round == Rounding(RoundAt.LINE, RoundMode.HALF_UP, 2)
    assert parsed.claims is False


def test_a_definition_may_require_claims():
    assert definition(per_head(), claims="required").claims is True


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("/language", ..., "missing_member"),
        ("/language", 2, "bad_value"),
        ("/language", True, "bad_value"),
        ("/language", "1", "bad_value"),
        ("/language", 1.0, "bad_value"),
        ("/extra", 1, "unknown_member"),
        ("/claims", "optional", "bad_value"),
        ("/claims", True, "wrong_type"),
        ("/round", "line", "wrong_type"),
        ("/round/at", "penny", "bad_value"),
        ("/round/mode", None, "wrong_type"),
        ("/round/dp", 7, "too_large"),
        ("/round/dp", True, "wrong_type"),
        ("/round/dp", 0, "bad_value"),
        ("/round/places", 2, "unknown_member"),
        ("/measures/1st", {}, "bad_value"),
        ("/measures/list/kind", "census", "unknown_measure_kind"),
        ("/measures/list/kind", ..., "missing_member"),
        ("/measures/list/kind", ["list_size"], "unknown_measure_kind"),
        ("/measures/list/basis", "estimated", "bad_value"),
        ("/measures/list/snapshot", ..., "missing_member"),
        ("/measures/list/snapshot", "2014-02-30", "bad_value"),
        ("/measures/list/snapshot", "20140401", "bad_value"),
        ("/measures/list/snapshot", 20140401, "wrong_type"),
        ("/measures/sessions/fact", "", "bad_value"),
        ("/measures/sessions/fact", "x" * 65, "bad_value"),
        ("/measures/sessions/fact", 1, "wrong_type"),
        ("/measures/sessions/max_per_month", "2", "wrong_type"),
        ("/measures/sessions/max_per_month", False, "wrong_type"),
        ("/measures/sessions/max_per_month", 2.0, "wrong_type"),
        ("/measures/sessions/max_per_month", 0, "bad_value"),
        ("/measures/sessions/max_per_month", 10**30, "too_large"),
        ("/pay", ..., "missing_member"),
        ("/pay", None, "wrong_type"),
        ("/pay/type", "jackpot", "unknown_node"),
        ("/pay/type", ["gate"], "unknown_node"),
        ("/pay/type", ..., "missing_member"),
        ("/pay/needs", [], "bad_value"),
        ("/pay/needs", {}, "wrong_type"),
        ("/pay/needs/0", "named_lead", "wrong_type"),
        ("/pay/needs/0", {"form": "x"}, "unknown_need"),
        ("/pay/needs/0/held", "mostly", "bad_value"),
        ("/pay/needs/0/until", "2014-04-01", "unknown_member"),
        ("/pay/then", ..., "missing_member"),
        ("/pay/then/of", [], "bad_value"),
        ("/pay/then/id", "all", "unknown_member"),
        ("/pay/then/of/0/rate", 2, "not_a_decimal_string"),
        ("/pay/then/of/0/rate", 2.5, "not_a_decimal_string"),
        ("/pay/then/of/0/rate", True, "not_a_decimal_string"),
        ("/pay/then/of/0/rate", None, "not_a_decimal_string"),
        ("/pay/then/of/0/rate", "-2.00", "not_a_decimal_string"),
        ("/pay/then/of/0/rate", "2e3", "not_a_decimal_string"),
        ("/pay/then/of/0/rate", "NaN", "not_a_decimal_string"),
        ("/pay/then/of/0/rate", "2,00", "not_a_decimal_string"),
        ("/pay/then/of/0/rate", "٣", "not_a_decimal_string"),
        ("/pay/then/of/0/rate", "2.00\n", "not_a_decimal_string"),
        ("/pay/then/of/0/rate", "007", "not_a_decimal_string"),
        ("/pay/then/of/0/rate", "1" + "0" * 12, "too_large"),
        ("/pay/then/of/0/rate", "0.1234567", "too_large"),
        ("/pay/then/of/0/rate", "9" * 100_000, "too_large"),
        ("/pay/then/of/0/rate_per", "week", "bad_value"),
        ("/pay/then/of/0/measure", "lists", "unknown_measure"),
        ("/pay/then/of/0/measure", "sessions", "wrong_measure_kind"),
        ("/pay/then/of/0/measure", {"kind": "list_size"}, "wrong_type"),
        ("/pay/then/of/0/id", ..., "missing_member"),
        ("/pay/then/of/0/id", "two words", "bad_value"),
        ("/pay/then/of/0/payee", "OOH1", "wrong_type"),
        ("/pay/then/of/1/rate_per", "year", "unknown_member"),
        ("/pay/then/of/1/measure", "list", "wrong_measure_kind"),
        ("/pay/then/of/1/id", "engagement", "duplicate_id"),
        ("/pay/then/of/2/measure", "costs", "bad_value"),
        ("/pay/then/of/2/amount", ..., "missing_member"),
    ],
)
def test_a_member_that_is_wrong_is_refused_at_its_place(path, value, code):
    assert refused(changed(path, value)) == [(path, code)]


@pytest.mark.parametrize(
    ("payee", "member"),
    [({"type": "practice", "code": "A1"}, "type"), ({"type": "organisation", "code": "ooh 1"}, "code")],
)
def test_another_payee_is_an_organisation_with_a_code(payee, member):
    assert refused(raw_definition(fixed(payee=payee))) == [(f"/pay/payee/{member}", "bad_value")]


def test_a_pointer_escapes_the_signs_it_is_made_of():
    assert refused(raw_definition(fixed()) | {"a/b~c": 1}) == [("/a~1b~0c", "unknown_member")]


def test_measures_are_an_object_of_named_measures():
    assert refused(raw_definition(fixed()) | {"measures": []}) == [("/measures", "wrong_type")]
    many = {f"m{i}": MEASURES["list"] for i in range(101)}
    assert refused(raw_definition(fixed()) | {"measures": many}) == [("/measures", "too_large")]


@pytest.mark.parametrize("raw", [None, [], "x", 1, True])
def test_what_is_no_object_is_refused_as_a_whole(raw):
    assert refused(raw) == [("", "wrong_type")]


def test_every_problem_is_listed_at_once():
    raw = raw_definition(total(per_head(rate=2), {"type": "frob"}, per_session(measure="nothing"), 3))
    raw |= {"language": 9, "colour": "blue"}
    assert refused(raw) == [
        ("/colour", "unknown_member"),
        ("/language", "bad_value"),
        ("/pay/of/0/rate", "not_a_decimal_string"),
        ("/pay/of/1/type", "unknown_node"),
        ("/pay/of/2/measure", "unknown_measure"),
        ("/pay/of/3", "wrong_type"),
    ]


def test_a_measure_that_was_refused_is_not_reported_again_where_it_is_used():
    raw = raw_definition(per_head()) | {"measures": {"list": {"kind": "list_size", "basis": "registered"}}}
    assert refused(raw) == [("/measures/list/snapshot", "missing_member")]


def test_nodes_deeper_than_the_limit_are_refused_without_going_there():
    pay: Any = fixed()
    for _ in range(5000):
        pay = {"type": "pro_rata", "by": "days", "then": pay}
    assert refused(raw_definition(pay)) == [("/pay" + "/then" * 20, "too_deep")]


def test_more_nodes_than_the_limit_are_refused():
    nodes = [total(*(fixed(component=f"c{i}-{j}") for j in range(99))) for i in range(2)]
    assert refused(raw_definition(total(*nodes))) == [("/pay/of/1/of/98", "too_large")]


def test_problems_stop_being_listed_when_there_are_too_many():
    raw = raw_definition(fixed()) | {f"x{i}": 1 for i in range(10_000)}
    assert len(refused(raw)) == 200


def test_a_fixed_node_has_an_amount_or_a_measure_and_not_both():
    recorded = {"type": "fixed", "id": "a", "measure": "costs"}
    assert definition(recorded).pay is not None
    assert refused(raw_definition({**recorded, "amount": "1.00"})) == [("/pay/measure", "bad_value")]
    assert refused(raw_definition({**recorded, "rate_per": "year"})) == [("/pay/rate_per", "bad_value")]


def test_refusals_never_repeat_what_was_sent():
    raw = changed("/pay/then/of/0/rate", "private-words") | {"claims": "private-words"}
    with pytest.raises(DefinitionInvalid) as caught:
        parse_definition(raw)
    assert "private-words" not in " ".join(error.detail for error in caught.value.errors)


def test_a_broken_month_is_a_problem_for_a_price_per_year_only():
    broken = Period(APRIL, APRIL.replace(day=16))
    codes = {
        "outside": check_definition(definition(per_head()), applies=broken),
        "by days": check_definition(definition(pro_rata(per_head())), applies=broken),
        "by months": check_definition(definition(pro_rata(fixed(), "months")), applies=broken),
        "per period": check_definition(definition(per_head(rate_per="period")), applies=broken),
        "whole": check_definition(definition(per_head()), applies=QUARTER),
    }
    assert {name: [(found.pointer, found.code) for found in each] for name, each in codes.items()} == {
        "outside": [("/pay/rate_per", "calculation.broken_month")],
        "by days": [],
        "by months": [("/pay/by", "calculation.broken_month")],
        "per period": [],
        "whole": [],
    }


def test_a_part_of_a_part_is_a_problem():
    found = check_definition(definition(pro_rata(gate(pro_rata(fixed(), "months")))), applies=YEAR)
    assert [(each.pointer, each.code) for each in found] == [("/pay/then/then", "calculation.nested_pro_rata")]


def test_a_list_after_everything_that_is_paid_is_a_problem():
    measures = {"list": {"kind": "list_size", "basis": "registered", "snapshot": "2015-04-01"}}
    found = check_definition(definition(per_head(), measures=measures), applies=YEAR)
    assert found == [
        Problem(
            "/measures/list/snapshot",
            "calculation.snapshot_after_period",
            "This date is after everything that would be paid.",
        )
    ]
    assert check_definition(definition(per_head(), measures=measures), applies=months(13)) == []


def test_only_what_is_used_has_to_be_gathered():
    assert measures_needed(definition(gate(total(per_head(), per_session())), measures=MEASURES)) == Needed(
        facts=("lead_session",), posts=("named_lead",), bases=("registered",)
    )
    assert measures_needed(definition(fixed())) == Needed((), (), ())


def test_amounts_may_be_negative_and_counts_may_not():
    raw = total(per_session(), {"type": "fixed", "id": "corrections", "measure": "corrections"})
    measures = MEASURES | {"corrections": {"kind": "amount", "fact": "correction"}}
    needed = measures_needed(definition(raw, measures=measures))
    assert (needed.facts, needed.may_be_negative) == (("correction", "lead_session"), ("correction",))
