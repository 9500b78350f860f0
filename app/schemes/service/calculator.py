"""The calculator: the same engine over what the caller gives, and nothing is kept."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.calculation import service as calculation
from app.calculation.errors import BrokenMonth
from app.calculation.values import PracticeInput
from app.core.clock import Period
from app.core.errors import FieldError
from app.schemes.errors import CalculationTooLarge, VersionNotPayable
from app.schemes.rules import evidence
from app.schemes.schemas.calculator import CalculatorAnswer, CalculatorIn, calculator_answer
from app.schemes.service.checking import definition_errors
from app.schemes.service.drafting import read_definition
from app.schemes.values import CalculationOutcome

MOST_LINES: Final = 20_000
MOST_READINGS: Final = 100_000
# About ten megabytes of answer.
MOST_WORKINGS: Final = 100_000


def calculate(
    definition_raw: Mapping[str, Any], *, period: Period, practices: Sequence[PracticeInput], include_unconfirmed: bool
) -> CalculationOutcome:
    definition = read_definition(definition_raw)
    problems = calculation.check_period(definition, period=period)
    if problems:
        refusal = BrokenMonth if all(each.code == BrokenMonth.code for each in problems) else VersionNotPayable
        raise refusal(errors=definition_errors(problems))
    results = calculation.evaluate(
        definition, period=period, practices=practices, include_unconfirmed=include_unconfirmed
    )
    return CalculationOutcome(
        period=period,
        results=tuple(results),
        total=sum(each.total for each in results),
        inputs_digest=calculation.inputs_digest(definition_raw, period, practices),
        outputs_digest=calculation.outputs_digest(results),
    )


def work_out(body: CalculatorIn) -> CalculatorAnswer:
    """The whole of one request: a size without a date counts on each day whose list the definition reads."""
    period, definition = body.period.period(), read_definition(body.definition)
    _refuse_too_much(body, calculation.count_components(definition))
    _refuse_too_deep(body, calculation.count_workings(definition))
    snapshots = calculation.snapshot_dates(definition, period)
    found = calculate(
        body.definition,
        period=period,
        practices=body.inputs(snapshots),
        include_unconfirmed=body.include_unconfirmed,
    )
    known = calculation.measures_needed(definition).facts
    return calculator_answer(found, notes=evidence.unread_words([fact.measure for fact in body.facts], known=known))


def _refuse_too_much(body: CalculatorIn, nodes: int) -> None:
    """Each practice has a line of each paying node, and each paying node may read every fact."""
    for member, given, most in (("practices", body.practices, MOST_LINES), ("facts", body.facts, MOST_READINGS)):
        if len(given) * nodes > most:
            detail = f"With {nodes} paying nodes at most {most // nodes:,} are worked out at once."
            raise CalculationTooLarge(errors=[FieldError(f"/{member}", "too_long", detail)])


def _refuse_too_deep(body: CalculatorIn, workings: int) -> None:
    """A line repeats what each gate around it asked for, so a small definition may have an enormous answer."""
    if len(body.practices) * workings > MOST_WORKINGS:
        detail = (
            f"The lines and needs of this definition come to {workings:,} steps for each practice; at most"
            f" {MOST_WORKINGS:,} are worked out at once, which is {MOST_WORKINGS // workings:,} practices."
        )
        raise CalculationTooLarge(errors=[FieldError("/practices", "too_long", detail)])
