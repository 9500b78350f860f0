"""What a commissioner settles about its payments."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.core.audit import audit
from app.core.db import Tx
from app.core.repository import Expected
from app.payments.repository.settings import SettingsRepository
from app.payments.tables import PaymentSettings
from app.schemes.values import ApprovalBand


async def settle_approval(
    session: Tx, bands: Sequence[ApprovalBand], *, person: UUID, expected: Expected, now: datetime
) -> PaymentSettings:
    """For runs that are worked out from now on; what a run needs is fixed with its figures."""
    row = await SettingsRepository(session, session.tenant).find(for_update=True)
    expected.check(row.version if row else 0)
    if row is None:
        row = PaymentSettings(commissioner_id=session.tenant, approval_bands=[], changed_by=person, changed_at=now)
        session.add(row)
    row.approval_bands = [{"start": band.at_least, "approvers": band.approvers} for band in bands]
    row.changed_by, row.changed_at = person, now
    # Flushed here, so that two first settings at once clash in this call and not at the commit; it raises the row's version.
    await session.flush()
    audit(session, "payment_settings.changed", session.tenant, approval_bands=row.approval_bands)
    return row
