"""The node `sum`: several nodes, each paid in its own lines."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.calculation.language.members import member
from app.calculation.language.reading import MAX_NODES
from app.calculation.language.structures import AnyNode, ListOf
from app.calculation.rules.earning import Payer, PayingNode, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(PayingNode):
    """Pays everything in it: 1.00 a head and 2.00 a head for 9,412 patients are 9,412.00 and 18,824.00."""

    type: ClassVar[str] = "sum"
    of: tuple[PayingNode, ...] = field(
        metadata=member(ListOf(AnyNode(), most=MAX_NODES), "The nodes that are paid, in the order of their lines.")
    )

    def sentence(self) -> str:
        return "Pays all of the following."

    def prepare(self, run: Run) -> Payer:
        payers = [node.prepare(run) for node in self.of]
        return lambda practice: [earning for pay in payers for earning in pay(practice)]
