"""What schemes, payments and the calculator call. Plain functions over frozen values: same input, same output."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from app.calculation.errors import AmountTooLarge
from app.calculation.language import document, schema
from app.calculation.language.reading import pointer
from app.calculation.language.tree import measures_used, needs_of, needs_placed, needs_used, nodes_used, walk
from app.calculation.nodes import component
from app.calculation.nodes.catalogue import CATALOGUE, PARTS
from app.calculation.nodes.component import Component
from app.calculation.nodes.list_size import ListMeasure
from app.calculation.nodes.per_session import PerSession
from app.calculation.rules import canonical, describing, engine, lists, rounding, seeing
from app.calculation.rules.earning import PayingNode, View
from app.calculation.values import (
    Booking,
    Definition,
    Needed,
    Node,
    PracticeInput,
    PracticeResult,
    Problem,
    Range,
    RoundAt,
    SessionPaid,
)
from app.core.clock import Period

canonical_json = canonical.canonical_json
practice_to_json = canonical.practice_to_json
practice_bytes = canonical.practice_bytes
facts_to_json = canonical.facts_to_json
facts_from_json = canonical.facts_from_json
practice_from_json = canonical.practice_from_json
frozen_digest = canonical.frozen_digest
outputs_digest = canonical.outputs_digest
latest_list = lists.latest_list
range_sentence = describing.range_sentence
sight = seeing.sight
facts_since = seeing.facts_since
year_share = component.year_share
largest_remainder = rounding.largest_remainder
_KEPT_CHARACTERS: Final = 64 * 1024


def parse_definition(raw: Mapping[str, Any]) -> Definition:
    """Raises `DefinitionInvalid` with every problem and a JSON pointer for each."""
    try:
        written = json.dumps(raw)
    except (TypeError, ValueError, RecursionError):
        # No JSON, or too deep for it: for the reader to refuse.
        written = ""
    if 0 < len(written) <= _KEPT_CHARACTERS:
        return _parse_kept(written)
    return document.read_definition(raw, catalogue=CATALOGUE)


@lru_cache(maxsize=256)
def _parse_kept(written: str) -> Definition:
    """A definition is read many times for each run, claim and figure, and never changes once it is read."""
    return document.read_definition(json.loads(written), catalogue=CATALOGUE)


def definition_schema() -> dict[str, Any]:
    """The language as JSON Schema, draft 2020-12."""
    return schema.definition_schema(catalogue=CATALOGUE, parts=PARTS)


def check_definition(definition: Definition, *, applies: Period) -> list[Problem]:
    """What parses but could not be paid in all the time in which a version applies, or would never be."""
    unused = [problem for measure in measures_used(definition) for problem in measure.never_used(applies)]
    for at, node, _ in _paying(definition):
        unused.extend(node.never_used(at, applies=applies))
    return [*check_period(definition, period=applies), *unused]


def check_period(definition: Definition, *, period: Period) -> list[Problem]:
    """What could not be paid in one period. A date of another period is no matter here: a rate that begins in July."""
    problems = [problem for measure in measures_used(definition) for problem in measure.problems(period)]
    for at, node, inside in _paying(definition):
        problems.extend(node.problems(at, inside=inside, applies=period))
    return problems


def count_components(definition: Definition) -> int:
    """How many lines each practice has."""
    return sum(isinstance(place.node, Component) for place in walk(definition.pay))


def bookings(definition: Definition) -> dict[str, Booking]:
    """By the id of each component: how finance books it."""
    nodes = (place.node for place in walk(definition.pay))
    return {node.id: node.booking_value() for node in nodes if isinstance(node, Component)}


def organisations_paid(definition: Definition) -> frozenset[str]:
    """The codes of the organisations that its components pay in place of the practice."""
    nodes = (place.node for place in walk(definition.pay))
    payees = (node.payee_value() for node in nodes if isinstance(node, Component))
    return frozenset(payee.code for payee in payees if payee)


def count_workings(definition: Definition) -> int:
    """How many steps each practice's answer holds: each line has those of every node around it, needs included."""
    lines = (place for place in walk(definition.pay) if isinstance(place.node, Component))
    return sum(1 + sum(1 + needs_of(node) for node in place.inside) for place in lines)


def evaluate(
    definition: Definition,
    *,
    period: Period,
    practices: Sequence[PracticeInput],
    include_unconfirmed: bool = False,
) -> list[PracticeResult]:
    """Each practice's lines, in the order given. Unconfirmed facts are not paid; a live figure may include them."""
    view = View.LIVE if include_unconfirmed else View.CONFIRMED
    return engine.evaluate(definition, period=period, practices=practices, view=view)


