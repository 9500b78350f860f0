"""What a node earns before it becomes a line: exact pence, the words so far and the tree of workings so far."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

import msgspec

from app.calculation.rules.exact import Exact, pounds_value, simple
from app.calculation.rules.wording import pounds_text
from app.calculation.values import Node, Payee, PracticeInput, Problem, Rounding
from app.core.clock import Period


class View(Enum):
    """Which facts count, and what is supposed about the rest of the period."""

    CONFIRMED = auto()  # what a run pays
    LIVE = auto()  # unconfirmed facts count as well
    OFFERED = auto()  # every need is met and every capped count is at its cap


@dataclass(frozen=True, slots=True)
class Run:
    """All that is the same for every practice of one calculation."""

    period: Period
    practices: Sequence[PracticeInput]
    view: View = View.CONFIRMED
    rounding: Rounding = field(default_factory=Rounding)
    # Inside a pro_rata by days a rate for a year may be paid for a period of broken months.
    by_days: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What an earning says of itself: the sentence up to its amount, which is known only after rounding, and its tree of
    workings so far.
    """

    text: str
    link: str
    workings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What something that was looked at says of itself: words for a sentence, and its part of the tree of workings."""

    words: str
    workings: dict[str, Any]


class Saying:
    """Something that was looked at. What it says is put together only when asked."""

    __slots__ = ()
    say: Callable[[], Said]

    @property
    def words(self) -> str:
        return self.say().words

    @property
    def workings(self) -> dict[str, Any]:
        return self.say().workings


class Earning(msgspec.Struct, frozen=True):
    """Exact pence of one component. What it says is put together only when asked: a run for thousands needs figures, and
    whoever reads a statement asks for a few lines.
    """

    component: str
    pence: Exact
    tell: Callable[[], Told]
    payee: Payee | None = None
    quantity: str | None = None
    rate: str | None = None
    blocked: bool = False
    bounded: bool = True

    def retold(self, tell: Callable[[Told], Told]) -> "Earning":
        return self.but(tell=lambda: tell(self.tell()))

    def within(self, say: Callable[[], Said]) -> "Earning":
        """With a node around it that changes no figure: its tree becomes the last input of the other, which has its value."""
        return self.retold(lambda told: replace(told, workings=_around(told, say(), told.workings["value"])))

    def as_blocked(self) -> "Earning":
        """Something that somebody has to put right keeps it from being paid."""
        return self.but(blocked=True)

    def but(self, **changes: Any) -> "Earning":
        """The same in all but these members."""
        return msgspec.structs.replace(self, **changes)


def _around(told: Told, said: Said, value: str) -> dict[str, Any]:
    return {**said.workings, "value": value, "inputs": [*said.workings["inputs"], told.workings]}


Payer = Callable[[PracticeInput], list[Earning]]


class PayingNode(Node):
    """A node of the language: `prepare` does once what is the same for all practices and returns the rest.

    A node whose pay depends on all practices, such as a shared pot, finds them in the run.
    """

    @property
    def allows_broken_months(self) -> bool:
        """Whether a price for a year may be paid below this node for a period of broken months."""
        return False

    @property
    def shares_among_all(self) -> bool:
        """Whether what one practice earns depends on the others."""
        return False

    @property
    def rescales(self) -> bool:
        """Whether what is below it changes by a share, so that limits below and above are not alike."""
        return False

    @abstractmethod
    def prepare(self, run: Run) -> Payer: ...

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        """What parses but could not be paid in that time."""
        del at, inside, applies
        yield from ()

    def never_used(self, at: str, *, applies: Period) -> Iterator[Problem]:
        """What lies outside all of the time in which a version applies."""
        del at, applies
        yield from ()


def pays_nothing(at: str, detail: str) -> Problem:
    return Problem(at, "calculation.pays_nothing", f"{detail} Leave it out, or say what is paid.")


def has_broken_month(applies: Period) -> bool:
    return applies.valid_until is not None and applies.whole_months() is None


def scaled(earning: Earning, share: Exact, *, say: Callable[[], Said]) -> Earning:
    """A share of what a node below earned. Its amount so far moves into the sentence and the share follows it."""
    pence = simple(earning.pence * share)

    def tell(told: Told) -> Told:
        said = say()
        tree = _around(told, said, pounds_value(pence))
        if not earning.pence:
            return replace(told, workings=tree)
        return Told(f"{told.text}{told.link}{pounds_text(earning.pence)}", said.words, tree)

    return earning.retold(tell).but(pence=pence)


def closed(earning: Earning, *, say: Callable[[], Said]) -> Earning:
    """Nothing is paid for this component; the reason that is said takes the place of its sentence."""

    def tell(told: Told) -> Told:
        said = say()
        return Told(f"Not paid, because {said.words}", ": ", _around(told, said, "0"))

    return earning.retold(tell).but(pence=0, quantity=None, blocked=False)
