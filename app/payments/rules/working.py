"""From frozen parts to statements: entitled to date minus posted to date, and what may leave in a file."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app.calculation.service import evaluate, parse_definition
from app.calculation.values import Explanation, Line, Payee, PracticeResult
from app.core.clock import Period
from app.core.money import format_pounds
from app.core.wording import day_text, pounds_text, span_text
from app.payments.rules.ceiling import COMPONENT, excess, held_back
from app.payments.rules.written import outputs_digest
from app.payments.values import (
    Balance,
    Ceiling,
    Correction,
    LineKind,
    Part,
    PayeePayment,
    Posted,
    StatementLine,
    WorkedRun,
    WorkedStatement,
)

_NO_LONGER_HELD_BACK: Final = "What the budget held back is due again, as far as the budget allows it now."


def work_out(parts: Sequence[Part], balances: Iterable[Balance], within: Ceiling | None = None) -> WorkedRun:
    """A run's statements: lines of a period that is paid for the first time, then one adjustment for each difference.

    A practice was paid 1,200.00 for April to June, and a late session of 300.00 comes to light: the run for July to
    September pays its own lines and, for April to June, 1,500.00 - 1,200.00 = 300.00.
    """
    lines: dict[str, list[StatementLine]] = {}
    notes: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if part.differences:
            for practice, differences in _differences(part):
                lines.setdefault(practice, []).extend(differences)
            continue
        for result in _evaluated(part):
            lines[result.code] = [_entitlement(line, part.period) for line in result.lines]
            notes[result.code] = result.notes
    over = excess(lines, within) if within else 0
    held = held_back(lines, within, waiting=_waiting(parts)) if within else {}
    for practice, several in held.items():
        lines[practice] = [*lines[practice], *several]
    owed: defaultdict[str, list[Balance]] = defaultdict(list)
    for balance in balances:
        owed[balance.practice].append(balance)
    statements = tuple(_statement(code, lines[code], notes.get(code, ()), owed[code]) for code in sorted(lines))
    return WorkedRun(
        statements,
        total=sum(statement.total for statement in statements),
        lines=sum(len(statement.lines) for statement in statements),
        outputs_digest=outputs_digest(statements),
        excess=over,
        held_back=-sum(line.amount for several in held.values() for line in several),
    )


def _waiting(parts: Iterable[Part]) -> Iterator[str]:
    """Practices of which released runs hold something back."""
    for part in parts:
        for practice, posted in part.posted.items():
            if any(each.component == COMPONENT and each.amount < 0 for each in posted):
                yield practice


def _evaluated(part: Part) -> list[PracticeResult]:
    results = evaluate(parse_definition(part.definition), period=part.period, practices=part.practices)
    if not part.unknown_payees:
        return results
    return [
        replace(result, lines=tuple(_payable(line, part.unknown_payees) for line in result.lines)) for result in results
    ]


def _payable(line: Line, unknown: frozenset[str]) -> Line:
    """An organisation that nobody can find is not paid; whoever else the run pays is."""
    if line.payee.type == "practice" or line.payee.code not in unknown:
        return line

    def explain() -> Explanation:
        earned = line.explain()
        sentence = (
            f"Nothing is paid yet, because neither the register nor a confirmed supplier has the organisation"
            f" {line.payee.code}. It would be: {earned.sentence}"
        )
        return Explanation(sentence, {"operator": "unknown_payee", "value": "0.00", "inputs": [earned.workings]})

    return replace(line, amount=0, blocked=True, explain=explain)


def entitled_lines(part: Part, practice: str) -> tuple[StatementLine, ...]:
    """What the rules alone give the practice for the part's period, as a run that pays it for the first time has it."""
    found = next((result.lines for result in _evaluated(part) if result.code == practice), ())
    return tuple(_entitlement(line, part.period) for line in found)


def _entitlement(line: Line, period: Period) -> StatementLine:
    return StatementLine(
        component=line.component,
        kind=LineKind.ENTITLEMENT,
        period=period,
        quantity=line.quantity,
        rate=line.rate,
        amount=line.amount,
        payee=line.payee,
        blocked=line.blocked,
        explain=line.explain,
    )


def _differences(part: Part) -> Iterator[tuple[str, list[StatementLine]]]:
    results = {result.code: result.lines for result in _evaluated(part)}
    for practice in sorted(results.keys() | part.posted.keys() | part.corrections.keys()):
        known = _known(results.get(practice, ()), part.posted.get(practice, ()), part.corrections.get(practice, ()))
        found = [_adjustment(component, payee, each, part.period) for (component, payee), each in known.items()]
        if moved := [line for line in found if line.amount]:
            yield practice, moved


@dataclass(slots=True)
class _Known:
    """What is known of one component and payee: what the rules give now, what was corrected by hand, what was posted."""

    line: Line | None = None
    posted: Posted | None = None
    corrections: list[Correction] = field(default_factory=list)

    @property
    def due(self) -> int:
        return (self.line.amount if self.line else 0) + sum(each.amount for each in self.corrections)

    @property
    def paid(self) -> int:
        return self.posted.amount if self.posted else 0


def _known(
    lines: Iterable[Line], posted: Iterable[Posted], corrections: Iterable[Correction]
) -> Mapping[tuple[str, Payee], _Known]:
    known: defaultdict[tuple[str, Payee], _Known] = defaultdict(_Known)
    for line in lines:
        known[line.component, line.payee].line = line
    for each in posted:
        known[each.component, each.payee].posted = each
    for correction in corrections:
        known[correction.component, correction.payee].corrections.append(correction)
    return known