def estimates(definition: Definition, *, period: Period, practices: Sequence[PracticeInput]) -> dict[str, Range | None]:
    """By practice. `least` is what confirmed facts and posts earn as they stand; `expected` is all that is offered: every
    need met, every capped count full, uncapped facts as they are to date. `most` is None where something is uncapped.
    No range where an amount is too large. Where practices share something, all of them have to be given.
    """
    return engine.estimates(definition, period=period, practices=practices)


def evaluate_possible(
    definition: Definition, *, period: Period, practices: Sequence[PracticeInput], include_unconfirmed: bool = False
) -> tuple[list[PracticeResult], list[str]]:
    """As `evaluate`, for a figure that pays nobody: without the practices of which an amount is too large, and those
    practices. One practice's slip of the pen hides nobody else's figure.
    """
    view = View.LIVE if include_unconfirmed else View.CONFIRMED
    return _possible(definition, period=period, practices=practices, view=view)


def evaluate_offered(
    definition: Definition, *, period: Period, practices: Sequence[PracticeInput]
) -> tuple[list[PracticeResult], list[str]]:
    """As `evaluate_possible`, of all that is offered: every need met and every capped count full."""
    return _possible(definition, period=period, practices=practices, view=View.OFFERED)


def _possible(
    definition: Definition, *, period: Period, practices: Sequence[PracticeInput], view: View
) -> tuple[list[PracticeResult], list[str]]:
    left_out = frozenset[str]()
    while True:
        try:
            counted = [each for each in practices if each.code not in left_out]
            return engine.evaluate(definition, period=period, practices=counted, view=view), sorted(left_out)
        except AmountTooLarge as error:
            left_out |= error.practices


def shares_among_all(definition: Definition) -> bool:
    """Whether what one practice is paid depends on the others, so that all have to be worked out together: where they
    share a pot, or where the total of all is rounded once.
    """
    return definition.round.at is RoundAt.FINAL or any(
        isinstance(place.node, PayingNode) and place.node.shares_among_all for place in walk(definition.pay)
    )


def describe(definition: Definition, *, ranges: Range | None = None) -> list[str]:
    return describing.describe(definition, ranges=ranges)


def describe_markdown(definition: Definition, *, ranges: Range | None = None) -> str:
    return describing.describe_markdown(definition, ranges=ranges)


def measures_needed(definition: Definition) -> Needed:
    """The facts, posts and kinds of list to gather before `evaluate`."""
    measures, needs = measures_used(definition), needs_used(definition)
    return Needed(
        facts=tuple(sorted({name for part in (*measures, *needs) for name in part.facts_read()})),
        posts=tuple(sorted({name for part in (*measures, *needs) for name in part.posts_read()})),
        bases=tuple(sorted({basis for measure in measures for basis in measure.bases_read()})),
        successors=any(place.node.reads_successors for place in walk(definition.pay)),
        may_be_negative=tuple(
            sorted({name for measure in measures if measure.takes_negative for name in measure.facts_read()})
        ),
    )


def sessions_paid(definition: Definition) -> tuple[SessionPaid, ...]:
    """What it pays by the session, by the name of the facts; of two components that read one name the wider cap counts."""
    caps: dict[str, int | None] = {}
    for node in nodes_used(definition):
        if isinstance(node, PerSession):
            name, cap = node.measure.fact, node.measure.max_per_month
            known = caps.get(name, 0)
            caps[name] = None if cap is None or known is None else max(cap, known)
    return tuple(SessionPaid(name, caps[name]) for name in sorted(caps))


def posts_asked(definition: Definition) -> list[tuple[str, str]]:
    """Each post that a need or a measure names, with the JSON pointer to its name."""
    needs = [(pointer(at, need.key), post) for at, need in needs_placed(definition) for post in need.posts_read()]
    measures = [(measure.at("post"), post) for measure in measures_used(definition) for post in measure.posts_read()]
    return [*needs, *measures]


def snapshot_dates(definition: Definition, period: Period) -> tuple[date, ...]:
    """The days whose lists count: a caller that gives a size without a date means the size on each of them."""
    lists = [measure for measure in measures_used(definition) if isinstance(measure, ListMeasure)]
    return tuple(sorted({measure.snapshot_date(period) for measure in lists}))


def _paying(definition: Definition) -> Iterator[tuple[str, PayingNode, tuple[Node, ...]]]:
    for place in walk(definition.pay):
        if isinstance(place.node, PayingNode):
            yield place.at, place.node, place.inside


def inputs_digest(definition_raw: Mapping[str, Any], period: Period, practices: Sequence[PracticeInput]) -> str:
    return canonical.inputs_digest(definition_raw, period=period, practices=practices)
