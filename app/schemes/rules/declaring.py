"""What a declaration binds, and what a claim lacks."""

import hashlib
from collections.abc import Iterator
from datetime import date

from app.calculation.service import canonical_json
from app.calculation.values import PracticeInput, PracticeResult
from app.core.wording import day_text, pounds_words
from app.schemes.values import ClaimFigures, ClaimWindow


def values_digest(given: PracticeInput, live: PracticeResult, *, is_shared: bool) -> str:
    """Of what a practice declares: its evidence, and each line's quantity, rate and amount.

    Six sessions at 300.00 have the digest of three facts of two each and of 1,800.00. A session more, a corrected list or
    a backdated rate gives another; the confirmation of a fact, or a list that is recorded again as it was, does not. Of a
    pot that all share the amount is not the practice's to declare, since it moves with the others' evidence. The rule is
    ours: CQRS takes a declaration back when values change, without saying which.
    """
    # An external id is unique in a scheme, so the order depends on nothing else.
    facts = sorted([each.external_id, each.measure, each.on, each.value, each.subject] for each in given.facts)
    lines = [
        [line.component, line.quantity, line.rate, None if is_shared else line.amount, line.payee.code]
        for line in live.lines
    ]
    return hashlib.sha256(canonical_json({"facts": facts, "lines": lines})).hexdigest()


def missing_words(figures: ClaimFigures, window: ClaimWindow, *, is_open: bool, today: date) -> list[str]:
    """What keeps the claim from being paid in full, in whole sentences: lines that pay nothing and why, evidence that is
    not confirmed, and the time to declare in.
    """
    return list(_missing(figures, window, is_open=is_open, today=today))


def _missing(figures: ClaimFigures, window: ClaimWindow, *, is_open: bool, today: date) -> Iterator[str]:
    if figures.live is None or figures.confirmed is None:
        yield "A value that is recorded for this period is too large to be right, so there is no figure: correct it."
    else:
        yield from (line.sentence for line in figures.live.lines if line.blocked or not line.amount)
        yield from figures.confirmed.notes
    if is_open and today > window.closes_on:
        yield f"The time to declare was over on {day_text(window.closes_on)}."
    elif is_open:
        yield f"It is not declared: declare it until {day_text(window.closes_on)}."


def moved_words(before: int, after: int | None) -> str:
    """`What was declared moved from £1,500.00 to £1,200.00.`"""
    if after is None:
        return f"What was declared, {pounds_words(before)}, has no figure any more: an amount is too large to be right."
    if after == before:
        return f"The evidence behind what was declared changed; the figure is still {pounds_words(after)}."
    return f"What was declared moved from {pounds_words(before)} to {pounds_words(after)}."
