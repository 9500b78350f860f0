"""Runs: their states, and the decisions about them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col

from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among, keyset_page
from app.payments.errors import RunNotFound
from app.payments.tables import PaymentRun
from app.payments.values import OPEN, VOID, RunState

_DECIDE = """
UPDATE payment_run SET state = :to, version = version + 1{assignments}
WHERE commissioner_id = :tenant AND id = :id AND version = :version AND state = :from
"""


class RunRepository(TenantRepository[PaymentRun]):
    table = PaymentRun
    missing = RunNotFound

    async def list_page(
        self, *, scheme: UUID | None, state: RunState | None, params: PageParams, cursors: Cursors
    ) -> Page[PaymentRun]:
        """Newest first."""
        statement = self.select()
        if scheme is not None:
            statement = statement.where(col(PaymentRun.scheme_id) == scheme)
        if state is not None:
            statement = statement.where(col(PaymentRun.state) == state)
        return await keyset_page(
            self.session,
            statement,
            keys=[col(PaymentRun.id)],
            params=params,
            cursors=cursors,
            kind=f"payment_runs:{scheme}:{state}",
            descending=True,
        )

    async def find_open(self, scheme_id: UUID) -> PaymentRun | None:
        return await self.find(col(PaymentRun.scheme_id) == scheme_id, col(PaymentRun.state).in_(OPEN))

    async def find_overlapping(self, run: PaymentRun) -> PaymentRun | None:
        """Another run of the scheme over a period that is neither this one's nor apart from it."""
        same = (col(PaymentRun.period_from) == run.period_from) & (col(PaymentRun.period_until) == run.period_until)
        found = await self.list(
            col(PaymentRun.scheme_id) == run.scheme_id,
            col(PaymentRun.id) != run.id,
            col(PaymentRun.state).not_in(VOID),
            ~same,
            col(PaymentRun.period_from) < run.period_until,
            col(PaymentRun.period_until) > run.period_from,
        )
        return found[0] if found else None

    async def decide(self, run: PaymentRun, *, to: RunState, **values: Any) -> bool:
        """One conditional statement: of any number of decisions about what was read, at most one is taken."""
        assignments = "".join(f", {name} = :{name}" for name in values)
        result = await (await self.session.connection()).execute(
            text(_DECIDE.format(assignments=assignments)),
            {
                "tenant": self.tenant,
                "id": run.id,
                "version": run.version,
                "from": run.state,
                "to": to.value,
                **values,
            },
        )
        return result.rowcount == 1

    async def get_again(self, run_id: UUID) -> PaymentRun:
        found = self.select().where(col(PaymentRun.id) == run_id).execution_options(populate_existing=True)
        row = (await self.session.exec(found)).one_or_none()  # pyright: ignore - SQLModel's select is another type
        if row is None:
            raise self.missing
        return row

    async def list_runs(self, ids: Iterable[UUID]) -> Sequence[PaymentRun]:
        return await self.list(among(col(PaymentRun.id), ids))

    async def list_decided_by(self, person: UUID) -> Sequence[PaymentRun]:
        return await self.list(
            (col(PaymentRun.calculated_by) == person)
            | (col(PaymentRun.approved_by) == person)
            | (col(PaymentRun.released_by) == person)
            | (col(PaymentRun.rejected_by) == person)
        )


_UNACKNOWLEDGED = text("SELECT unacknowledged_releases()")


async def count_unacknowledged_releases(session: Tx) -> int:
    """Of all commissioners, by a function that shows the number and no more."""
    return (await (await session.connection()).execute(_UNACKNOWLEDGED)).scalar_one()
