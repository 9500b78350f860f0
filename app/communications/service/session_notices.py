"""What practices are asked once a month: which sessions they held."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.communications.service import facts
from app.communications.service.notices import tell_practices
from app.communications.service.wording import word
from app.core.clock import Period
from app.core.db import Tx


async def notify_sessions_due(
    session: Tx, scheme_id: UUID, practices: Sequence[str], *, measure: str, month: Period, now: datetime
) -> None:
    """Each of them by a link of its own. Whoever has recorded all that counts meanwhile finds that on the link's page."""
    found = await facts.sessions_asked(session, scheme_id, measure, month, practices)
    occasion = f"{measure} {month.valid_from}"
    letters = await word(session, "session", found, source_id=str(scheme_id), occasion=occasion)
    await tell_practices(session, letters, now=now)
