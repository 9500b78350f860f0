"""The ledger: what released runs have posted and paid, what is about to be, and what is still owed."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text

from app.calculation.values import Booking, Payee
from app.core.clock import Period
from app.core.repository import TenantRepository
from app.payments.errors import RunNotFound
from app.payments.rules.ceiling import COMPONENT
from app.payments.rules.owing import most_now
from app.payments.tables import PaymentRun
from app.payments.values import POSTED, Balance, LastPosted, Moved, PartPaid, Posted

_POSTED_PERIODS = text(
    """
SELECT DISTINCT ON (p.period_from) p.period_from, p.period_until, p.inputs_digest, p.fingerprint
FROM payment_run_part p JOIN payment_run r ON r.commissioner_id = p.commissioner_id AND r.id = p.run_id
WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.state = ANY(:posted)
ORDER BY p.period_from, r.released_at DESC, r.id DESC
"""
)
# The sum of bigint is numeric, which would leave as a decimal: hence the cast.
_POSTED_LINES = text(
    """
SELECT s.practice, l.component, l.payee_type, l.payee_code, sum(l.amount)::bigint AS amount,
       array_agg(s.reference || '-' || l.no ORDER BY r.released_at, l.no) AS lines
FROM payment_run r
JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id
JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id
WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.state = ANY(:posted)
  AND l.period_from = :from AND l.period_until = :until AND l.amount <> 0
GROUP BY s.practice, l.component, l.payee_type, l.payee_code
ORDER BY s.practice, l.component, l.payee_type, l.payee_code
"""
)
# A line of a period that a run corrects or pays has the part beside it by whose definition it was worked out. What a budget
# holds back is a line of the run's own period, whichever period it was due for, and pays for nothing.
_PAID_UNCLAIMED = text(
    """
SELECT DISTINCT practice FROM (
  SELECT s.practice
  FROM payment_run r
  JOIN payment_run_part p ON p.commissioner_id = r.commissioner_id AND p.run_id = r.id
    AND p.definition ->> 'claims' IS DISTINCT FROM 'required'
  JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id
  JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id
    AND l.period_from = p.period_from AND l.period_until = p.period_until
  WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.state = ANY(:posted)
    AND p.period_from = :from AND p.period_until = :until AND l.component <> :held_back
  GROUP BY s.practice, l.component, l.payee_type, l.payee_code
  HAVING sum(l.amount) <> 0
) paid
"""
)
_OPEN_PAYMENTS = text(
    """
SELECT count(*) AS count, coalesce(sum(p.total), 0)::bigint AS total
FROM payment_run r
JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id
JOIN payment p ON p.commissioner_id = s.commissioner_id AND p.statement_id = s.id
WHERE r.commissioner_id = :tenant AND r.state IN ('calculated', 'approved') AND s.practice = ANY(:practices)
"""
)
_OWED = text(
    """
SELECT count(*) AS count, coalesce(sum(amount), 0)::bigint AS total FROM (
  SELECT sum(amount) AS amount FROM (
    SELECT r.scheme_id, s.practice, p.payee_type, p.payee_code, p.total - p.payable AS amount
    FROM payment_statement s
    JOIN payment_run r ON r.commissioner_id = s.commissioner_id AND r.id = s.run_id
    JOIN payment p ON p.commissioner_id = s.commissioner_id AND p.statement_id = s.id
    WHERE s.commissioner_id = :tenant AND s.practice = ANY(:practices) AND r.state = ANY(:posted)
    UNION ALL
    SELECT a.scheme_id, a.practice, a.payee_type, a.payee_code, a.waived FROM payment_arrangement a
    WHERE a.commissioner_id = :tenant AND a.practice = ANY(:practices) AND a.waived > 0
  ) moved
  GROUP BY scheme_id, practice, payee_type, payee_code
  HAVING sum(amount) < 0
) owed
"""
)
# The ledger's last word counts: what came back was not paid, whatever was said before. Of a payment that was paid in full
# each line was; the few that were paid otherwise come one by one, because their lines were paid in part. Runs of earlier
# releases have no bookings: theirs is the scheme's own.
_MOVED = text(
    """
WITH released AS MATERIALIZED (
  SELECT commissioner_id, id, pay_code, cost_centre FROM payment_run
  WHERE commissioner_id = :tenant AND scheme_id = :scheme AND state = ANY(:posted)
    AND (released_at AT TIME ZONE 'Europe/London')::date <= :on
), paid AS MATERIALIZED (
  SELECT p.id, p.statement_id, p.payee_type, p.payee_code, p.total, coalesce(last.amount, p.payable) AS amount
  FROM released r
  JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id
  JOIN payment p ON p.commissioner_id = s.commissioner_id AND p.statement_id = s.id
  JOIN LATERAL (
    SELECT a.outcome, a.paid_on, a.amount FROM payment_acknowledgement a
    WHERE a.commissioner_id = p.commissioner_id AND a.payment_id = p.id AND a.outcome <> 'accepted'
    ORDER BY a.recorded_at DESC, a.id DESC LIMIT 1
  ) last ON last.outcome = 'paid' AND last.paid_on <= :on
)
SELECT CASE WHEN paid.amount <> paid.total THEN paid.id END AS payment, max(paid.amount) AS amount,
  coalesce(b.pay_code, r.pay_code) AS pay_code, coalesce(b.cost_centre, r.cost_centre) AS cost_centre, b.subjective,
  sum(l.amount)::bigint AS posted,
  coalesce(sum(l.amount) FILTER (WHERE paid.amount = paid.total), 0)::bigint AS paid
