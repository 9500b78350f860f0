"""HTTP of deliveries of every message: what became of each, why, and how those that ended are tried again."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.communications import errors, service
from app.communications.repository.deliveries import DeliveryRepository
from app.communications.router.root import router
from app.communications.schemas import deliveries
from app.communications.tables import Delivery
from app.communications.values import AttemptOutcome, Channel, DeliveryState
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import Forbidden, PreconditionFailed
from app.core.etag import digest_etag
from app.core.http import MayMatch, Serving, paged
from app.core.principal import Principal
from app.core.problems import error_responses

Office = Annotated[Principal, require(service.DELIVERIES)]
Operator = Annotated[Principal, require("deliveries:write")]


@router.get("/v1/deliveries")
async def list_all_deliveries(
    params: Annotated[deliveries.AllDeliveriesParams, Query()],
    caller: Office,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> deliveries.DeliveryPage:
    """Deliveries of every message, notices too, newest first. For roles that reach the whole commissioner."""
    _refuse_part(caller)
    page = await DeliveryRepository(session, session.tenant).list_page(
        state=params.state, cause=params.cause, params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(shown))


@router.get("/v1/deliveries/causes")
async def list_delivery_causes(caller: Office, session: Transaction) -> deliveries.Causes:
    """Why deliveries did not arrive, counted: parked, failed and in doubt, the most frequent cause first."""
    _refuse_part(caller)
    return deliveries.Causes.model_validate({"data": await service.list_causes(session)}, from_attributes=True)


@router.get("/v1/deliveries/{delivery_id}", responses=error_responses(errors.DeliveryNotFound))
async def get_delivery(
    delivery_id: UUID, caller: Office, session: Transaction, response: Response
) -> deliveries.DeliveryWithHistory:
    """One delivery with every try of it, which nobody can change afterwards."""
    _refuse_part(caller)
    return await _with_history(session, delivery_id, response)


@router.post(
    "/v1/deliveries/{delivery_id}/redrive",
    responses=error_responses(errors.DeliveryNotFound, errors.DeliveryNotEnded, PreconditionFailed),
)
async def redrive_delivery(
    delivery_id: UUID, caller: Operator, session: Transaction, expected: MayMatch, response: Response
) -> deliveries.DeliveryWithHistory:
    """Try one delivery again that was given up, refused or is in doubt, after what stopped it has been put right."""
    row = await DeliveryRepository(session, session.tenant).get(delivery_id, for_update=True)
    expected.check_tag(_tag(row))
    await service.redrive_delivery(session, delivery_id)
    await session.refresh(row)
    return await _with_history(session, delivery_id, response)


@router.post("/v1/deliveries/redrive")
async def redrive_deliveries(body: deliveries.RedriveIn, caller: Operator, session: Transaction) -> deliveries.Redriven:
    """Try all deliveries again that ended for one cause, as `GET /v1/deliveries/causes` names it; 20,000 at a time."""
    return deliveries.Redriven(requeued=await service.redrive_cause(session, body.state, body.cause))


def _refuse_part(caller: Principal) -> None:
    if not caller.covers_commissioner(service.DELIVERIES):
        raise Forbidden("Your role follows announcements to its own localities only; they have lists of their own.")


async def _with_history(session: Transaction, delivery_id: UUID, response: Response) -> deliveries.DeliveryWithHistory:
    repository = DeliveryRepository(session, session.tenant)
    row = await repository.get(delivery_id)
    response.headers["ETag"] = _tag(row)
    history = [
        deliveries.Attempt(
            n=each.n,
            ended_at=each.ended_at,
            outcome=AttemptOutcome(each.outcome),
            detail=each.detail,
            reference=each.reference,
        )
        for each in await repository.list_attempts(delivery_id)
    ]
    return deliveries.DeliveryWithHistory(**dict(shown(row)), history=history)


def _tag(row: Delivery) -> str:
    return digest_etag("delivery", row.id, row.state, row.attempts, row.acknowledged_at, row.batch)


def shown(row: Delivery) -> deliveries.Delivery:
    return deliveries.Delivery(
        id=row.id,
        person_id=row.person_id,
        name=row.name,
        practice=row.practice,
        is_mailbox=row.person_id is None,
        channel=Channel(row.channel),
        state=DeliveryState(row.state),
        in_doubt=row.doubts > 0,
        attempts=row.attempts,
        detail=row.detail,
        sent_at=row.sent_at,
        acknowledged_at=row.acknowledged_at,
    )
