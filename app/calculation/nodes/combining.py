"""The nodes `best_of` and `least_of`: one of several ways to be paid, the one that comes to most, or to least."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import ClassVar

from app.calculation.language.members import member
from app.calculation.language.structures import AnyNode, ListOf
from app.calculation.nodes.component import Component
from app.calculation.rules.earning import Earning, Payer, PayingNode, Run, Said, closed
from app.calculation.rules.exact import Exact, exact_text, pounds, simple
from app.calculation.rules.wording import pounds_text
from app.calculation.values import Node, PracticeInput, Problem
from app.core.clock import Period

MOST_WAYS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(PayingNode):
    """Pays one of its nodes whole, and each line of the others is 0.00 with the reason. Of equal ones the first."""

    superlative: ClassVar[str]
    of: tuple[PayingNode, ...] = field(
        metadata=member(ListOf(AnyNode(), most=MOST_WAYS), "The ways to be paid, of which one is.")
    )

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        del inside, applies
        ways = [way.priced() if isinstance(way, Component) else (way, Decimal(0)) for way in self.of]
        for i, (way, price) in enumerate(ways):
            rivals = [(its, j) for j, (other, its) in enumerate(ways) if other == way and j != i]
            if any(self._wins(its, price) or (its == price and j < i) for its, j in rivals):
                detail = f"Another way is the same but for its price and always comes to {self.superlative} instead."
                yield Problem(f"{at}/of/{i}", "calculation.never_chosen", detail)

    def sentence(self) -> str:
        return f"Pays one of the following, the one that comes to {self.superlative}; of equal ones the first."

    def prepare(self, run: Run) -> Payer:
        payers = [node.prepare(run) for node in self.of]

        def pay(practice: PracticeInput) -> list[Earning]:
            ways = [payer(practice) for payer in payers]
            totals: list[Exact] = [simple(sum(earning.pence for earning in way)) for way in ways]
            chosen = self._choose(totals)
            say = partial(self._said, totals, chosen)
            return [
                earning.within(say) if i == chosen else closed(earning, say=say)
                for i, way in enumerate(ways)
                for earning in way
            ]

        return pay

    def _said(self, totals: Sequence[Exact], chosen: int) -> Said:
        tree = {"operator": self.type, "ways": [exact_text(pounds(each)) for each in totals], "inputs": []}
        return Said(f"the way that comes to {self.superlative} is another: {pounds_text(totals[chosen])}", tree)

    @abstractmethod
    def _wins(self, price: Decimal, other: Decimal) -> bool:
        """Whether of two ways that are alike the first price is always chosen."""

    @abstractmethod
    def _choose(self, totals: Sequence[Exact]) -> int:
        """The position of the way that is paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOf(OneOf):
    """Pays the way that comes to most, and each line of the others is 0.00 with the reason; of equal ones the first.

    By thresholds 0.00 and by improvement 4.5 points at 225.49: the second, 1,014.71. This covers income protection and
    the better of two routes of the 2026/27 vaccination indicators.
    """

    type: ClassVar[str] = "best_of"
    superlative: ClassVar[str] = "most"

    def _wins(self, price: Decimal, other: Decimal) -> bool:
        return price > other

    def _choose(self, totals: Sequence[Exact]) -> int:
        return totals.index(max(totals))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastOf(OneOf):
    """Pays the way that comes to least, and each line of the others is 0.00 with the reason; of equal ones the first.

    Costs of 1,500.00 and a grant of 1,200.00: the grant, 1,200.00.
    """

    type: ClassVar[str] = "least_of"
    superlative: ClassVar[str] = "least"

    def _wins(self, price: Decimal, other: Decimal) -> bool:
        return price < other

    def _choose(self, totals: Sequence[Exact]) -> int:
        return totals.index(min(totals))
