"""What holds for every definition that can be paid and for whatever is known of practices, over all kinds of nodes."""

import json
from collections.abc import Iterable
from dataclasses import replace
from random import Random

from hypothesis import given

from app.calculation.errors import AmountTooLarge
from app.calculation.service import (
    canonical_json,
    evaluate,
    inputs_digest,
    outputs_digest,
    parse_definition,
    practice_bytes,
    practice_from_json,
)
from app.calculation.values import Payee, PracticeInput, PracticeResult
from app.payments.service import statement_bytes, work_out
from app.payments.values import Part, Posted, WorkedRun
from app.storm.inventing import Invented, invent, invent_for, invent_practices
from tests.depth import chances, examples
from tests.independent.test_two_calculations import frozen

Paid = dict[tuple[str, str, Payee], int]
"""Pence by practice, component and payee."""


def worked(
    random: Random, before: Invented | None = None
) -> tuple[Invented, list[PracticeInput], list[PracticeResult]]:
    """Something that can be paid, for the same period as `before`. What is too large is refused, as another test sees."""
    while True:
        invented = invent_for(random, before.period, before.parts) if before else invent(random)
        practices = invent_practices(random)
        try:
            results = evaluate(parse_definition(invented.raw), period=invented.period, practices=practices)
        except AmountTooLarge:
            continue
        return invented, practices, results


def due(results: Iterable[PracticeResult]) -> Paid:
    return {
        (result.code, line.component, line.payee): line.amount
        for result in results
        for line in result.lines
        if line.amount
    }


def posted(paid: Paid) -> dict[str, tuple[Posted, ...]]:
    found: dict[str, list[Posted]] = {}
    for (practice, component, payee), amount in paid.items():
        found.setdefault(practice, []).append(Posted(component, payee, amount, ("S1-1",)))
    return {practice: tuple(several) for practice, several in found.items()}


def run_of(invented: Invented, practices: list[PracticeInput], before: Paid) -> WorkedRun:
    """A second run of a period for which so much was posted before."""
    return work_out([Part(invented.period, invented.raw, tuple(practices), posted(before), differences=True)], [])


def moved(run: WorkedRun) -> Paid:
    return {
        (statement.practice, line.component, line.payee): line.amount
        for statement in run.statements
        for line in statement.lines
    }


def added(first: Paid, second: Paid) -> Paid:
    sums = {key: first.get(key, 0) + second.get(key, 0) for key in first.keys() | second.keys()}
    return {key: amount for key, amount in sums.items() if amount}


@examples(60)
@given(chances)
def test_lines_add_up_and_the_order_in_which_things_are_given_leaves_no_trace(random: Random) -> None:
    invented, practices, results = worked(random)
    for result in results:
        assert result.total == sum(line.amount for line in result.lines)
        assert not any(line.amount for line in result.lines if line.blocked)
        assert len({line.component for line in result.lines}) == len(result.lines)
    mixed = [turned_round(each) for each in reversed(practices)]
    again = evaluate(parse_definition(invented.raw), period=invented.period, practices=mixed)
    assert list(reversed(again)) == results
    assert inputs_digest(invented.raw, invented.period, mixed) == inputs_digest(
        invented.raw, invented.period, practices
    )


def turned_round(each: PracticeInput) -> PracticeInput:
    return replace(each, lists=each.lists[::-1], posts=each.posts[::-1], facts=each.facts[::-1])


@examples(40)
@given(chances)
def test_the_same_run_again_is_the_same_to_the_byte(random: Random) -> None:
    invented, practices, results = worked(random)
    thawed = [practice_from_json(each) for each in frozen(practices)]
    again = evaluate(parse_definition(invented.raw), period=invented.period, practices=thawed)
    assert outputs_digest(again) == outputs_digest(results)
    assert [practice_bytes(each) for each in thawed] == [practice_bytes(each) for each in practices]
    run = run_of(invented, practices, {})
    assert run_of(invented, thawed, {}) == run
    written = [statement_bytes(each) for each in run.statements]
    assert written == [canonical_json(json.loads(each)) for each in written]


@examples(60)
@given(chances)
def test_adjustments_and_what_was_paid_are_a_fresh_calculation_and_nobody_is_paid_twice(random: Random) -> None:
    """Both the rules and what is known of the practices change; and then everything is taken back as it was."""
    before, practices, results = worked(random)
    first = due(results)
    assert not run_of(before, practices, first).statements, "nothing is new, so nothing is paid again"
    after, others, fresh = worked(random, before)
    change = moved(run_of(after, others, first))
    assert added(first, change) == due(fresh)
    back = moved(run_of(before, practices, due(fresh)))
    assert added(change, back) == {}, "a reversal nets to nothing"
