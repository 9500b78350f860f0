"""What stands in a feed. Each kind has one source, which gives only what everybody may read; a slice with something to tell
adds a kind and its source.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.communications.errors import FeedNotFound
from app.communications.repository import feeds
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.repository.feeds import FeedRepository
from app.communications.repository.newsletters import EditionRepository
from app.communications.rules.feeding import latest, paragraphs
from app.communications.rules.newsletters import as_markdown
from app.communications.values import MOST_ENTRIES, FeedEntry, FeedKind, FeedPage, FoundFeed
from app.core.clock import LONDON, london_date
from app.core.db import Tx, as_tenant
from app.core.wording import day_text
from app.forums.service import list_said_and_done
from app.forums.values import Decision, PublicAnswer
from app.meetings.service import list_open_meetings
from app.meetings.values import PublicMeeting
from app.organisations.service import get_commissioner

Source = Callable[[Tx, UUID | None, datetime, int], Awaitable[list[FeedEntry]]]
"""(session, locality, now, limit): at most so many, the last changed first. Nothing may depend on the hour, or a reader's
copy would be held to be current when it is not.
"""

_DID: Final[dict[Decision, str]] = {
    Decision.AGREED: "Agreed",
    Decision.ALREADY_DONE: "Already done",
    Decision.PLANNED: "Planned",
    Decision.DECLINED: "Not possible",
}


async def find_feed(session: Tx, name: str) -> FoundFeed:
    """By its name or its secret, in whichever tenant it is."""
    found = await feeds.find_feed(session, name, hash_secret(name))
    if found is None:
        raise FeedNotFound
    return found


def hash_secret(secret: str) -> bytes:
    """SHA-256 is enough: a secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


async def read_feed(session: Tx, found: FoundFeed, *, base_url: str, own_url: str | None, now: datetime) -> FeedPage:
    """The feed as it is, read inside its tenant."""
    async with as_tenant(session, found.commissioner_id):
        row = await FeedRepository(session, session.tenant).get(found.id)
        kinds = [FeedKind(kind) for kind in row.kinds]
        entries = await entries_for(session, row.locality_id, kinds, now=now, limit=MOST_ENTRIES)
        shown = latest(entries, MOST_ENTRIES)
        return FeedPage(
            id=row.id,
            title=row.title,
            author=(await get_commissioner(session)).name,
            base_url=base_url,
            own_url=own_url,
            updated_at=max([row.changed_at, *(entry.updated_at for entry in shown)]),
            entries=shown,
        )


async def entries_for(
    session: Tx, locality: UUID | None, kinds: Iterable[FeedKind], *, now: datetime, limit: int
) -> list[FeedEntry]:
    """What everybody may read of these kinds and, of a locality, what is for everybody there; of each the latest."""
    return [entry for kind in kinds for entry in await SOURCES[kind](session, locality, now, limit)]


async def _announcements(session: Tx, locality: UUID | None, now: datetime, limit: int) -> list[FeedEntry]:
    rows = await AnnouncementRepository(session, session.tenant).list_open(locality, now=now, limit=limit)
    return [
        FeedEntry(
            id=row.id,
            kind=FeedKind.ANNOUNCEMENTS,
            title=row.title,
            html=row.body_html,
            markdown=row.body_markdown,
            path=f"/v1/announcements/{row.id}",
            published_at=row.published_at,
            updated_at=row.published_at,
        )
        for row in rows
    ]


async def _meetings(session: Tx, locality: UUID | None, now: datetime, limit: int) -> list[FeedEntry]:
    found = await list_open_meetings(session, locality, today=london_date(now), limit=limit)
    return [
        FeedEntry(
            id=each.id,
            kind=FeedKind.MEETINGS,
            title=f"{each.title}, {day_text(london_date(each.starts_at))}",
            html=paragraphs(_when(each), each.purpose),
            markdown=as_markdown(_when(each), each.purpose),
            path=f"/v1/meetings/{each.id}",
            published_at=each.created_at,
            updated_at=each.changed_at,
        )
        for each in found
    ]


def _when(meeting: PublicMeeting) -> str:
    start, end = meeting.starts_at.astimezone(LONDON), meeting.ends_at.astimezone(LONDON)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{day_text(end.date())}, {end:%H:%M}"
    return f"{day_text(start.date())}, {start:%H:%M} to {until}"


async def _issues(session: Tx, locality: UUID | None, now: datetime, limit: int) -> list[FeedEntry]:
    del now
    return [
        FeedEntry(
            id=each.issue,
            kind=FeedKind.ISSUES,
            title=f"You said, we did: {each.you_said}",
            html=paragraphs(f"You said: {each.you_said}", *map(_done, each.we_did)),
            markdown=as_markdown(f"You said: {each.you_said}", *map(_done, each.we_did)),
            path=f"/v1/issues/{each.issue}",
            published_at=each.we_did[0].answered_at,
            updated_at=each.we_did[-1].answered_at,
        )
        for each in await list_said_and_done(session, locality, limit=limit)
    ]


def _done(answer: PublicAnswer) -> str:
    by = f" by {day_text(answer.due_on)}" if answer.due_on else ""
    who = {"practice": "A practice", "locality": "The locality", "commissioner": "The commissioner"}[answer.level]
    return f"{_DID[answer.decision]}{by}. {who}: {answer.text}"


async def _newsletters(session: Tx, locality: UUID | None, now: datetime, limit: int) -> list[FeedEntry]:
    del now
    return [
        FeedEntry(
            id=edition.id,
            kind=FeedKind.NEWSLETTERS,
            title=newsletter.title,
            html=edition.body_html,
            markdown=edition.body_markdown,
            path=f"/v1/newsletters/{newsletter.id}/editions/{edition.id}",
            published_at=edition.sent_at,
            updated_at=edition.sent_at,
        )
        for newsletter, edition in await EditionRepository(session, session.tenant).list_open(locality, limit=limit)
    ]


SOURCES: Final[Mapping[FeedKind, Source]] = {
    FeedKind.ANNOUNCEMENTS: _announcements,
    FeedKind.MEETINGS: _meetings,
    FeedKind.ISSUES: _issues,
    FeedKind.NEWSLETTERS: _newsletters,
}


def freshness(found: FoundFeed, *, epoch: str, today: date) -> tuple[object, ...]:
    """All that a feed's content depends on beside its form: when none of it moves, a reader's copy is current."""
    return ("feed", epoch, str(found.id), found.version, found.number, today.isoformat())
