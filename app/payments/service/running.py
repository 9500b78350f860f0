"""A run from its request to its figures. Each step of the work commits by itself and may be done again."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from app.calculation.service import frozen_digest, parse_definition, practice_bytes
from app.calculation.values import Payee, PracticeInput
from app.core import operations
from app.core.audit import audit
from app.core.clock import Period
from app.core.db import Tx
from app.core.errors import DomainError
from app.core.events import emit
from app.core.ids import new_id
from app.core.operations import OperationRow
from app.core.problems import problem_document
from app.organisations import service as organisations
from app.payments.errors import OverlappingPeriod, PeriodNotPayable, RunOpen
from app.payments.events import RunCalculated, RunFailed, RunRequested
from app.payments.repository.frozen import FrozenRow, PartRepository
from app.payments.repository.ledger import LedgerRepository
from app.payments.repository.rows import period_of
from app.payments.repository.runs import RunRepository
from app.payments.repository.statements import StatementRepository
from app.payments.rules import working
from app.payments.tables import PaymentRun, PaymentRunPart
from app.payments.values import Balance, Part, Posted, RunState, WorkedRun, WorkedStatement
from app.schemes import service as schemes
from app.schemes.values import VersionRef


async def request_run(
    session: Tx, *, scheme_id: UUID, period: Period, note: str | None, person: UUID, now: datetime
) -> tuple[PaymentRun, OperationRow]:
    """Accept a run; the payments worker works it out."""
    scheme = await schemes.get_scheme(session, scheme_id)
    version = await schemes.get_version_for(session, scheme.id, period)
    _require_payable(version, period)
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
    problems = schemes.version_problems(definition, applies=period)
    if problems:
        raise PeriodNotPayable(
            "The period is not one that this definition can be paid for.",
            errors=schemes.definition_errors(problems),
        )


@dataclass(frozen=True, slots=True)
class Frozen:
    """All that a run is worked out from, read back from its own rows."""

    parts: tuple[Part, ...]
    balances: tuple[Balance, ...]

    def work_out(self) -> WorkedRun:
        with _without_collector():
            return working.work_out(self.parts, self.balances)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A large run makes hundreds of thousands of objects that live until its end and have no cycles; looking for cycles
    among them, again and again, took longer than the sums.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


async def freeze_run(session: Tx, run_id: UUID) -> bool:
    """Store what the run is worked out from, once. False when there is nothing left to work out."""
    runs, parts = RunRepository(session, session.tenant), PartRepository(session, session.tenant)
    # Races with a second worker that took the job over: it waits here, and then finds the parts.
    run = await runs.get(run_id, for_update=True)
    if run.state != RunState.CALCULATING:
        return False
    if await parts.list_parts(run_id):
        return True
    ledger = LedgerRepository(session, session.tenant)
    posted_periods = dict(await ledger.list_posted_periods(run.scheme_id))
    own = period_of(run)
    earlier = sorted(period for period in posted_periods if period.valid_from < own.valid_from)
    balances = await ledger.list_balances(run.scheme_id)
    freezer = _Freezer(session, run, posted_periods)
    own_print = await freezer.add(own, balances=balances)
    earlier_prints = [await freezer.add(period) for period in earlier]
    session.add_all(freezer.parts)
    await session.flush()
    await parts.add_inputs(freezer.rows)
    run.balances = [[b.practice, b.payee.type, b.payee.code, b.amount] for b in balances]
    run.inputs_digest = working.inputs_digest(own_print, earlier_prints)
    return True


class _Freezer:
    """Gathers the parts of one run, the run's own period first."""

    def __init__(self, session: Tx, run: PaymentRun, posted_periods: Mapping[Period, str]) -> None:
        self.session = session
        self.run = run
        self.posted_periods = posted_periods
        self.gathering = schemes.Gathering(session, run.scheme_id)
        self.forms: dict[str, tuple[PracticeInput, bytes]] = {}
        # Added to the session together at the end: one statement, instead of one before each of the next period's.
        self.parts: list[PaymentRunPart] = []
        self.rows: list[tuple[UUID, int, str, str | None, str]] = []

    async def add(self, period: Period, *, balances: Sequence[Balance] = ()) -> bytes:
        """Gather one period; what it was worked out from comes back as bytes for the digest."""
        session, scheme_id = self.session, self.run.scheme_id
        version = await self.gathering.version_for(period)
        codes = await self.gathering.participants(period)
        practices = await self.gathering.inputs(version, period=period, codes=codes)
        frozen = {practice.code: self._form(practice) for practice in practices}
        digest = frozen_digest(version.definition, period=period, frozen=list(frozen.values()))
        before = self.posted_periods.get(period)
        # What was last posted for a period follows from what it was worked out from, so the same again moves nothing.
        changed = digest != before
        posted: dict[str, tuple[Posted, ...]] = {}
        if changed and before is not None:
            posted = await LedgerRepository(session, session.tenant).list_posted(scheme_id, period)
        if changed:
            self._keep(frozen, posted)
        self._add_part(period, version, digest, differences=before is not None, changed=changed)
        return working.part_print(digest, posted, balances)

    def _form(self, practice: PracticeInput) -> bytes:
        """What was gathered once for several periods is written once."""
        known = self.forms.get(practice.code)
        if known is None or known[0] is not practice:
            known = self.forms[practice.code] = practice, practice_bytes(practice)
        return known[1]

    def _add_part(self, period: Period, version: VersionRef, digest: str, *, differences: bool, changed: bool) -> None:
        self.parts.append(
            PaymentRunPart(
                commissioner_id=self.session.tenant,
                run_id=self.run.id,
                no=len(self.parts),
                period_from=period.valid_from,
                period_until=period.end,
                version_no=version.n,
                definition=dict(version.definition) if changed else None,
                inputs_digest=digest,
                differences=differences,
                changed=changed,
            )
        )

    def _keep(self, frozen: Mapping[str, bytes], posted: Mapping[str, tuple[Posted, ...]]) -> None:
        for practice in sorted(frozen.keys() | posted.keys()):
            inputs = frozen.get(practice)
            self.rows.append(
                (
                    self.run.id,
                    len(self.parts),
                    practice,
                    None if inputs is None else inputs.decode(),
                    msgspec.json.encode([working.posted_plain(each) for each in posted.get(practice, ())]).decode(),
                )
            )