FROM released r
JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id
JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id
LEFT JOIN paid ON paid.statement_id = s.id AND paid.payee_type = l.payee_type AND paid.payee_code = l.payee_code
LEFT JOIN payment_booking b ON b.commissioner_id = r.commissioner_id AND b.run_id = r.id
  AND b.period_from = l.period_from AND b.component = l.component
WHERE l.amount <> 0
GROUP BY 1, 3, 4, 5
ORDER BY 1, 3, 4, 5
"""
)
# Hardly any payment is of more or less than its total, so those few are looked for first, whatever plan a long-lived
# connection has kept from the time when the tables were small. A waiver is fresh until a statement of the practice was
# released after it, which then has said it; only such a statement brings a new debt, so one at most is fresh. `balance` is
# what stood from a change until the next.
_BALANCES = text(
    """
WITH moved AS MATERIALIZED (
  SELECT commissioner_id, statement_id, payee_type, payee_code, total - payable AS amount FROM payment
  WHERE commissioner_id = :tenant AND total <> payable
), agreed AS (
  SELECT practice, payee_type, payee_code, most_per_run, waived, reason, agreed_at FROM payment_arrangement
  WHERE commissioner_id = :tenant AND scheme_id = :scheme AND agreed_at IS NOT NULL
), changed AS (
  SELECT s.practice, m.payee_type, m.payee_code, m.amount, 0 AS fresh, NULL AS reason, r.released_at AS at
  FROM moved m
  JOIN payment_statement s ON s.commissioner_id = m.commissioner_id AND s.id = m.statement_id
  JOIN payment_run r ON r.commissioner_id = s.commissioner_id AND r.id = s.run_id
  WHERE r.scheme_id = :scheme AND r.state = ANY(:posted)
  UNION ALL
  SELECT a.practice, a.payee_type, a.payee_code, a.waived, CASE WHEN EXISTS (
    SELECT 1 FROM payment_run r
    JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id AND s.practice = a.practice
    WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.state = ANY(:posted) AND r.released_at >= a.agreed_at
  ) THEN 0 ELSE a.waived END, a.reason, a.agreed_at
  FROM agreed a WHERE a.waived > 0
), stood AS (
  SELECT *, sum(amount) OVER history AS balance, lead(at) OVER history AS until
  FROM changed WINDOW history AS (PARTITION BY practice, payee_type, payee_code ORDER BY at)
), plan AS (
  SELECT DISTINCT ON (practice, payee_type, payee_code) practice, payee_type, payee_code, most_per_run, agreed_at
  FROM agreed WHERE most_per_run > 0 ORDER BY practice, payee_type, payee_code, agreed_at DESC
)
SELECT practice, payee_type, payee_code, sum(amount)::bigint AS amount, sum(fresh)::bigint AS waived,
  max((at AT TIME ZONE 'Europe/London')::date) FILTER (WHERE fresh > 0) AS waived_on,
  max(reason) FILTER (WHERE fresh > 0) AS waived_because,
  plan.most_per_run AS share, -max(balance) FILTER (WHERE until IS NULL OR until > plan.agreed_at)::bigint AS planned
FROM stood LEFT JOIN plan USING (practice, payee_type, payee_code)
GROUP BY practice, payee_type, payee_code, plan.most_per_run
HAVING sum(amount) < 0 OR sum(fresh) > 0
ORDER BY practice, payee_type, payee_code
"""
)
_POSTED_THEN = text(
    """
SELECT p.period_from, p.period_until, coalesce((
  SELECT sum(l.amount) FROM payment_run r
  JOIN payment_statement s ON s.commissioner_id = r.commissioner_id AND s.run_id = r.id AND s.practice = :practice
  JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id
  WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.released_at <= :known_at
    AND l.period_from = p.period_from AND l.period_until = p.period_until
), 0)::bigint AS posted
FROM (SELECT DISTINCT q.period_from, q.period_until FROM payment_run_part q
      JOIN payment_run r ON r.commissioner_id = q.commissioner_id AND r.id = q.run_id
      WHERE r.commissioner_id = :tenant AND r.scheme_id = :scheme AND r.released_at <= :known_at) p
