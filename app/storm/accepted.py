"""What the service has said yes to, as whoever asked wrote it down."""

from dataclasses import dataclass, field
from decimal import Decimal

Change = tuple[int, str, str]
"""Number, kind and id, as the change feed and webhooks name it."""


@dataclass(frozen=True, slots=True)
class Announced:
    """`recipients` by name; those with an inbox have the message there if `in_inbox`."""

    id: str
    recipients: frozenset[str]
    in_inbox: bool
    must_acknowledge: bool


@dataclass(frozen=True, slots=True)
class Paid:
    run: str
    scheme: str
    quarter: int
    amounts: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whatever changes after the cursor it has to hear of."""

    id: str
    path: str
    cursor: str


@dataclass(slots=True)
class Accepted:
    """`offers` has the id by scheme and practice; `answers` the state by the offer's id; `issues` those who are asked by id."""

    announced: list[Announced] = field(default_factory=list)
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    offers: dict[tuple[str, str], str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    paid: list[Paid] = field(default_factory=list)
    issues: dict[str, tuple[str, ...]] = field(default_factory=dict)
    responses: set[tuple[str, str]] = field(default_factory=set)
    endpoints: list[Endpoint] = field(default_factory=list)
