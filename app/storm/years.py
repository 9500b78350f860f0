"""Whole financial years played by chance: practices join, merge and leave, lists are corrected, rates are backdated, facts
come late or are taken back, claims are made, held and outgrown, budgets are too small, debts are taken back in parts or waived,
lines are corrected, runs are stopped or rejected and made again.

At the end of each year its ledger has to be what a fresh calculation says and what was corrected, what left what the ledger says
and what was waived or is owed, and every statement what it was then.
"""

from collections import Counter
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
from app.payments.service import most_per_run
from app.payments.values import Correction, WorkedStatement
from app.schemes.values import OverBudget
from app.storm.books import Books, Practice, Run, Version, differing
from app.storm.debts import Arrangement
from app.storm.inventing import APRIL, ORGANISATIONS, POSTS, invent_definition, invent_fact
from app.storm.weather import Say

YEAR: Final = Period(APRIL, add_months(APRIL, 12))
_TWELVE = (2, 3, 4, 6, 12)
_PEOPLE: Final = ("Ada Wren", "Ben Alder")
_WAIVED: Final = " owed from before was waived."
_REASON: Final = "It was agreed by telephone."
_SAID_EVERY: Final = 1000


@dataclass(slots=True)
class Played:
    """What was played, to be said at the end."""

    years: int = 0
    runs: int = 0
    rejected: int = 0
    stopped: int = 0
    limited: int = 0
    statements: int = 0
    adjustments: int = 0
    claims: int = 0
    corrections: int = 0
    waivers: int = 0
    in_parts: int = 0

    def words(self) -> str:
        return (
            f"{self.years:,} years: {self.runs:,} runs released, {self.rejected:,} rejected and {self.stopped:,} stopped by a"
            f" budget, {self.statements:,} statements, {self.adjustments:,} adjustments, {self.claims:,} claims paid,"
            f" {self.limited:,} runs held something back, {self.corrections:,} corrections, {self.waivers:,} debts waived,"
            f" {self.in_parts:,} payments lessened by a plan."
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
        self.paid = 0
        self.proposed: list[Arrangement] = []
        self.waive_below = random.choice((None, 10_000, 10_000_000, 10**12))
        self.books.over_budget = random.choice((None, None, *OverBudget))
        self.books.budget = 10 ** random.randint(3, 9)
        self.now = datetime(2014, 4, 1, tzinfo=UTC)
        for _ in range(random.randint(1, 5)):
            self._join(YEAR)
        self._publish(YEAR)

    def play(self, played: Played) -> Iterator[str]:
        for period in self.periods:
            self._claim(period)
            self._let_things_happen()
            yield from self._pay(period, played)
            self.paid += 1
        self._let_things_happen()
        # The year is closed by one more run of its last period, which holds the differences of all of them: those too that no
        # budget holds back any more.
        self.books.over_budget = None
        yield from self._pay(self.periods[-1], played, is_certain=True)
        yield from self._audit()
        played.years += 1
        played.corrections += sum(len(each) for found in self.books.corrections.values() for each in found.values())
        played.waivers += sum(amount > 0 for amount in self.books.debts.waived.values())

    def _pay(self, period: Period, played: Played, *, is_certain: bool = False) -> Iterator[str]:
        """A run is rejected now and then, and asked for again when something else has become known."""
        while not is_certain and self.random.randint(0, 5) == 0:
            self.books.work_out(period)
            played.rejected += 1
            self._let_things_happen()
        run = self._worked_out(period, played)
        before = self.books.total
        for statement in run.worked.statements:
            if sum(line.amount for line in statement.lines) != statement.total:
                yield f"Run {run.number}: the lines of {statement.practice} do not add up to its statement."
            if sum(payment.total for payment in statement.payments) != statement.total:
                yield f"Run {run.number}: the payments of {statement.practice} do not add up to its statement."
            if any(payment.payable < 0 for payment in statement.payments):
                yield f"Run {run.number}: {statement.practice} would be paid less than nothing."
            yield from self._differ_from_agreed(run, statement, played)
        self.books.release(run)
        if run.within and self.books.total > max(run.within.budget, before):
            yield f"Run {run.number}: {self.books.total} pence are posted of a budget of {run.within.budget}."
        played.runs += 1
        played.claims += len(run.claims)
        played.limited += run.worked.held_back > 0
        played.statements += len(run.worked.statements)
        played.adjustments += sum(line.period != run.period for each in run.worked.statements for line in each.lines)

    def _worked_out(self, period: Period, played: Played) -> Run:
        """A run that its budget stops is asked for again when there is more."""
        run = self.books.work_out(period)
        while run.worked.excess:
            played.stopped += 1
            self.books.budget += run.worked.excess
            self._let_things_happen()
            run = self.books.work_out(period)
        return run

    def _differ_from_agreed(self, run: Run, statement: WorkedStatement, played: Played) -> Iterator[str]:
        """What is owed is taken back at once, or where two people have agreed so, no more of it than they said."""
        for payment in statement.payments:
            owing = statement.practice, payment.payee
            owed, most = self.books.debts.owed[owing], self.books.debts.most(owing)
            earned = max(payment.total, 0)
            due = min(owed, earned) if most is None else min(owed, earned, most)
            if earned - payment.payable != due:
                taken = f"{earned - payment.payable} pence are taken back from {payment.payee.code}"
                yield f"Run {run.number}: {taken}, and {due} are to be."
            played.in_parts += due < min(owed, earned)

    def _audit(self) -> Iterator[str]:
        books = self.books
        for period in books.periods:
            for difference in differing(books.posted(period), books.due(period)):
                yield f"From {period.valid_from} until {period.valid_until}: {difference}."
        for run in books.runs:
            if run.again() != run.statements:
                yield f"Run {run.number} is no longer what was known then."
        for (practice, payee), posted in books.posted_to().items():
            owing = practice, payee
            left = posted + books.debts.owed[owing] + books.debts.waived[owing]
            if books.paid_out[owing] != left:
                yield f"{practice}: {books.paid_out[owing]} pence were paid to {payee.code}, and {left} are due."
            if books.debts.owed[owing] < 0:
                yield f"{practice}: {-books.debts.owed[owing]} pence were never paid to {payee.code}."
        yield from self._waivers_said()
        again = books.work_out(self.periods[-1])
        if again.worked.statements:
            yield "One more run, of which nothing is new, pays again."

    def _waivers_said(self) -> Iterator[str]:
        """What was waived stands in one statement, once there is one."""
        said, debts = Counter[tuple[str, str]](), self.books.debts
        for run in self.books.runs:
            for statement in run.worked.statements:
                for note in statement.notes:
                    amount, _, rest = note.removesuffix(_WAIVED).partition(" that ")
                    if note.endswith(_WAIVED):
                        said[statement.practice, rest] += int(amount.replace(",", "").replace(".", ""))
        for (practice, payee), waived in debts.waived.items():
            found, due = said[practice, payee.code], waived - debts.unsaid.get((practice, payee), 0)
            if found != due:
                yield f"{practice}: {due} pence were waived of what {payee.code} owed, and statements say {found}."

    def _let_things_happen(self) -> None:
        for _ in range(self.random.randint(0, 5)):
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
                    self._claim_again,
                    self._hold,
                    self._correct_line,
                    self._name_supplier,
                    self._change_budget,
                )
            )()
        self._look_at_debts()

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

    def _claim(self, period: Period) -> None:
        """Most practices claim in time; the office confirms what they have recorded."""
        for practice in self.books.practices.values():
            if self.random.randint(0, 3):
                practice.facts = {name: fact.but(confirmed=True) for name, fact in practice.facts.items()}
                self.books.declare(practice.code, period)

    def _claim_again(self) -> None:
        """Late, or for evidence that came after the claim was paid."""
        self._claim(self.random.choice(self.periods[: self.paid + 1]))

    def _hold(self) -> None:
        if waiting := self.books.claims.waiting():
            claim = self.random.choice(waiting)
            claim.hold_reason = None if claim.hold_reason else "A paper is missing"

    def _correct_line(self) -> None:
        """A query about a line of a released run is upheld, and another person has approved the amount."""
        lines = [(each, line) for run in self.books.runs for each in run.worked.statements for line in each.lines]
        if lines:
            statement, line = self.random.choice(lines)
            amount = self.random.choice((-1, 1)) * self.random.randint(1, 10 ** self.random.randint(2, 6))
            correction = Correction(line.component, line.payee, amount, _REASON, f"q{self.counted}")
            of_period = self.books.corrections.setdefault(line.period, {})
            of_period[statement.practice] = (*of_period.get(statement.practice, ()), correction)
            self.counted += 1

    def _look_at_debts(self) -> None:
        """Half of them are to be taken back in parts or waived; who agrees may be the one who proposed, who is refused, and may
        come later, when less or more is owed.
        """
        chance, debts = self.random, self.books.debts
        for owing, owed in debts.owed.items():
            if owed and chance.randint(0, 1):
                share = chance.choice((None, most_per_run(owed, chance.randint(2, 12)), chance.randint(1, owed)))
                self.proposed.append(Arrangement(owing, share, chance.choice(_PEOPLE), _REASON))
        self.proposed = [each for each in self.proposed if chance.randint(0, 1) or not self._agree(each)]

    def _agree(self, arrangement: Arrangement) -> bool:
        return self.books.debts.agree(arrangement, by=self.random.choice(_PEOPLE), waive_below=self.waive_below)

    def _name_supplier(self) -> None:
        self.books.suppliers.add(self.random.choice(ORGANISATIONS))

    def _change_budget(self) -> None:
        self.books.budget = self.books.budget * self.random.choice((1, 3, 10, 100)) // self.random.choice((1, 2))

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
