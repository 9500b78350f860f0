"""What a run is worked out from, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from app.calculation.values import Explanation, Payee, PracticeInput
from app.core.clock import Period
from app.schemes.values import OverBudget


class LineKind(StrEnum):
    ENTITLEMENT = "entitlement"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True)
class Posted:
    """What released runs hold of one component for one practice, period and payee, and in which lines."""

    component: str
    payee: Payee
    amount: int
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """Pence that are due beside what the rules give for one component and payee, because a query was upheld."""

    component: str
    payee: Payee
    amount: int
    reason: str
    query: str


@dataclass(frozen=True, slots=True)
class LastPosted:
    """What a period was last worked out from by a released run, as a digest and as the mark of a first look."""

    digest: str
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One period of a run: its own, or an earlier one whose inputs have changed since it was posted.

    `differences` is true where a released run has paid the period before; there alone something can have been corrected.
    """

    period: Period
    definition: Mapping[str, Any] = field(hash=False)
    practices: tuple[PracticeInput, ...]
    posted: Mapping[str, tuple[Posted, ...]] = field(hash=False)
    differences: bool
    corrections: Mapping[str, tuple[Correction, ...]] = field(default_factory=dict, hash=False)
    unknown_payees: frozenset[str] = frozenset()
    """Organisations that the definition pays and that neither the register nor a confirmed supplier knows."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a run may pay: the scheme's budget in pence, what of it is not posted yet, and the rule when that is too little."""

    rule: OverBudget
    budget: int
    available: int
    period: Period


@dataclass(frozen=True, slots=True)
class Balance:
    """What a payee still owes from negative payments of released runs: pence, never positive.

    `most` is what the next run takes back of it at most, where that was agreed; `waived` what no statement has said yet, with
    the day and the reason.
    """

    practice: str
    payee: Payee
    amount: int
    most: int | None = None
    waived: int = 0
    waived_on: date | None = None
    waived_because: str | None = None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One figure of a statement; what explains it is put together when it is asked for."""

    component: str
    kind: LineKind
    period: Period
    quantity: str | None
    rate: str | None
    amount: int
    payee: Payee
    blocked: bool
    explain: Callable[[], Explanation] = field(compare=False, repr=False)
    keeps_words: bool = False
    """Whether its words are stored, because they follow from more than its own practice's inputs."""

    @property
    def sentence(self) -> str:
        return self.explain().sentence

    @property
    def workings(self) -> dict[str, Any]:
        return self.explain().workings


@dataclass(frozen=True, slots=True)
class PayeePayment:
    """One payee's share of a statement. `total` is the sum of its lines; `payable` is what a file may carry."""

    payee: Payee
    total: int
    brought_forward: int
    payable: int
    carried_forward: int


@dataclass(frozen=True, slots=True)
class WorkedStatement:
    practice: str
    lines: tuple[StatementLine, ...]
    total: int
    payments: tuple[PayeePayment, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkedRun:
    statements: tuple[WorkedStatement, ...]
    total: int
    lines: int
    outputs_digest: str
    excess: int = 0
    """By how much the run is over a budget that stops it."""
    held_back: int = 0

    @property
    def moved(self) -> int:
        """What the payments give and what they take back, added up: neither hides the other from whoever approves."""
        return sum(abs(payment.total) for statement in self.statements for payment in statement.payments)

    @property
    def file_count(self) -> int:
        """How many payments leave in the run's file."""
        return sum(payment.payable > 0 for statement in self.statements for payment in statement.payments)
