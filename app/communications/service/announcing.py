"""Announcements: publish, count, expand."""

from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.communications.errors import AcknowledgementPast, FieldsMissing, NoSuchMoment
from app.communications.events import (
    AnnouncementKept,
    AnnouncementPublished,
    AnnouncementScheduled,
    AnnouncementSent,
    AnnouncementWithdrawn,
)
from app.communications.repository import announcements, reach
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.repository.personal import deliveries_of
from app.communications.rules.attention import WEEKLY_BUDGET, attention_warnings, meet
from app.communications.rules.must_read import occasion_of
from app.communications.rules.numbers import text_message, text_parts
from app.communications.rules.rendering import render_markdown
from app.communications.rules.tokens import LINK_LETTERS
from app.communications.service.audiences import (
    DELIVERIES,
    WRITE,
    area_of,
    check_audience,
    named_practices,
    resolve_audience,
    sight_of,
    within_area,
)
from app.communications.service.carrying import can_text
from app.communications.service.facts import announcement_fields, draft_fields
from app.communications.service.letters import Posting, post_letters, recipients
from app.communications.service.personal import check_text, letters_to_each, measure_text, require_known
from app.communications.service.progress import record_sending_progress
from app.communications.service.wording import word
from app.communications.tables import Announcement
from app.communications.values import (
    NO_COUNTS,
    Audience,
    Channel,
    Clash,
    Counts,
    Draft,
    Facts,
    Reach,
    Template,
    TextReach,
    Topic,
    Urgency,
)
from app.core.audit import audit
from app.core.clock import london_date, utc_text
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.etag import digest_etag
from app.core.events import emit
from app.core.ids import new_id
from app.core.jobs import enqueue
from app.core.operations import OperationRow, fail, start_operation, succeed
from app.core.principal import Principal
from app.core.repository import Expected

_NEAR = timedelta(days=1)
_FARTHEST = timedelta(days=366)


async def publish_announcement(session: Tx, caller: Principal, draft: Draft, *, now: datetime) -> OperationRow:
    """Accept it, show it where it is to be shown, and leave the recipients to a job, which the operation follows."""
    draft = await _checked(session, caller, draft, now=now)
    await check_audience(session, draft.audience, now=now)
    is_personalised = _has_fields(draft)
    if is_personalised:
        await require_known(session, Template(draft.title, draft.markdown), draft.audience, now=now)
    announcement_id = new_id()
    operation = await start_operation(
        session, "communications.announcement", result={"announcement": str(announcement_id)}
    )
    row = Announcement(
        commissioner_id=session.tenant,
        id=announcement_id,
        title=draft.title,
        body_markdown=draft.markdown,
        body_html=render_markdown(draft.markdown).html,
        audience=draft.audience.as_json() | await _places_shown(session, draft.audience, now=now),
        channels=[channel.value for channel in draft.channels],
        urgency=draft.urgency.value,
        on_intranet=draft.on_intranet,
        must_acknowledge_by=draft.must_acknowledge_by,
        must_acknowledge=draft.must_acknowledge.value,
        renew_months=draft.renew_months,
        author_person_id=caller.person_id,
        operation_id=operation.id,
        published_at=draft.publish_at or now,
        is_out=draft.publish_at is None,
        is_personalised=is_personalised,
    )
    session.add(row)
    if row.is_out:
        audit(session, "announcement.published", announcement_id, **draft.audience.as_json())
        emit(session, AnnouncementPublished(**addressed(row)))
    else:
        audit(session, "announcement.scheduled", announcement_id, **draft.audience.as_json())
        emit(session, AnnouncementScheduled(subject=str(announcement_id)))
    return operation


async def _places_shown(session: Tx, audience: Audience, *, now: datetime) -> dict[str, list[str]]:
    """On whose pages the intranet shows what is for networks: those of the practices that are in them when it is published."""
    if audience.networks is None:
        return {}
    return {"shown_at": list(await named_practices(session, audience, now=now) or ())}


def addressed(row: Announcement) -> dict[str, Any]:
    """What every event of an announcement says of it."""
    # A network without practices is shown on no page: an empty list of them is not none at all.
    localities, practices = row.audience["localities"], row.audience.get("shown_at", row.audience["practices"])
    places = [f"locality:{each}" for each in localities or ()] + [f"practice:{each}" for each in practices or ()]
    names_places = localities is not None or practices is not None
    return {
        "subject": str(row.id),
        "places": tuple(places) if names_places else None,
        "on_intranet": row.on_intranet,
    }


