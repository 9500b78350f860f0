"""What has to be read and has not been: reminders, who is asked when time is over, and rounds that begin anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from app.communications.repository import must_read as rows
from app.communications.repository import outstanding
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.repository.meant import waiting_in
from app.communications.rules.must_read import PEOPLE, is_renewed, next_by, occasion_of, reminder_in, stage_on
from app.communications.service.audiences import resolve_audience
from app.communications.service.letters import Posting, post_letters, recipients
from app.communications.service.must_read import begin_round, keep_earlier
from app.communications.service.wording import word
from app.communications.tables import Announcement
from app.communications.values import (
    MOST_OVERDUE_DAYS,
    Action,
    ActionKind,
    Audience,
    EditionKind,
    Facts,
    Letter,
    Stage,
)
from app.core.clock import london_date
from app.core.db import Tx


async def list_to_see_to(session: Tx, *, now: datetime) -> Sequence[UUID]:
    """The announcements that are still to be seen to today."""
    today = london_date(now)
    return await rows.list_must_read(session, since=today - timedelta(days=MOST_OVERDUE_DAYS), today=today)


async def see_to_reading(session: Tx, announcement_id: UUID, *, now: datetime) -> None:
    """Of one announcement and one day: a round that begins anew, reminders, or who is asked when time is over."""
    # Locked, so that of two workers at a time the second finds that it was seen to, or withdrawn.
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id, for_update=True)
    today, by = london_date(now), row.must_acknowledge_by
    if row.seen_to_on == today or row.withdrawn_at is not None or by is None:
        return
    begun = london_date(row.edition_at or row.published_at)
    if is_renewed(row.renew_months, published_on=begun, today=today):
        keep_earlier(session, row, EditionKind.RENEWED, None, None, now=now)
        await begin_round(session, row, next_by(by, published_on=begun, today=today), now=now)
    elif (stage := stage_on(by, published_on=begun, today=today)) is not None:
        await _tell(session, row, by, stage, now=now)
    await rows.mark_seen_to(session, announcement_id, today)


async def _tell(session: Tx, row: Announcement, by: date, stage: Stage, *, now: datetime) -> None:
    """Those who have not read it and are still meant; after its time their practice's lead, then its manager."""
    audience = Audience.of_json(row.audience)
    meant = recipients(session.tenant, await resolve_audience(session, audience, now=now), now=now)
    practices = await outstanding.list_practices_left(session, row, stage, meant)
    key, occasion = "must_read_overdue" if stage.cover else "must_read_due", occasion_of(row.edition, stage)
    roles = (stage.cover.value,) if stage.cover else audience.roles
    to_practices = replace(audience, roles=roles, practices=tuple(practices), localities=None, networks=None)
    letters = await _letters(session, key, row, by, practices, occasion)
    await post_letters(session, letters, to_practices, now=now)
    if stage.cover is None:
        letters = await _letters(session, key, row, by, (None,), occasion + PEOPLE)
        # With the audience of the announcement: whoever is not meant any more when it goes gets nothing.
        those_left = Posting(narrow=lambda people: outstanding.only_people_left(row, people))
        await post_letters(session, letters, audience, those_left, now=now)


async def _letters(
    session: Tx, key: str, row: Announcement, by: date, practices: Sequence[str | None], occasion: str
) -> list[Letter]:
    action = Action(ActionKind.ACKNOWLEDGE, row.id)
    facts = [Facts({"title": row.title, "acknowledge_by": by, "practice": code}, code, action) for code in practices]
    return await word(session, key, facts, source_id=str(row.id), occasion=occasion, must_acknowledge_by=by)


async def withdraw_read(session: Tx, batch: UUID) -> None:
    """Take out of a batch the reminders of what was read while they waited, or has a newer version."""
    for announcement_id, occasion in await rows.find_reminded(session, batch):
        reminder = reminder_in(occasion)
        if reminder is None:
            continue
        edition, stage = reminder
        row = await AnnouncementRepository(session, session.tenant).get(announcement_id)
        await outstanding.withdraw_read(session, waiting_in(batch), row, occasion, stage, is_old=edition != row.edition)