def _adjustment(component: str, payee: Payee, known: _Known, period: Period) -> StatementLine:
    """Due by what is known now, less what was posted. A correction stays due, so that a later run does not take it back.

    1,500.00 by the rules and 300.00 corrected after a query, where 1,500.00 was posted: 300.00 more. The run after that
    finds 1,800.00 posted, and nothing moves.
    """
    line, amount = known.line, known.due - known.paid

    def explain() -> Explanation:
        if component == COMPONENT and not known.corrections:
            return Explanation(_again_due(amount, period), _difference(amount, [_paid(known.posted)]))
        entitled = line.explain() if line else None
        no_longer = f"It is no longer due to {payee.code}." if component != COMPONENT else _NO_LONGER_HELD_BACK
        sentences = [
            _moved(period, known.due, known.paid),
            entitled.sentence if entitled else no_longer,
            *map(_corrected, known.corrections),
        ]
        inputs = [
            *(
                [{"operator": "entitled", "value": format_pounds(line.amount), "inputs": [entitled.workings]}]
                if line and entitled
                else []
            ),
            *map(_correction_workings, known.corrections),
            _paid(known.posted),
        ]
        return Explanation(" ".join(sentences), _difference(amount, inputs))

    return StatementLine(
        component=component,
        kind=LineKind.ADJUSTMENT,
        period=period,
        quantity=line.quantity if line else None,
        rate=line.rate if line else None,
        amount=amount,
        payee=payee,
        blocked=line.blocked if line else False,
        explain=explain,
    )


def _again_due(amount: int, period: Period) -> str:
    return (
        f"{pounds_text(amount)} that the budget held back for {span_text(period)} is due again, as far as the budget allows"
        " it now."
    )


def _corrected(correction: Correction) -> str:
    verb = "added" if correction.amount > 0 else "taken off"
    return f"Corrected after a query: {pounds_text(abs(correction.amount))} is {verb}. {_reason(correction.reason)}"


def _reason(text: str) -> str:
    """What somebody wrote, as one sentence on one line."""
    return f"{' '.join(text.split()).rstrip('.')}."


def _correction_workings(correction: Correction) -> dict[str, Any]:
    return {
        "operator": "correction",
        "value": format_pounds(correction.amount),
        "reason": correction.reason,
        "query": correction.query,
        "inputs": [],
    }


def _moved(period: Period, entitled: int, paid: int) -> str:
    difference = entitled - paid
    end = "more is paid" if difference > 0 else "is taken back"
    return (
        f"Adjustment from {span_text(period)}: {pounds_text(entitled)} is due by what is known now and {pounds_text(paid)}"
        f" was paid before, so {pounds_text(abs(difference))} {end}."
    )


def _difference(amount: int, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"operator": "difference", "value": format_pounds(amount), "inputs": inputs}


def _paid(posted: Posted | None) -> dict[str, Any]:
    references = list(posted.references) if posted else []
    return {
        "operator": "posted",
        "value": format_pounds(posted.amount if posted else 0),
        "lines": references,
        "inputs": [],
    }


def _statement(
    code: str, lines: list[StatementLine], notes: tuple[str, ...], owed: Sequence[Balance]
) -> WorkedStatement:
    payments = _payments(lines, {balance.payee: balance for balance in owed})
    said = (*notes, *(sentence for balance in owed for sentence in balance_notes(balance)))
    return WorkedStatement(code, tuple(lines), sum(line.amount for line in lines), payments, said)


def _payments(lines: Sequence[StatementLine], owed: Mapping[Payee, Balance]) -> tuple[PayeePayment, ...]:
    """One payment for each payee whose lines do not cancel out, the practice's own first."""
    totals: defaultdict[Payee, int] = defaultdict(int)
    for line in lines:
        totals[line.payee] += line.amount
    order = sorted(totals, key=lambda payee: (payee.type != "practice", payee.code))
    return tuple(settle(payee, totals[payee], owed.get(payee)) for payee in order if totals[payee])


def settle(payee: Payee, total: int, owed: Balance | None = None) -> PayeePayment:
    """A negative payment never leaves in a file: it is carried forward until later payments have made it good.

    A payee that owes 120.00 from before and earns 200.00 now is paid 80.00; one that earns 50.00 is paid nothing and
    70.00 is carried forward. Where two people have agreed that each run takes back 30.00 at most, the first is paid
    170.00 and 90.00 is carried forward. The rule is ours; that overpayments are set against later payments is how
    aspiration payments are recovered (Statement of Financial Entitlements, section on overpayments, 2013).
    """
    brought_forward = owed.amount if owed else 0
    taken = min(-brought_forward, max(total, 0))
    if owed is not None and owed.most is not None:
        taken = min(taken, owed.most)
    payable = max(total, 0) - taken
    return PayeePayment(
        payee, total, brought_forward, payable=payable, carried_forward=total + brought_forward - payable
    )


def balance_notes(owed: Balance) -> Iterator[str]:
    """What was agreed about money that is owed, for the statement of whoever owes it."""
    if owed.waived:
        when = f" on {day_text(owed.waived_on)}" if owed.waived_on else ""
        reason = f" {_reason(owed.waived_because)}" if owed.waived_because else ""
        yield f"{pounds_text(owed.waived)} that {owed.payee.code} owed from before was waived{when}.{reason}"
    if owed.amount and owed.most is not None:
        yield (
            f"{owed.payee.code} owes {pounds_text(-owed.amount)} from before, and by what was agreed this payment is"
            f" lessened by {pounds_text(owed.most)} at most."
        )
