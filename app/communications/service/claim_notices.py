"""What practices are told about their claims, and of what they are reminded."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from app.communications.service import facts
from app.communications.service.notices import tell_practices
from app.communications.service.wording import word
from app.core.clock import Period
from app.core.db import Tx
from app.schemes.values import ParticipationState


async def notify_claim(session: Tx, claim_id: UUID, *, step: int, now: datetime) -> None:
    """Something happened to the practice's claim that it did not do itself."""
    found = await facts.claim(session, claim_id, step)
    letters = await word(session, "claim", [found], source_id=str(claim_id), occasion=str(step))
    await tell_practices(session, letters, now=now)


async def notify_offers_due(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, occasion: str, now: datetime
) -> None:
    """The day to answer an offer is near. Whoever has answered it meanwhile is not told."""
    found = await facts.offers_due(session, scheme_id, practices)
    letters = await word(session, "offer_due", found, source_id=str(scheme_id), occasion=occasion)
    await tell_practices(session, letters, now=now, scheme=scheme_id, state=ParticipationState.OFFERED)


async def notify_claims_due(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, period: Period, closes_on: date, now: datetime
) -> None:
    """The time to declare a claim is nearly over."""
    found = await facts.claims_open(session, scheme_id, practices, period, closes_on=closes_on)
    occasion = f"due {period.valid_from} {period.end}"
    letters = await word(session, "claim_due", found, source_id=str(scheme_id), occasion=occasion)
    await tell_practices(session, letters, now=now)


async def notify_claims_prepared(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, period: Period, occasion: str, now: datetime
) -> None:
    """The office has made claims; each practice declares its own."""
    found = await facts.claims_open(session, scheme_id, practices, period)
    letters = await word(session, "claim_prepared", found, source_id=str(scheme_id), occasion=occasion)
    await tell_practices(session, letters, now=now)
