"""Notices of queries about payments: to the practice that asks, and to those of the office whom it waits for."""

from datetime import datetime
from uuid import UUID

from app.access.values import Role
from app.communications.rules.facts import query_fields
from app.communications.service.letters import post_letters
from app.communications.service.notices import WHO_DEALS_WITH_IT
from app.communications.service.wording import word
from app.communications.values import Audience, Facts, Letter
from app.core.clock import london_date
from app.core.db import Tx
from app.organisations import service as organisations
from app.payments.service import query_brief
from app.payments.values import QueryBrief, QueryOutcome, QuerySide


async def notify_query(session: Tx, query_id: UUID, *, occasion: str, now: datetime) -> None:
    """The office has a new query, and until when it is to be answered."""
    query = await query_brief(session, query_id)
    letter = await _letter(session, "query_opened", query_id, query, occasion=occasion)
    await _tell_office(session, letter, query, now=now)


async def notify_query_shared(session: Tx, query_id: UUID, *, occasion: str, now: datetime) -> None:
    """The LMC, of the locality of the practice or of who took it over, or of the whole commissioner."""
    query = await query_brief(session, query_id)
    practice = await organisations.last_successor(session, query.practice, on=london_date(now))
    letter = await _letter(session, "query_shared", query_id, query, occasion=occasion)
    await post_letters(session, [letter], Audience.of_holders(Role.LMC_OFFICER, around=practice), now=now)


async def notify_query_message(session: Tx, query_id: UUID, *, side: QuerySide, occasion: str, now: datetime) -> None:
    """The other side. What was written is read where it may be read."""
    query = await query_brief(session, query_id)
    letter = await _letter(session, "query_message", query_id, query, occasion=occasion, side=side)
    if side is QuerySide.PRACTICE:
        await _tell_office(session, letter, query, now=now)
    else:
        await _tell_practice(session, letter, query, now=now)


async def notify_correction(session: Tx, query_id: UUID, *, occasion: str, now: datetime) -> None:
    """Those who may approve an amount."""
    query = await query_brief(session, query_id)
    letter = await _letter(session, "correction_proposed", query_id, query, occasion=occasion)
    await post_letters(session, [letter], Audience.of_holders(Role.PAYMENTS_APPROVER), now=now)


async def notify_correction_refused(
    session: Tx, query_id: UUID, *, proposed_by: UUID, occasion: str, now: datetime
) -> None:
    query = await query_brief(session, query_id)
    letter = await _letter(session, "correction_refused", query_id, query, occasion=occasion)
    await post_letters(session, [letter], Audience.of_people(proposed_by), now=now)


async def notify_correction_corrected(session: Tx, query_id: UUID, *, occasion: str, now: datetime) -> None:
    """The practice, because money moves once more. The amount itself is read where it may be read."""
    query = await query_brief(session, query_id)
    letter = await _letter(session, "correction_corrected", query_id, query, occasion=occasion)
    await _tell_practice(session, letter, query, now=now)


async def notify_query_answer(session: Tx, query_id: UUID, *, occasion: str, now: datetime) -> None:
    """The practice; of a query that it has withdrawn, the office."""
    query = await query_brief(session, query_id)
    letter = await _letter(session, "query_answered", query_id, query, occasion=occasion)
    if query.outcome is QueryOutcome.WITHDRAWN:
        await _tell_office(session, letter, query, now=now)
    else:
        await _tell_practice(session, letter, query, now=now)


async def notify_query_overdue(session: Tx, query_id: UUID, *, occasion: str, now: datetime) -> None:
    """Whoever answers for the office, and whoever supports the practice."""
    query = await query_brief(session, query_id)
    letter = await _letter(session, "query_overdue", query_id, query, occasion=occasion)
    told = Audience.of_holders(Role.COMMISSIONER_ADMIN, Role.ENGAGEMENT_LEAD, around=query.practice)
    await post_letters(session, [letter], told, now=now)


async def _letter(session: Tx, key: str, query_id: UUID, query: QueryBrief, *, occasion: str, **more: object) -> Letter:
    facts = Facts(query_fields(query, **more))
    [letter] = await word(session, key, [facts], source_id=str(query_id), occasion=occasion)
    return letter


async def _tell_office(session: Tx, letter: Letter, query: QueryBrief, *, now: datetime) -> None:
    """Its owner, or everybody who may answer it."""
    told = Audience.of_people(query.owner) if query.owner else Audience.of_holders(Role.SCHEME_MANAGER)
    await post_letters(session, [letter], told, now=now)


async def _tell_practice(session: Tx, letter: Letter, query: QueryBrief, *, now: datetime) -> None:
    """The one that asked, or who took it over and goes on with its queries."""
    practice = await organisations.last_successor(session, query.practice, on=london_date(now))
    await post_letters(session, [letter], Audience(roles=WHO_DEALS_WITH_IT, practices=(practice,)), now=now)
