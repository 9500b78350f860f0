"""What holds for every definition and every practice."""

import hashlib
import json
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from app.calculation.errors import DefinitionInvalid
from app.calculation.nodes.catalogue import CATALOGUE
from app.calculation.service import (
    canonical_json,
    describe_markdown,
    evaluate,
    inputs_digest,
    outputs_digest,
    parse_definition,
    practice_bytes,
    practice_from_json,
    practice_to_json,
    sight,
)
from app.calculation.values import ENGINE_VERSION, Fact, ListSize, PostHeld, PracticeInput
from app.core.clock import Period, add_months
from app.core.errors import FieldError
from tests.factories.calculation import (
    APRIL,
    MEASURES,
    QUARTER,
    YEAR,
    advance,
    definition,
    estimated,
    fixed,
    gate,
    instalments,
    linear,
    milestone,
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

# A whole calculation takes milliseconds, and a loaded machine must not fail a property for being slow.
patient = settings(deadline=None)
few = settings(max_examples=40, deadline=None)

days = st.dates(date(2013, 1, 1), date(2016, 12, 31))
sizes = st.decimals(0, 60_000, places=2)
values = st.decimals(-500, 500, places=2)
rates = st.decimals(0, 500, places=3).map(str)
FACTS = sorted({measure["fact"] for measure in MEASURES.values() if "fact" in measure})


@st.composite
def periods(draw):
    start = draw(days)
    return Period(start, draw(st.none() | st.integers(1, 500).map(lambda length: start + timedelta(length))))


@st.composite
def times_as_member(draw):
    bounds = sorted(draw(st.lists(days, max_size=6, unique=True)))
    return tuple(Period(start, end) for start, end in zip(bounds[::2], bounds[1::2], strict=False))


@st.composite
def practices(draw, code="Y00001"):
    lists = st.builds(ListSize, days, st.none() | sizes, st.none() | sizes, st.none() | st.just("A file"))
    posts = periods().map(lambda held: PostHeld("named_lead", held.valid_from, held.valid_until))
    names = st.sampled_from(["other", *FACTS])
    subjects = st.none() | st.sampled_from(["p1", "p2"])
    facts = st.builds(Fact, st.uuids().map(str), names, days, values, subjects, confirmed=st.booleans())
    return PracticeInput(
        code=code,
        lists=tuple(draw(st.lists(lists, max_size=4, unique_by=lambda each: each.as_at))),
        posts=tuple(draw(st.lists(posts, max_size=3))),
        facts=tuple(draw(st.lists(facts, max_size=12))),
        member=draw(st.none() | times_as_member()),
    )


AROUND = {
    "nothing": lambda leaves: leaves,
    "gate": lambda leaves: gate(leaves, held="any_day"),
    "gate all through": lambda leaves: gate(leaves, held="every_day"),
    "fact": lambda leaves: {"type": "gate", "needs": [{"fact": "standing", "at_least": "2"}], "then": leaves},
    "days": pro_rata,
    "months": lambda leaves: pro_rata(gate(leaves), "months"),
    "best": lambda leaves: {"type": "best_of", "of": [leaves, fixed("200.00", component="other")]},
    "least": lambda leaves: {"type": "least_of", "of": [leaves, fixed("200.00", component="other")]},
    "times": lambda leaves: times(
        leaves, {"measure": "list", "over": "7000"}, {"measure": "register", "over_measure": "list"}
    ),
    "cap": lambda leaves: {"type": "cap", "id": "cap", "rate": "2.00", "measure": "list", "then": leaves},
    "floor": lambda leaves: {"type": "floor", "id": "floor", "amount": "100.00", "then": leaves},
    "parts": lambda _: total(instalments(total(per_head(), fixed("77.77")), 4), advance(per_session(), parts=4)),
}


@st.composite
def pays(draw):
    plain = [
        per_head(draw(rates), rate_per=draw(st.sampled_from(["year", "period"]))),
        per_head(draw(rates), "weighted", component="weighted"),
        per_session(draw(rates)),
        fixed(draw(rates), rate_per="year"),
        {"type": "fixed", "id": "costs", "measure": "costs"},
        linear(),
        tiered(("1", "5.5", draw(rates)), ("5.5", None, draw(rates)), each=draw(st.sampled_from(["list", "uncapped"]))),
        tiered(("0", "100", draw(rates)), ("100", None, "0.00"), id="parts", measure="list", of="marginal"),
        per_event(draw(rates), at_most=draw(st.sampled_from(["register", "list"]))),
        per_event(None, "doses", id="doses", rates=[{"since": "2014-05-01", "rate": draw(rates)}]),
        reimbursed((1, draw(rates)), (2, draw(rates)), waiting=draw(st.integers(0, 2))),
        milestone(draw(rates)),
        pooled(draw(rates)),
    ]
    leaves = total(*draw(st.lists(st.sampled_from(plain), min_size=1, max_size=5, unique_by=lambda each: each["id"])))
    around = draw(st.sampled_from(list(AROUND)))
    return AROUND[around](leaves)


rounds = st.fixed_dictionaries(
    {"at": st.sampled_from(["line", "period", "final"]), "mode": st.sampled_from(["half_up", "half_even", "down"])}
)


@few
@given(pays(), rounds, practices())
def test_every_line_says_its_amount_and_its_workings_round_to_it(pay, rounding, given_practice):
    for line in evaluate(definition(pay, round=rounding), period=QUARTER, practices=[given_practice])[0].lines:
        pounds = f"{'-' if line.amount < 0 else ''}{abs(line.amount) // 100:,}.{abs(line.amount) % 100:02d}"
        assert line.sentence.endswith(f" {pounds}.")
        assert line.workings["rounded"] == pounds.replace(",", "")
        assert abs(Fraction(line.workings["unrounded"]) * 100 - line.amount) <= 5
        assert not (line.blocked and line.amount)
        canonical_json(line.workings)


@few
@given(pays(), st.lists(st.integers(0, 999), unique=True, max_size=3).map(sorted), st.data())
def test_the_digest_of_inputs_is_that_of_their_canonical_form(pay, numbers, data):
    raw = raw_definition(pay)
    frozen = [practice_to_json(data.draw(practices(code=f"Y{number:05d}"))) for number in numbers]
    thawed = [practice_from_json(each) for each in frozen]
    assert [practice_bytes(each) for each in thawed] == [canonical_json(each) for each in frozen]
    period = {"from": QUARTER.valid_from, "until": QUARTER.valid_until}
    whole = {"definition": raw, "engine": ENGINE_VERSION, "period": period, "practices": frozen}
    assert inputs_digest(raw, QUARTER, thawed) == hashlib.sha256(canonical_json(whole)).hexdigest()


@few
@given(practices())
def test_a_practice_survives_freezing(given_practice):
    frozen = json.loads(canonical_json(practice_to_json(given_practice)))
    thawed = practice_from_json(frozen)
    assert practice_to_json(thawed) == frozen
    pay = definition(gate(total(per_head(), per_session()), held="any_day"))
    before, after = (evaluate(pay, period=QUARTER, practices=[each]) for each in (given_practice, thawed))
    assert outputs_digest(before) == outputs_digest(after)


@few
@given(pays(), practices(), st.booleans())
def test_what_a_period_cannot_see_of_a_practice_changes_none_of_its_lines(pay, given_practice, unconfirmed):
    parsed = definition(pay)
    seen = sight(parsed, QUARTER)(given_practice)
    before, after = (
        evaluate(parsed, period=QUARTER, practices=[each], include_unconfirmed=unconfirmed)
        for each in (given_practice, seen)
    )
    assert before == after


@few
@given(st.decimals(0, 10**6, places=2), st.lists(sizes, min_size=1, max_size=40))
def test_shares_of_a_pool_add_up_to_it(budget, weights):
    given_practices = [practice(f"Y{n:05d}", lists=(ListSize(APRIL, size, None),)) for n, size in enumerate(weights)]
    shares = [each.total for each in evaluate(definition(pooled(str(budget))), period=YEAR, practices=given_practices)]
    assert sum(shares) == (budget * 100 if any(weights) else 0)
    fair = [budget * 100 * size / (sum(weights) or 1) for size in weights]
    assert all(abs(share - exact) < 1 for share, exact in zip(shares, fair, strict=True))


@few
@given(st.decimals(0, 10**6, places=3), st.sampled_from([2, 3, 4, 6, 12]))
def test_parts_of_a_year_add_up_to_it(amount, parts):
    pay, length = fixed(str(amount), rate_per="year"), 12 // parts
    periods_of_it = [Period(add_months(APRIL, n * length), add_months(APRIL, (n + 1) * length)) for n in range(parts)]
    paid_in_parts = [
        evaluate(definition(instalments(pay, parts)), period=each, practices=[practice()])[0].total
        for each in periods_of_it
    ]
    assert sum(paid_in_parts) == evaluate(definition(pay), period=YEAR, practices=[practice()])[0].total
    assert max(paid_in_parts) - min(paid_in_parts) <= 1
    assert paid_in_parts == sorted(paid_in_parts, reverse=True)


@few
@given(practices(), pays())
def test_a_factor_of_one_changes_no_penny(given_practice, pay):
    before, after = (
        evaluate(definition(each), period=QUARTER, practices=[given_practice])[0]
        for each in (pay, times(pay, {"value": "3", "over": "3"}))
    )
    assert [line.amount for line in after.lines] == [line.amount for line in before.lines]


@patient
@given(st.decimals(0, 500, places=3), sizes)
def test_a_rate_times_a_list_is_what_decimals_say(rate, size):
    pay = definition(per_head(str(rate), rate_per="period"))
    given_practice = PracticeInput("Y1", lists=(ListSize(APRIL, size, None),))
    amount = evaluate(pay, period=QUARTER, practices=[given_practice])[0].total
    assert Decimal(amount) == (rate * size * 100).quantize(Decimal(1), rounding="ROUND_HALF_UP")


@few
@given(pays(), practices())
def test_what_is_most_is_no_less_than_what_is_certain_when_nothing_is_taken_back(pay, given_practice):
    positive = tuple(fact for fact in given_practice.facts if fact.value >= 0 and fact.confirmed)
    sound = PracticeInput("Y1", given_practice.lists, given_practice.posts, positive, given_practice.member)
    found = estimated(pay, sound, QUARTER)
    assert found.least <= found.expected
    assert found.most is None or found.most >= found.least


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = ["type", "of", "then", "needs", "rate", "measure", "measures", "list", "pay", "round", "id", "kind", "amount"]
KINDS = [
    *CATALOGUE.nodes,
    *CATALOGUE.measures,
    "per_head",
    "per_session",
    "fixed",
    "sum",
    "gate",
    "pro_rata",
    "list_size",
    "count",
    "2.00",
    "days",
    "post",
]
likely_json = st.recursive(
    st.sampled_from(KINDS + WORDS) | json_values,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS + KINDS), inner, max_size=6),
    max_leaves=25,
)


@patient
@given(st.dictionaries(st.text(max_size=8), json_values, max_size=4) | likely_json, likely_json)
def test_reading_anything_gives_a_definition_or_a_refusal(raw, pay):
    for attempt in (raw, {"language": 1, "measures": MEASURES, "pay": pay}, {"language": 1, "pay": pay}):
        assert _read(attempt)


def _read(attempt: object) -> str | tuple[FieldError, ...]:
    """The definition in words, or what was refused; anything else that is raised fails the test."""
    try:
        return describe_markdown(parse_definition(attempt))
    except DefinitionInvalid as refusal:
        return refusal.errors
