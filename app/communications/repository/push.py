"""Browsers in which people want to be told."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, text
from sqlalchemy import select as select_columns
from sqlmodel import col

from app.communications.errors import PushSubscriptionNotFound
from app.communications.tables import Delivery, PushSubscription
from app.communications.values import DeliveryState
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:person, 10))")


def has_browser(tenant: UUID, person_id: Any) -> ColumnElement[bool]:
    mine = (col(PushSubscription.commissioner_id) == tenant, col(PushSubscription.person_id) == person_id)
    return exists(select_columns(col(PushSubscription.id)).where(*mine))


class PushSubscriptionRepository(TenantRepository[PushSubscription]):
    table = PushSubscription
    missing = PushSubscriptionNotFound

    async def list_page(self, person_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[PushSubscription]:
        statement = self.select().where(col(PushSubscription.person_id) == person_id)
        keys = [col(PushSubscription.id)]
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind="push-subscriptions")

    async def get_own(self, person_id: UUID, subscription_id: UUID, *, for_update: bool = False) -> PushSubscription:
        own = (col(PushSubscription.person_id) == person_id, col(PushSubscription.id) == subscription_id)
        row = await self.find(*own, for_update=for_update)
        if row is None:
            raise self.missing
        return row

    async def find_endpoint(self, digest: str) -> PushSubscription | None:
        return await self.find(col(PushSubscription.endpoint_digest) == digest, for_update=True)

    async def list_of(self, people: Collection[UUID]) -> Sequence[PushSubscription]:
        return await self.list(among(col(PushSubscription.person_id), people), order=(col(PushSubscription.id),))

    async def list_in(self, batch: UUID) -> Sequence[PushSubscription]:
        """Those of everybody to whom something of a batch is still to go."""
        waiting = select_columns(col(Delivery.person_id)).where(
            col(Delivery.commissioner_id) == self.tenant,
            col(Delivery.batch) == batch,
            col(Delivery.state).in_([DeliveryState.QUEUED, DeliveryState.ATTEMPTING, DeliveryState.PARKED]),
        )
        return await self.list(col(PushSubscription.person_id).in_(waiting), order=(col(PushSubscription.id),))

    async def lock(self, person_id: UUID) -> None:
        """Subscribing is count, compare, write. Several at once would all see the old number."""
        await (await self.session.connection()).execute(_LOCK, {"person": str(person_id)})

    async def count_of(self, person_id: UUID) -> int:
        mine = (col(PushSubscription.commissioner_id) == self.tenant, col(PushSubscription.person_id) == person_id)
        found = await (await self.session.connection()).execute(select_columns(func.count()).where(*mine))
        return found.scalar_one()

    async def forget(self, ids: Collection[UUID]) -> int:
        mine = (col(PushSubscription.commissioner_id) == self.tenant, among(col(PushSubscription.id), ids))
        found: Any = await (await self.session.connection()).execute(delete(PushSubscription).where(*mine))
        return found.rowcount
