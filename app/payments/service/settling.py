"""What the ledger answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit
from app.core.ids import new_id
from app.core.repository import Expected
from app.payments.errors import PaidOnImpossible, RunNotReleased, UnknownPayment
from app.payments.events import RunAcknowledged, RunReturned
from app.payments.repository.acknowledgements import AcknowledgementRepository
from app.payments.repository.runs import RunRepository
from app.payments.repository.statements import StatementRepository
from app.payments.rules.answering import news
from app.payments.tables import Payment, PaymentRun
from app.payments.values import POSTED, Answer, Outcome, RunState

_AHEAD: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Loaded:
    run: PaymentRun
    created: int
    unchanged: int
    rejected: int
    """Payments of which the ledger's latest word is no: neither paid nor carried forward."""
    mismatched: int
    """Payments of which the ledger's latest word names another amount than ours."""


async def record_acknowledgements(
    session: Tx, run_id: UUID, answers: Sequence[Answer], *, person: UUID, expected: Expected, now: datetime
) -> Loaded:
    """Keep what the ledger says of each payment; the same answers again change nothing."""
    # Two loads at once would each see the other's payments without an answer, and neither would settle the run; and
    # would both take the same answer for news.
    run = await _released(session, run_id, for_update=True)
    expected.check(run.version)
    rows = await StatementRepository(session, session.tenant).list_file_rows(run_id)
    payments = {payment.reference: payment for payment, _ in rows}
    _require_known(answers, payments)
    _require_possible(answers, run, today=london_date(now))
    acknowledgements = AcknowledgementRepository(session, session.tenant)
    fresh = news(answers, await acknowledgements.list_heard({payments[answer.payment].id for answer in answers}))
    await acknowledgements.add(
        [
            (new_id(), run.id, payments[a.payment].id, a.outcome.value, a.amount, a.paid_on, a.reason, person, now)
            for a in fresh
        ]
    )
    if fresh:
        audit(session, "payment_run.answered", run.id, created=len(fresh))
    latest = await acknowledgements.list_latest([payment.id for payment in payments.values()])
    rejected = sum(answer.outcome == Outcome.REJECTED for answer in latest.values())
    mismatched = sum(
        latest[payment.id].amount not in (None, payment.payable)
        for payment in payments.values()
        if payment.id in latest
    )
    is_settled = not rejected and not mismatched and len(latest) == len(payments)
    settled = await _settle(session, run, is_settled=is_settled)
    return Loaded(
        settled,
        created=len(fresh),
        unchanged=len(answers) - len(fresh),
        rejected=rejected,
        mismatched=mismatched,
    )


def _require_known(answers: Sequence[Answer], payments: Mapping[str, Payment]) -> None:
    unknown = [i for i, answer in enumerate(answers) if answer.payment not in payments]
    if unknown:
        detail = "No payment in this run's file has this reference."
        raise UnknownPayment(
            f"{len(unknown)} of {len(answers)} references are unknown; nothing was recorded.",
            errors=[FieldError(f"/acknowledgements/{i}/payment", UnknownPayment.code, detail) for i in unknown[:100]],
        )


def _require_possible(answers: Sequence[Answer], run: PaymentRun, *, today: date) -> None:
    """A slip in the year would put a payment outside every budget that is asked for. A ledger may name a day to come."""
    first = london_date(run.released_at) if run.released_at else today
    last = today + _AHEAD
    wrong = [i for i, answer in enumerate(answers) if answer.paid_on and not first <= answer.paid_on <= last]
    if wrong:
        detail = f"A payment of this run is paid from {first} to {last}."
        raise PaidOnImpossible(
            f"{len(wrong)} of {len(answers)} days cannot be; nothing was recorded.",
            errors=[FieldError(f"/acknowledgements/{i}/paid_on", PaidOnImpossible.code, detail) for i in wrong[:100]],
        )


async def _settle(session: Tx, run: PaymentRun, *, is_settled: bool) -> PaymentRun:
    """The run is acknowledged when the ledger has answered for each of its payments, rejects none, and names no other
    amount than what was released.

    A payment that comes back later makes it released again: the money is still to be paid.
    """
    runs = RunRepository(session, session.tenant)
    wanted = RunState.ACKNOWLEDGED if is_settled else RunState.RELEASED
    if run.state == wanted:
        return run
    if await runs.decide(run, to=wanted):
        event = RunAcknowledged if is_settled else RunReturned
        emit(session, event(subject=str(run.id), scheme_id=str(run.scheme_id)))
        audit(session, "payment_run.acknowledged" if is_settled else "payment_run.returned", run.id)
    return await runs.get_again(run.id)


async def _released(session: Tx, run_id: UUID, *, for_update: bool = False) -> PaymentRun:
    run = await RunRepository(session, session.tenant).get(run_id, for_update=for_update)
    if run.state not in POSTED:
        raise RunNotReleased(f"The run is {run.state}.")
    return run