async def load_frozen(session: Tx, run_id: UUID) -> Frozen:
    parts = PartRepository(session, session.tenant)
    run = await RunRepository(session, session.tenant).get(run_id)
    rows: dict[int, list[FrozenRow]] = {}
    for row in await parts.list_inputs(run_id):
        rows.setdefault(row.part_no, []).append(row)
    changed = [part for part in await parts.list_parts(run_id) if part.changed]
    return Frozen(
        parts=tuple(_part(part, rows.get(part.no, [])) for part in changed),
        balances=tuple(
            Balance(practice, Payee(payee_type, code), amount)
            for practice, payee_type, code, amount in run.balances or ()
        ),
    )


async def list_written(session: Tx, run_id: UUID) -> frozenset[str]:
    """Practices whose working rows an earlier attempt has left."""
    return frozenset(await StatementRepository(session, session.tenant).list_practices(run_id))


def _part(part: PaymentRunPart, rows: Sequence[FrozenRow]) -> Part:
    return Part(
        period=period_of(part),
        definition=part.definition or {},
        practices=tuple(row.frozen for row in rows if row.frozen is not None),
        posted={
            row.practice: tuple(working.posted_from_plain(each) for each in row.posted) for row in rows if row.posted
        },
        differences=part.differences,
    )


async def write_statements(
    session: Tx, run_id: UUID, statements: Sequence[WorkedStatement], *, done: int, total: int
) -> None:
    """One chunk of working rows. They mean nothing until the run is published.

    Who is paid is named as the register has it now; those that it has not are the ledger's to know.
    """
    paid = {p.payee.code for s in statements for p in s.payments}
    names = await organisations.organisation_names(session, sorted(paid))
    await StatementRepository(session, session.tenant).add_statements(run_id, statements, names=names)
    run = await RunRepository(session, session.tenant).get(run_id)
    await operations.record_progress(session, run.operation_id, done=done, total=total)


async def publish_run(session: Tx, run_id: UUID, worked: WorkedRun, *, now: datetime) -> None:
    """The figures become visible together, in the transaction that ends the job."""
    run = await RunRepository(session, session.tenant).get(run_id, for_update=True)
    if run.state != RunState.CALCULATING:
        return
    run.state = RunState.CALCULATED
    run.practices = len(worked.statements)
    run.lines = worked.lines
    run.total = worked.total
    run.file_count = worked.file_count
    run.outputs_digest = worked.outputs_digest
    run.calculated_at = now
    await operations.succeed(session, run.operation_id)
    emit(session, RunCalculated(subject=str(run.id), scheme_id=str(run.scheme_id)))
    audit(session, "payment_run.calculated", run.id, outputs_digest=worked.outputs_digest, total=worked.total)


async def fail_run(session: Tx, run_id: UUID, error: DomainError) -> None:
    """The work was given up; the scheme is free for another run."""
    run = await RunRepository(session, session.tenant).get(run_id, for_update=True)
    if run.state != RunState.CALCULATING:
        return
    run.state = RunState.FAILED
    run.problem = problem_document(error)
    await operations.fail(session, run.operation_id, error)
    emit(session, RunFailed(subject=str(run.id), scheme_id=str(run.scheme_id)))
