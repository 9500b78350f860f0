"""Named leads as the published practice shows them."""

from collections.abc import Iterable
from datetime import date

from app.core.db import Tx
from app.organisations import service as organisations
from app.people.repository import PostRepository
from app.people.values import TITLES, PostRole


async def publish_leads(session: Tx, practices: Iterable[str | None], *, today: date) -> list[str]:
    """Show today's lead of each of these practices, or none; returns those whose entry was another before."""
    codes = {code for code in practices if code}
    if not codes:
        return []
    names = await PostRepository(session, session.tenant).list_leads(codes, on=today)
    title = TITLES[PostRole.NAMED_LEAD]
    leads = {code: (names[code], title) if code in names else None for code in codes}
    return await organisations.record_named_leads(session, leads)


async def refresh_leads(session: Tx, *, today: date) -> list[str]:
    """Every practice of the tenant: for leads whose first or last day has come."""
    return await publish_leads(session, await organisations.list_member_codes(session, on=None), today=today)
