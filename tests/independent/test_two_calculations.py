"""The engine and the second calculation, which was written apart from it, pay the same pence for whatever is drawn."""

import json
from random import Random

from hypothesis import given

from app.calculation.errors import AmountTooLarge
from app.calculation.nodes.catalogue import CATALOGUE
from app.calculation.service import canonical_json, evaluate, parse_definition, practice_to_json
from app.calculation.values import PracticeInput
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


def paid_by_the_engine(
    invented: Invented, practices: list[PracticeInput]
) -> dict[str, dict[str, int]] | frozenset[str]:
    """Pence by practice and line; or the practices of which an amount is refused as too large."""
    try:
        results = evaluate(parse_definition(invented.raw), period=invented.period, practices=practices)
    except AmountTooLarge as refusal:
        return refusal.practices
    return {each.code: {line.component: line.amount for line in each.lines} for each in results}
