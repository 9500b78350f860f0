"""What schemes hold on one person, and how it is given out or forgotten."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.clock import utc_text
from app.core.db import Tx
from app.schemes.repository.claims import ClaimRepository
from app.schemes.repository.comments import CommentRepository
from app.schemes.repository.facts import FactRepository
from app.schemes.repository.participation import ParticipationRepository


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """The offers the person answered, the agreements that name them as lead, the facts they recorded, what they did about
    claims, and what they said and answered in consultations.
    """
    participations = ParticipationRepository(session, session.tenant)
    answered = await participations.list_answered_by(person_id)
    leads = await participations.list_led_by(person_id)
    facts = await FactRepository(session, session.tenant).list_recorded_by(person_id)
    steps = await ClaimRepository(session, session.tenant).list_of_person(person_id)
    comments = await CommentRepository(session, session.tenant).list_by(person_id)
    return {
        "offers_answered": [
            {"practice": row.practice, "state": row.state, "at": utc_text(row.answered_at)}
            for row in answered
            if row.answered_at is not None
        ],
        "named_lead_in": [{"practice": row.practice, "signed_on": row.signed_on} for row in leads],
        "facts_recorded": [{"external_id": row.external_id, "at": utc_text(row.recorded_at)} for row in facts],
        "claim_steps": [{"claim": str(row.claim_id), "kind": row.kind, "at": utc_text(row.at)} for row in steps],
        "comments": [
            {"text": row.text, "at": utc_text(row.created_at)} for row in comments if row.author_id == person_id
        ],
        "comments_answered": [
            {"text": row.answer, "at": utc_text(row.answered_at)}
            for row in comments
            if row.answered_by == person_id and row.answered_at is not None
        ],
    }


async def erase_person(session: Tx, person_id: UUID, *, now: datetime) -> None:
    """Take the person out as a practice's named lead. Who answered and who recorded stay as ids without a name, because
    money was paid on them, and so does who spoke for the LMC; the signature is the practice's document and is kept with
    its agreement.
    """
    del now
    rows = await ParticipationRepository(session, session.tenant).list_led_by(person_id)
    for row in rows:
        row.named_lead_id = None
