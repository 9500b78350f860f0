"""Keeping the published practice true to its sources."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from app.core.db import Tx
from app.core.events import emit
from app.organisations.events import PracticeChanged
from app.organisations.repository.publishing import rebuild_published


async def refresh_published(
    session: Tx,
    *,
    today: date,
    now: datetime,
    tenants: Sequence[UUID] | None = None,
    codes: Sequence[str] | None = None,
) -> int:
    """Rebuild the published rows of these tenants and practices, and announce each that really changed.

    A tenant's own login reaches its own rows only, whatever is named; the platform's reaches all. Whoever means one
    tenant names it: a rebuild for all of them waits until nobody else is at it. The named lead is kept. Returns how
    many rows changed.
    """
    await session.flush()
    changed = await rebuild_published(session, today=today, now=now, tenants=tenants, codes=codes)
    for row in changed:
        emit(session, PracticeChanged(subject=row.code, removed=row.removed), tenant=row.commissioner_id)
    return len(changed)
