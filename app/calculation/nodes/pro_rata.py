"""The node `pro_rata`: joiners and leavers are paid for their part of the period."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import partial
from typing import ClassVar

from app.calculation.errors import BrokenMonth
from app.calculation.language.members import member
from app.calculation.language.readers import Choice
from app.calculation.language.reading import pointer
from app.calculation.language.structures import AnyNode
from app.calculation.rules.earning import Earning, Payer, PayingNode, Run, Said, Told, has_broken_month, scaled
from app.calculation.rules.exact import pounds_value, simple
from app.calculation.rules.wording import pounds_text
from app.calculation.values import Node, PracticeInput, Problem
from app.core.clock import Period, add_months


class By(StrEnum):
    DAYS = "days"
    MONTHS = "months"


class Successor(StrEnum):
    TAKES_OVER = "takes_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProRata(PayingNode):
    """Pays the part of the period in which the practice was a member.

    10,000.00 for a year, for a practice that joins on 1 October 2024, is 10,000.00 x 182/365 = 4,986.30 by days and
    5,000.00 by months. By months a month counts for who is a member on its first day (of a period that starts on the
    15th: on the 15th), so that a handover in mid-month is paid once.

    Where the successor takes over, a practice that closes after 45 of 91 days leaves 46/91 to it: 910.00 are 450.00 for
    the one and 460.00 for the other beside its own; one that closes in its turn leaves what it had taken over as well. A list counts on one day, so the patients who move would be paid for
    by nobody until the next one. The rule is ours; published clauses on mergers were not found.
    """

    type: ClassVar[str] = "pro_rata"
    by: By = field(
        metadata=member(
            Choice(By),
            "`days`: days as a member over days of the period. `months`: months begun as a member over months.",
        )
    )
    successor: Successor | None = field(
        default=None,
        metadata=member(
            Choice(Successor),
            "`takes_over`: the practice that the register names as successor of one that closes in the period is paid "
            "what is left of it. Nobody is if absent.",
        ),
    )
    then: PayingNode = field(metadata=member(AnyNode(), "What is paid in part."))

    def sentence(self) -> str:
        heir = " What is left of a practice that closes is paid to its successor." if self.successor else ""
        return (
            "A practice that joins or leaves during the period is paid for its "
            f"{self.by.value} as a member out of the {self.by.value} of the period.{heir}"
        )

    @property
    def reads_successors(self) -> bool:
        return self.successor is not None

    @property
    def shares_among_all(self) -> bool:
        return self.successor is not None

    @property
    def allows_broken_months(self) -> bool:
        return self.by is By.DAYS

    @property
    def rescales(self) -> bool:
        return True

    def problems(self, at: str, *, inside: Sequence[Node], applies: Period) -> Iterator[Problem]:
        if any(isinstance(node, ProRata) for node in inside):
            detail = "The node around this one already pays in part; the part would be taken twice."
            yield Problem(at, "calculation.nested_pro_rata", detail)
        if self.by is By.MONTHS and has_broken_month(applies):
            detail = "Months can be paid in part only of a period of whole months; by days is needed here."
            yield Problem(pointer(at, "by"), BrokenMonth.code, f"{detail} {BrokenMonth.hint}")

    def prepare(self, run: Run) -> Payer:
        pay_below = self.then.prepare(replace(run, by_days=self.by is By.DAYS))
        period = run.period
        whole = period.days if self.by is By.DAYS else _whole_months(period)

        closed = self._closed(run)

        def pay(practice: PracticeInput) -> list[Earning]:
            own = self._own(practice, pay_below(practice), period, whole)
            for former, since in closed.get(practice.code, ()):
                left = self._left(since, practice, period)
                own = [
                    _with_rest(mine, its, Fraction(left, whole), partial(self._left_said, former.code, left, whole))
                    for mine, its in zip(own, pay_below(former), strict=True)
                ]
            return own

        return pay

    def _own(self, practice: PracticeInput, below: list[Earning], period: Period, whole: int) -> list[Earning]:
        present = whole if practice.member is None else self._present(practice.member, period)
        if present == whole:
            return below
        say = partial(self._said, present, whole)
        return [scaled(earning, Fraction(present, whole), say=say) for earning in below]

    def _closed(self, run: Run) -> dict[str, list[tuple[PracticeInput, date]]]:
        """By successor: the practices from which it takes over, in the order of their codes, each with the day from which on."""
        known = {each.code: each for each in run.practices} if self.successor else {}
        found: dict[str, list[tuple[PracticeInput, date]]] = {}
        for _, practice in sorted(known.items()):
            for heir, since in _heirs(practice, known, run.period):
                found.setdefault(heir, []).append((practice, since))
        return found

    def _left(self, since: date, heir: PracticeInput, period: Period) -> int:
        """The days or months from then on in which the successor is a member."""
        rest = Period(since, period.end)
        times = (each.intersection(rest) for each in ((period,) if heir.member is None else heir.member))
        return self._present([each for each in times if each], period)

    def _left_said(self, code: str, left: int, whole: int) -> Said:
        words = f"; with {left} of {whole} {self.by.value} of {code}, which closed, it is "
        return Said(
            words, {"operator": "taken_over", "practice": code, "value": str(left), "of": str(whole), "inputs": []}
        )

    def _said(self, present: int, whole: int) -> Said:
        unit = self.by.value
        part = {"operator": unit, "value": str(present), "of": str(whole), "inputs": []}
        return Said(
            f"; for {present} of {whole} {unit} as a member it is ",
            {"operator": self.type, "by": unit, "inputs": [part]},
        )

    def _present(self, memberships: Sequence[Period], period: Period) -> int:
        if self.by is By.MONTHS:
            return sum(any(each.contains(first) for each in memberships) for first in _first_days(period))
        parts = [each.intersection(period) for each in memberships]
        return sum(part.days for part in parts if part)


def _heirs(former: PracticeInput, known: Mapping[str, PracticeInput], period: Period) -> Iterator[tuple[str, date]]:
    """Whoever takes over from one that closes in the period, and then from them, each from the day after the last one of all
    before. A circle ends where it began.
    """
    one: PracticeInput | None = former
    since, seen = period.valid_from, {former.code}
    while one and one.successor and one.successor not in seen:
        ends = [each.valid_until or period.end for each in one.member or () if each.intersection(period)]
        if not ends or max(ends) >= period.end:
            return
        since = max(since, *ends)
        yield one.successor, since
        seen.add(one.successor)
        one = known.get(one.successor)


def _with_rest(own: Earning, former: Earning, share: Fraction, say: Callable[[], Said]) -> Earning:
    """Beside what the practice earns itself, a share of what one that closed would have. A line of which that much can be paid
    is not blocked, though the practice's own list is missing: the words say so.
    """
    rest = simple(former.pence * share)
    if not rest:
        return own
    earned = simple(own.pence + rest)

    def tell(told: Told) -> Told:
        said = say()
        parts = [told.workings, {**said.workings, "inputs": [former.tell().workings]}]
        tree = {"operator": "sum", "value": pounds_value(earned), "inputs": parts}
        return Told(f"{told.text}{told.link}{pounds_text(own.pence)}", said.words, tree)

    return own.retold(tell).but(pence=earned, blocked=False)


def _whole_months(period: Period) -> int:
    months = period.whole_months()
    if not months:
        raise BrokenMonth
    return months


def _first_days(period: Period) -> Iterator[date]:
    return (add_months(period.valid_from, month) for month in range(_whole_months(period)))
