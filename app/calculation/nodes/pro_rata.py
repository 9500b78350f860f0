"""The node `pro_rata`: joiners and leavers are paid for their part of the period."""

from collections.abc import Iterator, Sequence
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
from app.calculation.rules.earning import Earning, Payer, PayingNode, Run, Said, has_broken_month, scaled
from app.calculation.values import Node, PracticeInput, Problem
from app.core.clock import Period, add_months


class By(StrEnum):
    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProRata(PayingNode):
    """Pays the part of the period in which the practice was a member.

    10,000.00 for a year, for a practice that joins on 1 October 2024, is 10,000.00 x 182/365 = 4,986.30 by days and
    5,000.00 by months. By months a month counts for who is a member on its first day (of a period that starts on the
    15th: on the 15th), so that a handover in mid-month is paid once.
    """

    type: ClassVar[str] = "pro_rata"
    by: By = field(
        metadata=member(
            Choice(By),
            "`days`: days as a member over days of the period. `months`: months begun as a member over months.",
        )
    )
    then: PayingNode = field(metadata=member(AnyNode(), "What is paid in part."))

    def sentence(self) -> str:
        return (
            "A practice that joins or leaves during the period is paid for its "
            f"{self.by.value} as a member out of the {self.by.value} of the period."
        )

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

        def pay(practice: PracticeInput) -> list[Earning]:
            below = pay_below(practice)
            present = whole if practice.member is None else self._present(practice.member, period)
            if present == whole:
                return below
            share = Fraction(present, whole)
            say = partial(self._said, present, whole)
            return [scaled(earning, share, say=say) for earning in below]

        return pay

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


def _whole_months(period: Period) -> int:
    months = period.whole_months()
    if not months:
        raise BrokenMonth
    return months


def _first_days(period: Period) -> Iterator[date]:
    return (add_months(period.valid_from, month) for month in range(_whole_months(period)))
