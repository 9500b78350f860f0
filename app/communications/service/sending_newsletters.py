"""Sending a newsletter at its time: one letter for each edition that has something in it."""

from datetime import datetime
from uuid import UUID

from app.communications.events import NewsletterSent
from app.communications.repository.expanding import without_told
from app.communications.repository.newsletters import NewsletterRepository
from app.communications.service.letters import Posting, post_letters
from app.communications.service.newsletters import composed, editions_of
from app.communications.tables import Newsletter, NewsletterEdition
from app.communications.values import Audience, EditionState, Letter, NewsletterState, Source, Topic, Urgency
from app.core.audit import audit
from app.core.db import Tx
from app.core.events import emit
from app.core.ids import new_id
from app.core.jobs import enqueue

SEND = "communications.send_newsletter"


async def plan_newsletter(session: Tx, newsletter_id: UUID, *, n: int) -> None:
    """A job for its time. One for an earlier time of it finds that it is no longer meant, and does nothing."""
    row = await NewsletterRepository(session, session.tenant).find(Newsletter.id == newsletter_id)  # pyright: ignore
    if row is None or row.version != n or row.send_at is None:
        return
    payload = {"newsletter": str(newsletter_id), "n": n}
    await enqueue(session, SEND, queue="bulk", dedupe_key=f"{newsletter_id}:{n}", payload=payload, run_at=row.send_at)


async def send_newsletter(session: Tx, newsletter_id: UUID, *, n: int, now: datetime) -> None:
    """All its editions in one transaction with the end of its job, so that it goes out once whatever dies.

    Nobody is sent two editions: localities come first, and the commissioner's is for everybody else.
    """
    row = await NewsletterRepository(session, session.tenant).find(
        Newsletter.id == newsletter_id,  # pyright: ignore
        for_update=True,
    )
    if row is None or row.state != NewsletterState.SCHEDULED or row.version != n:
        return
    for locality in sorted(editions_of(row), key=lambda place: (place is None, str(place))):
        await _send_edition(session, row, locality, now=now)
    row.state, row.sent_at = NewsletterState.SENT, now
    audit(session, "newsletter.sent", row.id)
    places = None if row.for_commissioner else tuple(f"locality:{each}" for each in row.localities)
    emit(session, NewsletterSent(subject=str(row.id), places=places, on_intranet=row.on_intranet))


async def _send_edition(session: Tx, row: Newsletter, locality: UUID | None, *, now: datetime) -> None:
    found = await composed(session, row, locality, now=now)
    edition = NewsletterEdition(
        commissioner_id=session.tenant,
        id=new_id(),
        newsletter_id=row.id,
        locality_id=locality,
        state=EditionState.SENT if found.items else EditionState.EMPTY,
        items=len(found.items),
        contents=[item.as_json() for item in found.items],
        body_markdown=found.markdown,
        body_text=found.text,
        body_html=found.html,
        sent_at=now,
    )
    session.add(edition)
    if not found.items:
        return
    letter = Letter(
        source=Source.NEWSLETTER,
        source_id=str(row.id),
        topic=Topic.NEWSLETTERS,
        urgency=Urgency.ROUTINE,
        subject=row.title,
        markdown=found.markdown,
        occasion=str(locality) if locality else "",
    )
    audience = Audience(localities=(locality,) if locality else None)
    posting = Posting(
        message_id=edition.id,
        narrow=lambda people: without_told(session.tenant, people, letter.source, letter.source_id),
    )
    await post_letters(session, [letter], audience, posting, now=now)
