"""The office's part in a claim: vetting, quality checks, approval, rejection, holds. Different people, nobody's own practice."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.access import service as access
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.repository import Expected
from app.schemes.errors import (
    ClaimHeld,
    ClaimNotDeclared,
    ClaimNotHeld,
    ClaimNotSampled,
    ClaimNotVetted,
    ClaimSettled,
    DeclarationVoid,
    EvidenceUnconfirmed,
    OwnPractice,
    QualityCheckDue,
    SamePerson,
    UnknownReason,
)
from app.schemes.events import ClaimApproved, ClaimChanged, ClaimRejected
from app.schemes.events import ClaimHeld as ClaimHeldEvent
from app.schemes.repository.claims import ClaimRepository
from app.schemes.rules import vetting
from app.schemes.service.claim_views import ClaimView, take_step, view_claim
from app.schemes.service.voiding import void
from app.schemes.tables import ClaimRow
from app.schemes.values import BOUND, ClaimState, ClaimStepKind


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides about what they have read, and when."""

    claim_id: UUID
    person: UUID
    expected: Expected
    now: datetime


async def vet_claim(session: Tx, decision: Decision) -> ClaimView | DeclarationVoid:
    """The evidence has been looked at, and is that which was declared. All of it has to be confirmed by then.

    Where it is not, the declaration is void, which stays so although the answer is a refusal.
    """
    view = await _read(session, decision)
    row = view.row
    if row.state != ClaimState.DECLARED:
        raise ClaimNotDeclared(f"The claim is {row.state}.")
    await _require_other_person(session, row, decision.person)
    if not view.holds:
        return await void(session, row, view.figures, now=decision.now)
    _require_confirmed(view)
    is_first = await ClaimRepository(session, session.tenant).is_first(row)
    row.state, row.vetted_by, row.vetted_at = ClaimState.VETTED, decision.person, decision.now
    row.is_sampled = vetting.is_sampled(row.id, view.rules, is_first=is_first)
    return await _decided(session, row, ClaimStepKind.VETTED, decision)


async def check_claim(session: Tx, decision: Decision, *, note: str | None) -> ClaimView | DeclarationVoid:
    """The second look at a claim that was drawn for one."""
    view = await _read(session, decision)
    row = view.row
    if row.state != ClaimState.VETTED:
        raise ClaimNotVetted(f"The claim is {row.state}.")
    if not row.is_sampled or row.checked_by is not None:
        raise ClaimNotSampled
    await _require_other_person(session, row, decision.person)
    if not view.holds:
        return await void(session, row, view.figures, now=decision.now)
    row.checked_by, row.checked_at = decision.person, decision.now
    return await _decided(session, row, ClaimStepKind.CHECKED, decision, reason=note)


async def approve_claim(session: Tx, decision: Decision) -> ClaimView | DeclarationVoid:
    """Approved when as many people as its amount needs have done so."""
    view = await _read(session, decision)
    row = view.row
    if row.state != ClaimState.VETTED:
        raise ClaimNotVetted(f"The claim is {row.state}.")
    if row.is_sampled and row.checked_by is None:
        raise QualityCheckDue
    await _require_other_person(session, row, decision.person)
    if not view.holds:
        return await void(session, row, view.figures, now=decision.now)
    row.approvers = [*row.approvers, decision.person]
    is_whole = len(row.approvers) >= (view.approvers_required or 1)
    if is_whole:
        row.state, row.approved_at = ClaimState.APPROVED, decision.now
    event = ClaimApproved if is_whole else ClaimChanged
    return await _decided(session, row, ClaimStepKind.APPROVED, decision, event=event)


