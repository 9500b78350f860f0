"""What has to be read: new versions, acknowledgements, and how far each practice is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.communications.errors import AcknowledgementPast, NothingToAcknowledge
from app.communications.events import AnnouncementPublished
from app.communications.repository import must_read as rows
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.rules.must_read import edition_in, reminder_in
from app.communications.rules.rendering import render_markdown
from app.communications.service.announcing import addressed, follows_deliveries, require_write
from app.communications.service.personal import require_plain
from app.communications.tables import Announcement, AnnouncementEdition, Delivery, Message
from app.communications.values import (
    DutyCounts,
    EditionKind,
    PracticeDuty,
    Source,
    Via,
)
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.events import emit
from app.core.ids import new_id
from app.core.operations import OperationRow, start_operation
from app.core.pagination import Cursors, PageParams
from app.core.principal import Principal
from app.core.repository import Page
from app.people.service import get_people


@dataclass(frozen=True, slots=True)
class NewVersion:
    markdown: str
    must_acknowledge_by: date
    reason: str


async def publish_announcement_version(
    session: Tx, caller: Principal, announcement_id: UUID, new: NewVersion, *, now: datetime
) -> OperationRow:
    """Another text, which asks everybody who is meant by now again; who acknowledged the one before stays known."""
    # Locked, so that two at a time are two versions.
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id, for_update=True)
    await require_write(session, caller, announcement_id, now=now)
    if row.withdrawn_at is not None or row.must_acknowledge_by is None or not row.is_out:
        raise NothingToAcknowledge("It was withdrawn, is still to be published, or nobody was ever asked to read it.")
    if new.must_acknowledge_by < london_date(now):
        raise AcknowledgementPast
    require_plain(new.markdown)
    keep_earlier(session, row, EditionKind.REVISED, new.reason, caller.person_id, now=now)
    row.body_markdown, row.body_html = new.markdown, render_markdown(new.markdown).html
    return await begin_round(session, row, new.must_acknowledge_by, now=now)


def keep_earlier(
    session: Tx, row: Announcement, kind: EditionKind, reason: str | None, person: UUID | None, *, now: datetime
) -> None:
    session.add(
        AnnouncementEdition(
            commissioner_id=session.tenant,
            announcement_id=row.id,
            n=row.edition + 1,
            kind=kind.value,
            earlier_markdown=row.body_markdown,
            earlier_by=row.must_acknowledge_by,
            reason=reason,
            person_id=person,
            published_at=now,
        )
    )


async def begin_round(session: Tx, row: Announcement, by: date, *, now: datetime) -> OperationRow:
    """A job works out who is asked, as for the first version."""
    operation = await start_operation(session, "communications.announcement", result={"announcement": str(row.id)})
    row.edition += 1
    row.edition_at, row.message_id, row.must_acknowledge_by, row.operation_id = now, new_id(), by, operation.id
    audit(session, "announcement.version_published", row.id, edition=row.edition)
    emit(session, AnnouncementPublished(**addressed(row)))
    return operation


async def record_acknowledgement(
    session: Tx, delivery: Delivery, message: Message, *, person_id: UUID, via: Via, now: datetime
) -> None:
    """For whoever read it and for each practice at which they were asked; a letter for one practice for that one alone. By a
    link it is the version of today that was shown.
    """
    if message.source != Source.ANNOUNCEMENT:
        return
    announcement_id, edition = UUID(message.source_id), edition_in(message.occasion)
    if via is Via.LINK:
        edition = (await AnnouncementRepository(session, session.tenant).get(announcement_id)).edition
    # Whoever is asked only later, in somebody's place, was not asked by the announcement itself.
    places = [message.practice] if message.practice else await rows.list_places(
        session, announcement_id, edition, delivery.recipient
    )  # fmt: skip
    await rows.add_acknowledgement(
        session,
        announcement_id,
        edition,
        person_id=person_id,
        places=places or [delivery.practice],
        recipient=delivery.recipient,
        via=via,
        now=now,
    )


async def list_duties(
    session: Tx, caller: Principal, announcement_id: UUID, *, params: PageParams, cursors: Cursors, now: datetime
) -> tuple[Announcement, Page[PracticeDuty], DutyCounts]:
    """How far each practice is: for whoever follows the deliveries, and for a practice its own."""
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id)
    only = await _seen(session, caller, row, now=now)
    page = await rows.list_duties(session, row, only, params=params, cursors=cursors)
    names = await get_people(session, {each.person_id for each in page.rows if each.person_id})
    today = london_date(now)

    def duty(found: Any) -> PracticeDuty:
        return _duty(row, found, {person: known.name for person, known in names.items()}, today=today)

    return row, page.map(duty), await rows.count_duties(session, row, only)


async def _seen(session: Tx, caller: Principal, row: Announcement, *, now: datetime) -> list[str] | None:
    if await follows_deliveries(session, caller, row.id, now=now):
        return None
    own = sorted(caller.practices("practice:own"))
    if not own:
        raise Forbidden("Your role follows announcements to your own localities and practices only.")
    return own


def _duty(row: Announcement, found: Any, names: dict[UUID, str], *, today: date) -> PracticeDuty:
    is_done, by = found.is_done, row.must_acknowledge_by
    is_late = not is_done and by is not None and by < today
    reminder = reminder_in(found.occasion) if found.occasion else None
    return PracticeDuty(
        practice=found.practice,
        asked_at=found.asked_at,
        asked=found.asked,
        read=found.read,
        person_id=found.person_id,
        person_name=names.get(found.person_id) if found.person_id else None,
        via=Via(found.via) if found.via else None,
        acknowledged_at=found.at if is_done else None,
        outstanding_since=by + timedelta(days=1) if is_late and by else None,
        asked_in_their_place=reminder[1].cover if reminder else None,
    )
