"""What other slices ask about who takes part, and about claims."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.core.clock import Period
from app.core.db import Tx
from app.schemes.repository.claims import ClaimRepository, ClaimStepRepository
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.repository.schemes import SchemeRepository
from app.schemes.service.drafting import as_scheme_ref
from app.schemes.tables import ParticipationRow
from app.schemes.values import (
    Capacity,
    ClaimBrief,
    ClaimStepKind,
    ParticipationRef,
    ParticipationState,
    SchemeRef,
    Signatory,
)


async def participation_refs(session: Tx, scheme_id: UUID, practices: Sequence[str]) -> dict[str, ParticipationRef]:
    """Each practice's part in the scheme, by practice; one without a part is absent."""
    rows = await ParticipationRepository(session, session.tenant).list_by_practice(scheme_id, practices)
    return {code: as_participation_ref(row) for code, row in rows.items()}


async def practices_in_state(session: Tx, scheme_id: UUID, state: ParticipationState) -> list[str]:
    """The practices whose part in the scheme is in that state, sorted."""
    return sorted(await ParticipationRepository(session, session.tenant).list_codes_in_state(scheme_id, state))


async def offers_awaiting(session: Tx, practice: str, *, today: date) -> list[tuple[SchemeRef, ParticipationRef]]:
    """Offers that the practice may still answer, the most pressing first."""
    found = await ParticipationRepository(session, session.tenant).list_of_practice(practice)
    open_ = [
        (as_scheme_ref(scheme), as_participation_ref(row))
        for row, scheme in found
        if row.state == ParticipationState.OFFERED and (row.respond_by is None or row.respond_by >= today)
    ]
    return sorted(open_, key=lambda each: each[1].respond_by or date.max)


async def claim_brief(session: Tx, claim_id: UUID, step: int | None) -> ClaimBrief:
    """What happened to the claim by that step; None: by the last."""
    claim = await ClaimRepository(session, session.tenant).get(claim_id)
    steps = ClaimStepRepository(session, session.tenant)
    taken = await steps.get_last(claim_id) if step is None else await steps.get_number(claim_id, step)
    scheme = await SchemeRepository(session, session.tenant).get(claim.scheme_id)
    return ClaimBrief(
        id=claim.id,
        scheme=as_scheme_ref(scheme),
        practice=claim.practice,
        period=Period(claim.period_from, claim.period_until),
        step=ClaimStepKind(taken.kind),
        reason=taken.reason,
        amount=taken.amount,
    )


def as_participation_ref(row: ParticipationRow) -> ParticipationRef:
    signatory = None
    if row.signatory_name and row.signatory_capacity:
        signatory = Signatory(row.signatory_name, Capacity(row.signatory_capacity))
    return ParticipationRef(
        row.id, row.practice, ParticipationState(row.state), row.respond_by, row.signed_on, signatory
    )
