"""What payments holds on a person: the decisions they took. Erasure leaves them, because they are ids without a name."""

from typing import Any
from uuid import UUID

from app.core.clock import utc_text
from app.core.db import Tx
from app.payments.repository.arrangements import ArrangementRepository
from app.payments.repository.queries import CorrectionRepository, MessageRepository, QueryRepository
from app.payments.repository.runs import RunRepository
from app.payments.repository.suppliers import SupplierRepository
from app.payments.tables import PaymentArrangement, PaymentRun, Supplier

_DECISIONS = {
    "requested": ("calculated_by", "created_at"),
    "released": ("released_by", "released_at"),
    "rejected": ("rejected_by", "rejected_at"),
}
_OWING = {"proposed": ("proposed_by", "proposed_at"), "agreed": ("agreed_by", "agreed_at")}
_SUPPLYING = {"proposed": ("proposed_by", "proposed_at"), "confirmed": ("confirmed_by", "confirmed_at")}


async def export_person(session: Tx, person_id: UUID) -> dict[str, Any]:
    """For their own copy: which runs the person started, approved, released or rejected, which suppliers they proposed or
    confirmed, what they proposed or agreed to about money that is owed, and when; and what they wrote in queries about
    lines.
    """
    runs = await RunRepository(session, session.tenant).list_decided_by(person_id)
    arrangements = await ArrangementRepository(session, session.tenant).list_of_person(person_id)
    suppliers = await SupplierRepository(session, session.tenant).list_of_person(person_id)
    return {
        "payment_runs": [{"run": str(run.id), **_decided(run, person_id)} for run in runs],
        "arrangements": [{"arrangement": str(row.id), **_by(row, person_id, _OWING)} for row in arrangements],
        "suppliers": [{"supplier": str(row.id), **_by(row, person_id, _SUPPLYING)} for row in suppliers],
        **await _asked_and_answered(session, person_id),
    }


async def _asked_and_answered(session: Tx, person_id: UUID) -> dict[str, Any]:
    """What the person wrote in queries about lines."""
    queries = await QueryRepository(session, session.tenant).list_of_person(person_id)
    messages = await MessageRepository(session, session.tenant).list_of_person(person_id)
    corrections = await CorrectionRepository(session, session.tenant).list_of_person(person_id)
    return {
        "payment_queries": [
            {
                "query": str(row.id),
                "asked": row.text if row.opened_by == person_id else None,
                "answered": row.answer if row.answered_by == person_id else None,
            }
            for row in queries
        ],
        "payment_query_messages": [
            {"query": str(row.query_id), "text": row.text, "at": utc_text(row.written_at)} for row in messages
        ],
        "payment_corrections": [
            {
                "query": str(row.query_id),
                "proposed": row.reason if row.proposed_by == person_id else None,
                "decided": row.state if row.decided_by == person_id else None,
            }
            for row in corrections
        ],
    }


def _decided(run: PaymentRun, person_id: UUID) -> dict[str, str]:
    approvals = dict(zip(run.approvers, run.approvals_at, strict=True))
    approved = {"approved": utc_text(approvals[person_id])} if person_id in approvals else {}
    return {**_by(run, person_id, _DECISIONS), **approved}


def _by(
    row: PaymentRun | PaymentArrangement | Supplier, person_id: UUID, steps: dict[str, tuple[str, str]]
) -> dict[str, str]:
    return {verb: utc_text(getattr(row, at)) for verb, (who, at) in steps.items() if getattr(row, who) == person_id}
