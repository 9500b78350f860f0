"""A short slice of the years; `plenary storm years` plays as many as one likes."""

from random import Random

import pytest

from app.calculation.values import Payee
from app.storm.books import Books, differing
from app.storm.years import Played, Year, storm_years
from tests.depth import DEEP


def test_each_ledger_is_a_fresh_calculation_and_each_statement_what_it_was() -> None:
    heard: list[str] = []
    assert storm_years(0, 1000 if DEEP else 12, say=heard.append) == []
    assert "runs released" in heard[-1]


def test_a_year_that_fails_is_named_by_the_command_that_plays_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that loses its largest payment stands for a fault of ours."""

    class Losing(Books):
        def posted(self, period):
            found = super().posted(period)
            return found if len(found) < 2 else dict(sorted(found.items(), key=lambda entry: entry[1])[:-1])

    monkeypatch.setattr("app.storm.years.Books", Losing)
    problems = storm_years(5, 3, say=lambda words: None)
    assert problems
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
