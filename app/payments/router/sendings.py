"""HTTP of files that leave for the ledger."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.http import Serving, paged
from app.core.money import format_pounds
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.payments import service
from app.payments.errors import (
    AlreadySent,
    BookingIncomplete,
    LayoutNotFitting,
    LayoutNotFound,
    LayoutSamePerson,
    RunNotFound,
    RunNotReleased,
    SendingNotFound,
    SupplierMissing,
)
from app.payments.repository.sendings import SendingRepository
from app.payments.router.root import router
from app.payments.schemas import sendings
from app.payments.tables import PaymentSending
from app.payments.values import FileForm

Reader = Annotated[Principal, require("runs:read")]
Releaser = Annotated[Principal, require("payments:release", money=True)]


@router.post(
    "/v1/payment-runs/{run_id}/sendings",
    status_code=201,
    responses=error_responses(
        RunNotFound,
        RunNotReleased,
        AlreadySent,
        LayoutNotFound,
        LayoutNotFitting,
        LayoutSamePerson,
        SupplierMissing,
        BookingIncomplete,
    ),
)
async def send_payment_run(
    run_id: UUID,
    body: sendings.SendingIn,
    caller: Releaser,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> sendings.Sending:
    """Record that a released run's file is sent to whoever pays, and by whom. `digest` is that of the file's bytes.

    By a layout it is sent by somebody else than whoever changed that last. A run's payments are sent once, and so is its
    journal: to send either again takes an `override_reason`, which stays with the record. Fetching the file sends nothing:
    what is fetched is a copy.
    """
    row = await service.send_run(
        session,
        run_id,
        form=body.format,
        layout=body.layout,
        override_reason=body.override_reason,
        person=caller.require_person(),
        now=serving.clock.now(),
    )
    response.headers["Location"] = f"/v1/payment-runs/{run_id}/sendings/{row.id}"
    return _sending(row)


@router.get("/v1/payment-runs/{run_id}/sendings", responses=error_responses(RunNotFound))
async def list_payment_sendings(
    run_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> sendings.SendingPage:
    """When the run's file was sent, by whom, and why again, in the order of time."""
    await service.get_run(session, run_id)
    page = await SendingRepository(session, session.tenant).list_of_run(run_id, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_sending))  # pyright: ignore


@router.get("/v1/payment-runs/{run_id}/sendings/{sending_id}", responses=error_responses(RunNotFound, SendingNotFound))
async def get_payment_sending(run_id: UUID, sending_id: UUID, caller: Reader, session: Transaction) -> sendings.Sending:
    """One sending of the run's file."""
    await service.get_run(session, run_id)
    return _sending(await SendingRepository(session, session.tenant).get_of_run(run_id, sending_id))


def _sending(row: PaymentSending) -> sendings.Sending:
    return sendings.Sending(
        id=row.id,
        run=row.run_id,
        format=FileForm(row.format),
        layout=row.layout,
        digest=row.digest,
        payments=row.payments,
        total=format_pounds(row.total),
        override_reason=row.override_reason,
        sent_by=row.sent_by,
        sent_at=row.sent_at,
    )
