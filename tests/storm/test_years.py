"""A short slice of the years; `plenary storm years` plays as many as one likes."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from app.calculation.values import Payee
from app.storm.books import Books, differing
from app.storm.claims import Claims
from app.storm.debts import Debts
from app.storm.years import Played, Year, storm_years
from tests.depth import DEEP


def test_each_ledger_is_a_fresh_calculation_and_each_statement_what_it_was() -> None:
    heard: list[str] = []
    assert storm_years(0, 1000 if DEEP else 12, say=heard.append) == []
    assert "runs released" in heard[-1]


class Losing(Books):
    """Its ledger lacks its largest payment."""

    def posted(self, period):
        found = super().posted(period)
        return found if len(found) < 2 else dict(sorted(found.items(), key=lambda entry: entry[1])[:-1])


class Forgetting(Books):
    """It pays again what it has paid."""

    def _before(self, period):
        return {}


class Spending(Books):
    """It pays more than its budget has left."""

    def _ceiling(self, period):
        found = super()._ceiling(period)
        return found and replace(found, available=found.available + 10**12)


class Uncorrected(Books):
    """Its runs know of no correction."""

    def work_out(self, period):
        known, self.corrections = self.corrections, {}
        try:
            return super().work_out(period)
        finally:
            self.corrections = known


class Unasked(Claims):
    """It pays whoever has claimed nothing."""

    def payable(self, definition, period, practices, *, unasked):
        return list(practices), []


class Pressing(Debts):
    """It takes back at once what is to be taken back in parts."""

    def balances(self):
        return tuple(replace(each, most=None) for each in super().balances())


class Waiving(Debts):
    """It waives what it takes back as well."""

    def move(self, owing, amount):
        super().move(owing, amount)
        self.waived[owing] += max(-amount, 0)


class Repeating(Debts):
    """Each statement says again what was waived."""

    def say(self, practices):
        pass


@pytest.mark.parametrize(
    ("books", "seed", "said"),
    [
        (Losing, 1, "pence are posted"),
        (Forgetting, 0, "pence are posted"),
        (Spending, 1, "of a budget of"),
        (Uncorrected, 1, "pence are posted"),
        (lambda: Books(claims=Unasked()), 8, "pence are posted"),
        (lambda: Books(debts=Pressing()), 15, "are taken back from"),
        (lambda: Books(debts=Waiving()), 1, "pence were paid to"),
        (lambda: Books(debts=Repeating()), 10, "statements say"),
    ],
)
def test_books_that_are_wrong_fail_a_year_which_is_named_by_the_command_that_plays_it_again(
    monkeypatch: pytest.MonkeyPatch, books: Any, seed: int, said: str
) -> None:
    monkeypatch.setattr("app.storm.years.Books", books)
    problems = storm_years(seed, 1, say=lambda words: None)
    assert any(said in each for each in problems), problems
    assert all(each.rpartition("Play it again: ")[2].startswith("plenary storm years --seed ") for each in problems)


def test_the_same_seed_is_the_same_year() -> None:
    first, second = ([*_statements(seed)] for seed in (3, 3))
    assert first == second


def _statements(seed: int):
    year = Year(Random(seed))
    assert list(year.play(Played())) == []
    return (statement for run in year.books.runs for statement in run.statements)


def test_a_difference_says_who_and_how_much() -> None:
    paid = {("ZZ0001", "line0", Payee("practice", "ZZ0001")): 1200}
    assert list(differing(paid, paid)) == []
    (words,) = differing(paid, {})
    assert words == "ZZ0001 line0 to ZZ0001: 1200 pence are posted, 0 are due"
