"""The published entry's named lead, which the slice that knows it writes."""

from collections.abc import Mapping

from app.core.db import Tx
from app.core.events import emit
from app.organisations.events import PracticeChanged
from app.organisations.repository.publishing import write_published_leads


async def record_named_leads(session: Tx, leads: Mapping[str, tuple[str, str] | None]) -> list[str]:
    """Publish the (name, post) of these practices' leads, None for a practice without one that may be shown.

    Announces and returns the practices whose published entry was another before.
    """
    changed = await write_published_leads(session, leads)
    for code in changed:
        emit(session, PracticeChanged(subject=code))
    return changed
