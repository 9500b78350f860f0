"""What practices are told about their claims, and of what they are reminded."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from app.communications.rules import claim_wording
from app.communications.service.notices import tell_practices
from app.communications.values import Letter, Source, Topic, Urgency
from app.core.clock import Period
from app.core.db import Tx
from app.schemes.service import claim_brief, get_scheme, participation_refs
from app.schemes.values import ParticipationState


async def notify_claim(session: Tx, claim_id: UUID, *, step: int, now: datetime) -> None:
    """Something happened to the practice's claim that it did not do itself."""
    claim = await claim_brief(session, claim_id, step)
    letter = Letter(
        source=Source.CLAIM,
        source_id=str(claim_id),
        occasion=str(step),
        topic=Topic.SCHEMES,
        urgency=Urgency.IMPORTANT,
        subject=claim_wording.claim_subject(claim),
        markdown=claim_wording.claim_body(claim),
        practice=claim.practice,
    )
    await tell_practices(session, [letter], now=now)


async def notify_offers_due(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, occasion: str, now: datetime
) -> None:
    """The day to answer an offer is near. Whoever has answered it meanwhile is not told."""
    scheme = await get_scheme(session, scheme_id)
    parts = await participation_refs(session, scheme_id, practices)
    letters = [
        Letter(
            source=Source.OFFER,
            source_id=str(scheme_id),
            occasion=occasion,
            topic=Topic.SCHEMES,
            urgency=Urgency.IMPORTANT,
            subject=f"Still to be answered: {scheme.title}",
            markdown=claim_wording.offer_due_body(
                scheme=scheme.title, practice=part.practice, respond_by=part.respond_by
            ),
            practice=part.practice,
        )
        for part in parts.values()
        if part.state is ParticipationState.OFFERED
    ]
    await tell_practices(session, letters, now=now)


async def notify_claims_due(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, period: Period, closes_on: date, now: datetime
) -> None:
    """The time to declare a claim is nearly over."""
    scheme = await get_scheme(session, scheme_id)
    letters = [
        Letter(
            source=Source.CLAIM,
            source_id=str(scheme_id),
            occasion=f"due {period.valid_from} {period.end}",
            topic=Topic.SCHEMES,
            urgency=Urgency.IMPORTANT,
            subject=f"Still to be claimed: {scheme.title}",
            markdown=claim_wording.claim_due_body(
                scheme=scheme.title, practice=practice, period=period, closes_on=closes_on
            ),
            practice=practice,
        )
        for practice in practices
    ]
    await tell_practices(session, letters, now=now)


async def notify_claims_prepared(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, period: Period, occasion: str, now: datetime
) -> None:
    """The office has made claims; each practice declares its own."""
    scheme = await get_scheme(session, scheme_id)
    letters = [
        Letter(
            source=Source.CLAIM,
            source_id=str(scheme_id),
            occasion=occasion,
            topic=Topic.SCHEMES,
            urgency=Urgency.IMPORTANT,
            subject=f"To be declared: {scheme.title}",
            markdown=claim_wording.prepared_body(scheme=scheme.title, practice=practice, period=period),
            practice=practice,
        )
        for practice in practices
    ]
    await tell_practices(session, letters, now=now)
