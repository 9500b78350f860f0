"""A run from its request to its figures. Each step of the work commits by itself and may be done again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.calculation.service import parse_definition
from app.core import operations
from app.core.audit import audit
from app.core.clock import Period
from app.core.db import Tx
from app.core.errors import DomainError
from app.core.events import emit
from app.core.ids import new_id
from app.core.operations import OperationRow
from app.core.problems import problem_document
from app.core.wording import pounds_text
from app.payments.errors import NoBudget, OverBudget, OverlappingPeriod, PeriodNotPayable, RunOpen
from app.payments.events import RunCalculated, RunFailed, RunRequested
from app.payments.repository.ledger import LedgerRepository
from app.payments.repository.runs import RunRepository
from app.payments.repository.settings import SettingsRepository
from app.payments.repository.statements import StatementRepository
from app.payments.rules.approving import approvers_required
from app.payments.service.booking import book_run
from app.payments.service.naming import payee_names
from app.payments.tables import PaymentRun
from app.payments.values import RunState, WorkedRun, WorkedStatement
from app.schemes import service as schemes
from app.schemes.values import SchemeRef, VersionRef


async def request_run(
    session: Tx, *, scheme_id: UUID, period: Period, note: str | None, person: UUID, now: datetime
) -> tuple[PaymentRun, OperationRow]:
    """Accept a run; the payments worker works it out."""
    scheme = await schemes.get_scheme(session, scheme_id)
    version = await schemes.get_version_for(session, scheme.id, period)
    _require_payable(version, period)
    # What was run once can be corrected, whatever the scheme has said of claims since.
    if period not in await LedgerRepository(session, session.tenant).list_posted_periods(scheme.id):
        await schemes.require_run_period(session, scheme.id, version, period)
    await _require_budget(session, scheme)
    # For the words alone: of two requests at once the index refuses the second, without them.
    waiting = await RunRepository(session, session.tenant).find_open(scheme.id)
    if waiting is not None:
        raise RunOpen(_open_words(waiting))
    run = PaymentRun(
        commissioner_id=session.tenant,
        scheme_id=scheme.id,
        period_from=period.valid_from,
        period_until=period.end,
        scheme_code=scheme.code,
        pay_code=scheme.pay_code,
        cost_centre=scheme.cost_centre,
        payment_terms_days=scheme.payment_terms_days,
        state=RunState.CALCULATING,
        note=note,
        operation_id=new_id(),
        version_no=version.n,
        calculated_by=person,
        created_at=now,
    )
    session.add(run)
    # Written before looking for overlaps: the index lets one open run of a scheme through, so nobody else is at it.
    await session.flush()
    other = await RunRepository(session, session.tenant).find_overlapping(run)
    if other is not None:
        raise OverlappingPeriod(f"There is a run from {other.period_from} until {other.period_until}.")
    operation = await operations.start_operation(
        session, "payments.run", result={"payment_run": str(run.id)}, operation_id=run.operation_id
    )
    emit(session, RunRequested(subject=str(run.id), scheme_id=str(scheme.id)))
    audit(session, "payment_run.requested", run.id, scheme=scheme.id, period=[period.valid_from, period.valid_until])
    return run, operation


async def _require_budget(session: Tx, scheme: SchemeRef) -> None:
    """A budget of so much per head comes to nothing where no list is known."""
    if scheme.over_budget is None:
        return
    codes = await schemes.list_participants(session, scheme.id, period=scheme.year)
    if not await schemes.budget_total(session, scheme, year=scheme.year, codes=codes):
        raise NoBudget


_NEXT = {
    RunState.CALCULATING: "wait until it is worked out",
    RunState.CALCULATED: "approve and release it, or reject it",
    RunState.APPROVED: "release it, or reject it",
}


def _open_words(run: PaymentRun) -> str:
    state = RunState(run.state)
    return f"The run {run.id} from {run.period_from} until {run.period_until} is {state}: {_NEXT[state]}."


def _require_payable(version: VersionRef, period: Period) -> None:
    definition = parse_definition(version.definition)
    problems = schemes.period_problems(definition, period=period)
    if problems:
        raise PeriodNotPayable(
            "The period is not one that this definition can be paid for.",
            errors=schemes.definition_errors(problems),
        )


async def write_statements(session: Tx, run_id: UUID, statements: Sequence[WorkedStatement]) -> None:
    """One chunk of working rows. They mean nothing until the run is published.

    Who is paid is named as the register or else the confirmed supplier has it now.
    """
    paid = {p.payee.code for s in statements for p in s.payments}
    names = await payee_names(session, paid)
    await StatementRepository(session, session.tenant).add_statements(run_id, statements, names=names)


async def record_written(session: Tx, run_id: UUID, *, left: int, total: int) -> None:
    run = await RunRepository(session, session.tenant).get(run_id)
    await operations.record_progress(session, run.operation_id, done=total - left, total=total)


async def publish_run(session: Tx, run_id: UUID, worked: WorkedRun, *, now: datetime) -> None:
    """The figures become visible together, in the transaction that ends the job."""
    run = await RunRepository(session, session.tenant).get(run_id, for_update=True)
    if run.state != RunState.CALCULATING:
        return
    bands = await SettingsRepository(session, session.tenant).list_bands()
    run.state = RunState.CALCULATED
    run.practices = len(worked.statements)
    run.lines = worked.lines
    run.total = worked.total
    run.file_count = worked.file_count
    run.held_back = worked.held_back if run.over_budget else None
    run.approvers_required = approvers_required(bands, worked.moved)
    run.outputs_digest = worked.outputs_digest
    run.calculated_at = now
    await book_run(session, run)
    await operations.succeed(session, run.operation_id, total=len(worked.statements))
    emit(session, RunCalculated(subject=str(run.id), scheme_id=str(run.scheme_id)))
    audit(session, "payment_run.calculated", run.id, outputs_digest=worked.outputs_digest, total=worked.total)


async def stop_run(session: Tx, run_id: UUID, worked: WorkedRun, *, now: datetime) -> None:
    """The scheme pays nothing when more is due than its budget has left."""
    run = await RunRepository(session, session.tenant).get(run_id)
    available = run.available or 0
    error = OverBudget(
        f"{pounds_text(worked.total)} is due in this run, and {pounds_text(available)} of the budget of"
        f" {pounds_text(run.budget or 0)} is left: {pounds_text(worked.excess)} too little."
    )
    await fail_run(session, run_id, error, now=now)


async def fail_run(session: Tx, run_id: UUID, error: DomainError, *, now: datetime) -> None:
    """The work was given up; the scheme is free for another run."""
    run = await RunRepository(session, session.tenant).get(run_id, for_update=True)
    if run.state != RunState.CALCULATING:
        return
    run.state = RunState.FAILED
    run.problem = problem_document(error)
    await schemes.return_claims(session, run.id, now=now)
    await operations.fail(session, run.operation_id, error)
    emit(session, RunFailed(subject=str(run.id), scheme_id=str(run.scheme_id)))
