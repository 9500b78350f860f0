"""What payments announces. One event for a run, whatever the number of its practices; one for each step of a query."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.changes import Marks, practice_marks
from app.core.events import Event, Resource


@dataclass(frozen=True, kw_only=True)
class _RunEvent(Event):
    """The subject is the run."""

    scheme_id: str


@dataclass(frozen=True, kw_only=True)
class RunRequested(_RunEvent):
    name: ClassVar[str] = "payments.run_requested"


@dataclass(frozen=True, kw_only=True)
class RunCalculated(_RunEvent):
    name: ClassVar[str] = "payments.run_calculated"


@dataclass(frozen=True, kw_only=True)
class RunFailed(_RunEvent):
    name: ClassVar[str] = "payments.run_failed"


@dataclass(frozen=True, kw_only=True)
class RunApproved(_RunEvent):
    name: ClassVar[str] = "payments.run_approved"


@dataclass(frozen=True, kw_only=True)
class RunReleased(_RunEvent):
    name: ClassVar[str] = "payments.run_released"


@dataclass(frozen=True, kw_only=True)
class RunSent(_RunEvent):
    """The run's file has left for the ledger; `again` where it had left before."""

    name: ClassVar[str] = "payments.run_sent"

    again: bool


@dataclass(frozen=True, kw_only=True)
class RunRejected(_RunEvent):
    name: ClassVar[str] = "payments.run_rejected"


@dataclass(frozen=True, kw_only=True)
class RunAcknowledged(_RunEvent):
    """Every payment of the run has been answered by the ledger, and none is rejected."""

    name: ClassVar[str] = "payments.run_acknowledged"


@dataclass(frozen=True, kw_only=True)
class ArrangementAgreed(Event):
    """Two people have agreed how money that a payee owes is taken back, or that it is waived. The subject is that."""

    name: ClassVar[str] = "payments.arrangement_agreed"

    scheme_id: str


@dataclass(frozen=True, kw_only=True)
class RunLate(_RunEvent):
    """Not paid by its day of payment, or not answered by the ledger in time; once for each."""

    name: ClassVar[str] = "payments.run_late"

    because: str


@dataclass(frozen=True, kw_only=True)
class RunReturned(_RunEvent):
    """The ledger has rejected a payment of a run that was acknowledged: it is released again, and not settled."""

    name: ClassVar[str] = "payments.run_returned"


@dataclass(frozen=True, kw_only=True)
class SupplierChanged(Event):
    """A supplier was proposed for a payee, or confirmed. The subject is its id."""

    name: ClassVar[str] = "payments.supplier_changed"


PAYMENT_QUERY = Resource("payment_query", href="/v1/payment-queries/{}", scope="queries:read", is_bounded=True)


@dataclass(frozen=True, kw_only=True)
class _QueryEvent(Event):
    """The subject is the query, of that practice. What was written is never in an event."""

    resource: ClassVar[Resource | None] = PAYMENT_QUERY

    practice: str
    is_shared: bool

    @property
    def concerns(self) -> Marks:
        """Its practice, the office, and the LMC around the practice where it may see it."""
        shared = practice_marks([self.practice], "shared") | {"shared"} if self.is_shared else frozenset[str]()
        return practice_marks([self.practice]) | shared | {"decided"}


@dataclass(frozen=True, kw_only=True)
class _ProposalEvent(_QueryEvent):
    """What is only proposed is known to those alone who decide about it."""

    @property
    def concerns(self) -> Marks:
        return frozenset()


@dataclass(frozen=True, kw_only=True)
class QueryOpened(_QueryEvent):
    name: ClassVar[str] = "payments.query_opened"


@dataclass(frozen=True, kw_only=True)
class QueryChanged(_QueryEvent):
    """It has another owner."""

    name: ClassVar[str] = "payments.query_changed"


@dataclass(frozen=True, kw_only=True)
class QueryShared(_QueryEvent):
    """Its practice lets the LMC see it, from the start or from now on."""

    name: ClassVar[str] = "payments.query_shared"


@dataclass(frozen=True, kw_only=True)
class QueryMessaged(_QueryEvent):
    name: ClassVar[str] = "payments.query_messaged"

    side: str


@dataclass(frozen=True, kw_only=True)
class CorrectionProposed(_ProposalEvent):
    """The office would uphold the query with an amount, or correct one that was approved; a second person decides."""

    name: ClassVar[str] = "payments.correction_proposed"


@dataclass(frozen=True, kw_only=True)
class CorrectionRefused(_ProposalEvent):
    """The query is as it was before, and `proposed_by` looks at it once more."""

    name: ClassVar[str] = "payments.correction_refused"

    proposed_by: str


@dataclass(frozen=True, kw_only=True)
class CorrectionCorrected(_QueryEvent):
    """Another amount was approved beside the one by which the query was answered."""

    name: ClassVar[str] = "payments.correction_corrected"


@dataclass(frozen=True, kw_only=True)
class QueryAnswered(_QueryEvent):
    name: ClassVar[str] = "payments.query_answered"

    outcome: str


@dataclass(frozen=True, kw_only=True)
class QueryOverdue(_QueryEvent):
    """Announced once, on the first night after the day by which the query should have been answered."""

    name: ClassVar[str] = "payments.query_overdue"
