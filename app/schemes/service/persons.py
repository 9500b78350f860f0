"""What schemes hold on one person, and how it is given out or forgotten."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.clock import utc_text
from app.core.db import Tx
from app.schemes.repository.claims import ClaimRepository
from app.schemes.repository.facts import FactRepository
from app.schemes.repository.participation import ParticipationRepository


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """The offers the person answered, the agreements that name them as lead, the facts they recorded, and what they did
    about claims.
    """
    participations = ParticipationRepository(session, session.tenant)
    answered = await participations.list_answered_by(person_id)
    leads = await participations.list_led_by(person_id)
    facts = await FactRepository(session, session.tenant).list_recorded_by(person_id)
    steps = await ClaimRepository(session, session.tenant).list_of_person(person_id)
    return {
        "offers_answered": [
            {"practice": row.practice, "state": row.state, "at": utc_text(row.answered_at)}
            for row in answered
            if row.answered_at is not None
        ],
        "named_lead_in": [{"practice": row.practice, "signed_on": row.signed_on} for row in leads],
        "facts_recorded": [{"external_id": row.external_id, "at": utc_text(row.recorded_at)} for row in facts],
        "claim_steps": [{"claim": str(row.claim_id), "kind": row.kind, "at": utc_text(row.at)} for row in steps],
    }


async def erase_person(session: Tx, person_id: UUID, *, now: datetime) -> None:
    """Take the person out as a practice's named lead. Who answered and who recorded stay as ids without a name, because
    money was paid on them; the signature is the practice's document and is kept with its agreement.
    """
    del now
    rows = await ParticipationRepository(session, session.tenant).list_led_by(person_id)
    for row in rows:
        row.named_lead_id = None
