"""Claims: their states, their rules, and what a practice is told of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.calculation.values import Fact, PracticeResult
from app.core.clock import Period
from app.schemes.values.evidence import FactOutcome
from app.schemes.values.scheme import SchemeRef


class ClaimRefusal(StrEnum):
    """Why a practice may not claim: one code, the first that holds."""

    ROLE = "schemes.role"
    NOT_SIGNED_UP = "schemes.not_signed_up"
    ALREADY_CLAIMED = "schemes.already_claimed"
    NO_CLAIM_PERIOD = "schemes.no_claim_period"
    WINDOW_NOT_OPEN = "schemes.window_not_open"
    WINDOW_MISSED = "schemes.window_missed"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The figure so far: what confirmed facts earn, and what it becomes when the others are confirmed."""

    practice: str
    period: Period
    version: int | None
    is_claimed: bool
    refusal: ClaimRefusal | None
    explanation: str
    opens_on: date
    closes_on: date | None
    claim: UUID | None
    confirmed: PracticeResult | None
    live: PracticeResult | None


@dataclass(frozen=True, slots=True)
class AwaitedClaim:
    """A period that a practice may claim for, or a claim that it has opened and not declared."""

    scheme: SchemeRef
    period: Period
    closes_on: date
    """The last day to declare."""
    claim: UUID | None


class ClaimState(StrEnum):
    OPEN = "open"
    DECLARED = "declared"
    VETTED = "vetted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    IN_RUN = "in_run"
    PAID = "paid"


BOUND: Final = (ClaimState.DECLARED, ClaimState.VETTED, ClaimState.APPROVED)
"""A declaration binds the claim's values: when one of them changes, the claim is open again."""
ENDED: Final = (ClaimState.REJECTED, ClaimState.WITHDRAWN)
"""The practice may claim for the period again."""


@dataclass(frozen=True, slots=True)
class ClaimOutline:
    """A claim without what was declared in it."""

    id: UUID
    practice: str
    period: Period
    state: ClaimState


class ClaimStepKind(StrEnum):
    """What happened to a claim. `approved` is one person's approval; a large claim needs more than one."""

    OPENED = "opened"
    DECLARED = "declared"
    VOIDED = "voided"
    VETTED = "vetted"
    CHECKED = "checked"
    APPROVED = "approved"
    HELD = "held"
    RESUMED = "resumed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PUT_IN_RUN = "put_in_run"
    RETURNED = "returned"
    PAID = "paid"


class ClaimEvery(StrEnum):
    """For which periods a scheme is claimed."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class ApprovalBand:
    """From so many pence on, so many different people approve: a claim besides the one who vets it, or a run of payments."""

    at_least: int
    approvers: int


@dataclass(frozen=True, slots=True)
class RejectReason:
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What a scheme asks of its claims; the defaults are those of a scheme that says nothing.

    Under 15,000.00 one person approves, from there on two: CQRS Local draws its lowest band there as well. Six weeks to
    declare in are our choice.
    """

    every: ClaimEvery = ClaimEvery.QUARTER
    window_days: int = 42
    bands: tuple[ApprovalBand, ...] = (ApprovalBand(0, 1), ApprovalBand(15_000_00, 2))
    sample_percent: int = 0
    sample_seed: str = ""
    reject_reasons: tuple[RejectReason, ...] = (
        RejectReason("evidence_missing", "The evidence does not show what is claimed."),
        RejectReason("not_eligible", "The practice does not meet the scheme's needs for this period."),
        RejectReason("wrong_figures", "Figures that were declared are not right."),
        RejectReason("paid_otherwise", "The work is paid for in another way."),
    )
    version: int = 0


@dataclass(frozen=True, slots=True)
class ClaimWindow:
    """When a period is declared: from the day after its last until `closes_on`, which still counts."""

    opens_on: date
    closes_on: date


@dataclass(frozen=True, slots=True)
class PreparedClaim:
    """A row of a sheet of claims: what a practice's evidence adds up to over the period, by the name of its facts."""

    practice: str
    values: Mapping[str, Decimal] = field(hash=False)


@dataclass(frozen=True, slots=True)
class PreparedOutcome:
    """How many claims were made and how many there were already, what became of the values, and what to look at in words."""

    created: int
    unchanged: int
    facts: FactOutcome
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimFigures:
    """What a claim comes to by now; `digest` is of the values that a declaration binds.

    None where an amount is too large to be right. `evidence` are the facts behind it, confirmed or not.
    """

    confirmed: PracticeResult | None
    live: PracticeResult | None
    digest: str | None
    evidence: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimBrief:
    """One step of a claim as other slices see it: for notices. `amount` is in pence."""

    id: UUID
    scheme: SchemeRef
    practice: str
    period: Period
    step: ClaimStepKind
    reason: str | None
    amount: int | None
