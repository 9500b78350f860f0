"""The ladder and the comparison, without a database."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.forums import rules
from app.forums.values import Answered, Decision, Kind, LadderLevel

P, L, C = LadderLevel.PRACTICE, LadderLevel.LOCALITY, LadderLevel.COMMISSIONER


def answers(*decisions: Decision, named: bool = False) -> dict[str, Answered]:
    return {f"P{place}": Answered(decision, named) for place, decision in enumerate(decisions)}


@pytest.mark.parametrize(
    ("level", "has_locality", "expected"),
    [(P, True, L), (P, False, C), (L, True, C), (C, True, None), (C, False, None)],
)
def test_an_issue_climbs_to_the_next_level_there_is(
    level: LadderLevel, has_locality: bool, expected: LadderLevel | None
) -> None:
    assert rules.above(level, has_locality=has_locality) == expected


@pytest.mark.parametrize(
    ("level", "origin", "has_locality", "expected"),
    [(C, P, True, L), (C, P, False, P), (L, P, True, P), (C, L, True, L), (C, C, False, None), (P, P, True, None)],
)
def test_an_issue_never_comes_down_below_where_it_was_raised(
    level: LadderLevel, origin: LadderLevel, has_locality: bool, expected: LadderLevel | None
) -> None:
    assert rules.below(level, origin=origin, has_locality=has_locality) == expected


@pytest.mark.parametrize(
    ("level", "origin", "answered_at", "waiting", "expected"),
    [
        (P, P, P, 0, True),
        (C, C, P, 3, False),
        (C, C, P, 0, True),
        (L, P, P, 0, False),
        (L, P, L, 9, True),
        (C, P, L, 9, False),
        (L, P, C, 9, True),
    ],
)
def test_who_closes_an_issue(
    level: LadderLevel, origin: LadderLevel, answered_at: LadderLevel, waiting: int, expected: bool
) -> None:
    assert rules.closes(level, origin=origin, answered_at=answered_at, waiting=waiting) is expected


def test_four_answers_are_not_compared_and_five_are() -> None:
    four = answers(*[Decision.PLANNED] * 4, named=True)
    five = answers(*[Decision.PLANNED] * 5)
    asked = frozenset(five) | {"QUIET"}
    assert rules.compare(asked, four) is None
    found = rules.compare(asked, five)
    assert found is not None
    assert (found.asked, found.answered, found.planned) == (6, 5, 5)


def test_only_those_already_doing_it_who_agreed_are_named() -> None:
    given_ = {
        "A": Answered(Decision.ALREADY_DONE, may_be_named=True),
        "B": Answered(Decision.ALREADY_DONE, may_be_named=False),
        "C": Answered(Decision.PLANNED, may_be_named=True),
        "D": Answered(Decision.DECLINED, may_be_named=True),
        "E": Answered(Decision.AGREED, may_be_named=True),
    }
    found = rules.compare(frozenset(given_) | {"F"}, given_)
    assert found is not None
    assert found.named == ("A",)
    assert rules.sentence(found, compared=True) == (
        "Of 6 comparable practices asked, 5 answered: 2 already do this, 2 plan to, 1 declined with a reason."
    )


def test_an_answer_of_a_practice_that_is_not_compared_does_not_count() -> None:
    given_ = answers(*[Decision.DECLINED] * 5)
    assert rules.compare(frozenset(list(given_)[:4]), given_) is None


@pytest.mark.parametrize(
    ("registered", "expected"),
    [("0", 0), ("2999.75", 0), ("3000", 1), ("5999.99", 1), ("6000", 2), ("10000", 3), ("14999", 3), ("15000", 4)],
)
def test_bands_begin_at_their_edge(registered: str, expected: int) -> None:
    assert rules.band(Decimal(registered)) == expected


def test_the_rule_is_said_in_words() -> None:
    assert rules.comparable_words(None) == "All practices asked."
    words = rules.comparable_words(Kind(Decimal(7000), rural=False))
    assert words == "Practices asked with 6,000 to 9,999 registered patients, not in a rural area."
    assert "whose size is not known" in rules.comparable_words(Kind(None, rural=None))


kinds = st.builds(
    Kind,
    registered=st.none() | st.decimals(min_value=0, max_value=30000, places=2),
    rural=st.none() | st.booleans(),
)


@given(st.dictionaries(st.text(min_size=1, max_size=3), kinds, max_size=12), kinds, kinds)
def test_two_comparisons_are_the_same_or_share_nobody(all_kinds: dict[str, Kind], one: Kind, other: Kind) -> None:
    left, right = rules.comparable(all_kinds, one), rules.comparable(all_kinds, other)
    assert left == right or not left & right
