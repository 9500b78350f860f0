"""Which version is meant, and what a budget gives each practice."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.calculation.service import year_share
from app.core.clock import Period
from app.schemes.values import (
    Budget,
)


def applies_words(applies: Iterable[Period]) -> str:
    """When a scheme's versions apply: `from 2026-04-01 until 2027-04-01, the last day not included`."""
    spans = sorted({(each.valid_from, each.end) for each in applies})
    return f"{', '.join(f'from {start} until {end}' for start, end in spans)}, the last day not included"


def is_consulted(until: date | None, *, on: date) -> bool:
    """Whether a consultation runs on the day: until 1 March lets the LMC comment on 28 February for the last time."""
    return until is not None and on < until


def live_version(published: Sequence[tuple[int, Period]]) -> int:
    """The version that goes furthest, of several the newest: not the correction of a quarter that is over."""
    return max(published, key=lambda each: (each[1].end, each[0]))[0]


def version_signed(published: Sequence[tuple[int, Period]], term: Period) -> int | None:
    """The version by whose words an agreement for the term is made: the newest that applies to all of it, else to its
    first day, else the newest of all. The correction of a quarter that is over is in nobody's agreement.

    Version 1 applies from April to March, 2 from April to June: who joins for the rest of the year from November signs 1,
    and once version 3 applies from October to March, 3. The rule is ours: an acceptance carries the digest of the words
    that were read, so they have to be words that can still be paid by.
    """
    choices = (
        [n for n, applies in published if applies.intersection(term) == term],
        [n for n, applies in published if applies.contains(term.valid_from)],
        [n for n, _ in published],
    )
    return next((max(numbers) for numbers in choices if numbers), None)


def budget_share(budget: Budget, list_size: Decimal, applies: Period) -> Fraction | None:
    """Pence of a per-head budget that are a practice's: 2.00 for each of 8,412 patients is 16,824.00 a year.

    A version that applies to part of a year has the part that prices for a year have. None where the budget is one
    amount for all.
    """
    if budget.per_head is None:
        return None
    return Fraction(budget.per_head) * 100 * Fraction(list_size) * year_share(applies)


def whole_pence(pence: Fraction | None) -> int | None:
    """Down to the penny: a budget is not stretched by rounding."""
    return None if pence is None else pence.numerator // pence.denominator


def is_covered(period: Period, *, by: Period) -> bool:
    """Whether the one lies within the other, whose ends are known."""
    return by.valid_from <= period.valid_from and period.end <= by.end
