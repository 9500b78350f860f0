"""From words to one delivery for each recipient."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.communications.repository import expanding
from app.communications.repository.outstanding import add_also_asked
from app.communications.repository.ways import Messages, Telling
from app.communications.rules.rendering import render_markdown
from app.communications.rules.timing import hours_from
from app.communications.rules.trying import BATCH_SIZE, queue_of
from app.communications.service.audiences import resolve_audience
from app.communications.values import ALL_WAYS, Audience, Channel, Letter, Meant, ProviderKind
from app.core.clock import london_date
from app.core.db import Tx
from app.core.ids import new_id
from app.core.jobs import NewJob, enqueue_all
from app.core.repository import Statement
from app.people.service import select_people, select_recipients
from app.people.values import Among, PostRole

SEND = {"notifications": "communications.send_batch", "bulk": "communications.send_bulk"}
"""The kind of job by the queue it waits in."""
DIGEST = "communications.write_digests"


@dataclass(frozen=True, slots=True)
class Posting:
    """What is not as usual about some letters.

    `message_id` names the one message of an announcement, or the announcement itself where each practice gets a letter of its
    own, and `operation` the one that counts what was sent. `narrow`: which of those who are meant get it. `by`: its mail goes
    by that provider, whichever other mail takes.
    """

    channels: Collection[Channel] = ALL_WAYS
    operation: UUID | None = None
    message_id: UUID | None = None
    narrow: Callable[[Statement], Statement] | None = None
    by: ProviderKind | None = None

    def carried_on(self) -> dict[str, str]:
        """What the jobs that send it carry on."""
        counted = {"message": str(self.message_id), "operation": str(self.operation)} if self.operation else {}
        return counted | ({"by": self.by.value} if self.by else {})


_AS_USUAL: Final = Posting()


async def post_letters(
    session: Tx, letters: Sequence[Letter], audience: Audience, posting: Posting = _AS_USUAL, *, now: datetime
) -> None:
    """Write the messages of one source and occasion and a delivery for each recipient, and queue their sending. Doing it
    again for the same source adds nobody twice.
    """
    if not letters:
        return
    stored = replace(audience, practices=None) if letters[0].practice else audience
    # Thousands of letters take a while to render; the event loop goes on renewing the job's lease meanwhile.
    messages = await asyncio.to_thread(_messages, session.tenant, letters, stored, posting, now)
    await expanding.insert_messages(session, messages)
    people = recipients(session.tenant, await resolve_audience(session, audience, now=now), now=now)
    await expand(
        session,
        expanding.told_by(letters[0]),
        posting.narrow(people) if posting.narrow else people,
        channels=posting.channels,
        queue=queue_of(letters[0]),
        shared=posting.carried_on(),
        now=now,
        are_for_practices=all(letter.practice for letter in letters),
    )


async def expand(
    session: Tx,
    which: Messages,
    meant: Statement,
    *,
    channels: Collection[Channel],
    queue: str,
    shared: Mapping[str, str],
    now: datetime,
    are_for_practices: bool = False,
) -> int:
    """A delivery for each that is meant and has none yet, and jobs to send them; `shared` is what those jobs carry on."""
    telling = Telling(which, channels, hours_from(now), are_for_practices)
    expanded = await expanding.insert_deliveries(session, meant, telling, batch_size=BATCH_SIZE, now=now)
    await add_also_asked(session, which, meant)
    await queue_batches(session, expanded.batches, queue=queue, shared=shared)
    await queue_windows(session, expanded.windows)
    return len(expanded.batches)


async def queue_windows(session: Tx, windows: Sequence[datetime]) -> None:
    """A job for each moment at which digests are to be written."""
    await enqueue_all(
        session,
        [
            NewJob(session.tenant, DIGEST, "bulk", each.isoformat(), {"window": each.isoformat()}, run_at=each)
            for each in windows
        ],
    )


async def queue_batches(
    session: Tx, batches: Mapping[UUID, datetime | None], *, queue: str, shared: Mapping[str, str]
) -> None:
    """A job to send each, at once or at its moment."""
    correlation = session.pending.actor.correlation_id
    await enqueue_all(
        session,
        [
            NewJob(
                session.tenant,
                SEND[queue],
                queue,
                str(batch),
                {"batch": str(batch), **shared},
                run_at=moment,
                correlation_id=correlation,
            )
            for batch, moment in batches.items()
        ],
    )


def recipients(tenant: UUID, meant: Meant, *, now: datetime, only: Among | None = None) -> Statement:
    """Everybody who is meant; whoever is meant twice comes twice. `only`: which of these are."""
    roles = None if meant.roles is None else [PostRole(role) for role in meant.roles]
    in_posts = select_recipients(
        tenant,
        roles=roles,
        practices=meant.practices,
        localities=meant.localities,
        on=london_date(now),
        only=only,
    )
    people = meant.people if only is None else meant.people & only.people
    if not people:
        return in_posts
    return expanding.either(in_posts, select_people(tenant, people))


def _messages(
    tenant: UUID, letters: Sequence[Letter], audience: Audience, posting: Posting, now: datetime
) -> list[dict[str, object]]:
    """A letter for one practice is for those of the audience who are there; which practices else were told is no part
    of it.
    """
    ways = [channel.value for channel in posting.channels]
    shared = {"audience": audience.as_json(), "channels": ways, "created_at": now}
    named = posting.message_id
    return [
        _message(tenant, letter, named if named and letter.practice is None else new_id()) | shared
        for letter in letters
    ]


def _message(tenant: UUID, letter: Letter, message_id: UUID) -> dict[str, object]:
    rendered = render_markdown(letter.markdown)
    return {
        "commissioner_id": tenant,
        "id": message_id,
        "source": letter.source.value,
        "source_id": letter.source_id,
        "occasion": letter.occasion,
        "practice": letter.practice,
        "person_id": None,
        "topic": letter.topic.value,
        "urgency": letter.urgency.value,
        "subject": letter.subject,
        "body_text": rendered.text,
        "body_html": rendered.html,
        "must_acknowledge_by": letter.must_acknowledge_by,
        "action": letter.action.as_json() if letter.action else None,
        "template": letter.template,
        "template_version": letter.template_version,
    }
