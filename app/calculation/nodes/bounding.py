"""The nodes `cap` and `floor`: what stands below them comes to at most, or at least, so much in all."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import MOST_AMOUNT, MOST_RATE, Choice, DecimalString
from app.calculation.language.reading import pointer
from app.calculation.language.structures import AnyNode, MeasureName
from app.calculation.nodes.combining import OneOf
from app.calculation.nodes.component import Component, RatePer, pence, time_share, year_words
from app.calculation.nodes.list_size import ListMeasure
from app.calculation.nodes.measured import Measured
from app.calculation.nodes.total import Sum
from app.calculation.rules.earning import Earning, Payer, PayingNode, Run, Said, Told, pays_nothing
from app.calculation.rules.exact import Exact, pounds_value, simple
from app.calculation.rules.wording import per_patient, pounds_text, rate_text
from app.calculation.values import Node, PracticeInput, Problem
from app.core.clock import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound(Component):
    """Adds a line of its own that moves the total of what is below it to the limit; it is 0.00 where nothing moves."""

    word: ClassVar[str]
    amount: Decimal | None = field(
        default=None,
        metadata=member(
            DecimalString(MOST_AMOUNT), "The limit in pounds. Either this, or `rate` and `measure`.", "5000.00"
        ),
    )
    rate: Decimal | None = field(
        default=None, metadata=member(DecimalString(MOST_RATE), "Pounds for each patient; with `measure`.")
    )
    measure: ListMeasure | None = field(
        default=None, metadata=member(MeasureName(ListMeasure), "The list whose patients make the limit; with `rate`.")
    )
    rate_per: RatePer = field(
        default=RatePer.YEAR,
        metadata=member(Choice(RatePer), "`year`: a period of whole months has months/12 of it. `period`: all of it."),
    )
    then: PayingNode = field(metadata=member(AnyNode(), "What is limited."))

    @classmethod
    def refusals(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if "amount" in values and ("rate" in values or "measure" in values):
            yield "amount", "bad_value", "Either an amount, or a rate for each patient of a list, is the limit."
        elif "amount" not in values:
            for name in ("rate", "measure"):
                if name not in values:
                    yield name, "missing_member", "Missing. Either an amount, or a rate and a measure, is the limit."

    def sentence(self) -> str:
        per = "a year; a period has its share" if self.rate_per is RatePer.YEAR else "for each period"
        if self.amount is not None:
            limit = rate_text(self.amount)
        else:
            limit = f"{rate_text(self._rate())} {per_patient(self._list().basis)} of the {self._list().words()}"
        return f"All of this comes to {self.word} {limit} {per}."

    def prepare(self, run: Run) -> Payer:
        pay_below, limit = self.then.prepare(run), self._prepare_limit(run)

        def pay(practice: PracticeInput) -> list[Earning]:
            below = pay_below(practice)
            found = limit(practice)
            return [*below, self._line(below, found)]

        return pay

    @property
    def limit(self) -> Decimal:
        """As it is written: pounds, or pounds for each patient."""
        return self.amount if self.amount is not None else self._rate()

    def limit_at(self, at: str) -> str:
        return pointer(at, "rate" if self.amount is None else "amount")

    def is_below(self, other: "Bound") -> bool:
        """Of two limits of one kind; of others nothing is known before the lists are."""
        alike = (self.measure, self.rate_per) == (other.measure, other.rate_per)
        return alike and self.limit < other.limit

    @abstractmethod
    def moves(self, total: Exact, limit: Exact) -> bool:
        """Whether the limit changes a total."""

    def _rate(self) -> Decimal:
        return self.rate if self.rate is not None else Decimal(0)

    def _list(self) -> ListMeasure:
        if self.measure is None:
            raise ValueError("A limit is an amount or a rate for each patient.")
        return self.measure

    def _prepare_limit(self, run: Run) -> Any:
        share = time_share(self.rate_per, run).share
        if self.amount is not None:
            limit = simple(pence(self.amount) * share)
            known = Measured(
                limit,
                lambda: Said(pounds_text(limit), {"operator": "limit", "value": pounds_value(limit), "inputs": []}),
            )
            return lambda _: known
        gauge, price = self._list().prepare(run), pence(self._rate()) * share

        def per_head(practice: PracticeInput) -> Measured:
            found = gauge(practice)
            if found.value is None:
                return found
            limit = simple(price * found.value)
            return Measured(limit, lambda: self._limit_said(limit, found))

        return per_head

    def _limit_said(self, limit: Exact, found: Measured) -> Said:
        rate = f"{rate_text(self._rate())} {year_words(self.rate_per)}{per_patient(self._list().basis)}"
        tree = {"operator": "limit", "value": pounds_value(limit), "inputs": [found.workings]}
        return Said(f"{rate} x {found.words}, which is {pounds_text(limit)}", tree)

    def _line(self, below: Sequence[Earning], limit: Measured) -> Earning:
        total = simple(sum(earning.pence for earning in below))
        known = limit.value
        moved = simple(known - total) if known is not None and self.moves(total, known) else 0
        return Earning(
            component=self.id,
            pence=moved,
            tell=lambda: Told(
                text=self._text(total, limit, is_moved=bool(moved)),
                link=": ",
                workings={
                    "operator": self.type,
                    "value": pounds_value(moved),
                    "total": pounds_value(total),
                    "inputs": [limit.workings],
                },
            ),
            payee=self.payee_value(),
            blocked=known is None,
        )

    def _text(self, total: Exact, limit: Measured, *, is_moved: bool) -> str:
        if limit.value is None:
            return f"The limit cannot be worked out, because {limit.words}"
        whole = f"All of this comes to {pounds_text(total)}, and to {self.word} {limit.words}"
        return whole if is_moved else f"{whole}, so nothing is changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap(Bound):
    """What is below it comes to at most so much; what is above that is taken off in a line of its own.

    Sessions of 600.00 under 2.00 a year for each of 1,000 patients: a quarter may come to 500.00, so -100.00. This is
    how sessions are paid inside Wandsworth's 2.00 a head.
    """

    type: ClassVar[str] = "cap"
    word: ClassVar[str] = "at most"

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        yield from super(Cap, self).problems(at, inside=inside, applies=applies)
        if not self.limit:
            yield pays_nothing(self.limit_at(at), "All that is below this cap comes to nothing.")
        for floor in _limits_around(inside, Floor, alone=True):
            if self.is_below(floor):
                yield _cap_under_floor(self.limit_at(at), self, floor, "the cap never decides")

    def moves(self, total: Exact, limit: Exact) -> bool:
        return total > limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor(Bound):
    """What is below it comes to at least so much; what lacks is added in a line of its own.

    Sessions of 300.00 with a floor of 500.00 for each period: 200.00 more.
    """

    type: ClassVar[str] = "floor"
    word: ClassVar[str] = "at least"

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        yield from super(Floor, self).problems(at, inside=inside, applies=applies)
        for cap in _limits_around(inside, Cap, alone=False):
            if cap.is_below(self):
                yield _cap_under_floor(self.limit_at(at), cap, self, "what the floor adds is taken off again")

    def moves(self, total: Exact, limit: Exact) -> bool:
        return total < limit


def _limits_around(inside: Sequence[Node], kind: type[Bound], *, alone: bool) -> Iterator[Bound]:
    """The limits around that go for the same pounds; `alone` where nothing else is added to them on the way there."""
    for node in reversed(inside):
        if isinstance(node, PayingNode) and node.rescales:
            return
        if alone and isinstance(node, (Sum, OneOf)):
            return
        if isinstance(node, kind):
            yield node


def _cap_under_floor(at: str, cap: Bound, floor: Bound, so: str) -> Problem:
    both = f"The cap of {rate_text(cap.limit)} is under the floor of {rate_text(floor.limit)}"
    return Problem(at, "calculation.cap_under_floor", f"{both}, so {so}.")
