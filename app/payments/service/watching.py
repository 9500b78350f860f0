"""Released runs that are not paid in time: we are told, before a practice has to ask."""

from datetime import date, datetime, timedelta
from uuid import UUID

from app.core.db import Tx
from app.core.events import emit
from app.payments.events import RunLate
from app.payments.repository.runs import RunRepository
from app.payments.rules.lateness import unanswered_since
from app.payments.service.reading import brief_of
from app.payments.values import POSTED, Lateness, LateRun


async def watch_runs(session: Tx, *, today: date, now: datetime) -> None:
    """Announce each run that was late when yesterday ended: once as unpaid, and once as unanswered."""
    runs = RunRepository(session, session.tenant)
    yesterday = today - timedelta(days=1)
    for because, on in ((Lateness.UNPAID, yesterday), (Lateness.UNANSWERED, unanswered_since(yesterday))):
        late = await runs.raise_alerts(because, on=on, now=now)
        for run in await runs.list_runs(late):
            emit(session, RunLate(subject=str(run.id), scheme_id=str(run.scheme_id), because=because.value))


async def find_late(session: Tx, run_id: UUID, *, on: date) -> LateRun | None:
    """What is still to be paid of the run; None where all of it is."""
    runs = RunRepository(session, session.tenant)
    run = await runs.get(run_id)
    payments, total = await runs.sum_unpaid(run_id, on=on)
    return LateRun(brief_of(run), payments, total) if payments and run.state in POSTED else None
