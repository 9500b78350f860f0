"""A practice's own part in a claim: whether it may claim, opening, declaring, withdrawing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.core.clock import Period, london_date
from app.core.db import Tx
from app.core.errors import DomainError, FieldError
from app.core.repository import Expected
from app.organisations import service as organisations
from app.schemes.errors import (
    AlreadyClaimed,
    ClaimNotOpen,
    ClaimSettled,
    ClaimsNotRequired,
    ClaimsOfOtherPeriod,
    NoClaimPeriod,
    NoFigure,
    NotSignedUp,
    NoVersion,
    ValuesMoved,
    WindowMissed,
    WindowNotOpen,
)
from app.schemes.repository.claims import ClaimRepository
from app.schemes.repository.facts import FactRepository
from app.schemes.repository.schemes import SchemeRepository
from app.schemes.rules import claiming, declaring, vetting
from app.schemes.service.claim_figures import claim_figures
from app.schemes.service.claim_rules import get_claim_rules
from app.schemes.service.claim_views import ClaimView, period_of, take_step, view_claim, window_of
from app.schemes.service.drafting import list_published_versions, read_definition, version_covering
from app.schemes.service.figures import list_participants
from app.schemes.tables import ClaimRow
from app.schemes.values import (
    BOUND,
    ClaimFigures,
    ClaimRefusal,
    ClaimRules,
    ClaimState,
    ClaimStepKind,
    Entitlement,
    VersionRef,
)

_REFUSALS: Final[dict[ClaimRefusal, type[DomainError]]] = {
    ClaimRefusal.NOT_SIGNED_UP: NotSignedUp,
    ClaimRefusal.ALREADY_CLAIMED: AlreadyClaimed,
    ClaimRefusal.WINDOW_NOT_OPEN: WindowNotOpen,
    ClaimRefusal.WINDOW_MISSED: WindowMissed,
}


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a practice stands with a period, and what it was found out from."""

    standing: claiming.Standing
    published: Sequence[VersionRef]
    version: VersionRef | None
    rules: ClaimRules
    claim: ClaimRow | None

    def refusal(self, *, today: date) -> ClaimRefusal | None:
        return claiming.claim_refusal(self.standing, today=today)

    def words(self, refusal: ClaimRefusal | None) -> str:
        return claiming.claim_words(self.standing, refusal, applies=[each.applies for each in reversed(self.published)])


async def _stand(session: Tx, scheme_id: UUID, practice: str, period: Period, *, may_declare: bool) -> _Stand:
    await SchemeRepository(session, session.tenant).get(scheme_id)
    known = await organisations.get_practice(session, practice)
    is_closed = known.closed_on is not None and known.closed_on < period.valid_from
    is_in = practice in await list_participants(session, scheme_id, period=period)
    published = await list_published_versions(session, scheme_id)
    try:
        version = version_covering(published, period)
    except NoVersion:
        version = None
    rules = await get_claim_rules(session, scheme_id)
    claims = await ClaimRepository(session, session.tenant).list_overlapping(scheme_id, [practice], period)
    paid = _paid_before(claims, period)
    is_outgrown = paid is not None and version is not None and await _is_outgrown(session, paid, version)
    standing = claiming.Standing(
        is_in=is_in and not is_closed,
        is_covered=version is not None,
        is_claimed=version is not None and read_definition(version.definition).claims,
        may_declare=may_declare,
        has_claim=bool(claims) and not is_outgrown,
        claimed_every=None if claiming.is_claim_period(period, rules.every) else rules.every,
        is_outgrown=is_outgrown,
        window=await window_of(session, scheme_id, practice, period, rules),
        closed_on=known.closed_on if is_closed else None,
    )
    return _Stand(standing, published, version, rules, claims[-1] if claims else None)


def _paid_before(claims: Sequence[ClaimRow], period: Period) -> ClaimRow | None:
    """The last of several paid claims for the very period; None where another is under way or is for another time."""
    if any(row.state != ClaimState.PAID or period_of(row) != period for row in claims):
        return None
    return claims[-1] if claims else None


async def _is_outgrown(session: Tx, paid: ClaimRow, version: VersionRef) -> bool:
    found = await claim_figures(session, paid.scheme_id, version, period=period_of(paid), codes=[paid.practice])
    return declaring.is_outgrown(paid.evidence, found[paid.practice].evidence)


async def entitlement(
    session: Tx, scheme_id: UUID, practice: str, period: Period, *, may_declare: bool, today: date
) -> Entitlement:
    """Whether the practice may claim for the period, by one code if not; and its figure so far."""
    stand = await _stand(session, scheme_id, practice, period, may_declare=may_declare)
    figures = ClaimFigures(None, None, None)
    if stand.version is not None and stand.standing.is_in:
        found = await claim_figures(session, scheme_id, stand.version, period=period, codes=[practice])
        figures = found[practice]
        stand = replace(stand, standing=replace(stand.standing, is_too_large=figures.live is None))
    refusal = stand.refusal(today=today)
    return Entitlement(
        practice=practice,
        period=period,
        version=stand.version.n if stand.version else None,
        is_claimed=stand.standing.is_claimed,
        refusal=refusal,
        explanation=stand.words(refusal),
        opens_on=stand.standing.window.opens_on,
        closes_on=stand.standing.window.closes_on if stand.standing.is_claimed else None,
        claim=stand.claim.id if stand.claim else None,
        confirmed=figures.confirmed,
        live=figures.live,
    )


