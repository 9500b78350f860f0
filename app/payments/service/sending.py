"""The record of a file that leaves for the ledger: by whose hand, which bytes, and why a second time."""

import hashlib
from datetime import datetime
from uuid import UUID

from app.access import service as access
from app.core.audit import audit
from app.core.db import Tx
from app.core.events import emit
from app.payments.errors import LayoutSamePerson, SentFileLost
from app.payments.events import RunSent
from app.payments.repository.sendings import SendingRepository
from app.payments.service.filing import find_layout, layout_from, layout_of, render_by
from app.payments.service.reading import get_run
from app.payments.tables import PaymentSending
from app.payments.values import FileForm, PaymentFile


async def send_run(
    session: Tx,
    run_id: UUID,
    *,
    form: FileForm,
    layout: str | None,
    override_reason: str | None,
    person: UUID,
    now: datetime,
) -> PaymentSending:
    """The payments once without a reason, and the journal once; the index refuses the second of two people who send at once,
    or one after the other.
    """
    if not await SendingRepository(session, session.tenant).was_sent(run_id, form):
        # What is not sent again overrides nothing, and must not leave the place of the first sending free.
        override_reason = None
    row = await find_layout(session, form, layout)
    if row is not None and person in await access.hands_of(session, row.changed_by):
        raise LayoutSamePerson("You changed the layout last, or gave a key or a role to whoever did.")
    file = await render_by(session, run_id, form=form, layout=None if row is None else layout_of(row))
    sending = PaymentSending(
        commissioner_id=session.tenant,
        run_id=run_id,
        format=form,
        layout=layout,
        layout_terms=None if row is None else row.layout,
        digest=_digest(file),
        payments=file.count,
        total=file.total,
        override_reason=override_reason,
        sent_by=person,
        sent_at=now,
    )
    session.add(sending)
    # Flushed here, so that a second sending is refused by this call and not at the commit.
    await session.flush()
    run = await get_run(session, run_id)
    is_again = override_reason is not None
    emit(session, RunSent(subject=str(run_id), scheme_id=str(run.scheme_id), again=is_again))
    audit(session, "payment_run.sent", run_id, format=form, digest=sending.digest, total=sending.total, again=is_again)
    return sending


async def render_sent(session: Tx, run_id: UUID, sending_id: UUID) -> tuple[FileForm, PaymentFile]:
    """The file as it was sent, to the byte, whatever has become of its layout."""
    row = await SendingRepository(session, session.tenant).get_of_run(run_id, sending_id)
    form = FileForm(row.format)
    if row.layout is not None and row.layout_terms is None:
        raise SentFileLost
    wanted = None if row.layout_terms is None else layout_from(row.layout_terms, form)
    file = await render_by(session, run_id, form=form, layout=wanted)
    if _digest(file) != row.digest:
        raise SentFileLost
    return form, file


def _digest(file: PaymentFile) -> str:
    return hashlib.sha256(file.body).hexdigest()