async def _checked(session: Tx, caller: Principal, draft: Draft, *, now: datetime) -> Draft:
    if draft.must_acknowledge_by is not None and draft.must_acknowledge_by < london_date(now):
        raise AcknowledgementPast
    if draft.publish_at is not None:
        check_moment(draft.publish_at, must_acknowledge_by=draft.must_acknowledge_by, now=now)
    area = await area_of(session, caller, WRITE, now=now)
    return replace(draft, audience=within_area(draft.audience, area))


def _has_fields(draft: Draft) -> bool:
    text = Template(draft.title, draft.markdown)
    return check_text(text, on_intranet=draft.on_intranet, must_acknowledge_by=draft.must_acknowledge_by)


def check_moment(at: datetime, *, must_acknowledge_by: date | None, now: datetime) -> None:
    """In the coming year, and not after the day by which it has to be acknowledged."""
    if not now < at <= now + _FARTHEST:
        raise NoSuchMoment
    if must_acknowledge_by is not None and must_acknowledge_by < london_date(at):
        raise AcknowledgementPast


async def measure_announcement(
    session: Tx, caller: Principal, draft: Draft, *, base_url: str, now: datetime
) -> OperationRow:
    """What a dry run says: an operation that has succeeded at once, and nothing is written but that. `base_url`: where the
    links in texts begin, which count.
    """
    draft = await _checked(session, caller, draft, now=now)
    await check_audience(session, draft.audience, now=now)
    _has_fields(draft)
    audience = await resolve_audience(session, draft.audience, now=now)
    by_role = {
        role: recipients(session.tenant, replace(audience, roles=(role,)), now=now) for role in audience.roles or ()
    }
    found = await reach.measure(
        session,
        recipients(session.tenant, audience, now=now),
        by_role,
        topic=Topic.ANNOUNCEMENTS,
        urgency=draft.urgency,
        since=now - timedelta(days=7),
        budget=WEEKLY_BUDGET,
    )
    clashes, others = await _clashes(session, caller, draft, now=now)
    personal, shown, missing = await measure_text(session, draft, draft.audience, now=now)
    texts = await _texts(session, draft, shown, found.texts.people, base_url=base_url)
    pushed = found.pushed if Channel.PUSH in draft.channels else 0
    found = replace(found, clashes=clashes, other_clashes=others, texts=texts, pushed=pushed, personal=personal)
    result = {"dry_run": True} | _as_json(found) | {"warnings": [*missing, *attention_warnings(found)]}
    operation = await start_operation(session, "communications.announcement", result=result)
    await succeed(session, operation.id)
    await session.refresh(operation)
    return operation


async def _texts(session: Tx, draft: Draft, shown: Facts | None, people: int, *, base_url: str) -> TextReach:
    """What the texts would say, and cost; by the commissioner's own wording. `shown`: what the practice is told that is shown."""
    if Channel.TEXT not in draft.channels:
        return TextReach()
    [letter] = await word(session, "announcement", [shown or draft_fields(draft)], source_id="")
    link = f"{base_url}/a/{'x' * LINK_LETTERS}" if letter.action else None
    body = text_message(letter.subject, render_markdown(letter.markdown).text, draft.urgency, link)
    parts, is_set_up = text_parts(body), await can_text(session)
    return TextReach(people, parts, people * parts if is_set_up else 0, body, is_set_up)


async def _clashes(session: Tx, caller: Principal, draft: Draft, *, now: datetime) -> tuple[tuple[Clash, ...], int]:
    """What the caller may read, and how many more there are."""
    at, sight = draft.publish_at or now, await sight_of(session, caller, now=now)
    near = await AnnouncementRepository(session, session.tenant).list_between(at - _NEAR, at + _NEAR, sight)
    clashing = [(row, is_visible) for row, is_visible in near if meet(draft.audience, Audience.of_json(row.audience))]
    shown = tuple(Clash(row.id, row.title, row.published_at) for row, is_visible in clashing if is_visible)
    return shown, len(clashing) - len(shown)


def _as_json(found: Reach) -> dict[str, Any]:
    clashes = [
        {"announcement": str(each.announcement), "title": each.title, "at": utc_text(each.at)} for each in found.clashes
    ]
    return asdict(found) | {"clashes": clashes}


async def hand_to_bulk(session: Tx, announcement_id: UUID) -> bool:
    """Whether it is routine, so that its recipients are worked out where nobody waits: a job for that is left then."""
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id)
    if row.urgency != Urgency.ROUTINE:
        return False
    payload = {"announcement": str(announcement_id)}
    key = f"{announcement_id} {occasion_of(row.edition)}".strip()
    await enqueue(session, "communications.expand_bulk", queue="bulk", dedupe_key=key, payload=payload)
    return True


