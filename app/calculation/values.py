"""The words of calculation: what the engine is given and what it answers, all frozen."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any, ClassVar, Final, Literal

import msgspec

from app.core.clock import Period

# It is part of every digest: raise it when the same inputs may lead to other pence, words or workings.
ENGINE_VERSION: Final = "2"


class Basis(StrEnum):
    REGISTERED = "registered"
    WEIGHTED = "weighted"
    ADJUSTED = "adjusted"


class RoundAt(StrEnum):
    LINE = "line"
    FACTOR = "factor"
    POINTS = "points"
    PERIOD = "period"
    FINAL = "final"


class RoundMode(StrEnum):
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Rounding:
    """At which stage a definition rounds, how, and to how many places its factors or points go."""

    at: RoundAt = RoundAt.LINE
    mode: RoundMode = RoundMode.HALF_UP
    dp: int = 2


class MeasuredIn(StrEnum):
    """The unit of a measure, in the words of a refusal."""

    PATIENTS = "patients"
    NUMBER = "a number"
    PER_CENT = "per cent"
    SHARE = "a share from 0 to 1"
    DAYS = "days"
    POUNDS = "pounds"
    EVENTS = "events, each on its day"
    COSTS = "costs in pounds, unit by unit"


class Measure(ABC):
    """Something about a practice that a node multiplies or pays out, known by its name in the definition."""

    kind: ClassVar[str]
    units: ClassVar[tuple[MeasuredIn, ...]]
    takes_negative: ClassVar[bool] = False
    name: str

    @property
    def measured_in(self) -> MeasuredIn:
        return self.units[0]

    @abstractmethod
    def words(self) -> str: ...

    def at(self, member: str) -> str:
        """The JSON pointer to one of its members."""
        return f"/measures/{self.name}/{member}"

    def facts_read(self) -> tuple[str, ...]:
        return ()

    def posts_read(self) -> tuple[str, ...]:
        return ()

    def bases_read(self) -> tuple[Basis, ...]:
        return ()

    def facts_from(self, period: Period) -> date:
        """The first day whose facts can count for the period."""
        return period.valid_from

    def lists_read(self, period: Period) -> "tuple[tuple[date, Basis], ...]":
        """The days on which it looks at the practice's list, each with the basis, for the period."""
        del period
        return ()

    def problems(self, applies: Period) -> "Iterator[Problem]":
        """What parses but cannot be measured in that time."""
        del applies
        yield from ()

    def never_used(self, applies: Period) -> "Iterator[Problem]":
        """What lies outside all of the time in which a version applies."""
        del applies
        yield from ()


class Need(ABC):
    """Something that must be true of a practice before a gate opens."""

    key: ClassVar[str]

    @abstractmethod
    def words(self) -> str: ...

    def posts_read(self) -> tuple[str, ...]:
        return ()

    def facts_read(self) -> tuple[str, ...]:
        return ()

    def facts_from(self, period: Period) -> date:
        """The first day whose facts can count for the period."""
        return period.valid_from


class Node(ABC):
    """One typed part of a definition's `pay`; the classes in `nodes` say what each pays."""

    type: ClassVar[str]

    @property
    def reads_year(self) -> bool:
        """Whether it looks at the whole financial year in which a period lies."""
        return False

    @property
    def reads_successors(self) -> bool:
        """Whether it asks which practice took over from one that closed."""
        return False

    @abstractmethod
    def sentence(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Definition:
    """A scheme's rules, parsed: every member is typed and every name resolved."""

    language: int
    round: Rounding
    measures: Mapping[str, Measure]
    pay: Node
    claims: bool
    # Filled when it is first asked for: a run asks for each period.
    used: dict[type, tuple[Any, ...]] = field(
        init=False, default_factory=dict[type, tuple[Any, ...]], compare=False, repr=False
    )


@dataclass(frozen=True, slots=True)
class ListSize:
    as_at: date
    registered: Decimal | None
    weighted: Decimal | None
    source: str | None = None
    published_period: str | None = None
    recorded_at: datetime | None = None
    adjusted: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PostHeld:
    post: str
    valid_from: date
    valid_until: date | None


class Fact(msgspec.Struct, frozen=True):
    """A run makes tens of thousands, and of a dataclass each takes several times as long."""

    external_id: str
    measure: str
    on: date
    value: Decimal
    subject: str | None = None
    confirmed: bool = True

    def but(self, **changes: Any) -> "Fact":
        """The same in all but these members."""
        return msgspec.structs.replace(self, **changes)


@dataclass(frozen=True, slots=True)
class PracticeInput:
    """All that a calculation may know of a practice.

    `member` are its times as a member, apart from each other; None is all the time, and () is never. `held` says in
    words why nothing may be paid to it for the period yet. `successor` is the practice that took over when it closed.
    `claimed` is what stands of the evidence of a claim that was paid, where other evidence is recorded by now: it bounds
    each line.
    """

    code: str
    lists: tuple[ListSize, ...] = ()
    posts: tuple[PostHeld, ...] = ()
    facts: tuple[Fact, ...] = ()
    member: tuple[Period, ...] | None = None
    held: str | None = None
    successor: str | None = None
    claimed: tuple[Fact, ...] | None = None
    # Filled when it is first asked for: a definition of many measures would look at every fact for each of them.
    _named: dict[str, list[Fact]] = field(init=False, default_factory=dict[str, list[Fact]], compare=False, repr=False)

    def facts_named(self, name: str) -> Sequence[Fact]:
        """Oldest first."""
        if self.facts and not self._named:
            for fact in sorted(self.facts, key=attrgetter("on", "external_id")):
                self._named.setdefault(fact.measure, []).append(fact)
        return self._named.get(name, ())


@dataclass(frozen=True, slots=True)
class Payee:
    type: Literal["practice", "organisation"]
    code: str


@dataclass(frozen=True, slots=True)
class Booking:
    """How a component's money is booked; what is None here is the scheme's own, or not said at all."""

    pay_code: str | None = None
    cost_centre: str | None = None
    subjective: str | None = None
    vat_code: str | None = None
    pensionable: bool | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One English sentence, and the tree of plain JSON that leads to the figure."""

    sentence: str
    workings: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a statement. `amount` is pence; what explains it is put together when it is asked for."""

    component: str
    quantity: str | None
    rate: str | None
    amount: int
    payee: Payee
    explain: Callable[[], Explanation] = field(compare=False, repr=False)
    blocked: bool = False

    @property
    def sentence(self) -> str:
        return self.explain().sentence

    @property
    def workings(self) -> dict[str, Any]:
        return self.explain().workings


@dataclass(frozen=True, slots=True)
class PracticeResult:
    """A practice's lines, their sum in pence, and in words what was seen but not paid."""

    code: str
    lines: tuple[Line, ...]
    total: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Pence. `most` is None where nothing in the definition bounds what can be earned."""

    least: int
    expected: int
    most: int | None


@dataclass(frozen=True, slots=True)
class SessionPaid:
    """That a definition pays for each session: under which name they are recorded, and how many count in a calendar month
    (None: all of them).
    """

    fact: str
    max_per_month: int | None


@dataclass(frozen=True, slots=True)
class Problem:
    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Needed:
    """What has to be gathered before a definition can be worked out."""

    facts: tuple[str, ...]
    posts: tuple[str, ...]
    bases: tuple[Basis, ...]
    may_be_negative: tuple[str, ...] = ()
    """Those of the facts whose value may be below zero: amounts, never counts."""
    successors: bool = False
    """Whether it matters which practice took over from one that closed."""
