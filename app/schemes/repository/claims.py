"""Claims, their steps, and a scheme's rules for them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, not_, text
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.core.clock import Period
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among
from app.schemes.errors import ClaimNotFound
from app.schemes.tables import ClaimRow, ClaimRulesRow, ClaimStepRow
from app.schemes.values import BOUND, ENDED, ClaimOutline, ClaimState, ClaimStepKind

# One statement for all claims of a run; the number of a step is the version that its row has from then on.
_MOVE = text(
    """
WITH moved AS (
  UPDATE claim SET state = :to, run_id = CAST(:run_kept AS uuid), version = version + 1
  WHERE commissioner_id = :tenant AND id = ANY(CAST(:ids AS uuid[])) RETURNING id, version, values_digest, amount, practice
), written AS (
  INSERT INTO claim_step (commissioner_id, claim_id, no, kind, at, values_digest, amount, run_id)
  SELECT :tenant, id, version, :kind, :now, values_digest, amount, CAST(:run AS uuid) FROM moved
)
SELECT id, version, practice FROM moved ORDER BY id"""
)

_MARK = text(
    """
SELECT period_from, period_until, md5(string_agg(concat_ws(' ', id, approved_at, hold_reason), ',' ORDER BY id)) AS mark FROM claim
WHERE commissioner_id = :tenant AND scheme_id = :scheme AND state = ANY(:payable) GROUP BY period_from, period_until"""
)
_REMIND = text(
    """
INSERT INTO claim_reminder (commissioner_id, scheme_id, period_from, period_until, practice, sent_on)
SELECT :tenant, :scheme, :from, :until, practice, :on FROM unnest(CAST(:practices AS text[])) AS practice
ON CONFLICT ON CONSTRAINT pk_claim_reminder DO NOTHING RETURNING practice"""
)
PAYABLE: Final = (ClaimState.APPROVED, ClaimState.IN_RUN, ClaimState.PAID)


class ClaimRepository(TenantRepository[ClaimRow]):
    table = ClaimRow
    missing = ClaimNotFound

    async def list_page(
        self,
        wanted: Mapping[str, Any],
        *,
        reach: frozenset[str] | None,
        period: Period | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[ClaimRow]:
        """Of the practices in reach (None: of all), the newest first; `wanted` are columns that have to be so."""
        statement = self.select().filter_by(**wanted)
        if reach is not None:
            statement = statement.where(among(ClaimRow.practice, sorted(reach)))
        if period is not None:
            statement = statement.where(self._of_period(period))
        kind = f"claims:{period}:" + ":".join(f"{name}={value}" for name, value in sorted(wanted.items()))
        return await self.page(
            statement, keys=[ClaimRow.id], params=params, cursors=cursors, kind=kind, descending=True
        )

    async def list_overlapping(self, scheme_id: UUID, practices: Sequence[str], period: Period) -> Sequence[ClaimRow]:
        """Those that have not ended, of any time that shares a day with the period."""
        return await self.list(
            col(ClaimRow.scheme_id) == scheme_id,
            among(ClaimRow.practice, practices),
            col(ClaimRow.state).not_in(ENDED),
            col(ClaimRow.period_from) < period.end,
            col(ClaimRow.period_until) > period.valid_from,
            order=(col(ClaimRow.id),),
        )

    async def find_unequal(self, scheme_id: UUID, period: Period) -> ClaimRow | None:
        """One that has not ended, of a time that shares a day with the period and is not the period."""
        found = await self.list(
            col(ClaimRow.scheme_id) == scheme_id,
            col(ClaimRow.state).not_in(ENDED),
            col(ClaimRow.period_from) < period.end,
            col(ClaimRow.period_until) > period.valid_from,
            not_(self._of_period(period)),
            order=(col(ClaimRow.id),),
        )
        return found[0] if found else None

    async def lock_of_period(self, scheme_id: UUID, period: Period) -> Sequence[ClaimRow]:
        """Those that a run may pay or has paid, the oldest first; against facts that change what they declare."""
        statement = (
            self.select()
            .where(
                col(ClaimRow.scheme_id) == scheme_id,
                self._of_period(period),
                col(ClaimRow.state).in_(PAYABLE),
            )
            .order_by(col(ClaimRow.id))
        )
        return await self._locked(statement)

    async def list_of_practice(self, practice: str) -> Sequence[ClaimRow]:
        return await self.list(col(ClaimRow.practice) == practice, order=(col(ClaimRow.id),))

    async def list_of_scheme(self, scheme_id: UUID) -> list[ClaimOutline]:
        """Those that have not ended, the oldest first; without what was declared, which may be a thousand facts of each."""
        claim = ClaimRow
        statement = (
            select_columns(
                col(claim.id), col(claim.practice), col(claim.period_from), col(claim.period_until), col(claim.state)
            )
            .where(
                col(claim.commissioner_id) == self.tenant,
                col(claim.scheme_id) == scheme_id,
                col(claim.state).not_in(ENDED),
            )
            .order_by(col(claim.id))
        )
        rows = (await (await self.session.connection()).execute(statement)).all()
        return [
            ClaimOutline(row.id, row.practice, Period(row.period_from, row.period_until), ClaimState(row.state))
            for row in rows
        ]

    async def list_evidence(self, claims: Collection[UUID]) -> dict[UUID, list[dict[str, Any]] | None]:
        """What each of these has declared."""
        statement = select_columns(col(ClaimRow.id), col(ClaimRow.evidence)).where(
            col(ClaimRow.commissioner_id) == self.tenant, among(ClaimRow.id, claims)
        )
        rows = (await (await self.session.connection()).execute(statement)).all()
        return {row.id: row.evidence for row in rows}

    async def add_reminders(self, scheme_id: UUID, period: Period, practices: Sequence[str], *, on: date) -> list[str]:
        """The practices, without those that were reminded of the period before."""
        values = {
            "tenant": self.tenant,
            "scheme": scheme_id,
            "from": period.valid_from,
            "until": period.end,
            "practices": list(practices),
            "on": on,
        }
        return sorted((await (await self.session.connection()).execute(_REMIND, values)).scalars())

    async def mark(self, scheme_id: UUID) -> dict[Period, str]:
        """Of each period's payable claims; it says whether a second look is needed, and pays nobody."""
        values = {"tenant": self.tenant, "scheme": scheme_id, "payable": list(PAYABLE)}
        found = (await (await self.session.connection()).execute(_MARK, values)).all()
        return {Period(row.period_from, row.period_until): row.mark for row in found}

    async def lock_bound(self, scheme_id: UUID, practices: Iterable[str]) -> Sequence[ClaimRow]:
        """Those of these practices whose declaration stands; against decisions made at the same time."""
        statement = (
            self.select()
            .where(
                col(ClaimRow.scheme_id) == scheme_id,
                among(ClaimRow.practice, sorted(practices)),
                col(ClaimRow.state).in_(BOUND),
            )
            .order_by(col(ClaimRow.id))
        )
        return await self._locked(statement)

    async def lock_in_run(self, run_id: UUID) -> Sequence[ClaimRow]:
        statement = self.select().where(col(ClaimRow.run_id) == run_id, col(ClaimRow.state) == ClaimState.IN_RUN)
        return await self._locked(statement.order_by(col(ClaimRow.id)))

    async def _locked(self, statement: Select[Any]) -> Sequence[ClaimRow]:
        locked = statement.with_for_update().execution_options(populate_existing=True)
        return (await self.session.exec(locked)).all()  # pyright: ignore - SQLModel's select is another type

    def _of_period(self, period: Period) -> Any:
        return (col(ClaimRow.period_from) == period.valid_from) & (col(ClaimRow.period_until) == period.end)

    async def is_first(self, claim: ClaimRow) -> bool:
        """Whether no other claim of the practice has been approved in the scheme."""
        found = await self.list(
            col(ClaimRow.scheme_id) == claim.scheme_id,
            col(ClaimRow.practice) == claim.practice,
            col(ClaimRow.id) != claim.id,
            func.cardinality(col(ClaimRow.approvers)) > 0,
        )
        return not found

    async def find_rejected(self, scheme_id: UUID, practice: str, period: Period) -> ClaimRow | None:
        """The last claim for the period that was rejected."""
        found = await self.list(
            col(ClaimRow.scheme_id) == scheme_id,
            col(ClaimRow.practice) == practice,
            self._of_period(period),
            col(ClaimRow.state) == ClaimState.REJECTED,
            order=(col(ClaimRow.rejected_at).desc(),),
        )
        return found[0] if found else None

    async def list_of_person(self, person_id: UUID) -> Sequence[ClaimStepRow]:
        """The steps that the person has taken, of all claims."""
        statement = (
            select(ClaimStepRow)
            .where(ClaimStepRow.commissioner_id == self.tenant, ClaimStepRow.person_id == person_id)
            .order_by(col(ClaimStepRow.at))
        )
        return (await self.session.exec(statement)).all()

    async def move(
        self, ids: Sequence[UUID], kind: ClaimStepKind, *, to: ClaimState, run_id: UUID, now: datetime
    ) -> list[tuple[UUID, int, str]]:
        """Many at once, which the caller has locked, each with the number of its step and its practice. One that is approved
        again is in no run.
        """
        values = {
            "tenant": self.tenant,
            "ids": list(ids),
            "kind": kind,
            "to": to,
            "run": run_id,
            "run_kept": None if to is ClaimState.APPROVED else run_id,
            "now": now,
        }
        found = (await (await self.session.connection()).execute(_MOVE, values)).all()
        return [(row.id, row.version, row.practice) for row in found]


