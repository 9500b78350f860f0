"""The books of one scheme in memory: what is known of its practices, what its runs have posted, and what is still owed.

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
    practice_bytes,
    practice_from_json,
    sight,
)
from app.calculation.values import Definition, Fact, ListSize, Payee, PostHeld, PracticeInput
from app.core.clock import Period
from app.payments.service import statement_bytes, work_out
from app.payments.values import Balance, Part, Posted, WorkedRun

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
    held: str | None = None

    def known(self) -> PracticeInput:
        return PracticeInput(
            self.code,
            tuple(self.lists),
            tuple(self.posts),
            tuple(self.facts.values()),
            (self.term,),
            self.held,
            self.successor,
        )


@dataclass(frozen=True, slots=True)
class Version:
    definition: dict[str, Any]
    applies: Period
    parsed: Definition
    _glasses: dict[Period, tuple[Callable[[PracticeInput], PracticeInput], dict[str, date]]] = field(
        default_factory=dict
    )

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
    """What was worked out, and from what: `frozen` are its parts with their practices in the stored form."""

    number: int
    period: Period
    frozen: tuple[tuple[Part, tuple[bytes, ...]], ...]
    digests: dict[Period, str]
    balances: tuple[Balance, ...]
    worked: WorkedRun
    statements: tuple[bytes, ...]

    def again(self) -> tuple[bytes, ...]:
        """The statements as known then: worked out anew from what was frozen."""
        parts = [
            replace(part, practices=tuple(practice_from_json(json.loads(each)) for each in practices))
            for part, practices in self.frozen
        ]
        return printed(work_out(parts, self.balances))


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
    practices: dict[str, Practice] = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    _posted: dict[Period, dict[tuple[str, str, Payee], Posted]] = field(default_factory=dict)
    _digests: dict[Period, str] = field(default_factory=dict)
    _owed: defaultdict[tuple[str, Payee], int] = field(default_factory=lambda: defaultdict(int))

    def version(self, period: Period) -> Version:
        """The newest that covers the period."""
        return next(each for each in reversed(self.versions) if each.covers(period))

    def inputs(self, period: Period) -> list[PracticeInput]:
        """What a run sees of each practice with an agreement in the period."""
        version = self.version(period)
        return [version.sees(each, period) for each in self._taking_part(period)]

    def _taking_part(self, period: Period) -> list[PracticeInput]:
        return [each.known() for _, each in sorted(self.practices.items()) if each.term.intersection(period)]

    def work_out(self, period: Period) -> Run:
        """A run for the period, with the differences of every earlier period that was paid."""
        earlier = sorted(each for each in self._posted if each.valid_from < period.valid_from)
        frozen, digests = [], {}
        for each in (period, *earlier):
            definition, practices = self.version(each).definition, self.inputs(each)
            forms = tuple(practice_bytes(practice) for practice in practices)
            digests[each] = frozen_digest(definition, period=each, frozen=forms)
            if digests[each] != self._digests.get(each):
                differences = each in self._posted
                frozen.append((Part(each, definition, tuple(practices), self._before(each), differences), forms))
        balances = tuple(
            Balance(practice, payee, amount) for (practice, payee), amount in sorted(self._owed.items(), key=_in_order)
            if amount
        )  # fmt: skip
        worked = work_out([part for part, _ in frozen], balances)
        return Run(len(self.runs) + 1, period, tuple(frozen), digests, balances, worked, printed(worked))

    def release(self, run: Run) -> None:
        self.runs.append(run)
        self._digests |= run.digests
        self._posted.setdefault(run.period, {})
        for statement in run.worked.statements:
            for number, line in enumerate(statement.lines, start=1):
                if line.amount:
                    reference = f"S{run.number}-{statement.practice}-{number}"
                    self._post(line.period, statement.practice, line.component, line.payee, line.amount, reference)
            for payment in statement.payments:
                self._owed[statement.practice, payment.payee] += payment.total - payment.payable

    def posted(self, period: Period) -> Paid:
        """What the ledger says was paid for the period, without what cancels out."""
        return {key: each.amount for key, each in self._posted.get(period, {}).items() if each.amount}

    def due(self, period: Period) -> Paid:
        """A fresh calculation of the period by all that is known now, not by what a run looks at."""
        results = evaluate(self.version(period).parsed, period=period, practices=self._taking_part(period))
        return {
            (result.code, line.component, line.payee): line.amount
            for result in results
            for line in result.lines
            if line.amount
        }

    @property
    def periods(self) -> list[Period]:
        return sorted(self._posted)

    @property
    def owed(self) -> dict[tuple[str, Payee], int]:
        return {key: amount for key, amount in self._owed.items() if amount}

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
