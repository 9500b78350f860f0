"""The books of one scheme in memory: what is known of its practices and claimed, what its runs have posted and paid, what was
corrected, what its budget has left, and what is still owed.

They are kept as the database keeps them, by the same pure functions, so that thousands of years can be played.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.calculation.service import (
    evaluate,
    facts_since,
    frozen_digest,
    organisations_paid,
    practice_bytes,
    practice_from_json,
    sight,
)
from app.calculation.values import Definition, Fact, ListSize, Payee, PostHeld, PracticeInput
from app.core.clock import Period
from app.payments.service import BUDGET_COMPONENT, corrected_digest, statement_bytes, with_unknown, work_out
from app.payments.values import Balance, Ceiling, Correction, Part, Posted, WorkedRun
from app.schemes.values import OverBudget
from app.storm.claims import Claim, Claims, still_claimed
from app.storm.debts import Debts

Paid = dict[tuple[str, str, Payee], int]
"""Pence by practice, component and payee."""


@dataclass(slots=True)
class Practice:
    """`term` is when its agreement holds; `successor` took over when it closed."""

    code: str
    term: Period
    successor: str | None = None
    lists: list[ListSize] = field(default_factory=list)
    posts: list[PostHeld] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)

    def known(self) -> PracticeInput:
        return PracticeInput(
            self.code,
            tuple(self.lists),
            tuple(self.posts),
            tuple(self.facts.values()),
            (self.term,),
            successor=self.successor,
        )


@dataclass(frozen=True, slots=True)
class Version:
    definition: dict[str, Any]
    applies: Period
    parsed: Definition
    _glasses: dict[Period, tuple[Callable[[PracticeInput], PracticeInput], dict[str, date]]] = field(
        default_factory=dict
    )

    @property
    def is_claimed(self) -> bool:
        return self.parsed.claims

    def covers(self, period: Period) -> bool:
        return self.applies.intersection(period) == period

    def sees(self, practice: PracticeInput, period: Period) -> PracticeInput:
        """What a run for the period knows of the practice."""
        if period not in self._glasses:
            self._glasses[period] = sight(self.parsed, period), facts_since(self.parsed, period)
        seen, since = self._glasses[period]
        facts = (each for each in practice.facts if since.get(each.measure, date.max) <= each.on < period.end)
        return replace(seen(practice), facts=tuple(facts))


@dataclass(frozen=True, slots=True)
class Run:
    """What was worked out, and from what: `frozen` are its parts with their practices in the stored form. `claims` are those
    that it pays, and `unasked` the periods of its parts in which nothing had to be claimed.
    """

    number: int
    period: Period
    frozen: tuple[tuple[Part, tuple[bytes, ...]], ...]
    digests: dict[Period, str]
    claims: tuple[Claim, ...]
    unasked: frozenset[Period]
    balances: tuple[Balance, ...]
    within: Ceiling | None
    worked: WorkedRun
    statements: tuple[bytes, ...]

    def again(self) -> tuple[bytes, ...]:
        """The statements as known then: worked out anew from what was frozen."""
        parts = [
            replace(part, practices=tuple(practice_from_json(json.loads(each)) for each in practices))
            for part, practices in self.frozen
        ]
        return printed(work_out(parts, self.balances, self.within))


def printed(worked: WorkedRun) -> tuple[bytes, ...]:
    """Every statement with its words and workings, as it is read."""
    return tuple(
        json.dumps(
            [statement_bytes(each).decode(), [[line.sentence, line.workings] for line in each.lines]], sort_keys=True
        ).encode()
        for each in worked.statements
    )


@dataclass(slots=True)
class Books:
    """`suppliers` are the organisations that can be paid; `over_budget` says what happens when the budget is too small."""

    practices: dict[str, Practice] = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    claims: Claims = field(default_factory=Claims)
    debts: Debts = field(default_factory=Debts)
    corrections: dict[Period, dict[str, tuple[Correction, ...]]] = field(default_factory=dict)
    suppliers: set[str] = field(default_factory=set)
    over_budget: OverBudget | None = None
    budget: int = 0
    paid_out: defaultdict[tuple[str, Payee], int] = field(default_factory=lambda: defaultdict(int))
    _posted: dict[Period, dict[tuple[str, str, Payee], Posted]] = field(default_factory=dict)
    _unclaimed: defaultdict[Period, defaultdict[tuple[str, str, Payee], int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    _digests: dict[Period, str] = field(default_factory=dict)
    _limited: set[Period] = field(default_factory=set)

    def version(self, period: Period) -> Version:
        """The newest that covers the period."""
        return next(each for each in reversed(self.versions) if each.covers(period))

    def inputs(self, period: Period) -> list[PracticeInput]:
        """What a run sees of each practice with an agreement in the period."""
        version = self.version(period)
        return [version.sees(each, period) for each in self._taking_part(period)]

    def declare(self, who: str, period: Period) -> None:
        """A claim of the practice for all that is recorded, up to its approval."""
        version, inputs = self.version(period), self.inputs(period)
        if version.is_claimed and any(each.code == who for each in inputs):
            self.claims.declare(version.definition, period, inputs, who)

    def _taking_part(self, period: Period) -> list[PracticeInput]:
        return [each.known() for _, each in sorted(self.practices.items()) if each.term.intersection(period)]

    def work_out(self, period: Period) -> Run:
        """A run for the period, with the differences of every earlier period that was paid."""
        earlier = sorted(each for each in self._posted if each.valid_from < period.valid_from)
        frozen, digests, claims, unasked = list[tuple[Part, tuple[bytes, ...]]](), {}, list[Claim](), set[Period]()
        for each in (period, *earlier):
            version = self.version(each)
            practices, paying = self.claims.payable(
                version.definition, each, self.inputs(each), unasked=self._paid_unclaimed(each)
            )
            claims += paying
            forms = tuple(practice_bytes(practice) for practice in practices)
            corrections, unknown = dict(self.corrections.get(each, {})), self._unknown(version)
            plain = frozen_digest(version.definition, period=each, frozen=forms)
            digests[each] = with_unknown(corrected_digest(plain, corrections), unknown)
            if digests[each] != self._digests.get(each) or each in self._limited:
                before, is_again = self._before(each), each in self._posted
                part = Part(each, version.definition, tuple(practices), before, is_again, corrections, unknown)
                frozen.append((part, forms))
                unasked |= set() if version.is_claimed else {each}
        balances, within = self.debts.balances(), self._ceiling(period)
        worked = work_out([part for part, _ in frozen], balances, within)
        return Run(
            len(self.runs) + 1,
            period,
            tuple(frozen),
            digests,
            tuple(claims),
            frozenset(unasked),
            balances,
            within,
            worked,
            printed(worked),
        )

    def _ceiling(self, period: Period) -> Ceiling | None:
        if self.over_budget is None:
            return None
        return Ceiling(self.over_budget, self.budget, self.budget - self.total, period)

    def _unknown(self, version: Version) -> frozenset[str]:
        return organisations_paid(version.parsed) - self.suppliers

    def _paid_unclaimed(self, period: Period) -> set[str]:
        """Whoever was paid for the period when nothing had to be claimed."""
        return {practice for (practice, _, _), amount in self._unclaimed[period].items() if amount}

    def release(self, run: Run) -> None:
        self.runs.append(run)
        self._digests |= run.digests
        self._posted.setdefault(run.period, {})
        for claim in run.claims:
            claim.is_paid = True
        if run.worked.held_back:
            self._limited.add(run.period)
        for statement in run.worked.statements:
            for number, line in enumerate(statement.lines, start=1):
                if line.amount:
                    reference = f"S{run.number}-{statement.practice}-{number}"
                    self._post(line.period, statement.practice, line.component, line.payee, line.amount, reference)
                    if line.period in run.unasked and line.component != BUDGET_COMPONENT:
                        self._unclaimed[line.period][statement.practice, line.component, line.payee] += line.amount
            for payment in statement.payments:
                self.debts.move((statement.practice, payment.payee), payment.payable - payment.total)
                self.paid_out[statement.practice, payment.payee] += payment.payable
        self.debts.say(statement.practice for statement in run.worked.statements)

    def posted(self, period: Period) -> Paid:
        """What the ledger says was paid for the period, without what cancels out."""
        return {key: each.amount for key, each in self._posted.get(period, {}).items() if each.amount}

    def due(self, period: Period) -> Paid:
        """A fresh calculation of the period by all that is known now, not by what a run looks at, and what was corrected."""
        version = self.version(period)
        practices = self._as_claimed(period) if version.is_claimed else self._taking_part(period)
        found = defaultdict[tuple[str, str, Payee], int](int)
        for result in evaluate(version.parsed, period=period, practices=practices):
            for line in result.lines:
                if line.payee.type == "practice" or line.payee.code in self.suppliers:
                    found[result.code, line.component, line.payee] += line.amount
        for practice, several in self.corrections.get(period, {}).items():
            for each in several:
                found[practice, each.component, each.payee] += each.amount
        return {key: amount for key, amount in found.items() if amount}

    def _as_claimed(self, period: Period) -> list[PracticeInput]:
        version, paid, unasked = self.version(period), self.claims.paid(period), self._paid_unclaimed(period)
        return [
            replace(each, claimed=still_claimed(paid[each.code], version.sees(each, period).facts))
            if each.code in paid
            else each
            if each.code in unasked
            else replace(each, held="nothing is claimed")
            for each in self._taking_part(period)
        ]

    @property
    def periods(self) -> list[Period]:
        return sorted(self._posted)

    @property
    def total(self) -> int:
        """What the ledger holds of all periods."""
        return sum(each.amount for entries in self._posted.values() for each in entries.values())

    def posted_to(self) -> dict[tuple[str, Payee], int]:
        """What the ledger holds, by practice and payee."""
        found = defaultdict[tuple[str, Payee], int](int)
        for entries in self._posted.values():
            for (practice, _, payee), each in entries.items():
                found[practice, payee] += each.amount
        return found

    def _before(self, period: Period) -> dict[str, tuple[Posted, ...]]:
        found: dict[str, list[Posted]] = {}
        for (practice, _, _), each in sorted(self._posted.get(period, {}).items(), key=_in_order):
            found.setdefault(practice, []).append(each)
        return {practice: tuple(several) for practice, several in found.items()}

    def _post(self, period: Period, practice: str, component: str, payee: Payee, amount: int, reference: str) -> None:
        entries = self._posted.setdefault(period, {})
        before = entries.get((practice, component, payee), Posted(component, payee, 0, ()))
        entries[practice, component, payee] = replace(
            before, amount=before.amount + amount, references=(*before.references, reference)
        )


def _in_order(entry: tuple[tuple[Any, ...], Any]) -> list[str]:
    """Payees have no order of their own."""
    return [str(part) for part in entry[0]]


def differing(posted: Paid, due: Paid) -> Iterable[str]:
    """In words: what the ledger says and what a fresh calculation says, where they are not the same."""
    for key in sorted(posted.keys() | due.keys(), key=str):
        if posted.get(key, 0) != due.get(key, 0):
            practice, component, payee = key
            yield (
                f"{practice} {component} to {payee.code}: {posted.get(key, 0)} pence are posted, {due.get(key, 0)} are due"
            )
