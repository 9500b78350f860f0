"""A run and its payments: states, terms, and what others are told of them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.core.clock import Period


class RunState(StrEnum):
    CALCULATING = "calculating"
    CALCULATED = "calculated"
    APPROVED = "approved"
    RELEASED = "released"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    FAILED = "failed"


OPEN: Final = (RunState.CALCULATING, RunState.CALCULATED, RunState.APPROVED)
POSTED: Final = (RunState.RELEASED, RunState.ACKNOWLEDGED)
VOID: Final = (RunState.REJECTED, RunState.FAILED)
# While a run is being worked out its rows are there and mean nothing yet; those of a failed one never will.
READABLE: Final = (*POSTED, RunState.CALCULATED, RunState.APPROVED, RunState.REJECTED)


class Outcome(StrEnum):
    """What a ledger says about one payment."""

    ACCEPTED = "accepted"
    PAID = "paid"
    REJECTED = "rejected"


class Lateness(StrEnum):
    """Why a released run needs somebody: its day of payment is over, or nothing has come back of what was sent."""

    UNPAID = "unpaid"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the ledger says about one payment, by the payment's reference. `amount` is None where it names none."""

    payment: str
    outcome: Outcome
    paid_on: date | None
    reason: str | None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class RunTerms:
    """What of its scheme a run takes along: how its file is booked, and in how many days after release it is paid."""

    scheme_code: str
    pay_code: str | None
    cost_centre: str | None
    payment_terms_days: int


@dataclass(frozen=True, slots=True)
class RunBrief:
    """A run as other slices see it: for notices and for what a practice is about to be paid."""

    id: UUID
    scheme_id: UUID
    state: RunState
    period: Period
    pay_by: str | None


@dataclass(frozen=True, slots=True)
class LateRun:
    """A run's payments that the ledger has not said to be paid in full: how many, and the pence still missing."""

    run: RunBrief
    payments: int
    total: int


@dataclass(frozen=True, slots=True)
class PaymentBrief:
    """What a payee finds on the bank's line: pence and the payment's own reference. `payee` is a name, or else a code.

    What it owed from before is `brought_forward`, what it owes from now on `carried_forward`; neither is positive.
    """

    reference: str
    payee: str
    payable: int
    brought_forward: int
    carried_forward: int


@dataclass(frozen=True, slots=True)
class StatementBrief:
    """A released statement as other slices see it: pence, what each line says, and each payee's payment."""

    reference: str
    practice: str
    total: int
    sentences: tuple[str, ...]
    payments: tuple[PaymentBrief, ...]
