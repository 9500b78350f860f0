"""The words of organisations: commissioners, practices, localities, and what an import has done."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from app.core.db import Tx

SIZE_EDGES: Final = (3_000, 6_000, 10_000, 15_000)
"""Registered patients at which a practice is in the next band of size, wherever practices are grouped or compared by it.
The edges are ours: no published banding stands behind them."""


class CommissionerKind(StrEnum):
    """`platform` is the reserved tenant in which the platform's own keys, operations and audit rows live."""

    CCG = "ccg"
    ICB = "icb"
    SUB_ICB_LOCATION = "sub_icb_location"
    PLACE = "place"
    PLATFORM = "platform"


class PracticeStatus(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"
    DORMANT = "dormant"
    PROPOSED = "proposed"


class PracticeChangeKind(StrEnum):
    CLOSE = "close"
    MERGE = "merge"
    MOVE = "move"
    COMMISSIONER_MERGE = "commissioner_merge"


class FileKind(StrEnum):
    ODS_PRACTICES = "ods-practices"
    ODS_MEMBERSHIPS = "ods-memberships"
    NETWORKS = "networks"
    LIST_SIZES = "list-sizes"
    GP_PAYMENTS = "gp-payments"
    ADJUSTED_LISTS = "adjusted-lists"
    PRACTICE_PROFILE = "practice-profile"
    LOCALITIES = "localities"
    MEMBERS = "members"
    PEOPLE = "people"


class MembershipSource(StrEnum):
    """Who says whose member a practice is, from the least to the most trusted for one day of knowledge."""

    LIST_SIZES = "list-sizes"
    GP_PAYMENTS = "gp-payments"
    ODS_MEMBERSHIPS = "ods-memberships"
    ODS_PRACTICES = "ods-practices"
    PRACTICE_CHANGE = "practice-change"


# What a commissioner may import about itself; every other kind fills the national register, by the platform.
LOCAL_KINDS = frozenset({FileKind.LOCALITIES, FileKind.MEMBERS, FileKind.PEOPLE})


class ImportState(StrEnum):
    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class PlacementOutcome(StrEnum):
    """What became of a practice's placement in a locality or place."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OVERLAPPING = "overlapping"


@dataclass(frozen=True, slots=True)
class CommissionerRef:
    id: UUID
    code: str
    name: str
    kind: CommissionerKind


@dataclass(frozen=True, slots=True)
class LocalityRef:
    id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where somebody belongs: practices and localities; `is_everywhere`: to the whole commissioner as well."""

    practices: frozenset[str]
    localities: frozenset[UUID]
    is_everywhere: bool = False


@dataclass(frozen=True, slots=True)
class PracticeRef:
    """`closed_on` is the last day open."""

    code: str
    name: str
    opened_on: date | None
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Succession:
    """Who takes over from a practice that closes, on the day after its last one. Before that day it means nothing."""

    successor: str
    takes_over_on: date


@dataclass(frozen=True, slots=True)
class PracticeProfile:
    """What is known of a practice on a day; None is unknown, never no."""

    code: str
    registered: Decimal | None
    weighted: Decimal | None
    dispensing: bool | None
    rural: bool | None
    single_handed: bool | None
    imd_decile: int | None
    contract: str | None
    locality_id: UUID | None


@dataclass(frozen=True, slots=True)
class MembershipStatement:
    """What one source says of one practice: member of a commissioner from a date, until another where it is known.

    `as_at` is the day of the source's knowledge.
    """

    practice: str
    commissioner: str
    valid_from: date
    valid_until: date | None
    source: str
    as_at: date


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row was left out. `row` counts from 1 and counts the headings; the value itself is never repeated."""

    row: int
    column: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class LocalityRow:
    locality: str
    practice: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    practice: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row without a name is the practice's shared mailbox, which has no role; every other row has one."""

    practice: str
    role: str | None
    name: str | None
    email: str | None
    valid_from: date | None
    valid_until: date | None
    listed: bool | None


@dataclass(slots=True)
class ImportOutcome:
    """How many rows made something, changed something or changed nothing; and which were left out, and why."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PracticeChangeRef:
    """A change of practices, as every slice is asked about it.

    `practices` are those that close, move or come under another commissioner; `successor` is the practice that takes
    over, `commissioner` the new commissioner. `effective_on` is the first day on which it holds.
    """

    kind: PracticeChangeKind
    practices: tuple[str, ...]
    successor: str | None
    commissioner: str | None
    effective_on: date


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change touches in one tenant: how many of what, and a sentence for a person."""

    what: str
    count: int
    sentence: str


class EffectsOfPracticeChange(Protocol):
    """Offered by each slice in its service: what the change would touch of the session's tenant. It writes nothing."""

    async def __call__(self, session: Tx, change: PracticeChangeRef) -> list[Effect]: ...
