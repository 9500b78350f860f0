"""Decisions about a run: by different people, each once, never about their own practice."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.access import service as access
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import PreconditionFailed
from app.core.events import emit
from app.core.repository import Expected
from app.payments.errors import OwnPractice, RunNotApproved, RunNotCalculated, RunNotOpen, SamePerson
from app.payments.events import RunApproved, RunRejected, RunReleased
from app.payments.repository.frozen import PartRepository
from app.payments.repository.runs import RunRepository
from app.payments.repository.statements import StatementRepository
from app.payments.service.terms import terms_of
from app.payments.tables import PaymentRun
from app.payments.values import RunState
from app.schemes import service as schemes

_Step = tuple[RunState, dict[str, Any]]
"""What a decision makes of a run: its next state, and what is written with it."""


async def approve_run(session: Tx, run_id: UUID, *, person: UUID, expected: Expected, now: datetime) -> PaymentRun:
    seen = await RunRepository(session, session.tenant).get(run_id)
    starters = await _starters_of(session, seen)

    def check(run: PaymentRun) -> _Step:
        if run.state != RunState.CALCULATED:
            raise RunNotCalculated(f"The run is {run.state}.")
        if person in starters:
            raise SamePerson("Whoever started the run, or gave a key or a role to whoever did, does not approve it.")
        if person in run.approvers:
            raise SamePerson("You have approved the run; somebody else approves it as well.")
        given = {"approvers": [*run.approvers, person], "approvals_at": [*run.approvals_at, now]}
        if len(run.approvers) + 1 < run.approvers_required:
            return RunState.CALCULATED, given
        return RunState.APPROVED, {**given, "approved_by": person, "approved_at": now}

    await _require_no_post_there(session, seen, person, now)
    run = await _decide(session, seen, expected, check)
    if run.state == RunState.APPROVED:
        emit(session, RunApproved(subject=str(run.id), scheme_id=str(run.scheme_id)))
    _note(session, run, "payment_run.approved")
    return run


async def release_run(session: Tx, run_id: UUID, *, person: UUID, expected: Expected, now: datetime) -> PaymentRun:
    """From here on the run's lines are posted: they never change, and later runs pay differences from them."""
    seen = await RunRepository(session, session.tenant).get(run_id)
    starters = await _starters_of(session, seen)

    await _require_no_post_there(session, seen, person, now)
    terms = await terms_of(session, seen)
    pay_by = london_date(now) + timedelta(days=terms.payment_terms_days)

    def check(run: PaymentRun) -> _Step:
        if run.state != RunState.APPROVED:
            raise RunNotApproved(f"The run is {run.state}.")
        if person in {*starters, *run.approvers, run.approved_by}:
            raise SamePerson(
                "Whoever started or approved the run, or gave a key or a role to whoever started it, does not release it."
            )
        return RunState.RELEASED, {"released_by": person, "released_at": now, "pay_by": pay_by}

    run = await _decide(session, seen, expected, check)
    await schemes.settle_claims(session, run.id, now=now)
    emit(session, RunReleased(subject=str(run.id), scheme_id=str(run.scheme_id)))
    _note(session, run, "payment_run.released")
    return run


async def reject_run(
    session: Tx, run_id: UUID, *, person: UUID, expected: Expected, reason: str, now: datetime
) -> PaymentRun:
    """Nothing of the run was posted; another run may be made for the period."""

    def check(run: PaymentRun) -> _Step:
        if run.state not in {RunState.CALCULATED, RunState.APPROVED}:
            raise RunNotOpen(f"The run is {run.state}.")
        return RunState.REJECTED, {"rejected_by": person, "rejected_at": now, "reason": reason}

    seen = await RunRepository(session, session.tenant).get(run_id)
    await _require_no_post_there(session, seen, person, now)
    run = await _decide(session, seen, expected, check)
    await schemes.return_claims(session, run.id, now=now)
    emit(session, RunRejected(subject=str(run.id), scheme_id=str(run.scheme_id)))
    _note(session, run, "payment_run.rejected")
    return run


async def _decide(session: Tx, run: PaymentRun, expected: Expected, check: Callable[[PaymentRun], _Step]) -> PaymentRun:
    """Check what was read, then change it in one statement that holds only for what was read.

    Of 64 people who press the button at once, one changes the row; the others find it changed, look again and are told
    what it is now.
    """
    runs = RunRepository(session, session.tenant)
    for _ in ("as read", "as somebody else has just left it"):
        expected.check(run.version)
        to, values = check(run)
        is_decided = await runs.decide(run, to=to, **values)
        run = await runs.get_again(run.id)
        if is_decided:
            return run
    raise PreconditionFailed


async def _starters_of(session: Tx, run: PaymentRun) -> frozenset[UUID]:
    """Who may have started the run. The office makes keys for people it names itself; approvers' and releasers' keys are
    the platform's to give.
    """
    return await access.hands_of(session, run.calculated_by)


async def _require_no_post_there(session: Tx, run: PaymentRun, person: UUID, now: datetime) -> None:
    """The run's time goes back to the first period that it corrects; a practice counts from the first of its own lines."""
    today = london_date(now)
    since = await PartRepository(session, session.tenant).first_day(run.id) or run.period_from
    own = await access.own_practices(session, person, since=since, today=today)
    if not own:
        return
    first_days = await StatementRepository(session, session.tenant).first_days_of(run.id, own)
    for day in sorted(set(first_days.values())):
        tied = await access.own_practices(session, person, since=day, today=today)
        paid = sorted(code for code in tied if first_days.get(code) == day)
        if paid:
            raise OwnPractice(
                f"You have, or had in the time it pays for, a post or a role at {', '.join(paid)}, which it pays, or where it was taken over."
            )


def _note(session: Tx, run: PaymentRun, action: str) -> None:
    audit(
        session,
        action,
        run.id,
        scheme=run.scheme_id,
        total=run.total,
        outputs_digest=run.outputs_digest,
        approvals=len(run.approvers),
        approvers_required=run.approvers_required,
    )
