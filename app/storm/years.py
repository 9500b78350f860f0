"""Whole financial years played by chance: practices join, merge and leave, lists are corrected, rates are backdated, facts
come late or are taken back, runs are rejected and made again.

At the end of each year its ledger has to be what a fresh calculation says, and every statement what it was then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from app.calculation.errors import AmountTooLarge
from app.calculation.service import check_period, parse_definition
from app.calculation.values import ListSize, PostHeld
from app.core.clock import Period, add_months
from app.storm.books import Books, Practice, Version, differing
from app.storm.inventing import APRIL, POSTS, invent_definition, invent_fact
from app.storm.weather import Say

YEAR: Final = Period(APRIL, add_months(APRIL, 12))
_TWELVE = (2, 3, 4, 6, 12)
_SAID_EVERY: Final = 1000


@dataclass(slots=True)
class Played:
    """What was played, to be said at the end."""

    years: int = 0
    runs: int = 0
    rejected: int = 0
    statements: int = 0
    adjustments: int = 0

    def words(self) -> str:
        return (
            f"{self.years:,} years: {self.runs:,} runs released and {self.rejected:,} rejected, {self.statements:,} "
            f"statements, {self.adjustments:,} adjustments."
        )


def storm_years(seed: int, years: int, *, say: Say) -> list[str]:
    """Each year has a seed of its own, counted on from the first, so that one that fails is played again alone."""
    played, problems = Played(), list[str]()
    for number in range(seed, seed + years):
        found = list(play(number, played))
        problems += [f"{each} Play it again: plenary storm years --seed {number} --years 1" for each in found]
        if played.years % _SAID_EVERY == 0:
            say(f"  {played.years:,} of {years:,}")
    say(played.words())
    return problems


def play(seed: int, played: Played) -> Iterator[str]:
    """One year; what is wrong with it, in words. A year whose amounts are too large to be paid is invented again."""
    random = Random(seed)
    while True:
        year = Year(random)
        try:
            yield from year.play(played)
        except AmountTooLarge:
            continue
        return


class Year:
    """One scheme through one year, paid by months or by quarters, and once more when the year is over."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.books = Books()
        length = random.choice((1, 3))
        self.parts = tuple(each for each in _TWELVE if each * length % 12 == 0)
        self.periods = [Period(add_months(APRIL, at), add_months(APRIL, at + length)) for at in range(0, 12, length)]
        self.counted = 0
        self.now = datetime(2014, 4, 1, tzinfo=UTC)
        for _ in range(random.randint(1, 5)):
            self._join(YEAR)
        self._publish(YEAR)

    def play(self, played: Played) -> Iterator[str]:
        for period in self.periods:
            self._let_things_happen()
            yield from self._pay(period, played)
        self._let_things_happen()
        # The year is closed by one more run of its last period, which holds the differences of all of them.
        yield from self._pay(self.periods[-1], played, is_certain=True)
        yield from self._audit()
        played.years += 1

    def _pay(self, period: Period, played: Played, *, is_certain: bool = False) -> Iterator[str]:
        """A run is rejected now and then, and asked for again when something else has become known."""
        while not is_certain and self.random.randint(0, 5) == 0:
            self.books.work_out(period)
            played.rejected += 1
            self._let_things_happen()
        run = self.books.work_out(period)
        for statement in run.worked.statements:
            if sum(line.amount for line in statement.lines) != statement.total:
                yield f"Run {run.number}: the lines of {statement.practice} do not add up to its statement."
            if sum(payment.total for payment in statement.payments) != statement.total:
                yield f"Run {run.number}: the payments of {statement.practice} do not add up to its statement."
            if any(payment.payable < 0 for payment in statement.payments):
                yield f"Run {run.number}: {statement.practice} would be paid less than nothing."
        self.books.release(run)
        for statement in run.worked.statements:
            if any(
                each.payable and self.books.owed.get((statement.practice, each.payee)) for each in statement.payments
            ):
                yield f"Run {run.number}: {statement.practice} is paid while something is still owed."
        played.runs += 1
        played.statements += len(run.worked.statements)
        played.adjustments += sum(line.period != run.period for each in run.worked.statements for line in each.lines)

    def _audit(self) -> Iterator[str]:
        books = self.books
        for period in books.periods:
            for difference in differing(books.posted(period), books.due(period)):
                yield f"From {period.valid_from} until {period.valid_until}: {difference}."
        for run in books.runs:
            if run.again() != run.statements:
                yield f"Run {run.number} is no longer what was known then."
        for (practice, payee), amount in books.owed.items():
            if amount > 0:
                yield f"{practice}: {amount} pence were never paid to {payee.code}."
        again = books.work_out(self.periods[-1])
        if again.worked.statements:
            yield "One more run, of which nothing is new, pays again."

    def _let_things_happen(self) -> None:
        for _ in range(self.random.randint(0, 3)):
            self.now += timedelta(days=1)
            self.random.choice(
                (
                    self._record_fact,
                    self._record_fact,
                    self._record_fact,
                    self._withdraw_fact,
                    self._correct_fact,
                    self._count_list,
                    self._correct_list,
                    self._fill_post,
                    self._join_late,
                    self._leave,
                    self._merge,
                    self._backdate,
                    self._hold,
                )
            )()

    def _somebody(self) -> Practice:
        return self.random.choice(list(self.books.practices.values()))

    def _day(self, within: Period = YEAR) -> Period:
        """From some day of the year to its end."""
        return Period(within.valid_from + timedelta(self.random.randint(0, within.days - 1)), YEAR.end)

    def _join(self, term: Period) -> None:
        practice = Practice(f"ZZ{len(self.books.practices):04}", term)
        self.books.practices[practice.code] = practice
        self._count(practice, Period(APRIL, YEAR.end))
        if self.random.randint(0, 2):
            practice.posts.append(PostHeld(self.random.choice(POSTS), self._day().valid_from, None))

    def _join_late(self) -> None:
        self._join(self._day())

    def _leave(self) -> None:
        """It may be heard of long after it has happened; the agreement keeps at least its first day."""
        practice = self._somebody()
        end = practice.term.valid_from + timedelta(self.random.randint(1, practice.term.days))
        practice.term = Period(practice.term.valid_from, end)

    def _merge(self) -> None:
        """One goes and its patients are counted with another's from that day on."""
        leaving, staying = self._somebody(), self._somebody()
        if leaving is staying:
            return
        self._leave_to(leaving, staying, self._day(leaving.term))

    def _leave_to(self, leaving: Practice, staying: Practice, since: Period) -> None:
        if since.valid_from > leaving.term.valid_from:
            leaving.term = Period(leaving.term.valid_from, since.valid_from)
            leaving.successor = staying.code
        self._count(staying, since)

    def _count(self, practice: Practice, since: Period) -> None:
        registered, weighted, adjusted = (Decimal(self.random.randint(0, 2_000_000)).scaleb(-2) for _ in range(3))
        practice.lists.append(ListSize(since.valid_from, registered, weighted, recorded_at=self.now, adjusted=adjusted))

    def _count_list(self) -> None:
        self._count(self._somebody(), self._day())

    def _correct_list(self) -> None:
        practice = self._somebody()
        wrong = self.random.choice(practice.lists)
        self._count(practice, Period(wrong.as_at, None))

    def _record_fact(self) -> None:
        practice = self._somebody()
        self.counted += 1
        fact = invent_fact(self.random, f"f{self.counted}", self._day().valid_from)
        practice.facts[fact.external_id] = fact

    def _withdraw_fact(self) -> None:
        practice = self._somebody()
        if practice.facts:
            del practice.facts[self.random.choice(list(practice.facts))]

    def _correct_fact(self) -> None:
        practice = self._somebody()
        if practice.facts:
            known = self.random.choice(list(practice.facts))
            practice.facts[known] = invent_fact(self.random, known, practice.facts[known].on)

    def _fill_post(self) -> None:
        practice, term = self._somebody(), self._day()
        practice.posts.append(
            PostHeld(self.random.choice(POSTS), term.valid_from, self.random.choice((None, term.end)))
        )

    def _hold(self) -> None:
        practice = self._somebody()
        practice.held = None if practice.held else "its claim is not approved yet"

    def _backdate(self) -> None:
        """A new version over all of the year, or over some of its periods whether they have been paid or not."""
        first = self.random.randint(0, len(self.periods) - 1)
        until = self.random.randint(first, len(self.periods) - 1)
        part = Period(self.periods[first].valid_from, self.periods[until].end)
        self._publish(self.random.choice((YEAR, part)))

    def _publish(self, applies: Period) -> None:
        while True:
            definition = invent_definition(self.random, self.parts)
            parsed = parse_definition(definition)
            if not any(check_period(parsed, period=each) for each in (applies, *self.periods)):
                self.books.versions.append(Version(definition, applies, parsed))
                return
