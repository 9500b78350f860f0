"""Runs: their states, and the decisions about them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import any_, text
from sqlmodel import col

from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among, keyset_page
from app.payments.errors import RunNotFound
from app.payments.tables import PaymentRun
from app.payments.values import OPEN, POSTED, VOID, Lateness, RunState

_DECIDE = """
UPDATE payment_run SET state = :to, version = version + 1{assignments}
WHERE commissioner_id = :tenant AND id = :id AND version = :version AND state = :from
"""


# The ledger's last word on each payment counts, as it does for what is paid. Those of nothing are in no file.
_UNPAID = """
FROM payment_statement s
JOIN payment p ON p.commissioner_id = s.commissioner_id AND p.statement_id = s.id AND p.payable > 0
LEFT JOIN LATERAL (
  SELECT a.outcome, a.paid_on, a.amount FROM payment_acknowledgement a
  WHERE a.commissioner_id = p.commissioner_id AND a.payment_id = p.id AND a.outcome <> 'accepted'
  ORDER BY a.recorded_at DESC, a.id DESC LIMIT 1
) last ON true
WHERE s.commissioner_id = payment_run.commissioner_id AND s.run_id = payment_run.id
  AND (last.outcome IS DISTINCT FROM 'paid' OR last.paid_on > :on OR last.amount < p.payable)
"""
_IS_UNPAID = f"payment_run.state = ANY(:posted) AND payment_run.pay_by <= :on AND EXISTS (SELECT 1 {_UNPAID})"
# Of a payment that was paid in part the rest.
_REST = "p.payable - CASE WHEN last.outcome = 'paid' AND last.paid_on <= :on THEN last.amount ELSE 0 END"
_SUM_UNPAID = text(
    "SELECT unpaid.* FROM payment_run, LATERAL ("
    f"SELECT count(*) AS payments, coalesce(sum({_REST}), 0)::bigint AS total {_UNPAID}"
    ") unpaid WHERE payment_run.commissioner_id = :tenant AND payment_run.id = :run"
)
_RAISE_ALERTS = """
INSERT INTO payment_run_alert (commissioner_id, run_id, because, raised_at)
SELECT commissioner_id, id, :because, :now FROM payment_run WHERE commissioner_id = :tenant AND {is_late} ORDER BY id
ON CONFLICT DO NOTHING RETURNING run_id
"""
_LATE = {
    Lateness.UNPAID: text(_RAISE_ALERTS.format(is_late=_IS_UNPAID)),
    Lateness.UNANSWERED: text(
        _RAISE_ALERTS.format(
            is_late="""state = 'released' AND file_count > 0 AND (released_at AT TIME ZONE 'Europe/London')::date <= :on
  AND NOT EXISTS (SELECT 1 FROM payment_acknowledgement a
                  WHERE a.commissioner_id = payment_run.commissioner_id AND a.run_id = payment_run.id)"""
        )
    ),
}


class RunRepository(TenantRepository[PaymentRun]):
    table = PaymentRun
    missing = RunNotFound

    async def list_page(
        self,
        *,
        scheme: UUID | None,
        state: RunState | None,
        unpaid_on: date | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[PaymentRun]:
        """Newest first; `unpaid_on` leaves those that were to be paid by that day and at its end were not."""
        statement = self.select()
        if scheme is not None:
            statement = statement.where(col(PaymentRun.scheme_id) == scheme)
        if state is not None:
            statement = statement.where(col(PaymentRun.state) == state)
        if unpaid_on is not None:
            statement = statement.where(text(_IS_UNPAID).bindparams(posted=list(POSTED), on=unpaid_on))
        return await keyset_page(
            self.session,
            statement,
            keys=[col(PaymentRun.id)],
            params=params,
            cursors=cursors,
            kind=f"payment_runs:{scheme}:{state}:{unpaid_on}",
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

    async def raise_alerts(self, because: Lateness, *, on: date, now: datetime) -> list[UUID]:
        """Note the runs that are late at the end of that day; returns those of which it is noted for the first time."""
        values: dict[str, Any] = {"tenant": self.tenant, "because": because.value, "on": on, "now": now}
        if because is Lateness.UNPAID:
            values["posted"] = list(POSTED)
        found = await (await self.session.connection()).execute(_LATE[because], values)
        return list(found.scalars())

    async def sum_unpaid(self, run_id: UUID, *, on: date) -> tuple[int, int]:
        """Payments that the ledger has not said to be paid in full by that day: how many, and the pence still missing."""
        values = {"tenant": self.tenant, "run": run_id, "on": on}
        row = (await (await self.session.connection()).execute(_SUM_UNPAID, values)).one()
        return row.payments, row.total

    async def list_runs(self, ids: Iterable[UUID]) -> Sequence[PaymentRun]:
        return await self.list(among(col(PaymentRun.id), ids))

    async def list_decided_by(self, person: UUID) -> Sequence[PaymentRun]:
        return await self.list(
            (col(PaymentRun.calculated_by) == person)
            | (any_(col(PaymentRun.approvers)) == person)
            | (col(PaymentRun.released_by) == person)
            | (col(PaymentRun.rejected_by) == person)
        )


_UNACKNOWLEDGED = text("SELECT unacknowledged_releases()")


async def count_unacknowledged_releases(session: Tx) -> int:
    """Of all commissioners, by a function that shows the number and no more."""
    return (await (await session.connection()).execute(_UNACKNOWLEDGED)).scalar_one()
