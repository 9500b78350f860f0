"""Walking a parsed definition by what its classes declare, so that a new kind of node needs no visitor of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from typing import Any

from app.calculation.language.members import declared
from app.calculation.language.reading import pointer
from app.calculation.values import Definition, Measure, Need, Node


@dataclass(frozen=True, slots=True)
class Place:
    """A node where it stands: its JSON pointer and the nodes around it, outermost first."""

    node: Node
    at: str
    inside: tuple[Node, ...]


def walk(node: Node, at: str = "/pay", inside: tuple[Node, ...] = ()) -> Iterator[Place]:
    """The node and all below it, in the order in which their lines are paid."""
    yield Place(node, at, inside)
    for below, child in _parts(node, at):
        if isinstance(child, Node):
            yield from walk(child, below, (*inside, node))


def measures_used(definition: Definition) -> tuple[Measure, ...]:
    return _used(definition, Measure)


def needs_used(definition: Definition) -> tuple[Need, ...]:
    return _used(definition, Need)


def needs_of(node: Node) -> int:
    """How many needs the node itself asks for."""
    return sum(isinstance(part, Need) for _, part in _parts(node, ""))


def known_late_below(node: Node) -> list[str]:
    """The names of what the node, and all below it, read that a year only shows as it goes on: facts, and how long a
    post was held.
    """
    parts = [part for place in walk(node) for _, part in _parts(place.node, place.at)]
    facts = [name for part in parts if isinstance(part, (Measure, Need)) for name in part.facts_read()]
    posts = [name for part in parts if isinstance(part, Measure) for name in part.posts_read()]
    return list(dict.fromkeys([*facts, *posts]))


def needs_placed(definition: Definition) -> list[tuple[str, Need]]:
    """Every need with its JSON pointer, where it stands twice as well."""
    parts = (part for place in walk(definition.pay) for part in _parts(place.node, place.at))
    return [(at, part) for at, part in parts if isinstance(part, Need)]


def nodes_used(definition: Definition) -> tuple[Node, ...]:
    found = definition.used.get(Node)
    if found is None:
        found = definition.used[Node] = tuple(place.node for place in walk(definition.pay))
    return found


def _used(definition: Definition, kind: type[Any]) -> tuple[Any, ...]:
    found = definition.used.get(kind)
    if found is None:
        parts = (part for part in _all_parts(definition.pay) if isinstance(part, kind))
        found = definition.used[kind] = tuple(dict.fromkeys(parts))
    return found


def _all_parts(part: object) -> Iterator[object]:
    """Every part of a node and of all below it, without where it stands."""
    for each, _ in declared(type(part)):
        value = getattr(part, each.name)
        for one in value if isinstance(value, tuple) else (value,):
            yield one
            if is_dataclass(one) and not isinstance(one, (Measure, Need)):
                yield from _all_parts(one)


def _parts(node: object, at: str) -> Iterator[tuple[str, object]]:
    """What a node holds, and what its small objects hold: a factor's measure is the node's too."""
    for each, _ in declared(type(node)):
        value = getattr(node, each.name)
        below = pointer(at, each.name)
        several = value if isinstance(value, tuple) else (value,)
        for i, one in enumerate(several):
            place = pointer(below, i) if isinstance(value, tuple) else below
            yield place, one
            if is_dataclass(one) and not isinstance(one, (Node, Measure, Need)):
                yield from _parts(one, place)
