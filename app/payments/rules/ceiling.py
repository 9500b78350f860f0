"""What of a run's lines a budget allows, and what it holds back until it allows more."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from app.calculation.service import largest_remainder
from app.calculation.values import Explanation, Payee
from app.core.money import format_pounds
from app.core.wording import pounds_text
from app.payments.values import Ceiling, LineKind, StatementLine
from app.schemes.values import OverBudget

# No component of a definition can be called so: its names have no colon.
COMPONENT: Final = "budget:ceiling"
Due = dict[tuple[str, Payee], int]


def excess(lines: Mapping[str, Sequence[StatementLine]], ceiling: Ceiling) -> int:
    """By how much the lines are more than a budget has left that stops the run. A run that only takes back is never over."""
    total = sum(line.amount for several in lines.values() for line in several)
    is_over = ceiling.rule is OverBudget.STOP and total > max(ceiling.available, 0)
    return total - ceiling.available if is_over else 0


def held_back(
    lines: Mapping[str, Sequence[StatementLine]], ceiling: Ceiling, *, waiting: Iterable[str]
) -> dict[str, list[StatementLine]]:
    """By practice, one line for each payee that is paid less than it is due; `waiting` are practices held back before.

    9,000.00 are left and 4,000.00, 6,000.00 and 2,000.00 are due. `pro_rate` pays three quarters of each, 3,000.00,
    4,500.00 and 1,500.00, to the penny by largest remainder. `queue` pays the first 4,000.00, and as the 6,000.00 of the
    next are more than is left, it and all after it wait and come first next time. What is taken back in the same run
    adds to what is left. The rules are ours: that a local scheme names one is asked for in its own terms.
    """
    if ceiling.rule is OverBudget.STOP:
        return {}
    dues = _dues(lines)
    taken_back = sum(amount for amount in dues.values() if amount < 0)
    due = {key: amount for key, amount in dues.items() if amount > 0}
    allowed = max(ceiling.available - taken_back, 0)
    if sum(due.values()) <= allowed:
        return {}
    first = frozenset(waiting)
    share = _in_turn(due, allowed, first) if ceiling.rule is OverBudget.QUEUE else _in_proportion(due, allowed)
    found: dict[str, list[StatementLine]] = {}
    for (practice, payee), amount in due.items():
        if share[practice, payee] < amount:
            line = _line(payee, amount, share[practice, payee], ceiling, left=allowed)
            found.setdefault(practice, []).append(line)
    return found


def _dues(lines: Mapping[str, Sequence[StatementLine]]) -> Due:
    dues: Due = {}
    for practice in sorted(lines):
        for line in lines[practice]:
            dues[practice, line.payee] = dues.get((practice, line.payee), 0) + line.amount
    return dict(sorted(dues.items(), key=lambda item: (item[0][0], item[0][1].type, item[0][1].code)))


def _in_proportion(due: Due, allowed: int) -> Due:
    total = sum(due.values())
    exact = [Fraction(amount * allowed, total) for amount in due.values()]
    return dict(zip(due, largest_remainder(exact, allowed, order=range(len(due))), strict=True))


def _in_turn(due: Due, allowed: int, first: frozenset[str]) -> Due:
    """Practices whole or not at all, whoever their payees are."""
    whole: dict[str, int] = {}
    for (practice, _), amount in due.items():
        whole[practice] = whole.get(practice, 0) + amount
    paid: set[str] = set()
    for practice in sorted(whole, key=lambda code: (code not in first, code)):
        if whole[practice] > allowed:
            break
        allowed -= whole[practice]
        paid.add(practice)
    return {key: amount if key[0] in paid else 0 for key, amount in due.items()}


def _line(payee: Payee, due: int, share: int, ceiling: Ceiling, *, left: int) -> StatementLine:
    held = due - share

    def explain() -> Explanation:
        budget = f"{pounds_text(left)} of the scheme's budget of {pounds_text(ceiling.budget)} can be paid in this run"
        if ceiling.rule is OverBudget.QUEUE:
            sentence = f"{budget}, to practices in turn: the {pounds_text(due)} due here is held back, and comes first next time."
        else:
            sentence = (
                f"{budget}, to everybody in proportion: {pounds_text(share)} of the {pounds_text(due)} due here, and"
                f" {pounds_text(held)} is held back until the budget allows it."
            )
        inputs = [
            {"operator": "due", "value": format_pounds(due), "inputs": []},
            {"operator": "available", "value": format_pounds(left), "inputs": []},
        ]
        return Explanation(
            sentence,
            {
                "operator": "budget_ceiling",
                "rule": ceiling.rule.value,
                "budget": format_pounds(ceiling.budget),
                "value": format_pounds(-held),
                "inputs": inputs,
            },
        )

    return StatementLine(
        component=COMPONENT,
        kind=LineKind.ENTITLEMENT,
        period=ceiling.period,
        quantity=None,
        rate=None,
        amount=-held,
        payee=payee,
        blocked=share == 0,
        explain=explain,
        keeps_words=True,
    )
