"""The record of a file that leaves for the ledger: by whose hand, which bytes, and why a second time."""

import hashlib
from datetime import datetime
from uuid import UUID

from app.core.audit import audit
from app.core.db import Tx
from app.core.events import emit
from app.payments.events import RunSent
from app.payments.repository.sendings import SendingRepository
from app.payments.service.filing import render_file
from app.payments.service.reading import get_run
from app.payments.tables import PaymentSending
from app.payments.values import FileForm


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
    """Once without a reason; the index refuses the second of two people who send at once, or one after the other."""
    if not await SendingRepository(session, session.tenant).list_all_of_run(run_id):
        # What is not sent again overrides nothing, and must not leave the place of the first sending free.
        override_reason = None
    file = await render_file(session, run_id, form=form, layout=layout)
    sending = PaymentSending(
        commissioner_id=session.tenant,
        run_id=run_id,
        format=form,
        layout=layout,
        digest=hashlib.sha256(file.body).hexdigest(),
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
