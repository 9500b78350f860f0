"""The words of schemes: what other slices get back, and what they hand in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, Literal
from uuid import UUID

from app.calculation.values import Fact, PracticeResult, Problem
from app.core.clock import Period, add_months

_PLACES: Final = Decimal("0.000001")


class SchemeState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


class OverBudget(StrEnum):
    """What happens when a run is due more than the budget has left: nothing is paid, all get less, or the first are paid."""

    STOP = "stop"
    PRO_RATE = "pro_rate"
    QUEUE = "queue"


class VersionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class Drafts(StrEnum):
    """Which drafts a caller sees: every one, those that were put to consultation, or none."""

    ALL = "all"
    CONSULTED = "consulted"
    NONE = "none"


class ParticipationState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class ParticipationSource(StrEnum):
    """Whether the practice answered an offer itself, or the office recorded an agreement signed on paper."""

    OFFER = "offer"
    SIGN_UP = "sign_up"


ParticipationPart = Literal["offers", "participation", "sign-ups"]
"""What was offered, whatever came of it; everybody who was asked or has agreed; what the office recorded."""


class Capacity(StrEnum):
    CONTRACT_HOLDER = "contract_holder"
    AUTHORISED = "authorised"


class FactState(StrEnum):
    """`entered` by a practice and waiting for the office, or `confirmed` and therefore paid."""

    ENTERED = "entered"
    CONFIRMED = "confirmed"


class FactSource(StrEnum):
    PRACTICE = "practice"
    OFFICE = "office"
    ATTENDANCE = "attendance"


@dataclass(frozen=True, slots=True)
class Budget:
    """Either `amount` in pence for the year, or pounds per head of each practice's list."""

    amount: int | None = None
    per_head: Decimal | None = None
    basis: str | None = None


def scheme_year(starts_on: date) -> Period:
    return Period(starts_on, add_months(starts_on, 12))


@dataclass(frozen=True, slots=True)
class Agreement:
    """What an accepted agreement says of its own time, and the year of its scheme for what it does not say."""

    practice: str
    valid_from: date | None
    valid_until: date | None
    year: Period


QUERY_DAYS: Final = 10
"""Working days in which an office answers a query about a line, where the scheme says nothing else."""


@dataclass(frozen=True, slots=True)
class SchemeRef:
    id: UUID
    code: str
    title: str
    state: SchemeState
    financial_year: str
    starts_on: date
    payment_terms_days: int
    pay_code: str | None
    cost_centre: str | None
    query_days: int
    budget: Budget | None
    live_version: int | None
    waive_below: int | None = None
    over_budget: OverBudget | None = None

    @property
    def year(self) -> Period:
        return scheme_year(self.starts_on)


@dataclass(frozen=True, slots=True)
class VersionRef:
    """A published or draft version; `definition` is the raw JSON as its author wrote it."""

    id: UUID
    scheme_id: UUID
    n: int
    state: VersionState
    definition: Mapping[str, Any]
    applies: Period


@dataclass(frozen=True, slots=True)
class Template:
    """A complete scheme to start from; `definition` pays as it is written."""

    key: str
    title: str
    purpose: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class At:
    """Where in a template's definition a parameter stands, by JSON pointers."""

    pointers: tuple[str, ...]

    def __init__(self, *pointers: str) -> None:
        object.__setattr__(self, "pointers", pointers)


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """Which template a definition was made from, and what was filled in, so that the form can be opened again."""

    template: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CommentRef:
    """What was said in the consultation on a version, and what was answered."""

    scheme: SchemeRef
    n: int
    text: str
    author: UUID
    answer: str | None


@dataclass(frozen=True, slots=True)
class Signatory:
    name: str
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class ParticipationRef:
    """A practice's part in a scheme, as other slices see it. `id` is that of the offer."""

    id: UUID
    practice: str
    state: ParticipationState
    respond_by: date | None
    signed_on: date | None
    signatory: Signatory | None


@dataclass(frozen=True, slots=True)
class SignUp:
    practice: str
    signed_on: date
    signatory: Signatory
    evidence: str | None = None
    historical: bool = False
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class SignUpOutcome:
    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class ImprovementAreaText:
    title: str
    baseline: str | None = None
    target: str | None = None
    measure: str | None = None
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class FactEntry:
    """One fact as it is handed in. `value` is None where the fact is withdrawn."""

    external_id: str
    practice: str
    measure: str
    on: date
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    subject: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FactOutcome:
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class OfferOutcome:
    created: int
    unchanged: int
    offers: tuple["OfferRef", ...]


