"""The engine and the second calculation, which was written apart from it, pay the same pence for whatever is drawn."""

import json
from dataclasses import asdict, fields
from random import Random

from hypothesis import given

from app.calculation.errors import AmountTooLarge
from app.calculation.nodes.catalogue import CATALOGUE
from app.calculation.service import (
    bookings,
    canonical_json,
    evaluate,
    evaluate_possible,
    parse_definition,
    practice_to_json,
)
from app.calculation.values import Booking, PracticeInput
from app.storm.inventing import Invented, invent, invent_practices
from tests.depth import chances, examples
from tests.independent import second


def frozen(practices: list[PracticeInput]) -> list[dict]:
    return [json.loads(canonical_json(practice_to_json(each))) for each in practices]


def test_the_second_calculation_knows_every_kind_of_the_language() -> None:
    known = vars(second.Calculation)
    assert {f"pay_{kind}" for kind in CATALOGUE.nodes} <= known.keys()
    read_by_their_nodes = {"events", "costs", "done"}
    assert {f"measure_{kind}" for kind in CATALOGUE.measures.keys() - read_by_their_nodes} <= known.keys()


@examples(100)
@given(chances)
def test_both_pay_the_same_pence(random: Random) -> None:
    invented, practices = invent(random), invent_practices(random)
    due = second.pay(invented.raw, invented.period.valid_from, invented.period.end, frozen(practices))
    too_large = {code for code, lines in due.items() if max(map(abs, lines.values())) > 10**15}
    assert paid_by_the_engine(invented, practices) == (too_large or due)


@examples(40)
@given(chances)
def test_both_pay_the_same_payees_and_book_it_alike(random: Random) -> None:
    invented, practices = invent(random), invent_practices(random)
    definition = parse_definition(invented.raw)
    booked = {name: asdict(booking) for name, booking in bookings(definition).items()}
    unsaid = dict.fromkeys(field.name for field in fields(Booking))
    assert booked == {name: unsaid | said for name, said in second.booked(invented.raw).items()}
    results, _ = evaluate_possible(definition, period=invented.period, practices=practices)
    for each in results:
        paid_to = {line.component: (line.payee.type, line.payee.code) for line in each.lines}
        assert paid_to == second.paid_to(invented.raw, each.code)


def paid_by_the_engine(
    invented: Invented, practices: list[PracticeInput]
) -> dict[str, dict[str, int]] | frozenset[str]:
    """Pence by practice and line; or the practices of which an amount is refused as too large."""
    try:
        results = evaluate(parse_definition(invented.raw), period=invented.period, practices=practices)
    except AmountTooLarge as refusal:
        return refusal.practices
    return {each.code: {line.component: line.amount for line in each.lines} for each in results}