async def reject_claim(session: Tx, decision: Decision, *, reason_code: str, note: str | None) -> ClaimView:
    """With a reason from the scheme's list. The practice may claim for the period again."""
    view = await _read(session, decision, may_be_held=True)
    row = view.row
    if row.state not in BOUND:
        raise (
            ClaimNotDeclared(f"The claim is {row.state}.")
            if row.state == ClaimState.OPEN
            else ClaimSettled(f"The claim is {row.state}.")
        )
    reason = next((each for each in view.rules.reject_reasons if each.code == reason_code), None)
    if reason is None:
        known = ", ".join(each.code for each in view.rules.reject_reasons)
        raise UnknownReason(errors=[FieldError("/reason_code", UnknownReason.code, f"It has: {known}.")])
    row.state, row.reject_reason = ClaimState.REJECTED, reason.code
    row.rejected_by, row.rejected_at = decision.person, decision.now
    words = f"{reason.text} {note or ''}".strip()
    return await _decided(session, row, ClaimStepKind.REJECTED, decision, reason=words, event=ClaimRejected)


async def hold_claim(session: Tx, decision: Decision, *, reason: str) -> ClaimView:
    """While it is on hold nobody vets or approves it and no run pays it."""
    view = await _read(session, decision)
    row = view.row
    if row.state not in (ClaimState.OPEN, *BOUND):
        raise ClaimSettled(f"The claim is {row.state}.")
    row.hold_reason, row.held_by, row.held_at = reason, decision.person, decision.now
    return await _decided(session, row, ClaimStepKind.HELD, decision, reason=reason, event=ClaimHeldEvent)


async def resume_claim(session: Tx, decision: Decision) -> ClaimView:
    view = await _read(session, decision, may_be_held=True)
    row = view.row
    if row.hold_reason is None:
        raise ClaimNotHeld
    row.hold_reason = row.held_by = row.held_at = None
    return await _decided(session, row, ClaimStepKind.RESUMED, decision)


async def _read(session: Tx, decision: Decision, *, may_be_held: bool = False) -> ClaimView:
    """The claim as whoever decides has read it, then locked.

    Its figures are worked out before the lock, so that of 64 people who press the button at once each holds it for a
    moment only; they are worked out again where somebody else has changed it meanwhile.
    """
    claims, today = ClaimRepository(session, session.tenant), london_date(decision.now)
    row = await claims.get(decision.claim_id)
    await _require_no_post_there(session, row, decision)
    view, seen = await view_claim(session, row, today=today), row.version
    decision.expected.check_tag(view.tag)
    row = await claims.get(decision.claim_id, for_update=True)
    if row.version != seen:
        view = await view_claim(session, row, today=today)
        decision.expected.check_tag(view.tag)
    if row.hold_reason is not None and not may_be_held:
        raise ClaimHeld(row.hold_reason)
    return view


async def _require_no_post_there(session: Tx, row: ClaimRow, decision: Decision) -> None:
    today = london_date(decision.now)
    own = await access.own_practices(session, decision.person, since=row.period_from, today=today)
    if row.practice in own:
        raise OwnPractice(
            f"You have, or had in the time that is claimed, a post or a role at {row.practice}, or where it was taken over."
        )


async def _require_other_person(session: Tx, row: ClaimRow, person: UUID) -> None:
    """Keys are the office's to make, so whoever gave one to the person who declared may have declared themselves."""
    hands = await access.hands_of(session, row.declared_by) if row.declared_by else frozenset()
    taken = {*hands, row.vetted_by, row.checked_by, *row.approvers, *([row.opened_by] if row.on_behalf else [])}
    if person in taken:
        raise SamePerson(
            "You have made, declared, vetted, checked or approved this claim, or gave a key to whoever did."
        )


def _require_confirmed(view: ClaimView) -> None:
    confirmed, live = view.figures.confirmed, view.figures.live
    if confirmed is None or live is None or confirmed.notes or confirmed.total != live.total:
        raise EvidenceUnconfirmed(" ".join(confirmed.notes) if confirmed else None)


async def _decided(session: Tx, row: ClaimRow, kind: ClaimStepKind, decision: Decision, **step: object) -> ClaimView:
    await take_step(session, row, kind, person=decision.person, now=decision.now, **step)  # pyright: ignore[reportArgumentType] - handed on as they are
    return await view_claim(session, row, today=london_date(decision.now))
