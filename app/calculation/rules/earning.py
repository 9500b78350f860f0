"""What a node earns before it becomes a line: exact pence, the words so far and the tree of workings so far."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

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
class Earning:
    """`text` and `link` are the sentence up to its amount, which is known only after rounding."""

    component: str
    pence: Exact
    text: str
    link: str
    workings: dict[str, Any]
    payee: Payee | None = None
    quantity: str | None = None
    rate: str | None = None
    blocked: bool = False
    bounded: bool = True

    def with_workings(self, workings: dict[str, Any]) -> "Earning":
        return replace(self, workings=workings)

    def as_blocked(self) -> "Earning":
        """Something that somebody has to put right keeps it from being paid."""
        return replace(self, blocked=True)


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

    @abstractmethod
    def prepare(self, run: Run) -> Payer: ...

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        """What parses but could not be paid while the definition applies."""
        del at, inside, applies
        yield from ()


def has_broken_month(applies: Period) -> bool:
    return applies.valid_until is not None and applies.whole_months() is None


def scaled(earning: Earning, share: Exact, *, link: str, workings: dict[str, Any]) -> Earning:
    """A share of what a node below earned. Its amount so far moves into the sentence and the share follows it."""
    pence = simple(earning.pence * share)
    tree = {**workings, "value": pounds_value(pence), "inputs": [*workings["inputs"], earning.workings]}
    if not earning.pence:
        return earning.with_workings(tree)
    text = f"{earning.text}{earning.link}{pounds_text(earning.pence)}"
    return replace(earning, pence=pence, text=text, link=link, workings=tree)


def closed(earning: Earning, *, because: str, workings: dict[str, Any]) -> Earning:
    """Nothing is paid for this component; the reason takes the place of its sentence."""
    tree = {**workings, "value": "0", "inputs": [*workings["inputs"], earning.workings]}
    return replace(
        earning,
        pence=0,
        text=f"Not paid, because {because}",
        link=": ",
        workings=tree,
        quantity=None,
        blocked=False,
    )
