"""What has to be read: new versions, acknowledgements, reminders, and who is asked when time is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.communications.errors import AcknowledgementPast, NothingToAcknowledge
from app.communications.events import AnnouncementPublished
from app.communications.repository import must_read as rows
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.rules.must_read import edition_in, is_renewed, next_by, occasion_of, stage_on
from app.communications.rules.rendering import render_markdown
from app.communications.service.announcing import addressed, follows_deliveries, require_write
from app.communications.service.audiences import resolve_audience
from app.communications.service.letters import post_letters, recipients
from app.communications.service.wording import word
from app.communications.tables import Announcement, AnnouncementEdition, Delivery, Message
from app.communications.values import (
    MOST_OVERDUE_DAYS,
    Action,
    ActionKind,
    Audience,
    Cover,
    Duty,
    DutyCounts,
    EditionKind,
    Facts,
    Letter,
    Outstanding,
    PracticeDuty,
    Source,
    Stage,
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
    _keep_earlier(session, row, EditionKind.REVISED, new.reason, caller.person_id, now=now)
    row.body_markdown, row.body_html = new.markdown, render_markdown(new.markdown).html
    return await _begin(session, row, new.must_acknowledge_by, now=now)


def _keep_earlier(
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


async def _begin(session: Tx, row: Announcement, by: date, *, now: datetime) -> OperationRow:
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
    """For whoever read it and for the practice that was asked. By a link it is the version of today that was shown."""
    if message.source != Source.ANNOUNCEMENT:
        return
    announcement_id, edition = UUID(message.source_id), edition_in(message.occasion)
    if via is Via.LINK:
        edition = (await AnnouncementRepository(session, session.tenant).get(announcement_id)).edition
    await rows.add_acknowledgement(
        session,
        announcement_id,
        edition,
        person_id=person_id,
        practice=message.practice or delivery.practice,
        recipient=delivery.recipient,
        via=via,
        now=now,
    )


async def see_to_reading(session: Tx, *, now: datetime) -> None:
    """Of one day: rounds that begin anew, reminders, and who is asked when time is over. Each is told once."""
    today = london_date(now)
    for row in await rows.list_must_read(session, since=today - timedelta(days=MOST_OVERDUE_DAYS)):
        begun = london_date(row.edition_at or row.published_at)
        by = row.must_acknowledge_by
        assert by is not None
        if is_renewed(row.renew_months, published_on=begun, today=today):
            _keep_earlier(session, row, EditionKind.RENEWED, None, None, now=now)
            await _begin(session, row, next_by(by, published_on=begun, today=today), now=now)
        elif (stage := stage_on(by, published_on=begun, today=today)) is not None:
            await _tell(session, row, by, stage, now=now)


async def _tell(session: Tx, row: Announcement, by: date, stage: Stage, *, now: datetime) -> None:
    """Those who have not read it and are still meant; after its time their practice's lead, then its manager."""
    of_each = row.must_acknowledge == Duty.EACH_PERSON
    left = await rows.find_outstanding(session, row, of_each=of_each and stage.cover is None)
    audience = Audience.of_json(row.audience)
    meant = await resolve_audience(session, audience, now=now)
    practices, people = await rows.find_meant(session, recipients(session.tenant, meant, now=now))
    left = Outstanding(tuple(code for code in left.practices if code in practices), left.people & people)
    key, occasion = "must_read_overdue" if stage.cover else "must_read_due", occasion_of(row.edition, stage)
    roles = (stage.cover.value,) if stage.cover else audience.roles
    to_practices = replace(audience, roles=roles, practices=left.practices, localities=None, networks=None)
    letters = await _letters(session, key, row, by, left.practices, occasion)
    await post_letters(session, letters, to_practices, now=now)
    if left.people and stage.cover is None:
        letters = await _letters(session, key, row, by, (None,), f"{occasion} people")
        await post_letters(session, letters, Audience.of_people(*left.people), now=now)


async def _letters(
    session: Tx, key: str, row: Announcement, by: date, practices: Sequence[str | None], occasion: str
) -> list[Letter]:
    action = Action(ActionKind.ACKNOWLEDGE, row.id)
    facts = [Facts({"title": row.title, "acknowledge_by": by, "practice": code}, code, action) for code in practices]
    return await word(session, key, facts, source_id=str(row.id), occasion=occasion, must_acknowledge_by=by)


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

    everybody = await rows.count_duties(session, row, only)
    done = sum(_is_done(row, each) for each in everybody)
    return row, page.map(duty), DutyCounts(len(everybody), done)


async def _seen(session: Tx, caller: Principal, row: Announcement, *, now: datetime) -> list[str] | None:
    if await follows_deliveries(session, caller, row.id, now=now):
        return None
    own = sorted(caller.practices("practice:own"))
    if not own:
        raise Forbidden("Your role follows announcements to your own localities and practices only.")
    return own


def _is_done(row: Announcement, found: Any) -> bool:
    if row.must_acknowledge == Duty.EACH_PERSON:
        return found.read == found.asked
    return found.at is not None


def _duty(row: Announcement, found: Any, names: dict[UUID, str], *, today: date) -> PracticeDuty:
    is_done, by = _is_done(row, found), row.must_acknowledge_by
    is_late = not is_done and by is not None and by < today
    cover = None if not found.occasion else Cover.PRACTICE_MANAGER if "manager" in found.occasion else Cover.NAMED_LEAD
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
        asked_in_their_place=cover,
    )
