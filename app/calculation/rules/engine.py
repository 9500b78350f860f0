"""From a definition and frozen inputs to lines: earn exactly, round once, say each line in a sentence."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from app.calculation.errors import AmountTooLarge, PracticeRepeated
from app.calculation.rules.earning import Earning, PayingNode, Run, Said, View, closed
from app.calculation.rules.exact import Exact, pounds_value
from app.calculation.rules.notes import unconfirmed_notes
from app.calculation.rules.rounding import rounded, settle
from app.calculation.rules.wording import pounds_text
from app.calculation.values import (
    Definition,
    Explanation,
    Line,
    Payee,
    PracticeInput,
    PracticeResult,
    Range,
    RoundAt,
    Rounding,
)
from app.core.clock import Period
from app.core.money import format_pounds

# The lines of every practice in England, each this large, still add up within 64 bits.
_MOST_PENCE: Final = 10**15

_MOVED: Final = {
    RoundAt.PERIOD: "so that the practice's total for the period is rounded once",
    RoundAt.FINAL: "so that the total of all practices is rounded once",
}


def evaluate(
    definition: Definition, *, period: Period, practices: Sequence[PracticeInput], view: View
) -> list[PracticeResult]:
    if len({practice.code for practice in practices}) != len(practices):
        raise PracticeRepeated
    results = _evaluate(definition, period=period, practices=practices, view=view)
    if all(practice.claimed is None for practice in practices):
        return results
    claimed = [each if each.claimed is None else replace(each, facts=each.claimed) for each in practices]
    bounds = _evaluate(definition, period=period, practices=claimed, view=view)
    return [
        result if practice.claimed is None else _within_claim(result, bound)
        for practice, result, bound in zip(practices, results, bounds, strict=True)
    ]


def _within_claim(result: PracticeResult, bound: PracticeResult) -> PracticeResult:
    """Each line by the evidence that is recorded now, or by that of the claim that was paid, whichever comes to less.

    Six sessions were claimed and paid with 1,800.00. Two more are recorded: it stays at 1,800.00 until they are claimed as
    well. One of the six is withdrawn: 1,500.00. A rate that is raised to 310.00 for that time pays 1,860.00, since what was
    claimed is the evidence. The rule is ours: nobody is paid more evidence than was declared, vetted and approved, and
    what was paid too much is taken back without asking.
    """
    lines = tuple(min(pair, key=_amount) for pair in zip(result.lines, bound.lines, strict=True))
    return PracticeResult(result.code, lines, sum(map(_amount, lines)), result.notes)


def _amount(line: Line) -> int:
    return line.amount


def _evaluate(
    definition: Definition, *, period: Period, practices: Sequence[PracticeInput], view: View
) -> list[PracticeResult]:
    run = Run(period, practices, view, definition.round)
    earned = [_held(*each) for each in zip(practices, earnings(definition, run), strict=True)]
    amounts = _settled(definition, earned, practices)
    notes = unconfirmed_notes(definition, run)
    return [
        _result(practice, several, pence, definition.round, notes(practice))
        for practice, several, pence in zip(practices, earned, amounts, strict=True)
    ]


def earnings(definition: Definition, run: Run) -> list[list[Earning]]:
    node = definition.pay
    if not isinstance(node, PayingNode):
        raise TypeError("A definition pays by nodes of the catalogue.")
    pay = node.prepare(run)
    return [pay(practice) for practice in run.practices]


def _held(practice: PracticeInput, several: list[Earning]) -> list[Earning]:
    """Nothing is paid to a practice that is held, such as one whose claim is not approved; each line says why.

    Of a pot its share stays unpaid and goes to nobody else: it is still the practice's to claim. The rule is ours.
    """
    if practice.held is None:
        return several
    reason = Said(practice.held, {"operator": "held", "inputs": []})
    return [closed(earning, say=lambda: reason).as_blocked() for earning in several]


def _settled(
    definition: Definition, earned: Sequence[Sequence[Earning]], practices: Sequence[PracticeInput]
) -> list[list[int]]:
    exact = [[earning.pence for earning in several] for several in earned]
    amounts = settle(exact, definition.round, codes=[practice.code for practice in practices])
    too_large = [
        practice.code
        for practice, several in zip(practices, amounts, strict=True)
        if any(abs(amount) > _MOST_PENCE for amount in several)
    ]
    if too_large:
        raise AmountTooLarge(too_large)
    return amounts


def estimates(definition: Definition, *, period: Period, practices: Sequence[PracticeInput]) -> dict[str, Range | None]:
    """What each practice can earn: `least` is what it has earned by confirmed facts and posts so far; `expected` is all
    that is offered, each need met and each capped count full, uncapped facts as they are to date; `most` equals it, or
    is None where something is uncapped. No range where an amount is too large.
    """
    earned = earnings(definition, Run(period, practices, View.CONFIRMED, definition.round))
    offered = earnings(definition, Run(period, practices, View.OFFERED, definition.round))
    return {
        practice.code: _range(definition, practice, so_far, all_of_it)
        for practice, so_far, all_of_it in zip(practices, earned, offered, strict=True)
    }


def _range(
    definition: Definition, practice: PracticeInput, earned: Sequence[Earning], offered: Sequence[Earning]
) -> Range | None:
    try:
        least, expected = (sum(_settled(definition, [each], [practice])[0]) for each in (earned, offered))
    except AmountTooLarge:
        return None
    is_bounded = all(one.bounded for one in offered)
    return Range(least, expected, expected if is_bounded else None)


def _result(
    practice: PracticeInput, several: list[Earning], pence: list[int], rounding: Rounding, notes: tuple[str, ...]
) -> PracticeResult:
    own = Payee("practice", practice.code)
    lines = tuple(_line(earning, amount, rounding, own) for earning, amount in zip(several, pence, strict=True))
    return PracticeResult(practice.code, lines, sum(pence), notes)


def _line(earning: Earning, amount: int, rounding: Rounding, own: Payee) -> Line:
    return Line(
        component=earning.component,
        quantity=earning.quantity,
        rate=earning.rate,
        amount=amount,
        payee=earning.payee or own,
        explain=partial(_explained, earning, amount, rounding),
        blocked=earning.blocked,
    )


def _explained(earning: Earning, amount: int, rounding: Rounding) -> Explanation:
    told = earning.tell()
    return Explanation(
        _sentence(f"{told.text}{told.link}", earning.pence, amount, rounding),
        _workings(told.workings, earning.pence, amount, rounding),
    )


def _sentence(start: str, exact: Exact, amount: int, rounding: Rounding) -> str:
    if exact == amount:
        return f"{start}{pounds_text(amount)}."
    alone = rounded(exact, rounding.mode)
    sentence = f"{start}{pounds_text(exact)}, rounded to {pounds_text(alone)}"
    if amount == alone:
        return f"{sentence}."
    moved = amount - alone
    word = "more" if moved > 0 else "less"
    return f"{sentence}, and {pounds_text(abs(moved))} {word} {_MOVED[rounding.at]}: {pounds_text(amount)}."


def _workings(inner: dict[str, Any], exact: Exact, amount: int, rounding: Rounding) -> dict[str, Any]:
    paid = format_pounds(amount)
    return {
        "operator": "round",
        "at": rounding.at.value,
        "mode": rounding.mode.value,
        "value": paid,
        "unrounded": pounds_value(exact),
        "rounded": paid,
        "inputs": [inner],
    }
