"""Announcements that wait for their moment: moved, changed, and published when it comes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.communications.errors import AlreadyPublished
from app.communications.events import AnnouncementPublished, AnnouncementScheduled
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.rules.rendering import render_markdown
from app.communications.service.announcing import addressed, announcement_tag, check_moment, office_counts
from app.communications.service.audiences import WRITE, area_of
from app.communications.service.personal import check_text, require_known
from app.communications.tables import Announcement
from app.communications.values import Audience, Template
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.events import emit
from app.core.jobs import NewJob, enqueue_all
from app.core.principal import Principal
from app.core.repository import Expected

PUBLISH = "communications.publish_announcement"


@dataclass(frozen=True, slots=True)
class Rescheduling:
    """What is to change; None leaves as it is."""

    publish_at: datetime | None
    title: str | None
    markdown: str | None


async def reschedule_announcement(
    session: Tx, caller: Principal, announcement_id: UUID, change: Rescheduling, *, expected: Expected, now: datetime
) -> Announcement:
    """Locked, so that it is not published in the middle of it."""
    repository = AnnouncementRepository(session, session.tenant)
    row = await repository.get(announcement_id, for_update=True)
    if not await repository.is_within(announcement_id, await area_of(session, caller, WRITE, now=now)):
        raise Forbidden("Your role changes announcements to your own localities and practices only.")
    expected.check_tag(announcement_tag(row, await office_counts(session, caller, announcement_id, now=now)))
    if row.is_out or row.withdrawn_at is not None:
        raise AlreadyPublished
    if change.publish_at is not None:
        check_moment(change.publish_at, must_acknowledge_by=row.must_acknowledge_by, now=now)
        row.published_at = change.publish_at
    if change.title is not None or change.markdown is not None:
        await _reword(session, row, change, now=now)
    audit(session, "announcement.rescheduled", announcement_id)
    emit(session, AnnouncementScheduled(subject=str(announcement_id)))
    await session.flush()
    return row


async def _reword(session: Tx, row: Announcement, change: Rescheduling, *, now: datetime) -> None:
    text = Template(change.title or row.title, change.markdown or row.body_markdown)
    row.is_personalised = check_text(text, on_intranet=row.on_intranet, must_acknowledge_by=row.must_acknowledge_by)
    if row.is_personalised:
        await require_known(session, text, Audience.of_json(row.audience), now=now)
    row.title = text.subject
    row.body_markdown, row.body_html = text.body, render_markdown(text.body).html


async def schedule_announcement(session: Tx, announcement_id: UUID) -> None:
    """Leave the job that publishes it. One that was moved has an earlier job too, which finds that it is no longer meant."""
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id)
    if not row.is_out:
        at = row.published_at.isoformat()
        key, payload = f"{row.id} {at}", {"announcement": str(row.id), "published_at": at}
        await enqueue_all(
            session, [NewJob(session.tenant, PUBLISH, "notifications", key, payload, run_at=row.published_at)]
        )


async def publish_scheduled(session: Tx, announcement_id: UUID, *, published_at: datetime) -> None:
    """Once, by the job of the moment that it has by now, unless it has been withdrawn. The database's clock started the job;
    a worker's own may be behind and is not asked.
    """
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id, for_update=True)
    if row.is_out or row.withdrawn_at is not None or row.published_at != published_at:
        return
    row.is_out = True
    audit(session, "announcement.published", announcement_id)
    emit(session, AnnouncementPublished(**addressed(row)))
