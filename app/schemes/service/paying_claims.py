"""Claims and runs: a run pays what is approved, holds the rest, and gives its claims back when it comes to nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from app.calculation.values import PracticeInput
from app.core.clock import Period
from app.core.db import Tx
from app.core.events import emit
from app.schemes.events import ClaimChanged
from app.schemes.repository.claims import ClaimRepository
from app.schemes.rules import declaring
from app.schemes.service.claim_figures import work_out_claims
from app.schemes.service.claim_views import period_of
from app.schemes.service.drafting import read_definition
from app.schemes.service.voiding import void, void_moved
from app.schemes.tables import ClaimRow
from app.schemes.values import BOUND, ClaimFigures, ClaimOutline, ClaimState, ClaimStepKind, VersionRef


class ClaimsOfRun:
    """The claims of one run, period by period; `take` at the end marks those that it pays."""

    def __init__(self, session: Tx, scheme_id: UUID, run_id: UUID, *, now: datetime) -> None:
        self._session = session
        self._scheme_id = scheme_id
        self._run_id = run_id
        self._now = now
        self._paid: list[UUID] = []
        self._unsettled: set[Period] = set()

    async def hold_unclaimed(
        self,
        version: VersionRef,
        period: Period,
        practices: Sequence[PracticeInput],
        *,
        already_paid: Callable[[Period], Awaitable[Collection[str]]],
    ) -> list[PracticeInput]:
        """The practices, each that may not be paid for the period yet with the reason.

        Who has been paid for it before claims had to be made keeps it: a new version takes nothing back by asking.
        """
        if not read_definition(version.definition).claims:
            return list(practices)
        claims = ClaimRepository(self._session, self._session.tenant)
        # Facts that are being recorded are waited for; those that come later find the claim in a run.
        rows = await claims.lock_of_period(self._scheme_id, period)
        approved = {row.practice: row for row in rows if row.state == ClaimState.APPROVED}
        before = {row.practice: row.evidence for row in rows if row.state != ClaimState.APPROVED}
        figures = await asyncio.to_thread(work_out_claims, version, period, practices) if approved else {}
        reasons = {each.code: await self._reason(approved.get(each.code), figures.get(each.code)) for each in practices}
        return declaring.within_claims(practices, reasons, before, unasked=await already_paid(period))

    async def _reason(self, claim: ClaimRow | None, figures: ClaimFigures | None) -> str | None:
        """Why no claim is paid by this run; None where one is."""
        if claim is None:
            return "no claim for this period is approved"
        if claim.hold_reason is not None:
            self._unsettled.add(period_of(claim))
            return f"its claim is on hold: {claim.hold_reason.rstrip('.')}"
        if figures is not None and figures.digest != claim.values_digest:
            await void(self._session, claim, figures, now=self._now)
            self._unsettled.add(period_of(claim))
            return "what was declared for this period has changed since"
        self._paid.append(claim.id)
        return None

    async def mark(self, versions: Mapping[Period, VersionRef]) -> dict[Period, str]:
        """For each period a mark of the claims by which it is paid: the same before and after a run has paid them."""
        claimed = [period for period, version in versions.items() if read_definition(version.definition).claims]
        found = await ClaimRepository(self._session, self._session.tenant).mark(self._scheme_id) if claimed else {}
        return {period: found.get(period, "") if period in claimed else "" for period in versions}

    def is_settled(self, period: Period) -> bool:
        """Whether the mark says by which claims the period was paid: not where one of them was held or found void after it was
        taken, so that a later run has to look again.
        """
        return period not in self._unsettled

    async def take(self) -> None:
        await _move(
            self._session,
            self._paid,
            ClaimStepKind.PUT_IN_RUN,
            to=ClaimState.IN_RUN,
            run_id=self._run_id,
            now=self._now,
        )


class DeclaredClaims:
    """What of a scheme's periods was claimed, for figures that pay nobody: claims that are declared, and what became of them
    up to payment.
    """

    def __init__(self, session: Tx, claims: Iterable[ClaimOutline]) -> None:
        self._session = session
        self._claims = [claim for claim in claims if claim.state != ClaimState.OPEN]

    @classmethod
    async def of_scheme(cls, session: Tx, scheme_id: UUID) -> "DeclaredClaims":
        return cls(session, await ClaimRepository(session, session.tenant).list_of_scheme(scheme_id))

    @property
    def cuts(self) -> set[date]:
        """The days on which the time of a claim begins or is over."""
        return {day for claim in self._claims for day in (claim.period.valid_from, claim.period.end)}

    async def hold_undeclared(
        self,
        version: VersionRef,
        period: Period,
        practices: Sequence[PracticeInput],
        *,
        already_paid: Callable[[], Awaitable[Collection[str]]],
    ) -> list[PracticeInput]:
        """The practices; where the version has to be claimed, held or bounded to what each has claimed, or was paid when
        nothing had to be.
        """
        if not read_definition(version.definition).claims:
            return list(practices)
        over = [
            claim
            for claim in self._claims
            if claim.period.valid_from <= period.valid_from and period.end <= claim.period.end
        ]
        bound = {claim.practice for claim in over if claim.state in BOUND}
        newest = {claim.practice: claim.id for claim in over if claim.state not in BOUND}
        # Of these periods alone, and only once it bounds what is paid: that of a whole scheme may be hundreds of megabytes.
        claims = ClaimRepository(self._session, self._session.tenant)
        evidence = await claims.list_evidence(newest.values()) if newest else {}
        paid = {practice: evidence[claim] for practice, claim in newest.items()}
        reasons = {
            each.code: None if each.code in bound else "nothing is claimed for this period" for each in practices
        }
        return declaring.within_claims(practices, reasons, paid, unasked=await already_paid())


async def return_claims(session: Tx, run_id: UUID, *, now: datetime) -> None:
    """The run was rejected or failed: its claims are approved as before, but for those whose values have changed."""
    rows = await ClaimRepository(session, session.tenant).lock_in_run(run_id)
    await _move(
        session, [row.id for row in rows], ClaimStepKind.RETURNED, to=ClaimState.APPROVED, run_id=run_id, now=now
    )
    for scheme_id in {row.scheme_id for row in rows}:
        await void_moved(session, scheme_id, [row.practice for row in rows], now=now)


async def settle_claims(session: Tx, run_id: UUID, *, now: datetime) -> None:
    """The run was released: what it pays is posted, and its claims are paid."""
    rows = await ClaimRepository(session, session.tenant).lock_in_run(run_id)
    await _move(session, [row.id for row in rows], ClaimStepKind.PAID, to=ClaimState.PAID, run_id=run_id, now=now)


async def _move(
    session: Tx, ids: Sequence[UUID], kind: ClaimStepKind, *, to: ClaimState, run_id: UUID, now: datetime
) -> None:
    if not ids:
        return
    moved = await ClaimRepository(session, session.tenant).move(ids, kind, to=to, run_id=run_id, now=now)
    for claim_id, step, practice in moved:
        emit(session, ClaimChanged(subject=str(claim_id), step=step, practice=practice))