"""
)
_LIMITED = text(
    "SELECT DISTINCT period_from, period_until FROM payment_run WHERE commissioner_id = :tenant AND scheme_id = :scheme"
    " AND state = ANY(:posted) AND held_back > 0"
)
_SUM = text(
    "SELECT coalesce(sum(total), 0)::bigint FROM payment_run WHERE commissioner_id = :tenant AND scheme_id = :scheme"
    " AND state = ANY(:posted)"
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:scheme, 9))")


class LedgerRepository(TenantRepository[PaymentRun]):
    table = PaymentRun
    missing = RunNotFound

    async def sum_open(self, practices: Iterable[str]) -> tuple[int, int]:
        """Payments of these practices in runs that are worked out and not released: how many, and pence in all."""
        values = {"tenant": self.tenant, "practices": list(practices)}
        row = (await (await self.session.connection()).execute(_OPEN_PAYMENTS, values)).one()
        return row[0], row[1]

    async def sum_owed(self, practices: Iterable[str]) -> tuple[int, int]:
        """Balances carried forward against these practices: how many, and pence in all, which is not positive."""
        values = {"tenant": self.tenant, "practices": list(practices), "posted": list(POSTED)}
        row = (await (await self.session.connection()).execute(_OWED, values)).one()
        return row[0], row[1]

    async def list_moved(self, scheme: UUID, *, on: date) -> list[Moved]:
        """What was posted and paid by the end of that day, by how it was booked."""
        rows = await (await self.session.connection()).execute(
            _MOVED, {"tenant": self.tenant, "scheme": scheme, "posted": list(POSTED), "on": on}
        )
        return [
            Moved(
                Booking(row.pay_code, row.cost_centre, row.subjective),
                posted=row.posted,
                paid=row.paid,
                part_of=None if row.payment is None else PartPaid(row.payment, row.amount),
            )
            for row in rows
        ]

    async def list_posted_periods(self, scheme: UUID) -> dict[Period, LastPosted]:
        """Each period that a released run has paid, with what it was last worked out from."""
        rows = await (await self.session.connection()).execute(
            _POSTED_PERIODS, {"tenant": self.tenant, "scheme": scheme, "posted": list(POSTED)}
        )
        return {
            Period(row.period_from, row.period_until): LastPosted(row.inputs_digest, row.fingerprint) for row in rows
        }

    async def list_posted_then(self, scheme: UUID, practice: str, *, known_at: datetime) -> dict[Period, int]:
        """Each period that a run released by then has paid to anybody, and the pence of this practice's statements for it."""
        values = {"tenant": self.tenant, "scheme": scheme, "practice": practice, "known_at": known_at}
        rows = await (await self.session.connection()).execute(_POSTED_THEN, values)
        return {Period(row.period_from, row.period_until): row.posted for row in rows}

    async def list_limited(self, scheme: UUID) -> frozenset[Period]:
        """Periods of released runs that held something back because of the budget, paid since or not."""
        rows = await (await self.session.connection()).execute(
            _LIMITED, {"tenant": self.tenant, "scheme": scheme, "posted": list(POSTED)}
        )
        return frozenset(Period(row.period_from, row.period_until) for row in rows)

    async def sum_posted(self, scheme: UUID) -> int:
        """Pence that the scheme's released runs hold."""
        values = {"tenant": self.tenant, "scheme": scheme, "posted": list(POSTED)}
        return (await (await self.session.connection()).execute(_SUM, values)).scalar_one()

    async def list_posted(self, scheme: UUID, period: Period) -> dict[str, tuple[Posted, ...]]:
        rows = await (await self.session.connection()).execute(
            _POSTED_LINES,
            {
                "tenant": self.tenant,
                "scheme": scheme,
                "posted": list(POSTED),
                "from": period.valid_from,
                "until": period.valid_until,
            },
        )
        found: dict[str, list[Posted]] = {}
        for row in rows:
            payee = Payee(row.payee_type, row.payee_code)
            found.setdefault(row.practice, []).append(Posted(row.component, payee, row.amount, tuple(row.lines)))
        return {practice: tuple(several) for practice, several in found.items()}

    async def list_paid_unclaimed(self, scheme: UUID, period: Period) -> set[str]:
        """The practices that released runs have paid for the period by versions that asked for no claim."""
        rows = await (await self.session.connection()).execute(
            _PAID_UNCLAIMED,
            {
                "tenant": self.tenant,
                "scheme": scheme,
                "posted": list(POSTED),
                "from": period.valid_from,
                "until": period.valid_until,
                "held_back": COMPONENT,
            },
        )
        return set(rows.scalars())

    async def list_balances(self, scheme: UUID) -> list[Balance]:
        rows = await (await self.session.connection()).execute(
            _BALANCES, {"tenant": self.tenant, "scheme": scheme, "posted": list(POSTED)}
        )
        return [
            Balance(
                row.practice,
                Payee(row.payee_type, row.payee_code),
                row.amount,
                None if row.share is None else most_now(-row.amount, row.share, planned=row.planned),
                row.waived,
                row.waived_on,
                row.waived_because,
            )
            for row in rows
        ]

    async def lock_balances(self, scheme: UUID) -> None:
        """Until the transaction ends nobody else freezes or waives what is owed in this scheme."""
        await (await self.session.connection()).execute(_LOCK, {"scheme": str(scheme)})
