"""Webhook endpoints, their log, and what a replay begins at."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.communications.errors import WebhookDeliveryNotFound, WebhookEndpointNotFound
from app.communications.tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from app.communications.values.webhooks import EndpointState, WebhookState
from app.core.db import Tx
from app.core.events import EventRow
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among, keyset_page


class WebhookEndpointRepository(TenantRepository[WebhookEndpoint]):
    table = WebhookEndpoint
    missing = WebhookEndpointNotFound

    def select(self) -> Select[Any]:
        return super().select().where(col(WebhookEndpoint.state) != EndpointState.DELETED)

    async def get(self, row_id: UUID, *, for_update: bool = False) -> WebhookEndpoint:
        row = await self.find(col(WebhookEndpoint.id) == row_id, for_update=for_update)
        if row is None:
            raise WebhookEndpointNotFound
        return row

    async def list_page(self, *, params: PageParams, cursors: Cursors) -> Page[WebhookEndpoint]:
        keys = [col(WebhookEndpoint.id)]
        return await self.page(self.select(), keys=keys, params=params, cursors=cursors, kind="webhook-endpoints")

    async def count(self) -> int:
        counted = select_columns(func.count()).select_from(self.select().subquery())
        return (await (await self.session.connection()).execute(counted)).scalar_one()

    async def lock_enabled(self) -> Sequence[WebhookEndpoint]:
        """Those that are to hear of events, so that a second job of the tenant waits for this one."""
        statement = self.select().where(col(WebhookEndpoint.state) == EndpointState.ENABLED)
        ordered = statement.order_by(col(WebhookEndpoint.id)).with_for_update()
        return (await self.session.exec(ordered.execution_options(populate_existing=True))).all()  # pyright: ignore


def _of(session: Tx, endpoint_id: UUID) -> ColumnElement[bool]:
    return (col(WebhookDelivery.commissioner_id) == session.tenant) & (col(WebhookDelivery.endpoint_id) == endpoint_id)


async def list_deliveries(
    session: Tx,
    endpoint_id: UUID,
    *,
    state: WebhookState | None,
    event: str | None,
    params: PageParams,
    cursors: Cursors,
) -> Page[WebhookDelivery]:
    """The newest first: ids of events grow with time."""
    statement = select(WebhookDelivery).where(_of(session, endpoint_id))
    if state is not None:
        statement = statement.where(col(WebhookDelivery.state) == state)
    if event is not None:
        statement = statement.where(col(WebhookDelivery.name) == event)
    keys, kind = [col(WebhookDelivery.event_id)], f"webhook-deliveries:{endpoint_id}:{state}:{event}"
    return await keyset_page(session, statement, keys=keys, params=params, cursors=cursors, kind=kind, descending=True)


async def get_delivery(session: Tx, endpoint_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    statement = select(WebhookDelivery).where(_of(session, endpoint_id), col(WebhookDelivery.event_id) == delivery_id)
    row = (await session.exec(statement)).one_or_none()
    if row is None:
        raise WebhookDeliveryNotFound
    return row


async def list_attempts(session: Tx, endpoint_id: UUID, delivery_id: UUID) -> Sequence[WebhookAttempt]:
    statement = select(WebhookAttempt).where(
        col(WebhookAttempt.commissioner_id) == session.tenant,
        col(WebhookAttempt.endpoint_id) == endpoint_id,
        col(WebhookAttempt.event_id) == delivery_id,
    )
    return (await session.exec(statement.order_by(col(WebhookAttempt.n)))).all()


async def count_known(session: Tx, endpoint_id: UUID, deliveries: Collection[UUID]) -> int:
    statement = select_columns(func.count()).where(
        _of(session, endpoint_id), among(col(WebhookDelivery.event_id), deliveries)
    )
    return (await (await session.connection()).execute(statement)).scalar_one()


async def find_position(session: Tx, event_id: UUID) -> tuple[int, int] | None:
    """Where an event of the feed stands. Its id says when it was made, and by that it is found."""
    made_at = datetime.fromtimestamp((event_id.int >> 80) / 1000, tz=UTC)
    return await _first_position(
        session,
        col(EventRow.id) == event_id,
        col(EventRow.occurred_at).between(made_at - timedelta(days=1), made_at + timedelta(days=1)),
    )


async def position_at(session: Tx, instant: datetime) -> tuple[int, int] | None:
    """Of the first event from that instant on."""
    return await _first_position(session, col(EventRow.occurred_at) >= instant)


async def _first_position(session: Tx, *conditions: ColumnElement[bool]) -> tuple[int, int] | None:
    statement = (
        select_columns(col(EventRow.change_number), col(EventRow.position))
        .where(col(EventRow.commissioner_id) == session.tenant, col(EventRow.resource).is_not(None), *conditions)
        .order_by(col(EventRow.change_number), col(EventRow.position))
        .limit(1)
    )
    found = (await (await session.connection()).execute(statement)).one_or_none()
    return (found[0], found[1]) if found else None
