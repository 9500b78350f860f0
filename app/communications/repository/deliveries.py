"""Deliveries of every message, for whoever looks after them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.communications.errors import DeliveryNotFound
from app.communications.tables import Delivery, DeliveryAttempt
from app.communications.values import Cause, DeliveryState
from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository


class DeliveryRepository(TenantRepository[Delivery]):
    table = Delivery
    missing = DeliveryNotFound

    async def list_page(
        self, *, state: DeliveryState | None, cause: str | None, params: PageParams, cursors: Cursors
    ) -> Page[Delivery]:
        """The newest first."""
        statement = self.select()
        if state is not None:
            statement = statement.where(col(Delivery.state) == state)
        if cause is not None:
            statement = statement.where(col(Delivery.detail) == cause)
        keys = [col(Delivery.created_at), col(Delivery.id)]
        return await self.page(
            statement, keys=keys, params=params, cursors=cursors, kind="all-deliveries", descending=True
        )

    async def list_causes(self, states: Sequence[DeliveryState], *, limit: int) -> list[Cause]:
        """Why deliveries are in these states, the most frequent first."""
        statement = (
            select_columns(col(Delivery.state), col(Delivery.detail), func.count(), func.min(Delivery.created_at))
            .where(col(Delivery.commissioner_id) == self.tenant, col(Delivery.state).in_(states))
            .group_by(col(Delivery.state), col(Delivery.detail))
            .order_by(func.count().desc(), col(Delivery.state), col(Delivery.detail))
            .limit(limit)
        )
        rows = (await (await self.session.connection()).execute(statement)).all()
        return [Cause(DeliveryState(row[0]), row[1], row[2], row[3]) for row in rows]

    async def list_attempts(self, delivery_id: UUID) -> Sequence[DeliveryAttempt]:
        statement = (
            select(DeliveryAttempt)
            .where(col(DeliveryAttempt.commissioner_id) == self.tenant, col(DeliveryAttempt.delivery_id) == delivery_id)
            .order_by(col(DeliveryAttempt.n))
        )
        return (await self.session.exec(statement)).all()


_REDRIVE = text(
    """WITH held AS (
  SELECT id, channel FROM delivery
  WHERE commissioner_id = :tenant AND state = ANY(CAST(:states AS text[])) AND address IS NOT NULL
    AND (CAST(:one AS uuid) IS NULL OR id = CAST(:one AS uuid))
    AND (NOT CAST(:by_cause AS boolean) OR detail IS NOT DISTINCT FROM :cause)
  ORDER BY id LIMIT :most FOR UPDATE
), found AS (
  SELECT id, dense_rank() OVER (ORDER BY channel) * 1000000 AS way,
    (row_number() OVER (PARTITION BY channel ORDER BY id) - 1) / :size AS number FROM held)
UPDATE delivery d SET state = 'queued', may_attempt = d.attempts + :again, detail = NULL,
  batch = CAST(CAST(:base AS text) || lpad(to_hex(f.way + f.number), 12, '0') AS uuid)
FROM found f WHERE d.commissioner_id = :tenant AND d.id = f.id RETURNING d.batch"""
)


async def queue_again(
    session: Tx,
    *,
    states: Sequence[DeliveryState],
    one: UUID | None,
    by_cause: bool,
    cause: str | None,
    most: int,
    most_attempts: int,
    batch_size: int,
    base: UUID,
) -> list[UUID]:
    """Put deliveries that ended without success into new batches, each of one channel, one of which each row of the answer
    names.
    """
    values = {
        "tenant": session.tenant,
        "states": [state.value for state in states],
        "one": one,
        "by_cause": by_cause,
        "cause": cause,
        "most": most,
        "again": most_attempts,
        "size": batch_size,
        # The numbered identifiers of one statement, as they are made when recipients are worked out.
        "base": str(base)[:24],
    }
    return list((await (await session.connection()).execute(_REDRIVE, values)).scalars())
