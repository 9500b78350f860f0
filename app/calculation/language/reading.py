"""The state of one reading of a definition: what was refused so far, and what has been named."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from app.calculation.values import Measure, Need, Node
from app.core.errors import FieldError

MAX_NODES: Final = 200
MAX_DEPTH: Final = 20
# A definition with more problems than this is not a definition; listing them all would only be a large answer.
MAX_PROBLEMS: Final = 200


class Invalid:
    """Stands for a value that was refused, so that reading goes on and finds the rest."""


INVALID: Final = Invalid()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every kind that the language knows, by the word that names it."""

    nodes: Mapping[str, type[Node]]
    measures: Mapping[str, type[Measure]]
    needs: Mapping[str, type[Need]]


@dataclass(slots=True)
class Reading:
    catalogue: Catalogue
    problems: list[FieldError] = field(default_factory=list)
    measures: dict[str, Measure | Invalid] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    nodes: int = 0
    depth: int = 0

    def refuse(self, at: str, reason: str, detail: str) -> Invalid:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(FieldError(at, f"calculation.{reason}", detail))
        return INVALID

    def wrong_type(self, at: str, wanted: str) -> Invalid:
        return self.refuse(at, "wrong_type", f"This has to be {wanted}.")

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.nodes += 1
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1


def pointer(at: str, member: str | int) -> str:
    """One step down in a JSON pointer. A name of absurd length is cut: pointers go into answers and logs."""
    return f"{at}/{str(member)[:80].replace('~', '~0').replace('/', '~1')}"
