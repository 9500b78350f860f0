"""What is left of a practice that closes within a period goes to the practice that took over."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.calculation.service import evaluate, measures_needed, practice_from_json, practice_to_json, sight
from app.calculation.values import PracticeInput
from app.core.clock import Period
from tests.factories.calculation import (
    APRIL,
    QUARTER,
    YEAR,
    a_list,
    definition,
    fixed,
    gate,
    per_head,
    practice,
    total,
)

CLOSES = date(2014, 5, 16)  # after 45 of 91 days, and on no first day of a month


def takes_over(then: object, by: str = "days") -> dict[str, Any]:
    return {"type": "pro_rata", "by": by, "successor": "takes_over", "then": then}


def closing(size: int | None = 4200, **members: Any) -> PracticeInput:
    lists = () if size is None else (a_list(size),)
    return practice("Y1", **{"lists": lists, "member": (Period(APRIL, CLOSES),), "successor": "Y2"} | members)


HEIR = practice("Y2", lists=(a_list(5150),))


def amounts(pay: object, *given: PracticeInput) -> list[list[int]]:
    results = evaluate(definition(pay), period=QUARTER, practices=given)
    return [[line.amount for line in result.lines] for result in results]


@pytest.mark.parametrize(
    ("by", "first", "second"), [("days", 45_000, 91_000 + 46_000), ("months", 60_667, 91_000 + 30_333)]
)
def test_the_days_or_months_that_are_left_are_paid_to_the_successor(by, first, second):
    pay = takes_over(fixed("910.00"), by)
    assert amounts(pay, closing(), HEIR) == [[first], [second]]
    assert amounts(pay, HEIR, closing()) == [[second], [first]]


def test_patients_who_move_are_paid_for_once():
    whole = amounts(takes_over(total(per_head(), fixed())), closing(), HEIR)
    apart = amounts(total(per_head(), fixed()), closing(), HEIR)
    assert [sum(each) for each in zip(*whole, strict=True)] == [sum(each) for each in zip(*apart, strict=True)]


def test_the_line_says_what_was_taken_over_and_from_whom():
    line = evaluate(definition(takes_over(fixed("910.00"))), period=QUARTER, practices=[closing(), HEIR])[1].lines[0]
    assert line.sentence == "A fixed amount of 910.00; with 46 of 91 days of Y1, which closed, it is 1,370.00."
    own, taken = line.workings["inputs"][0]["inputs"]
    assert (own["operator"], taken["operator"], taken["practice"], taken["value"]) == (
        "fixed",
        "taken_over",
        "Y1",
        "46",
    )


@pytest.mark.parametrize(
    "given",
    [
        (closing(successor=None), HEIR),
        (closing(successor="Y3"), HEIR),
        (closing(member=None), HEIR),
        (closing(member=()), HEIR),
        (closing(size=None), HEIR),
        (closing(), replace(HEIR, member=(Period(APRIL, CLOSES),))),
        (closing(), replace(HEIR, member=())),
    ],
)
def test_nothing_is_taken_over_where_nothing_is_left_or_nobody_is_there(given):
    pay = takes_over(per_head())
    alone = evaluate(definition(pay), period=QUARTER, practices=[given[1]])[0]
    assert evaluate(definition(pay), period=QUARTER, practices=given)[1] == alone


def test_a_successor_is_paid_for_its_own_days_only_and_under_its_own_gate():
    late = replace(HEIR, member=(Period(date(2014, 6, 1)),))
    assert amounts(takes_over(fixed("910.00")), closing(), late)[1] == [30_000 + 30_000]
    assert amounts(gate(takes_over(fixed("910.00"))), closing(), HEIR)[1] == [0]


def test_a_successor_that_closes_in_its_turn_leaves_what_it_had_taken_over() -> None:
    """91 days of 10.00 each: 45, 30 and 16 of the first, the second's own 75 and 16 of it, and all of the third's."""
    ends = date(2014, 6, 15)
    second = practice("Y2", member=(Period(APRIL, ends),), successor="Y3")
    third = practice("Y3", member=None)
    paid = amounts(takes_over(fixed("910.00")), closing(), second, third)
    assert paid == [[450_00], [750_00 + 300_00], [910_00 + 160_00 + 160_00]]


def test_what_is_taken_over_is_paid_though_the_list_of_its_own_is_missing() -> None:
    given = [closing(), replace(HEIR, lists=())]
    first, second = evaluate(definition(takes_over(per_head())), period=QUARTER, practices=given)
    assert not first.lines[0].blocked
    assert (second.lines[0].amount > 0, second.lines[0].blocked) == (True, False)
    assert "no registered list on or before" in second.lines[0].explain().sentence
    alone = evaluate(definition(takes_over(per_head())), period=QUARTER, practices=given[1:])[0]
    assert (alone.lines[0].amount, alone.lines[0].blocked) == (0, True)


def test_practices_that_name_each_other_end_where_they_began() -> None:
    second = practice("Y2", member=(Period(APRIL, date(2014, 6, 15)),), successor="Y1")
    assert amounts(takes_over(fixed("910.00")), closing(), second) == [[450_00], [750_00 + 300_00]]


def test_without_the_word_nobody_takes_over():
    pay = {"type": "pro_rata", "by": "days", "then": fixed("910.00")}
    assert amounts(pay, closing(), HEIR) == [[45_000], [91_000]]


def test_a_successor_is_frozen_only_where_the_closing_lies_in_the_period():
    asked, other = definition(takes_over(fixed())), definition(fixed())
    assert (measures_needed(asked).successors, measures_needed(other).successors) == (True, False)
    assert sight(asked, QUARTER)(closing()).successor == "Y2"
    assert sight(asked, YEAR)(closing(member=None)).successor is None
    assert sight(other, QUARTER)(closing()).successor is None
    before = Period(APRIL, date(2014, 5, 1))
    assert sight(asked, before)(closing()).successor is None
    assert practice_from_json(practice_to_json(closing())) == closing()
    assert "successor" not in practice_to_json(HEIR)
