"""One line with all that its figure rests on."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.calculation.values import Explanation, PracticeInput
from app.core.clock import Period
from app.core.db import Tx
from app.core.principal import Principal
from app.organisations import service as organisations
from app.payments.errors import LineNotFound
from app.payments.repository.rows import readable
from app.payments.repository.runs import RunRepository
from app.payments.repository.statements import StatementRepository
from app.payments.rules.evidence import Evidence, Rounded, evidence_of, rounding_of
from app.payments.rules.references import split_line_reference
from app.payments.service.following import followed
from app.payments.service.freezing import load_parts
from app.payments.service.reading import FullStatement, with_everything
from app.payments.tables import PaymentLine, PaymentRun, PaymentStatement
from app.payments.values import POSTED


@dataclass(frozen=True, slots=True)
class FullLine:
    statement: FullStatement
    line: PaymentLine
    explanation: Explanation
    evidence: Evidence
    rounded: Rounded | None


async def get_line(
    session: Tx, caller: Principal, reference: str, *, run_id: UUID | None = None, today: date
) -> FullLine:
    """For whoever reads all statements; once released, for the practice of the statement, for a practice it pays, and for who
    took one of them over.
    """
    place = split_line_reference(reference)
    found = await StatementRepository(session, session.tenant).find_line(*place) if place else None
    if found is None or run_id not in (None, found[1].run_id):
        raise LineNotFound
    line, statement = found
    run = await RunRepository(session, session.tenant).get(statement.run_id)
    if not await _may_read(session, caller, run, statement, line, today=today):
        raise LineNotFound
    full = (await with_everything(session, [statement]))[0]
    explanation = full.explanations[line.statement_id, line.no]
    period = Period(line.period_from, line.period_until)
    frozen = await _frozen(session, full, period)
    evidence = evidence_of(explanation.workings, frozen=frozen, period=period)
    return FullLine(full, line, explanation, evidence, rounding_of(explanation.workings))


async def _may_read(
    session: Tx, caller: Principal, run: PaymentRun, statement: PaymentStatement, line: PaymentLine, *, today: date
) -> bool:
    if caller.has("statements:read"):
        return readable(run) and await organisations.reaches(
            session, caller, "statements:read", statement.practice, on=today
        )
    own = await organisations.reachable(session, caller, "statements:own", on=today)
    if run.state not in POSTED:
        return False
    theirs = {statement.practice, line.payee_code}
    if own is None or not own.isdisjoint(theirs):
        return True
    return not theirs.isdisjoint(await followed(session, caller, "statements:own", today=today))


async def _frozen(session: Tx, full: FullStatement, period: Period) -> PracticeInput | None:
    """What the run knew of the practice for the period; None where it was no longer in the scheme."""
    practice = full.statement.practice
    parts = (await load_parts(session, {full.run.id: [practice]})).get(full.run.id, ())
    known = (each for part in parts if part.period == period for each in part.practices if each.code == practice)
    return next(known, None)
