"""The node `gate`: nothing below it is paid unless its needs are met."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from app.calculation.language.members import member
from app.calculation.language.structures import AnyNeed, AnyNode, ListOf
from app.calculation.nodes.needs import PreparedNeed, Verdict, lacking
from app.calculation.rules.earning import Earning, Payer, PayingNode, Run, Said, View, closed
from app.calculation.values import PracticeInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(PayingNode):
    """Pays what is below it when every need is met; else each of its lines is 0.00 and says why.

    A practice without a named lead on 1 April 2014 earns 0.00 for the quarter, whatever its sessions.
    """

    type: ClassVar[str] = "gate"
    needs: tuple[PreparedNeed, ...] = field(
        metadata=member(ListOf(AnyNeed(), most=20), "What has to be true, all of it.")
    )
    then: PayingNode = field(metadata=member(AnyNode(), "What is paid then."))

    def sentence(self) -> str:
        needs = " and ".join(need.words() for need in self.needs)
        return f"Only when {needs}; otherwise each of these pays 0.00."

    def prepare(self, run: Run) -> Payer:
        pay_below = self.then.prepare(run)
        if run.view is View.OFFERED:
            return pay_below
        judges = [need.prepare(run) for need in self.needs]

        def pay(practice: PracticeInput) -> list[Earning]:
            verdicts = [judge(practice) for judge in judges]
            say = partial(self._said, verdicts)
            if all(verdict.is_met for verdict in verdicts):
                return [earning.within(say) for earning in pay_below(practice)]
            return [closed(earning, say=say) for earning in pay_below(practice)]

        return pay

    def _said(self, verdicts: Sequence[Verdict]) -> Said:
        return Said(lacking(verdicts), {"operator": self.type, "inputs": [verdict.workings for verdict in verdicts]})
