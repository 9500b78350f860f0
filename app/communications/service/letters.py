"""From words to one delivery for each recipient."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from app.communications.repository import expanding
from app.communications.rules.rendering import render_markdown
from app.communications.rules.trying import BATCH_SIZE
from app.communications.values import Audience, Channel, Letter
from app.core.clock import london_date
from app.core.db import Tx
from app.core.ids import new_id
from app.core.jobs import enqueue_many
from app.core.repository import Statement
from app.people.service import select_people, select_recipients
from app.people.values import PostRole

SEND = "communications.send_batch"
QUEUE = "notifications"
BOTH = (Channel.EMAIL, Channel.INBOX)


async def post_letters(
    session: Tx,
    letters: Sequence[Letter],
    audience: Audience,
    *,
    now: datetime,
    channels: Collection[Channel] = BOTH,
    operation: UUID | None = None,
    message_id: UUID | None = None,
) -> int:
    """Write the messages of one source and occasion and a delivery for each recipient, and queue their sending.

    Doing it again for the same source adds nobody twice. Returns how many batches are to be sent. `message_id` names the
    one message of an announcement.
    """
    if not letters:
        return 0
    # Thousands of letters take a while to render; the event loop goes on renewing the job's lease meanwhile.
    messages = await asyncio.to_thread(_messages, session.tenant, letters, message_id, now)
    await expanding.insert_messages(session, messages)
    meant = recipients(session.tenant, audience, now=now)
    batches = await expanding.insert_deliveries(
        session, meant, letter=letters[0], channels=channels, batch_size=BATCH_SIZE, now=now
    )
    shared = {"message": str(message_id), "operation": str(operation)} if operation else {}
    await enqueue_many(session, SEND, queue=QUEUE, payloads={str(b): {"batch": str(b)} | shared for b in batches})
    return len(batches)


def recipients(tenant: UUID, audience: Audience, *, now: datetime) -> Statement:
    """Everybody who is meant; whoever is meant twice comes twice."""
    roles = None if audience.roles is None else [PostRole(role) for role in audience.roles]
    in_posts = select_recipients(
        tenant, roles=roles, practices=audience.practices, localities=audience.localities, on=london_date(now)
    )
    if not audience.people:
        return in_posts
    return expanding.either(in_posts, select_people(tenant, audience.people))


def _messages(
    tenant: UUID, letters: Sequence[Letter], message_id: UUID | None, now: datetime
) -> list[dict[str, object]]:
    return [_message(tenant, letter, message_id or new_id(), now) for letter in letters]


def _message(tenant: UUID, letter: Letter, message_id: UUID, now: datetime) -> dict[str, object]:
    rendered = render_markdown(letter.markdown)
    return {
        "commissioner_id": tenant,
        "id": message_id,
        "source": letter.source.value,
        "source_id": letter.source_id,
        "occasion": letter.occasion,
        "practice": letter.practice,
        "topic": letter.topic.value,
        "urgency": letter.urgency.value,
        "subject": letter.subject,
        "body_text": rendered.text,
        "body_html": rendered.html,
        "must_acknowledge_by": letter.must_acknowledge_by,
        "created_at": now,
    }
