"""Deliveries of which something is heard after they have gone."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, select

from app.communications.tables import Delivery
from app.core.db import Tx
from app.core.repository import among


async def lock_deliveries(session: Tx, ids: Collection[UUID]) -> dict[UUID, Delivery]:
    """By id, those that are there. Locked, so that two reports of one delivery come one after the other."""
    statement = (
        select(Delivery)
        .where(col(Delivery.commissioner_id) == session.tenant, among(col(Delivery.id), set(ids)))
        .order_by(col(Delivery.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in (await session.exec(statement)).all()}