async def expand_announcement(session: Tx, announcement_id: UUID, *, now: datetime) -> None:
    """A delivery for everybody who is meant. Running it again adds nobody twice."""
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id)
    if row.withdrawn_at is not None:
        await succeed(session, row.operation_id, total=0)
        return
    if row.is_personalised:
        await _expand_to_each(session, row, now=now)
        return
    [letter] = await word(
        session,
        "announcement",
        [announcement_fields(row)],
        source_id=str(row.id),
        occasion=occasion_of(row.edition),
        must_acknowledge_by=row.must_acknowledge_by,
    )
    message_id = row.message_id or row.id
    await post_letters(
        session,
        [replace(letter, urgency=Urgency(row.urgency))],
        Audience.of_json(row.audience),
        _posting(row, message_id),
        now=now,
    )
    await record_sending_progress(session, operation=row.operation_id, message=message_id)
    emit(session, AnnouncementSent(**addressed(row)))


def _posting(row: Announcement, message_id: UUID) -> Posting:
    return Posting([Channel(channel) for channel in row.channels], row.operation_id, message_id)


async def _expand_to_each(session: Tx, row: Announcement, *, now: datetime) -> None:
    """A message for each practice. Who is meant and what is known of them may have changed since it was accepted: where it
    cannot be written for one, nobody is told, and its operation says why.
    """
    try:
        found = await letters_to_each(session, row, now=now)
    except FieldsMissing as error:
        audit(session, "announcement.not_sent", row.id, why=error.code)
        await fail(session, row.operation_id, error)
        return
    letters = await word(session, "announcement", found, source_id=str(row.id))
    urgency, practices = Urgency(row.urgency), tuple(letter.practice for letter in letters if letter.practice)
    await post_letters(
        session,
        [replace(letter, urgency=urgency) for letter in letters],
        replace(Audience.of_json(row.audience), practices=practices, localities=None, networks=None),
        _posting(row, row.id),
        now=now,
    )
    await record_sending_progress(session, operation=row.operation_id, message=row.id)
    emit(session, AnnouncementSent(**addressed(row)))


async def follows_deliveries(session: Tx, caller: Principal, announcement_id: UUID, *, now: datetime) -> bool:
    """Whether the caller may see what became of it for each recipient: their role reaches everybody it went to."""
    if not caller.has(DELIVERIES):
        return False
    area = await area_of(session, caller, DELIVERIES, now=now)
    return await AnnouncementRepository(session, session.tenant).is_within(announcement_id, area)


async def office_counts(session: Tx, caller: Principal, announcement_id: UUID, *, now: datetime) -> Counts | None:
    """What has become of it, for whoever follows its deliveries."""
    if not await follows_deliveries(session, caller, announcement_id, now=now):
        return None
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id)
    message_id = row.message_id or row.id
    if row.is_personalised:
        return await announcements.count_together(
            session, deliveries_of(session.tenant, message_id, for_each=row.is_personalised)
        )
    return (await announcements.count_deliveries(session, [message_id])).get(message_id, NO_COUNTS)


def announcement_tag(row: Announcement, counts: Counts | None) -> str:
    """The ETag of one announcement as its reader sees it: it moves with the deliveries of whoever follows them."""
    return digest_etag("announcement", row.version, counts)


async def require_write(session: Tx, caller: Principal, announcement_id: UUID, *, now: datetime) -> None:
    """That it went to nobody outside what the caller writes to."""
    area = await area_of(session, caller, WRITE, now=now)
    if not await AnnouncementRepository(session, session.tenant).is_within(announcement_id, area):
        raise Forbidden("Your role changes announcements to your own localities and practices only.")


async def withdraw_announcement(
    session: Tx, caller: Principal, announcement_id: UUID, *, expected: Expected, now: datetime
) -> Announcement:
    """Off the intranet, once. Locked, so that two withdrawals at a time are one."""
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id, for_update=True)
    await require_write(session, caller, announcement_id, now=now)
    if expected.is_given:
        expected.check_tag(announcement_tag(row, await office_counts(session, caller, announcement_id, now=now)))
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        audit(session, "announcement.withdrawn", announcement_id)
        await announcements.stop_waiting(session, announcement_id)
        if row.is_out:
            emit(session, AnnouncementWithdrawn(**addressed(row), removed=True))
            emit(session, AnnouncementKept(**addressed(row)))
        else:
            # Nobody was told of it, and nobody will be.
            await succeed(session, row.operation_id, total=0)
        await session.flush()
    return row
