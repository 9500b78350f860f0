"""Making a newsletter from what was posted: draft, order, preview, schedule."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.communications.errors import EditionUnknown, ItemUnknown, NewsletterNotDraft, NewsletterSent, SendingPast
from app.communications.events import NewsletterScheduled
from app.communications.repository.announcements import count_deliveries
from app.communications.repository.newsletters import EditionRepository, NewsletterRepository
from app.communications.rules.newsletters import collect, compose
from app.communications.service.audiences import READ, WRITE
from app.communications.service.feeding import entries_for
from app.communications.tables import Newsletter
from app.communications.values import (
    MOST_ITEMS,
    Composed,
    Counts,
    FeedEntry,
    FeedKind,
    Item,
    NewsletterSight,
    NewsletterState,
    WantedNewsletter,
)
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError, Forbidden
from app.core.etag import digest_etag, version_etag
from app.core.events import emit
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.repository import Expected
from app.organisations.service import get_localities
from app.people.service import places_of

POSTED: Final = (FeedKind.ANNOUNCEMENTS, FeedKind.MEETINGS, FeedKind.ISSUES)
"""What a newsletter is made of: all but newsletters."""
_LOOKED_AT: Final = 200
_DAYS: Final = 30


async def newsletter_sight(session: Tx, caller: Principal, *, now: datetime) -> NewsletterSight:
    is_whole = caller.covers_commissioner(READ)
    places = None if is_whole else await places_of(session, caller, READ, on=london_date(now))
    return NewsletterSight(
        localities=None if places is None else places.localities, is_editor=caller.has(WRITE), area=_area(caller)
    )


def _area(caller: Principal) -> frozenset[UUID] | None:
    """The localities that an editor writes to. None: the whole commissioner."""
    return None if caller.covers_commissioner(WRITE) else frozenset(map(UUID, caller.localities(WRITE)))


async def draft_newsletter(session: Tx, caller: Principal, wanted: WantedNewsletter, *, now: datetime) -> Newsletter:
    """A draft with what was posted in its period, or with what is named."""
    area = _area(caller)
    if area is not None and (wanted.for_commissioner or not area.issuperset(wanted.localities)):
        raise Forbidden("Your role writes to your own localities only.")
    await get_localities(session, wanted.localities)
    until = wanted.until or now
    since = wanted.since or until - timedelta(days=_DAYS)
    editions: list[UUID | None] = [*([None] if wanted.for_commissioner else []), *wanted.localities]
    entries = await _entries(session, editions, now=now)
    if wanted.items is None:
        items = collect(entries, since=since, until=wanted.until, limit=MOST_ITEMS)
    else:
        items = _named(wanted.items, entries)
    row = Newsletter(
        commissioner_id=session.tenant,
        id=new_id(),
        title=wanted.title,
        intro_markdown=wanted.intro_markdown,
        since=since,
        until=until,
        localities=list(wanted.localities),
        for_commissioner=wanted.for_commissioner,
        items=[item.as_json() for item in items],
        on_intranet=wanted.on_intranet,
        state=NewsletterState.DRAFT,
        author_person_id=caller.person_id,
        created_at=now,
    )
    session.add(row)
    audit(session, "newsletter.drafted", row.id, items=len(items))
    return row


async def _entries(session: Tx, editions: Iterable[UUID | None], *, now: datetime) -> list[FeedEntry]:
    found: dict[tuple[FeedKind, UUID], FeedEntry] = {}
    for locality in editions:
        for entry in await entries_for(session, locality, POSTED, now=now, limit=_LOOKED_AT):
            found[entry.kind, entry.id] = entry
    return list(found.values())


def _named(keys: Sequence[tuple[FeedKind, UUID]], entries: Iterable[FeedEntry]) -> list[Item]:
    known = {(entry.kind, entry.id): entry for entry in entries}
    unknown = [
        FieldError(f"/items/{place}", "unknown", "Nothing like this is posted for an edition of this newsletter.")
        for place, key in enumerate(keys)
        if key not in known
    ]
    if unknown:
        raise ItemUnknown(errors=unknown)
    return [Item(kind, id_, known[kind, id_].title) for kind, id_ in dict.fromkeys(keys)]


def editions_of(row: Newsletter) -> list[UUID | None]:
    return [*([None] if row.for_commissioner else []), *row.localities]


def items_of(row: Newsletter) -> list[Item]:
    return [Item.of_json(each) for each in row.items]


async def items_seen(session: Tx, row: Newsletter, sight: NewsletterSight) -> list[Item]:
    """All of them for whoever keeps the newsletter; for others what stands in the editions that they read."""
    items = items_of(row)
    if all(sight.keeps(place) for place in editions_of(row)):
        return items
    read = await EditionRepository(session, session.tenant).list_of(row.id, sight.editions)
    known = {item.key: item for edition in read for item in map(Item.of_json, edition.contents)}
    return [known[item.key] for item in items if item.key in known]


async def edition_counts(session: Tx, row: Newsletter, sight: NewsletterSight | None = None) -> dict[UUID, Counts]:
    """What has become of each edition that was sent to somebody. `sight`: of those alone that the caller keeps."""
    if row.sent_at is None:
        return {}
    sent = await EditionRepository(session, session.tenant).list_of(row.id, None)
    kept = [edition.id for edition in sent if sight is None or sight.keeps(edition.locality_id)]
    return await count_deliveries(session, kept) if kept else {}


def newsletter_tag(row: Newsletter, counts: Mapping[UUID, Counts]) -> str:
    """The ETag of one newsletter as its editor sees it: it moves with the deliveries of one that was sent."""
    shown = {str(edition): each for edition, each in counts.items()}
    return digest_etag("newsletter", row.version, shown) if shown else version_etag(row.version)


async def _lock_draft(session: Tx, caller: Principal, newsletter_id: UUID, expected: Expected) -> Newsletter:
    row = await NewsletterRepository(session, session.tenant).lock_within(newsletter_id, _area(caller))
    expected.check_tag(newsletter_tag(row, await edition_counts(session, row)))
    if row.state != NewsletterState.DRAFT:
        raise NewsletterNotDraft
    return row


async def change_newsletter(
    session: Tx, caller: Principal, newsletter_id: UUID, changes: Mapping[str, Any], *, expected: Expected
) -> Newsletter:
    row = await _lock_draft(session, caller, newsletter_id, expected)
    for name, value in changes.items():
        setattr(row, name, value)
    audit(session, "newsletter.changed", row.id, members=sorted(changes))
    await session.flush()  # the row's version is raised by the flush
    return row


async def arrange_newsletter(
    session: Tx,
    caller: Principal,
    newsletter_id: UUID,
    keys: Sequence[tuple[FeedKind, UUID]],
    *,
    expected: Expected,
    now: datetime,
) -> Newsletter:
    """These items in this order, and no others."""
    row = await _lock_draft(session, caller, newsletter_id, expected)
    row.items = [item.as_json() for item in _named(keys, await _entries(session, editions_of(row), now=now))]
    audit(session, "newsletter.arranged", row.id, items=len(row.items))
    await session.flush()  # the row's version is raised by the flush
    return row


async def delete_newsletter(session: Tx, caller: Principal, newsletter_id: UUID, *, expected: Expected) -> None:
    row = await _lock_draft(session, caller, newsletter_id, expected)
    await session.delete(row)
    audit(session, "newsletter.deleted", newsletter_id)


async def preview_edition(session: Tx, row: Newsletter, locality: UUID | None, *, now: datetime) -> Composed:
    """The edition as it would go out now."""
    if locality not in editions_of(row):
        raise EditionUnknown
    return await composed(session, row, locality, now=now)


async def composed(session: Tx, row: Newsletter, locality: UUID | None, *, now: datetime) -> Composed:
    entries = await entries_for(session, locality, POSTED, now=now, limit=_LOOKED_AT)
    return compose(row.intro_markdown, items_of(row), entries)


async def schedule_newsletter(
    session: Tx, caller: Principal, newsletter_id: UUID, *, send_at: datetime | None, expected: Expected, now: datetime
) -> Newsletter:
    """Send it then, or now; scheduling again moves it."""
    row = await NewsletterRepository(session, session.tenant).lock_within(newsletter_id, _area(caller))
    expected.check_tag(newsletter_tag(row, await edition_counts(session, row)))
    if row.state == NewsletterState.SENT:
        raise NewsletterSent
    if send_at is not None and send_at < now:
        raise SendingPast
    row.state, row.send_at = NewsletterState.SCHEDULED, send_at or now
    audit(session, "newsletter.scheduled", row.id, send_at=row.send_at.isoformat())
    await session.flush()  # the row's version is raised by the flush
    emit(session, NewsletterScheduled(subject=str(row.id), n=row.version))
    return row


async def unschedule_newsletter(
    session: Tx, caller: Principal, newsletter_id: UUID, *, expected: Expected
) -> Newsletter:
    """A draft again; one that is a draft stays one."""
    row = await NewsletterRepository(session, session.tenant).lock_within(newsletter_id, _area(caller))
    expected.check_tag(newsletter_tag(row, await edition_counts(session, row)))
    if row.state == NewsletterState.SENT:
        raise NewsletterSent
    row.state, row.send_at = NewsletterState.DRAFT, None
    audit(session, "newsletter.unscheduled", row.id)
    await session.flush()  # the row's version is raised by the flush
    return row
