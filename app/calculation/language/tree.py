"""Walking a parsed definition by what its classes declare, so that a new kind of node needs no visitor of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
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


def measures_used(definition: Definition) -> list[Measure]:
    return _used(definition, Measure)


def needs_used(definition: Definition) -> list[Need]:
    return _used(definition, Need)


def needs_of(node: Node) -> int:
    """How many needs the node itself asks for."""
    return sum(isinstance(part, Need) for _, part in _parts(node, ""))


def needs_placed(definition: Definition) -> list[tuple[str, Need]]:
    """Every need with its JSON pointer, where it stands twice as well."""
    parts = (part for place in walk(definition.pay) for part in _parts(place.node, place.at))
    return [(at, part) for at, part in parts if isinstance(part, Need)]


def _used(definition: Definition, kind: type[Any]) -> list[Any]:
    parts = (part for place in walk(definition.pay) for _, part in _parts(place.node, place.at))
    return list(dict.fromkeys(part for part in parts if isinstance(part, kind)))


def _parts(node: Node, at: str) -> Iterator[tuple[str, object]]:
    for each, _ in declared(type(node)):
        value = getattr(node, each.name)
        below = pointer(at, each.name)
        if isinstance(value, tuple):
            yield from ((pointer(below, i), one) for i, one in enumerate(value))
        else:
            yield below, value