@dataclass(frozen=True, slots=True)
class OfferRef:
    id: UUID
    scheme_id: UUID
    practice: str
    state: ParticipationState
    respond_by: date | None
    offered_at: datetime | None


@dataclass(frozen=True, slots=True)
class PracticeRange:
    """Pence: what one practice can earn. `budget` is its share of a per-head budget."""

    practice: str
    least: int
    expected: int
    most: int | None
    budget: int | None


@dataclass(frozen=True, slots=True)
class Estimates:
    """Ranges of all practices but those `not_worked_out`, of which an amount is too large. Those `without_list` have no
    list to share a budget by.
    """

    ranges: tuple[PracticeRange, ...]
    without_list: tuple[str, ...]
    not_worked_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RangeGroup:
    """Pence: what a group of practices can earn together."""

    group: str
    practices: int
    least: int
    expected: int
    most: int | None


@dataclass(frozen=True, slots=True)
class RangeChange:
    """Pence: what one practice can earn by the new rules less what it can by those `before`. `most` is None where either
    has no bound.
    """

    before: PracticeRange
    least: int
    expected: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Compared:
    """The version whose rules are those of the present, and the time over which its figures are counted."""

    scheme_id: UUID
    n: int
    over: Period


@dataclass(frozen=True, slots=True)
class Difference:
    """What a version changes against the rules of the present."""

    against: Compared
    changes: tuple[RangeChange, ...]


@dataclass(frozen=True, slots=True)
class SimulatedPractice:
    """What one practice can earn, what it could by the rules of the present, and what kind of practice it is; unknown is
    None.
    """

    now: PracticeRange
    before: PracticeRange | None
    registered: Decimal | None
    rural: bool | None
    dispensing: bool | None
    imd_decile: int | None


@dataclass(frozen=True, slots=True)
class SimulatedGroup:
    """What a group of practices can earn together; pence for each of their patients where their lists are known, and what
    they can expect more or less than by the rules of the present.
    """

    total: RangeGroup
    patients: Decimal
    per_patient: int | None
    change: int | None


class CountedOver(StrEnum):
    """Whose pay a cost adds up: those who have agreed, or, before anybody has, all members of today."""

    PARTICIPANTS = "participants"
    MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What publishing would mean. `ranges` is empty and `counted_over` None where the definition could not be paid."""

    problems: tuple[Problem, ...]
    ranges: tuple[PracticeRange, ...] = ()
    over_budget: tuple[str, ...] = ()
    without_list: tuple[str, ...] = ()
    not_worked_out: tuple[str, ...] = ()
    budget: int | None = None
    counted_over: CountedOver | None = None
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """What a simulation is worked out from: a draft that changes meanwhile changes nothing of it."""

    version: VersionRef
    present: VersionRef | None
    codes: tuple[str, ...]
    counted_over: CountedOver
    budget: Budget | None
    words_digest: str
    may_be_split: bool
    """Whether what one practice is paid does not depend on the others."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """A part of a simulation, or all of it."""

    practices: tuple[SimulatedPractice, ...] = ()
    without_list: tuple[str, ...] = ()
    not_worked_out: tuple[str, ...] = ()

    def __add__(self, other: "Simulated") -> "Simulated":
        return Simulated(
            self.practices + other.practices,
            self.without_list + other.without_list,
            self.not_worked_out + other.not_worked_out,
        )


class ClaimRefusal(StrEnum):
    """Why a practice may not claim: one code, the first that holds."""

    ROLE = "schemes.role"
    NOT_SIGNED_UP = "schemes.not_signed_up"
    ALREADY_CLAIMED = "schemes.already_claimed"
    WINDOW_NOT_OPEN = "schemes.window_not_open"
    WINDOW_MISSED = "schemes.window_missed"


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
class Words:
    """A version in words; `digest` is of the words without any practice's figures."""

    markdown: str
    digest: str


@dataclass(frozen=True, slots=True)
class CalculationOutcome:
    period: Period
    results: tuple[PracticeResult, ...]
    total: int
    inputs_digest: str
    outputs_digest: str


def ratio_value(numerator: Decimal, denominator: Decimal) -> Decimal:
    """A fact given as a ratio counts as its quotient to six places: 45 of 91 is 0.494505. The parts are kept as well."""
    return Decimal(round(Fraction(numerator) / Fraction(denominator) * 10**6)) * _PLACES
