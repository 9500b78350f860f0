"""Handlers of the people slice."""

from datetime import date

from app.people import service
from workers.jobs import JobContext, handler
from workers.schedule import DAILY, Daily

DAILY.append(Daily("people.refresh_leads"))


@handler("people.refresh_leads")
async def refresh_leads(context: JobContext) -> None:
    """Show the named leads whose first day has come, and no longer those whose last day has passed."""
    async with context.transaction(final=True) as session:
        await service.refresh_leads(session, today=date.fromisoformat(context.payload["day"]))
