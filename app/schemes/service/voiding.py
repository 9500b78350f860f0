"""What makes a declaration void: a value that it binds is another by now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from app.calculation.errors import BrokenMonth, BrokenPart
from app.core.clock import Period
from app.core.db import Tx
from app.schemes.errors import DeclarationVoid, NoVersion
from app.schemes.events import ClaimVoided
from app.schemes.repository.claims import ClaimRepository
from app.schemes.rules import declaring
from app.schemes.service.claim_figures import claim_figures
from app.schemes.service.claim_views import period_of, take_step
from app.schemes.service.drafting import get_version_for
from app.schemes.tables import ClaimRow
from app.schemes.values import ClaimFigures, ClaimState, ClaimStepKind


async def void_moved(session: Tx, scheme_id: UUID, practices: Iterable[str], *, now: datetime) -> None:
    """Void the declarations of these practices whose values have changed, in the transaction that changes them."""
    bound = await ClaimRepository(session, session.tenant).lock_bound(scheme_id, set(practices))
    by_period = defaultdict[Period, list[ClaimRow]](list)
    for row in bound:
        by_period[period_of(row)].append(row)
    for period, rows in by_period.items():
        await _void_of_period(session, scheme_id, period, rows, now=now)


async def _void_of_period(
    session: Tx, scheme_id: UUID, period: Period, rows: Sequence[ClaimRow], *, now: datetime
) -> None:
    codes = [row.practice for row in rows]
    try:
        version = await get_version_for(session, scheme_id, period)
        figures = await claim_figures(session, scheme_id, version, period=period, codes=codes)
    except (NoVersion, BrokenMonth, BrokenPart):
        # Whoever records a fact is not the one to hear that a new version does not cover a claim's period.
        figures = dict.fromkeys(codes, ClaimFigures(None, None, None))
    for row in rows:
        if row.values_digest != figures[row.practice].digest:
            await void(session, row, figures[row.practice], now=now)


async def void(session: Tx, row: ClaimRow, figures: ClaimFigures, *, now: datetime) -> DeclarationVoid:
    """The claim is open again: whoever vetted or approved it did so of other values. The practice is told what moved.

    The refusal that comes back is for whoever wanted to decide about it.
    """
    before, after = row.amount or 0, None if figures.live is None else figures.live.total
    row.state = ClaimState.OPEN
    row.declared_by = row.declared_at = row.values_digest = row.version_n = row.amount = None
    row.vetted_by = row.vetted_at = row.checked_by = row.checked_at = row.approved_at = None
    row.is_sampled, row.approvers, row.approvals_needed, row.evidence = False, [], None, None
    words = declaring.moved_words(before, after)
    await take_step(
        session,
        row,
        ClaimStepKind.VOIDED,
        person=session.pending.actor.person_id,
        now=now,
        reason=words,
        amount_before=before,
        amount=after,
        event=ClaimVoided,
    )
    return DeclarationVoid(words)
