"""A released run's payments as a file that a ledger loads, and how each tenant's ledger wants it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from app.calculation.values import Booking, Payee
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.repository import Expected
from app.organisations import service as organisations
from app.payments.errors import (
    BookingIncomplete,
    LayoutNotFitting,
    RunNotReleased,
    SupplierMissing,
)
from app.payments.repository.bookings import BookingRepository
from app.payments.repository.layouts import LayoutRepository
from app.payments.repository.rows import period_of
from app.payments.repository.runs import RunRepository
from app.payments.repository.statements import StatementRepository
from app.payments.repository.suppliers import SupplierRepository
from app.payments.rules import layouts
from app.payments.rules.claim_fill import claim_file
from app.payments.rules.files import json_file, total_of
from app.payments.rules.invoices import invoice_files, missing_from_account
from app.payments.rules.journal import journal_file
from app.payments.service.terms import terms_of
from app.payments.tables import FileLayout, PaymentRun
from app.payments.values import (
    POSTED,
    CsvLayout,
    FileForm,
    FileHead,
    FilePayment,
    InvoiceLayout,
    PaymentFile,
)

# What the ledger calls us, where no layout says it.
_SOURCE: Final = "PLENARY"
_KINDS: Final = {FileForm.CSV: CsvLayout, FileForm.ORACLE_AP: InvoiceLayout}
Layout = CsvLayout | InvoiceLayout
FormOfPayments = Literal[FileForm.CSV, FileForm.JSON, FileForm.ORACLE_AP, FileForm.CQRS_LOCAL]


async def render_file(session: Tx, run_id: UUID, *, form: FileForm, layout: str | None = None) -> PaymentFile:
    """The same run gives the same bytes, by the same layout."""
    return await render_by(session, run_id, form=form, layout=await named_layout(session, form, layout))


async def render_by(session: Tx, run_id: UUID, *, form: FileForm, layout: Layout | None) -> PaymentFile:
    """By a layout that is in hand."""
    run = await RunRepository(session, session.tenant).get(run_id)
    if run.state not in POSTED or run.released_at is None or run.pay_by is None:
        raise RunNotReleased(f"The run is {run.state}.")
    head = await _head(session, run, released_at=run.released_at)
    if form is FileForm.JOURNAL:
        bookings = BookingRepository(session, session.tenant)
        return journal_file(head, await bookings.list_journal(run_id, own=head.booking))
    payments = await _payments(session, run_id, head.booking)
    body = await _Rendering(session, head, run.released_at).body(form, payments, layout)
    return PaymentFile(body, len(payments), total_of(payments))


async def put_layout(
    session: Tx, name: str, form: FileForm, layout: Layout, *, person: UUID, expected: Expected, now: datetime
) -> tuple[FileLayout, bool]:
    """Keep the layout under this name; True when it is new."""
    found = await LayoutRepository(session, session.tenant).find_named(name, for_update=True)
    expected.check(found.version if found else None)
    plain = msgspec.to_builtins(layout)
    if found is None:
        row = FileLayout(
            commissioner_id=session.tenant, name=name, format=form, layout=plain, changed_by=person, changed_at=now
        )
        session.add(row)
    else:
        row = found
        row.format, row.layout, row.changed_by, row.changed_at = form, plain, person, now
    # Two who make the same name at once: the second is told here.
    await session.flush()
    audit(session, "file_layout.changed", name, format=form, version=row.version)
    return row, found is None


def layout_of(row: FileLayout) -> Layout:
    return layout_from(row.layout, FileForm(row.format))


def layout_from(plain: Mapping[str, Any], form: FileForm) -> Layout:
    return msgspec.convert(plain, _KINDS[form])


async def named_layout(session: Tx, form: FileForm, name: str | None) -> Layout | None:
    row = await find_layout(session, form, name)
    return None if row is None else layout_of(row)


async def find_layout(session: Tx, form: FileForm, name: str | None) -> FileLayout | None:
    if name is None:
        return None
    row = await LayoutRepository(session, session.tenant).get_named(name)
    if row.format != form:
        raise LayoutNotFitting(f"This layout is for `{row.format}`.")
    return row


async def _head(session: Tx, run: PaymentRun, *, released_at: datetime) -> FileHead:
    terms = await terms_of(session, run)
    commissioner = await organisations.get_commissioner(session)
    released_on = london_date(released_at)
    return FileHead(
        run=run.id,
        commissioner=commissioner.code,
        scheme=terms.scheme_code,
        period=period_of(run),
        released_on=released_on,
        pay_by=run.pay_by or released_on,
        booking=Booking(terms.pay_code, terms.cost_centre),
    )


async def _payments(session: Tx, run_id: UUID, own: Booking) -> list[FilePayment]:
    rows = await StatementRepository(session, session.tenant).list_file_rows(run_id)
    entries = await BookingRepository(session, session.tenant).list_file_entries(run_id, own=own)
    return [
        FilePayment(
            reference=payment.reference,
            payee=Payee(payment.payee_type, payment.payee_code),  # pyright: ignore - the database checks it
            payee_name=payment.payee_name,
            practice=statement.practice,
            statement=statement.reference,
            payable=payment.payable,
            entries=entries.get(payment.id, ()),
        )
        for payment, statement in rows
    ]


@dataclass(frozen=True, slots=True)
class _Rendering:
    session: Tx
    head: FileHead
    released_at: datetime

    async def body(self, form: FormOfPayments, payments: Sequence[FilePayment], layout: Layout | None) -> bytes:
        match form:
            case FileForm.JSON:
                return json_file(self.head, payments)
            case FileForm.CQRS_LOCAL:
                return claim_file(self.head, payments)
            case FileForm.CSV:
                return await self._csv(payments, layout)
            case FileForm.ORACLE_AP:
                return await self._invoices(payments, layout)

    async def _csv(self, payments: Sequence[FilePayment], layout: Layout | None) -> bytes:
        wanted = layout if isinstance(layout, CsvLayout) else layouts.PLAIN
        named = await self._with_suppliers(payments) if wanted.needs_supplier else payments
        return layouts.csv_file(self.head, named, wanted)

    async def _invoices(self, payments: Sequence[FilePayment], layout: Layout | None) -> bytes:
        own = InvoiceLayout(business_unit=self.head.commissioner, source=_SOURCE)
        wanted = layout if isinstance(layout, InvoiceLayout) else own
        named = await self._with_suppliers(payments)
        missing = missing_from_account(self.head, named, wanted)
        if missing:
            parts = (f"`{part}` for {', '.join(references)}" for part, references in missing.items())
            raise BookingIncomplete(f"The layout's account needs {'; '.join(parts)}.")
        return invoice_files(self.head, named, wanted)

    async def _with_suppliers(self, payments: Sequence[FilePayment]) -> list[FilePayment]:
        suppliers = SupplierRepository(self.session, self.session.tenant)
        known = await suppliers.list_at_release({p.payee for p in payments}, released_at=self.released_at)
        missing = sorted({payment.payee.code for payment in payments if payment.payee not in known})
        if missing:
            raise SupplierMissing(f"Without a confirmed supplier: {', '.join(missing)}.")
        return [replace(payment, supplier=known[payment.payee]) for payment in payments]
