"""One byte form for each value, and digests that change when anything that matters does."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.calculation.service import (
    canonical_json,
    evaluate,
    inputs_digest,
    outputs_digest,
    practice_from_json,
    practice_to_json,
)
from app.calculation.values import Fact
from app.core.clock import Period
from tests.factories.calculation import (
    APRIL,
    MEASURES,
    QUARTER,
    a_list,
    definition,
    lead,
    months,
    per_head,
    practice,
    raw_definition,
    session,
)

AT = datetime(2014, 4, 2, 9, 30, 0, 123_456, tzinfo=UTC)


def test_keys_are_sorted_and_numbers_have_one_form():
    value = {"b": Decimal("8412.00"), "a": [True, None, date(2014, 4, 1), AT], "é": (1,)}
    assert canonical_json(value).decode() == (
        '{"a":[true,null,"2014-04-01","2014-04-02T09:30:00.123456Z"],"b":"8412","é":[1]}'
    )


@pytest.mark.parametrize("value", [1.5, {"a": [0.1]}, {1: "a"}, object(), {"a": {1, 2}}, float("nan")])
def test_what_has_no_one_form_is_refused(value):
    with pytest.raises(TypeError):
        canonical_json(value)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        canonical_json(AT.replace(tzinfo=None))


def test_a_practice_is_frozen_and_read_back():
    given = practice(
        lists=(
            a_list("8412.25", source="A file", published_period="quarter 2", recorded_at=AT),
            a_list(None, weighted=1),
        ),
        posts=(lead(), lead(date(2013, 1, 1), APRIL)),
        facts=(session(APRIL, "0.5"), Fact("x", "cost", APRIL, Decimal("-1.10"), subject="s", confirmed=False)),
        member=(Period(APRIL),),
    )
    thawed = practice_from_json(practice_to_json(given))
    assert set(thawed.lists) == set(given.lists)
    assert set(thawed.posts) == set(given.posts)
    assert set(thawed.facts) == set(given.facts)
    assert (thawed.code, thawed.member) == (given.code, given.member)


def test_why_a_practice_is_held_is_frozen_and_stands_nowhere_else():
    assert practice_from_json(practice_to_json(practice(held="not yet"))) == practice(held="not yet")
    assert "held" not in practice_to_json(practice())


def test_one_time_as_a_member_keeps_the_form_that_older_runs_have_stored():
    frozen = {"from": "2014-04-01", "until": "2014-07-01"}
    assert practice_to_json(practice(member=(QUARTER,)))["member"] == frozen
    assert practice_from_json(practice_to_json(practice()) | {"member": frozen}).member == (QUARTER,)


@pytest.mark.parametrize("member", [None, (), (QUARTER, Period(date(2014, 9, 1)))])
def test_times_as_a_member_are_frozen_in_order_and_read_back(member):
    turned = practice(member=member and member[::-1])
    assert practice_to_json(turned) == practice_to_json(practice(member=member))
    assert practice_from_json(practice_to_json(turned)).member == member


def test_every_input_moves_the_digest_of_inputs():
    raw, given = raw_definition(per_head()), practice(facts=(session(APRIL),))
    first = inputs_digest(raw, QUARTER, [given])
    assert first == inputs_digest(dict(reversed(raw.items())), QUARTER, [given])
    others = {
        inputs_digest(raw_definition(per_head("2.01")), QUARTER, [given]),
        inputs_digest(raw, months(4), [given]),
        inputs_digest(raw, QUARTER, [replace(given, lists=(a_list(8413),))]),
        inputs_digest(raw, QUARTER, [replace(given, facts=(session(APRIL, confirmed=False),))]),
        inputs_digest(raw, QUARTER, [replace(given, posts=(lead(),))]),
        inputs_digest(raw, QUARTER, [replace(given, member=(QUARTER,))]),
        inputs_digest(raw, QUARTER, [replace(given, member=())]),
        inputs_digest(raw, QUARTER, [given, practice("Y00002")]),
    }
    assert len(others) == 8
    assert first not in others
    assert len(first) == 64


def test_the_digest_of_outputs_follows_the_lines():
    results = evaluate(definition(per_head()), period=QUARTER, practices=[practice("Y2"), practice("Y1")])
    same = evaluate(definition(per_head()), period=QUARTER, practices=[practice("Y1"), practice("Y2")])
    other = evaluate(definition(per_head("2.01")), period=QUARTER, practices=[practice("Y1"), practice("Y2")])
    assert outputs_digest(results) == outputs_digest(same) != outputs_digest(other)


def test_digests_stay_what_they_were():
    # Stored digests are compared years later: when this fails, ENGINE_VERSION has to be raised.
    measures = {name: MEASURES[name] for name in ("list", "weighted", "sessions", "uncapped", "six", "costs")}
    raw, given = raw_definition(per_head(), measures=measures), practice()
    results = evaluate(definition(per_head()), period=QUARTER, practices=[given])
    assert (inputs_digest(raw, QUARTER, [given])[:16], outputs_digest(results)[:16]) == (
        "92779ceb2738855d",
        "76f506bdd6501fe7",
    )


def test_an_adjusted_list_is_frozen_and_leaves_no_trace_where_there_is_none():
    given = practice(lists=(a_list(adjusted=Decimal("41250.5")), a_list(8000, date(2014, 7, 1))))
    frozen = practice_to_json(given)
    assert [each.get("adjusted", "none") for each in frozen["lists"]] == ["41250.5", "none"]
    assert practice_from_json(frozen) == given
