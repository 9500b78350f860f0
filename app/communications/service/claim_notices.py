"""What practices are told about their claims."""

from datetime import datetime
from uuid import UUID

from app.communications.rules import claim_wording
from app.communications.service.notices import tell_practices
from app.communications.values import Letter, Source, Topic, Urgency
from app.core.db import Tx
from app.schemes.service import claim_brief


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
