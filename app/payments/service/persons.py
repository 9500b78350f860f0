"""What payments holds on a person: the decisions they took. Erasure leaves them, because they are ids without a name."""

from typing import Any
from uuid import UUID

from app.core.clock import utc_text
from app.core.db import Tx
from app.payments.repository.runs import RunRepository
from app.payments.tables import PaymentRun

_DECISIONS = {
    "requested": ("calculated_by", "created_at"),
    "approved": ("approved_by", "approved_at"),
    "released": ("released_by", "released_at"),
    "rejected": ("rejected_by", "rejected_at"),
}


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """For their own copy: which runs the person started, approved, released or rejected, and when."""
    runs = await RunRepository(session, session.tenant).list_decided_by(person_id)
    return {"payment_runs": [{"run": str(run.id), **_by(run, person_id)} for run in runs]}


def _by(run: PaymentRun, person_id: UUID) -> dict[str, str]:
    return {
        verb: utc_text(getattr(run, at)) for verb, (who, at) in _DECISIONS.items() if getattr(run, who) == person_id
    }
