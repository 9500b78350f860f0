"""The rows of a batch before they are handed over: addresses that nothing is sent to, and tries that are too fresh."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Float, cast, func, select, update
from sqlmodel import col

from app.communications.tables import Delivery, DeliveryAttempt
from app.communications.values import DeliveryState
from app.core.db import Tx
from app.core.repository import among


async def find_channel(session: Tx, batch: UUID) -> str | None:
    """All of a batch goes by one."""
    mine = (col(Delivery.commissioner_id) == session.tenant, col(Delivery.batch) == batch)
    statement = select(col(Delivery.channel)).where(*mine).limit(1)
    return (await (await session.connection()).execute(statement)).scalar_one_or_none()


async def list_addresses(session: Tx, batch: UUID) -> set[str]:
    statement = select(col(Delivery.address)).where(
        col(Delivery.commissioner_id) == session.tenant,
        col(Delivery.batch) == batch,
        col(Delivery.state) == DeliveryState.QUEUED.value,
    )
    found = (await (await session.connection()).execute(statement)).scalars()
    return {address for address in found if address is not None}


async def suppress(session: Tx, batch: UUID, addresses: Collection[str], *, detail: str) -> None:
    if not addresses:
        return
    statement = (
        update(Delivery)
        .where(col(Delivery.commissioner_id) == session.tenant, col(Delivery.batch) == batch)
        .where(col(Delivery.state) == DeliveryState.QUEUED.value, among(col(Delivery.address), addresses))
        .values(state=DeliveryState.SUPPRESSED.value, detail=detail)
    )
    await (await session.connection()).execute(statement)


async def list_unsettled(session: Tx, deliveries: Sequence[UUID], settle: timedelta) -> dict[UUID, timedelta]:
    """Those whose last try is not as long ago as that, and how long they still have to wait, by the database's clock."""
    seconds_ago = func.extract("epoch", func.clock_timestamp() - func.max(col(DeliveryAttempt.ended_at)))
    statement = (
        select(col(DeliveryAttempt.delivery_id), cast(seconds_ago, Float).label("seconds_ago"))
        .where(col(DeliveryAttempt.commissioner_id) == session.tenant)
        .where(among(col(DeliveryAttempt.delivery_id), deliveries))
        .group_by(col(DeliveryAttempt.delivery_id))
    )
    found = (await (await session.connection()).execute(statement)).all()
    waits = {row.delivery_id: settle - timedelta(seconds=row.seconds_ago) for row in found}
    return {delivery_id: wait for delivery_id, wait in waits.items() if wait > timedelta()}
