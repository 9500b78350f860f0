"""HTTP of what the ledger answers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed
from app.core.http import MayMatch, Serving, paged
from app.core.money import format_pounds, parse_pounds
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.payments import service
from app.payments.errors import (
    AcknowledgementNotFound,
    PaidOnImpossible,
    RunNotFound,
    RunNotReleased,
    UnknownPayment,
)
from app.payments.repository.acknowledgements import AcknowledgementRepository
from app.payments.router.root import router
from app.payments.schemas import settlement
from app.payments.tables import PaymentAcknowledgement
from app.payments.values import Answer

Reader = Annotated[Principal, require("runs:read")]
Releaser = Annotated[Principal, require("payments:release", money=True)]


@router.post(
    "/v1/payment-runs/{run_id}/acknowledgements",
    responses=error_responses(RunNotFound, RunNotReleased, UnknownPayment, PaidOnImpossible, PreconditionFailed),
)
async def load_acknowledgements(
    run_id: UUID,
    body: settlement.AcknowledgementsIn,
    caller: Releaser,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
) -> settlement.AcknowledgementsLoaded:
    """Load what the ledger says of each payment: accepted, paid or rejected. Loading it twice changes nothing.

    When every payment of the run has an answer, none is rejected and none names another `amount` than was released, the
    run is acknowledged. A rejected payment, or one of another amount, keeps it released until the ledger has paid what
    was released, and makes a run that was acknowledged released again, also where it was rejected for the same reason
    before. A payment is paid on the day of the release at the earliest, and at most 31 days
    from today. `If-Match` takes the run's ETag.
    """
    answers = [
        Answer(
            payment=each.payment,
            outcome=each.outcome,
            paid_on=each.paid_on,
            reason=each.reason,
            amount=None if each.amount is None else parse_pounds(each.amount),
        )
        for each in body.acknowledgements
    ]
    loaded = await service.record_acknowledgements(
        session, run_id, answers, person=caller.require_person(), expected=expected, now=serving.clock.now()
    )
    return settlement.AcknowledgementsLoaded(
        created=loaded.created,
        unchanged=loaded.unchanged,
        rejected=loaded.rejected,
        mismatched=loaded.mismatched,
        state=loaded.run.state,  # pyright: ignore
    )


@router.get("/v1/payment-runs/{run_id}/acknowledgements", responses=error_responses(RunNotFound))
async def list_acknowledgements(
    run_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> settlement.AcknowledgementPage:
    """Everything that the ledger has answered about the run, in the order it came."""
    await service.get_run(session, run_id)
    acknowledgements = AcknowledgementRepository(session, session.tenant)
    page = await acknowledgements.list_of_run(run_id, params=params, cursors=serving.cursors)
    references = await acknowledgements.list_references(row.payment_id for row in page.rows)
    return paged(  # pyright: ignore
        request, response, page.map(lambda row: _acknowledgement(row, references[row.payment_id]))
    )


@router.get(
    "/v1/payment-runs/{run_id}/acknowledgements/{acknowledgement_id}",
    responses=error_responses(RunNotFound, AcknowledgementNotFound),
)
async def get_acknowledgement(
    run_id: UUID, acknowledgement_id: UUID, caller: Reader, session: Transaction
) -> settlement.Acknowledgement:
    """One answer of the ledger."""
    await service.get_run(session, run_id)
    acknowledgements = AcknowledgementRepository(session, session.tenant)
    row = await acknowledgements.get_of_run(run_id, acknowledgement_id)
    return _acknowledgement(row, (await acknowledgements.list_references([row.payment_id]))[row.payment_id])


def _acknowledgement(row: PaymentAcknowledgement, reference: str) -> settlement.Acknowledgement:
    return settlement.Acknowledgement(
        id=row.id,
        payment=reference,
        outcome=row.outcome,  # pyright: ignore - the database checks it
        amount=None if row.amount is None else format_pounds(row.amount),
        paid_on=row.paid_on,
        reason=row.reason,
        recorded_at=row.recorded_at,
    )
