"""What a version costs: ranges, comparisons and simulations."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from app.calculation.values import Problem
from app.core.clock import Period
from app.schemes.values.scheme import Budget, VersionRef


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
