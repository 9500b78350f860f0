"""What payees owe in the books, and what two people agree about it, kept beside the ledger's own query of the same."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.calculation.values import Payee
from app.payments.service import is_waivable, most_now
from app.payments.values import Balance

Owing = tuple[str, Payee]
"""The practice of whose statements it is, and who was paid."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What one person proposes: to take back so much with each run at most, or, with no share, to waive all of it."""

    owing: Owing
    share: int | None
    by: str
    reason: str


@dataclass(slots=True)
class Plan:
    """`least` is the least that was owed at any time since it was agreed."""

    share: int
    least: int


@dataclass(slots=True)
class Debts:
    """Pence, all of them positive: `owed` now, `waived` in all, and `unsaid` of that in no statement yet."""

    owed: defaultdict[Owing, int] = field(default_factory=lambda: defaultdict(int))
    waived: defaultdict[Owing, int] = field(default_factory=lambda: defaultdict(int))
    plans: dict[Owing, Plan] = field(default_factory=dict)
    unsaid: dict[Owing, int] = field(default_factory=dict)

    def move(self, owing: Owing, amount: int) -> None:
        self.owed[owing] += amount
        if owing in self.plans:
            plan = self.plans[owing]
            plan.least = min(plan.least, self.owed[owing])

    def say(self, practices: Iterable[str]) -> None:
        """Their statements have been released, with what was waived until then."""
        said = set(practices)
        self.unsaid = {owing: amount for owing, amount in self.unsaid.items() if owing[0] not in said}

    def agree(self, arrangement: Arrangement, *, by: str, waive_below: int | None) -> bool:
        """By somebody else, about what is owed at this moment; False where it is refused."""
        owing, owed = arrangement.owing, self.owed[arrangement.owing]
        if by == arrangement.by:
            return False
        if arrangement.share is not None:
            self.plans[owing] = Plan(arrangement.share, owed)
            return True
        if not owed or not is_waivable(owed, waive_below):
            return False
        self.waived[owing] += owed
        self.unsaid[owing] = self.unsaid.get(owing, 0) + owed
        self.move(owing, -owed)
        return True

    def most(self, owing: Owing) -> int | None:
        """What the next run takes back at most; None where nothing was agreed."""
        plan = self.plans.get(owing)
        return most_now(self.owed[owing], plan.share, planned=plan.least) if plan else None

    def balances(self) -> tuple[Balance, ...]:
        concerned = {owing for owing, amount in self.owed.items() if amount} | self.unsaid.keys()
        return tuple(
            Balance(*owing, -self.owed[owing], self.most(owing), self.unsaid.get(owing, 0))
            for owing in sorted(concerned, key=lambda owing: (owing[0], owing[1].type, owing[1].code))
        )
