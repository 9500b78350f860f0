"""The measure `post_held`: on how many days of the period somebody held a post."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from app.calculation.language.members import member
from app.calculation.language.readers import Choice, Name
from app.calculation.nodes.measured import Gauge, Measured, PreparedMeasure
from app.calculation.rules.earning import Run, Said, View
from app.calculation.rules.exact import Exact, exact_text, simple
from app.calculation.rules.wording import spoken
from app.calculation.values import MeasuredIn, PracticeInput
from app.core.clock import Period
from app.core.wording import counted


class HeldAs(StrEnum):
    SHARE = "share"
    DAYS = "days"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHeldMeasure(PreparedMeasure):
    """How long the practice had somebody in a post: days, or their share of its days as a member in the period.

    A lead who leaves after 17 of the 30 days of April is 17 days or 17/30. Of a practice that itself leaves then it is
    17 of 17, so that a `pro_rata` around it takes the same days off once. The rule is ours.
    """

    kind: ClassVar[str] = "post_held"
    units: ClassVar[tuple[MeasuredIn, ...]] = (MeasuredIn.SHARE, MeasuredIn.DAYS)
    name: str
    post: str = field(metadata=member(Name(), "The post that somebody holds, such as `named_lead`.", "named_lead"))
    unit: HeldAs = field(
        default=HeldAs.SHARE,
        metadata=member(
            Choice(HeldAs),
            "`share`: days with somebody in the post over days as a member, from 0 to 1. `days`: those days.",
        ),
    )

    @property
    def measured_in(self) -> MeasuredIn:
        return MeasuredIn.DAYS if self.unit is HeldAs.DAYS else MeasuredIn.SHARE

    def words(self) -> str:
        if self.unit is HeldAs.DAYS:
            return f"days of the period with a {spoken(self.post)}"
        return f"the share of the period with a {spoken(self.post)}"

    def posts_read(self) -> tuple[str, ...]:
        return (self.post,)

    def prepare(self, run: Run) -> Gauge:
        def measure(practice: PracticeInput) -> Measured:
            times = (run.period,) if practice.member is None else practice.member
            member = _days(times, run.period)
            held = member if run.view is View.OFFERED else member & self._held(practice, run.period)
            return self._measured(len(held), len(member))

        return measure

    def _held(self, practice: PracticeInput, period: Period) -> set[date]:
        return _days(
            [Period(each.valid_from, each.valid_until) for each in practice.posts if each.post == self.post], period
        )

    def _measured(self, held: int, member: int) -> Measured:
        value: Exact = held if self.unit is HeldAs.DAYS else simple(Fraction(held, member or 1))
        return Measured(value, lambda: self._said(held, member, value))

    def _said(self, held: int, member: int, value: Exact) -> Said:
        workings = {
            "operator": self.kind,
            "measure": self.name,
            "post": self.post,
            "unit": self.unit.value,
            "days": str(held),
            "of": str(member),
            "value": exact_text(value),
            "inputs": [],
        }
        return Said(f"{held} of {counted(member, 'day')} with a {spoken(self.post)}", workings)


def _days(times: Sequence[Period], period: Period) -> set[date]:
    """Two people who hold a post on one day, and two times as a member that touch, are one day each."""
    return {day for each in times for day in _each_day(each.intersection(period))}


def _each_day(period: Period | None) -> Iterator[date]:
    return (period.valid_from + timedelta(days=day) for day in range(period.days)) if period else iter(())
