"""Money that a payee owes: who owes what, and what two people agree about it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.access import service as access
from app.calculation.values import Payee
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.events import emit
from app.core.repository import Expected
from app.core.wording import pounds_text
from app.payments.errors import (
    ArrangementAgreed,
    ArrangementNotFound,
    ArrangementSamePerson,
    NothingOwed,
    NotWaivable,
    OwnPractice,
    RunOpen,
)
from app.payments.events import ArrangementAgreed as ArrangementAgreedEvent
from app.payments.repository.arrangements import ArrangementRepository
from app.payments.repository.ledger import LedgerRepository
from app.payments.repository.runs import RunRepository
from app.payments.rules.owing import is_waivable, most_per_run
from app.payments.tables import PaymentArrangement
from app.payments.values import AgreedDebt, ArrangementKind, Balance
from app.schemes import service as schemes
from app.schemes.values import SchemeRef


async def list_balances(session: Tx, scheme_id: UUID) -> Sequence[Balance]:
    """Who owes what in the scheme, by what its released runs hold and what was waived."""
    await schemes.get_scheme(session, scheme_id)
    found = await LedgerRepository(session, session.tenant).list_balances(scheme_id)
    return [balance for balance in found if balance.amount]


async def propose_recovery(
    session: Tx,
    scheme_id: UUID,
    practice: str,
    payee: Payee,
    *,
    parts: int | None,
    most: int | None,
    reason: str,
    person: UUID,
    now: datetime,
) -> PaymentArrangement:
    """To take back so much with each run at most, or in so many parts of what is owed now."""
    scheme = await schemes.get_scheme(session, scheme_id)
    owed = await _owed(session, scheme_id, practice, payee)
    share = most_per_run(owed, parts) if parts is not None else most
    return await _propose(
        session, scheme, practice, payee, ArrangementKind.RECOVER, most=share, reason=reason, person=person, now=now
    )


async def propose_waiver(
    session: Tx, scheme_id: UUID, practice: str, payee: Payee, *, reason: str, person: UUID, now: datetime
) -> PaymentArrangement:
    """All that the payee owes, where the scheme lets so little be waived."""
    scheme = await schemes.get_scheme(session, scheme_id)
    _require_waivable(scheme, await _owed(session, scheme_id, practice, payee))
    return await _propose(
        session, scheme, practice, payee, ArrangementKind.WAIVE, most=None, reason=reason, person=person, now=now
    )


async def agree(
    session: Tx, scheme_id: UUID, arrangement_id: UUID, *, person: UUID, expected: Expected, now: datetime
) -> PaymentArrangement:
    """By another person than whoever proposed it. A waiver is of what is owed at this moment."""
    scheme = await schemes.get_scheme(session, scheme_id)
    # Two who agree at once would both find it open; and a run that is being frozen must see the waiver or be seen by it.
    await LedgerRepository(session, session.tenant).lock_balances(scheme_id)
    row = await ArrangementRepository(session, session.tenant).get(arrangement_id, for_update=True)
    if row.scheme_id != scheme_id:
        raise ArrangementNotFound
    expected.check(row.version)
    if row.agreed_by is not None:
        raise ArrangementAgreed
    if person in await access.hands_of(session, row.proposed_by):
        raise ArrangementSamePerson(
            "Whoever proposed it, or gave a key or a role to whoever did, does not agree to it."
        )
    await _require_not_own(session, scheme, row.practice, row.payee_code, person, now)
    if row.kind == ArrangementKind.WAIVE:
        row.waived = await _waivable_now(session, scheme, row)
    row.agreed_by, row.agreed_at = person, now
    await session.flush()  # raises the row's version
    emit(session, ArrangementAgreedEvent(subject=str(row.id), scheme_id=str(scheme_id)))
    _note(session, row, "payment_arrangement.agreed")
    return row


async def agreed_debt(session: Tx, arrangement_id: UUID) -> AgreedDebt:
    """For notices."""
    row = await ArrangementRepository(session, session.tenant).get(arrangement_id)
    return AgreedDebt(
        scheme_id=row.scheme_id,
        practice=row.practice,
        payee=row.payee_code,
        waived=row.waived,
        most=row.most_per_run,
        reason=row.reason,
    )


async def _propose(
    session: Tx,
    scheme: SchemeRef,
    practice: str,
    payee: Payee,
    kind: ArrangementKind,
    *,
    most: int | None,
    reason: str,
    person: UUID,
    now: datetime,
) -> PaymentArrangement:
    await _require_not_own(session, scheme, practice, payee.code, person, now)
    row = PaymentArrangement(
        commissioner_id=session.tenant,
        scheme_id=scheme.id,
        practice=practice,
        payee_type=payee.type,
        payee_code=payee.code,
        kind=kind,
        most_per_run=most,
        reason=reason,
        proposed_by=person,
        proposed_at=now,
    )
    session.add(row)
    _note(session, row, "payment_arrangement.proposed")
    return row


async def _owed(session: Tx, scheme_id: UUID, practice: str, payee: Payee) -> int:
    balances = await LedgerRepository(session, session.tenant).list_balances(scheme_id)
    owed = sum(-balance.amount for balance in balances if (balance.practice, balance.payee) == (practice, payee))
    if not owed:
        raise NothingOwed
    return owed


async def _waivable_now(session: Tx, scheme: SchemeRef, row: PaymentArrangement) -> int:
    """An open run has frozen what is owed and may take it back: the same money must not be waived as well."""
    waiting = await RunRepository(session, session.tenant).find_open(scheme.id)
    if waiting is not None:
        raise RunOpen(f"The run {waiting.id} is {waiting.state}, and was worked out with what is owed.")
    payee = Payee(row.payee_type, row.payee_code)  # pyright: ignore - the database checks it
    owed = await _owed(session, scheme.id, row.practice, payee)
    _require_waivable(scheme, owed)
    return owed


def _require_waivable(scheme: SchemeRef, owed: int) -> None:
    if not is_waivable(owed, scheme.waive_below):
        limit = "nothing" if scheme.waive_below is None else f"less than {pounds_text(scheme.waive_below)}"
        raise NotWaivable(f"{pounds_text(owed)} is owed, and the scheme lets {limit} be waived.")


async def _require_not_own(
    session: Tx, scheme: SchemeRef, practice: str, payee: str, person: UUID, now: datetime
) -> None:
    own = await access.own_practices(session, person, since=scheme.starts_on, today=london_date(now))
    if {practice, payee} & set(own):
        raise OwnPractice(
            f"You have, or had since the scheme began, a post or a role at {practice} or {payee}, or where it was taken over."
        )


def _note(session: Tx, row: PaymentArrangement, action: str) -> None:
    audit(
        session,
        action,
        row.id,
        scheme=row.scheme_id,
        practice=row.practice,
        payee=row.payee_code,
        kind=row.kind,
        most_per_run=row.most_per_run,
        waived=row.waived,
    )
