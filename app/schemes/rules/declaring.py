"""What a declaration binds, and what a claim lacks."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app.calculation.service import canonical_json, facts_from_json, facts_to_json
from app.calculation.values import Fact, PracticeInput, PracticeResult
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


def as_declared(evidence: Iterable[Fact]) -> list[dict[str, Any]]:
    """Facts as a claim keeps them: as confirmed, since a claim is vetted only when they are."""
    return facts_to_json([each.but(confirmed=True) for each in evidence])


def is_outgrown(declared: Sequence[Mapping[str, Any]] | None, evidence: Iterable[Fact]) -> bool:
    """Whether what is recorded is not what was declared any more: a claim that was paid then pays no more than before."""
    return declared is not None and list(declared) != as_declared(evidence)


def still_claimed(declared: Sequence[Mapping[str, Any]], evidence: Iterable[Fact]) -> tuple[Fact, ...]:
    """Of the evidence that a paid claim declared what is recorded still, each fact at most as it was declared.

    Of six sessions one is withdrawn and another one, which nobody claimed, is recorded: five of them are claimed still.
    """
    known = {each.external_id: each for each in facts_from_json(declared)}
    return tuple(
        each.but(value=min(each.value, known[each.external_id].value), confirmed=True)
        for each in evidence
        if each.external_id in known and known[each.external_id].measure == each.measure
    )


def within_claims(
    practices: Iterable[PracticeInput],
    reasons: Mapping[str, str | None],
    paid: Mapping[str, Sequence[Mapping[str, Any]] | None],
    *,
    unasked: Collection[str],
) -> list[PracticeInput]:
    """The practices as a run may pay them: `reasons` say why no claim of theirs is paid by it, `paid` holds the evidence of
    claims that were paid before, and `unasked` were paid when nothing had to be claimed.

    Of four practices the first has a claim that the run pays, whole. The second was paid for six sessions and has
    recorded two more: six are paid. The third was paid before claims had to be made, and keeps it. The fourth is held.
    """
    return [
        each
        if (reason := reasons[each.code]) is None
        else _bounded(each, paid[each.code])
        if each.code in paid
        else each
        if each.code in unasked
        else replace(each, held=reason)
        for each in practices
    ]


def _bounded(practice: PracticeInput, declared: Sequence[Mapping[str, Any]] | None) -> PracticeInput:
    """What came after the claim that was paid is not paid by it, and has to be claimed as well."""
    if declared is None or not is_outgrown(declared, practice.facts):
        return practice
    return replace(practice, claimed=still_claimed(declared, practice.facts))


def missing_words(
    figures: ClaimFigures, window: ClaimWindow, *, is_open: bool, is_outgrown: bool = False, today: date
) -> list[str]:
    """What keeps the claim from being paid in full, in whole sentences: lines that pay nothing and why, evidence that is
    not confirmed, and the time to declare in.
    """
    words = list(_missing(figures, window, is_open=is_open, today=today))
    if is_outgrown:
        words.append("Evidence that came after this claim was paid is not paid by it: claim for the period again.")
    return words


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
        return f"What was declared, {pounds_words(before)}, has no figure any more by the rules and evidence of today."
    if after == before:
        return f"The evidence behind what was declared changed; the figure is still {pounds_words(after)}."
    return f"What was declared moved from {pounds_words(before)} to {pounds_words(after)}."
