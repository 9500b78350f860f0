"""Queries about lines, and the corrections that come of them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class QueryState(StrEnum):
    """`approving`: upheld with a correction that a second person has yet to approve."""

    OPEN = "open"
    APPROVING = "approving"
    ANSWERED = "answered"


class QueryOutcome(StrEnum):
    UPHELD = "upheld"
    EXPLAINED = "explained"
    WITHDRAWN = "withdrawn"


class QuerySide(StrEnum):
    """Who speaks in a query: the practice that asks, or the commissioner's office."""

    PRACTICE = "practice"
    OFFICE = "office"


class CorrectionState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class QuerySight:
    """Whose queries a caller sees: those of `practices`, and of `shared` what their practice lets the LMC see. None: all."""

    practices: frozenset[str] | None
    shared: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class WantedCorrection:
    """Pence that a line should have had more or, below zero, less, and why."""

    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class QueryBrief:
    """A query as notices need it: ids, codes and days, nothing that anybody wrote."""

    practice: str
    line: str
    scheme_id: UUID
    due_on: date
    owner: UUID | None
    outcome: QueryOutcome | None
    is_answered: bool