async def open_claim(
    session: Tx,
    scheme_id: UUID,
    practice: str,
    period: Period,
    *,
    note: str | None,
    on_behalf: bool,
    person: UUID,
    now: datetime,
) -> ClaimRow:
    """Made by the practice, or by the office on its behalf; either way the practice declares it."""
    stand = await _stand(session, scheme_id, practice, period, may_declare=True)
    refusal = stand.refusal(today=london_date(now))
    if refusal is ClaimRefusal.NO_CLAIM_PERIOD:
        require_claim_period(period, stand.rules)
    if refusal is not None:
        raise _REFUSALS[refusal](stand.words(refusal))
    if stand.version is None:
        raise NoVersion(stand.words(None))
    if not stand.standing.is_claimed:
        raise ClaimsNotRequired
    row = ClaimRow(
        commissioner_id=session.tenant,
        scheme_id=scheme_id,
        practice=practice,
        period_from=period.valid_from,
        period_until=period.end,
        state=ClaimState.OPEN,
        note=note,
        on_behalf=on_behalf,
        opened_by=person,
        opened_at=now,
        # Whoever has declared in time may declare again later, after a change.
        first_declared_at=stand.claim.first_declared_at if stand.claim and stand.standing.is_outgrown else None,
    )
    session.add(row)
    await take_step(session, row, ClaimStepKind.OPENED, person=person, now=now, reason=note)
    return row


def require_claim_period(period: Period, rules: ClaimRules) -> None:
    if not claiming.is_claim_period(period, rules.every):
        detail = f"The scheme is claimed, and so paid, for each {rules.every}."
        raise NoClaimPeriod(errors=[FieldError("/period", NoClaimPeriod.code, detail)])


async def require_run_period(session: Tx, scheme_id: UUID, version: VersionRef, period: Period) -> None:
    """A run pays claims of its very period, and no other run may reach into it later: a claim of another time that it
    covers would never be paid.
    """
    if not read_definition(version.definition).claims:
        return
    require_claim_period(period, await get_claim_rules(session, scheme_id))
    other = await ClaimRepository(session, session.tenant).find_unequal(scheme_id, period)
    if other is not None:
        span = period_of(other)
        raise ClaimsOfOtherPeriod(f"{other.practice} has one from {span.valid_from} until {span.end}.")


async def declare_claim(
    session: Tx, claim_id: UUID, *, values_digest: str | None, person: UUID, expected: Expected, now: datetime
) -> ClaimView:
    """Bind the claim to its values as they are now."""
    claims = ClaimRepository(session, session.tenant)
    # A fact that is being recorded is waited for and counts; one that comes later finds the declaration and voids it.
    await FactRepository(session, session.tenant).lock((await claims.get(claim_id)).scheme_id)
    row = await claims.get(claim_id, for_update=True)
    view = await view_claim(session, row, today=london_date(now))
    expected.check_tag(view.tag)
    if row.state != ClaimState.OPEN:
        raise ClaimNotOpen(f"The claim is {row.state}.")
    # Who has declared in time is not late by a change that came afterwards.
    if row.first_declared_at is None and london_date(now) > view.window.closes_on:
        raise WindowMissed
    live, digest = view.figures.live, view.figures.digest
    if live is None or digest is None:
        raise NoFigure
    if values_digest not in (None, digest):
        raise ValuesMoved(f"They come to another figure by now; read the claim again. Its digest is {digest}.")
    row.state, row.values_digest, row.amount, row.version_n = ClaimState.DECLARED, digest, live.total, view.version.n
    row.evidence = declaring.as_declared(view.figures.evidence)
    row.approvals_needed = vetting.approvers_required(live.total, view.rules)
    row.declared_by, row.declared_at, row.first_declared_at = person, now, row.first_declared_at or now
    await take_step(session, row, ClaimStepKind.DECLARED, person=person, now=now)
    return await view_claim(session, row, today=london_date(now))


async def withdraw_claim(session: Tx, claim_id: UUID, *, person: UUID, expected: Expected, now: datetime) -> ClaimView:
    """By the practice, until a run holds it."""
    # Locked against a run that takes it, and against a decision about it.
    row = await ClaimRepository(session, session.tenant).get(claim_id, for_update=True)
    if expected.is_given:
        expected.check_tag((await view_claim(session, row, today=london_date(now))).tag)
    if row.state not in (ClaimState.OPEN, *BOUND):
        raise ClaimSettled(f"The claim is {row.state}.")
    row.state = ClaimState.WITHDRAWN
    await take_step(session, row, ClaimStepKind.WITHDRAWN, person=person, now=now)
    return await view_claim(session, row, today=london_date(now))
