"""Queries about lines, what is said in them, and the corrections they lead to."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, text, true
from sqlmodel import col, select

from app.calculation.values import Payee
from app.core.clock import Period
from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among, keyset_page
from app.payments.errors import CorrectionNotProposed, QueryNotFound
from app.payments.tables import PaymentCorrection, PaymentQuery, PaymentQueryMessage
from app.payments.values import Correction, CorrectionState, QuerySight, QueryState


class QueryRepository(TenantRepository[PaymentQuery]):
    table = PaymentQuery
    missing = QueryNotFound

    async def get_seen(self, query_id: UUID, sight: QuerySight, *, for_update: bool = False) -> PaymentQuery:
        """The query, when the caller may see it; otherwise it is not there."""
        row = await self.find(col(PaymentQuery.id) == query_id, _seen(sight), for_update=for_update)
        if row is None:
            raise self.missing
        return row

    async def list_page(
        self,
        sight: QuerySight,
        *,
        state: QueryState | None,
        overdue_on: date | None,
        waiting: bool,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[PaymentQuery]:
        """Newest first. `overdue_on`: those alone that should have been answered before that day; `waiting`: those alone with a
        correction that is proposed.
        """
        statement = self.select().where(_seen(sight))
        if state is not None:
            statement = statement.where(col(PaymentQuery.state) == state)
        if overdue_on is not None:
            statement = statement.where(*_overdue(overdue_on))
        if waiting:
            proposed = select(PaymentCorrection.query_id).where(
                col(PaymentCorrection.commissioner_id) == self.tenant,
                col(PaymentCorrection.state) == CorrectionState.PROPOSED,
            )
            statement = statement.where(col(PaymentQuery.id).in_(proposed))
        return await keyset_page(
            self.session,
            statement,
            keys=[col(PaymentQuery.id)],
            params=params,
            cursors=cursors,
            kind=f"payment_queries:{state}:{overdue_on}:{waiting}",
            descending=True,
        )

    async def lock_overdue(self, today: date) -> Sequence[PaymentQuery]:
        """Those that are overdue and have not been escalated. Races with whoever answers one of them meanwhile."""
        statement = (
            self.select()
            .where(*_overdue(today), col(PaymentQuery.escalated_at).is_(None))
            .order_by(col(PaymentQuery.id))
            .with_for_update()
        )
        return (await self.session.exec(statement)).all()  # pyright: ignore - SQLModel's select is another type

    async def list_of_person(self, person: UUID) -> Sequence[PaymentQuery]:
        return await self.list((col(PaymentQuery.opened_by) == person) | (col(PaymentQuery.answered_by) == person))


class MessageRepository(TenantRepository[PaymentQueryMessage]):
    table = PaymentQueryMessage

    async def list_of_query(self, query_id: UUID) -> Sequence[PaymentQueryMessage]:
        return await self.list(col(PaymentQueryMessage.query_id) == query_id)

    async def list_of_person(self, person: UUID) -> Sequence[PaymentQueryMessage]:
        return await self.list(col(PaymentQueryMessage.written_by) == person)


class CorrectionRepository(TenantRepository[PaymentCorrection]):
    table = PaymentCorrection
    missing = CorrectionNotProposed

    async def list_of_query(self, query_id: UUID) -> Sequence[PaymentCorrection]:
        """In the order in which they were proposed: the last one is proposed still, approved or refused, each before it was
        refused, or approved and then corrected by the next that was.
        """
        return await self.list(col(PaymentCorrection.query_id) == query_id)

    async def list_approved(
        self, scheme_id: UUID, *, known_at: datetime | None = None
    ) -> dict[Period, dict[str, tuple[Correction, ...]]]:
        """What is due beside the rules, by period and practice, in the order in which it was approved; by then, where an
        instant is given.
        """
        rows = await self.list(
            col(PaymentCorrection.scheme_id) == scheme_id,
            col(PaymentCorrection.state) == CorrectionState.APPROVED,
            *([] if known_at is None else [col(PaymentCorrection.decided_at) <= known_at]),
            order=[col(PaymentCorrection.decided_at), col(PaymentCorrection.id)],
        )
        found: dict[Period, dict[str, tuple[Correction, ...]]] = {}
        for row in rows:
            payee = Payee(row.payee_type, row.payee_code)  # pyright: ignore - the database checks it
            correction = Correction(row.component, payee, row.amount, row.reason, str(row.query_id))
            of_period = found.setdefault(Period(row.period_from, row.period_until), {})
            of_period[row.practice] = (*of_period.get(row.practice, ()), correction)
        return found

    async def get_proposed(self, query_id: UUID) -> PaymentCorrection:
        row = await self.find(
            col(PaymentCorrection.query_id) == query_id,
            col(PaymentCorrection.state) == CorrectionState.PROPOSED,
            for_update=True,
        )
        if row is None:
            raise self.missing
        return row

    async def list_of_person(self, person: UUID) -> Sequence[PaymentCorrection]:
        return await self.list(
            (col(PaymentCorrection.proposed_by) == person) | (col(PaymentCorrection.decided_by) == person)
        )


def _seen(sight: QuerySight) -> ColumnElement[bool]:
    shared = and_(col(PaymentQuery.shared_at).is_not(None), _of(sight.shared))
    return or_(_of(sight.practices), shared)


def _of(practices: frozenset[str] | None) -> ColumnElement[bool]:
    return true() if practices is None else among(col(PaymentQuery.practice), practices)


def _overdue(today: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(PaymentQuery.state) != QueryState.ANSWERED, col(PaymentQuery.due_on) < today


_OVERDUE = text("SELECT overdue_queries()")


async def count_overdue_queries(session: Tx) -> int:
    """Of all commissioners, by a function that shows the number and no more."""
    return (await (await session.connection()).execute(_OVERDUE)).scalar_one()
