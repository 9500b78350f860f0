"""Handlers of the people slice."""

from datetime import date

from app.people import service
from workers.jobs import JobContext, handler
from workers.schedule import DAILY, Daily

DAILY.append(Daily("people.refresh_leads"))


@handler("people.refresh_leads")
async def refresh_leads(context: JobContext) -> None:
    """End the posts of practices that have closed; show the leads whose first day has come, hide those who have left."""
    async with context.transaction(final=True) as session:
        await service.end_posts_of_closed_practices(session, now=context.tools.clock.now())
        await service.refresh_leads(session, today=date.fromisoformat(context.payload["day"]))
