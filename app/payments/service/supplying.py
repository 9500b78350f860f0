"""By which supplier and site a ledger knows a payee: proposed by one person, in force once another has confirmed it."""

from datetime import datetime
from uuid import UUID

from app.access import service as access
from app.calculation.values import Payee
from app.core.audit import audit
from app.core.clock import financial_year_of, london_date
from app.core.db import Tx
from app.core.events import emit
from app.core.repository import Expected
from app.organisations import service as organisations
from app.payments.errors import OwnPractice, SupplierNotProposed, SupplierSamePerson
from app.payments.events import SupplierChanged
from app.payments.repository.suppliers import SupplierRepository
from app.payments.tables import Supplier
from app.payments.values import SupplierState, SupplierTerms


async def propose_supplier(
    session: Tx, payee: Payee, terms: SupplierTerms, *, name: str | None, reason: str, person: UUID, now: datetime
) -> Supplier:
    """What is in force stays so until the proposal is confirmed; an earlier proposal for the payee is withdrawn."""
    if payee.type == "practice":
        await organisations.get_practice(session, payee.code)
    await _require_not_own(session, payee, person, now)
    for row in await SupplierRepository(session, session.tenant).lock_of(payee):
        if row.state == SupplierState.PROPOSED:
            row.state = SupplierState.WITHDRAWN
    # Written before the new one: the index lets one open proposal of a payee through.
    await session.flush()
    proposed = Supplier(
        commissioner_id=session.tenant,
        payee_type=payee.type,
        payee_code=payee.code,
        supplier_number=terms.supplier_number,
        site=terms.site,
        name=name,
        reason=reason,
        state=SupplierState.PROPOSED,
        proposed_by=person,
        proposed_at=now,
    )
    session.add(proposed)
    # A proposal that came at the same moment is told here, where nothing else has happened yet.
    await session.flush()
    _announce(session, proposed, "supplier.proposed")
    return proposed


async def confirm_supplier(
    session: Tx, supplier_id: UUID, *, person: UUID, expected: Expected, now: datetime
) -> Supplier:
    """In force from now on, for files of runs that are released from now on."""
    suppliers = SupplierRepository(session, session.tenant)
    found = await suppliers.get(supplier_id)
    payee = Payee(found.payee_type, found.payee_code)  # pyright: ignore - the database checks it
    rows = {row.id: row for row in await suppliers.lock_of(payee)}
    row = rows[supplier_id]
    expected.check(row.version)
    if row.state != SupplierState.PROPOSED:
        raise SupplierNotProposed(f"It is {row.state}.")
    if person in await access.hands_of(session, row.proposed_by):
        raise SupplierSamePerson("Whoever proposed it, or gave a key or a role to whoever did, does not confirm it.")
    await _require_not_own(session, payee, person, now)
    for other in rows.values():
        if other.state == SupplierState.CONFIRMED:
            other.state = SupplierState.REPLACED
    # Written before the new one: the index lets one confirmed supplier of a payee through.
    await session.flush()
    row.state, row.confirmed_by, row.confirmed_at = SupplierState.CONFIRMED, person, now
    await session.flush()  # raises the row's version
    _announce(session, row, "supplier.confirmed")
    return row


async def _require_not_own(session: Tx, payee: Payee, person: UUID, now: datetime) -> None:
    """Somebody whose post there ended yesterday may still have a share in what is paid to it."""
    today = london_date(now)
    since = financial_year_of(today).valid_from
    if payee.code in await access.own_practices(session, person, since=since, today=today):
        raise OwnPractice(
            f"You have, or had in this financial year, a post or a role at {payee.code}, or where it was taken over."
        )


def _announce(session: Tx, row: Supplier, action: str) -> None:
    emit(session, SupplierChanged(subject=str(row.id)))
    audit(
        session, action, row.id, payee=row.payee_code, supplier_number=row.supplier_number, site=row.site, name=row.name
    )
