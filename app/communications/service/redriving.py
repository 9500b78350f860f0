"""Deliveries that ended without success, tried once more because somebody put the cause right."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.communications.errors import DeliveryNotEnded
from app.communications.events import DeliveriesRedriven
from app.communications.repository.deliveries import DeliveryRepository, queue_again
from app.communications.rules.trying import BATCH_SIZE, MAX_ATTEMPTS
from app.communications.service.letters import SEND
from app.communications.values import Cause, DeliveryState
from app.core.audit import audit
from app.core.db import Tx
from app.core.events import emit
from app.core.ids import new_id
from app.core.jobs import enqueue_many

ENDED: Final = (DeliveryState.PARKED, DeliveryState.FAILED, DeliveryState.IN_DOUBT)
AT_ONCE: Final = 20_000


async def list_causes(session: Tx) -> list[Cause]:
    return await DeliveryRepository(session, session.tenant).list_causes(ENDED, limit=100)


async def redrive_delivery(session: Tx, delivery_id: UUID) -> None:
    """One delivery, whatever its cause. Those that wait, or have arrived, are refused."""
    await DeliveryRepository(session, session.tenant).get(delivery_id)
    if not await _redrive(session, ENDED, one=delivery_id, by_cause=False, cause=None):
        raise DeliveryNotEnded
    audit(session, "delivery.redriven", delivery_id)


async def redrive_cause(session: Tx, state: DeliveryState, cause: str | None) -> int:
    """All deliveries in a state for one cause, at most 20,000 at a time. Returns how many."""
    moved = await _redrive(session, (state,), one=None, by_cause=True, cause=cause)
    audit(session, "deliveries.redriven", session.tenant, state=state.value, deliveries=moved)
    return moved


async def _redrive(
    session: Tx, states: tuple[DeliveryState, ...], *, one: UUID | None, by_cause: bool, cause: str | None
) -> int:
    moved = await queue_again(
        session,
        states=states,
        one=one,
        by_cause=by_cause,
        cause=cause,
        most=AT_ONCE,
        most_attempts=MAX_ATTEMPTS,
        batch_size=BATCH_SIZE,
        base=new_id(),
    )
    if moved:
        emit(session, DeliveriesRedriven(subject=str(moved[0]), batches=sorted({str(batch) for batch in moved})))
    return len(moved)


async def send_redriven(session: Tx, batches: Sequence[str]) -> None:
    payloads = {batch: {"batch": batch} for batch in batches}
    await enqueue_many(session, SEND["bulk"], queue="bulk", payloads=payloads)