class ClaimStepRepository(TenantRepository[ClaimStepRow]):
    table = ClaimStepRow
    missing = ClaimNotFound

    async def list_page(self, claim_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[ClaimStepRow]:
        """In the order in which they were taken."""
        statement = self.select().where(col(ClaimStepRow.claim_id) == claim_id)
        return await self.page(
            statement, keys=[ClaimStepRow.no], params=params, cursors=cursors, kind=f"claim_steps:{claim_id}"
        )

    async def get_number(self, claim_id: UUID, no: int) -> ClaimStepRow:
        return await self.get_one(
            self.select().where(col(ClaimStepRow.claim_id) == claim_id, col(ClaimStepRow.no) == no)
        )

    async def get_last(self, claim_id: UUID) -> ClaimStepRow:
        newest = self.select().where(col(ClaimStepRow.claim_id) == claim_id).order_by(col(ClaimStepRow.no).desc())
        return await self.get_one(newest.limit(1))


class ClaimRulesRepository(TenantRepository[ClaimRulesRow]):
    table = ClaimRulesRow

    async def find_of(self, scheme_id: UUID) -> ClaimRulesRow | None:
        return await self.find(col(ClaimRulesRow.scheme_id) == scheme_id)

    async def list_of(self, schemes: Sequence[UUID]) -> Sequence[ClaimRulesRow]:
        return await self.list(col(ClaimRulesRow.scheme_id).in_(schemes), order=(col(ClaimRulesRow.scheme_id),))
