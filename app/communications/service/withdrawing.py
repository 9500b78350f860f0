"""Whether those to whom something is about to go are still meant."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.communications.repository import meant as rows
from app.communications.repository.expanding import with_ids, without_told
from app.communications.repository.meant import Group, Withdrawn
from app.communications.rules.must_read import is_for_people
from app.communications.service.audiences import resolve_audience
from app.communications.service.letters import expand, recipients
from app.communications.values import Audience, Channel, Meant, Source
from app.core.db import Tx
from app.people.values import Among


async def withdraw_unmeant(session: Tx, batch: UUID, *, queue: str, shared: Mapping[str, str], now: datetime) -> None:
    """Take out of a batch whoever is no longer meant by what is said: their post has ended, their practice is no longer
    concerned, it is no longer in the state that was meant. They get nothing, in their inbox neither. Whoever is meant in their place,
    a successor or a practice's mailbox, gets it instead; and it goes to the address that somebody has today.

    Letters of one telling share an audience, so a batch has one or a few.
    """
    await withdraw_which(session, rows.waiting_in(batch), queue=queue, shared=shared, now=now)


async def withdraw_which(
    session: Tx, which: rows.Which, *, now: datetime, queue: str = "bulk", shared: Mapping[str, str] | None = None
) -> None:
    """The same for whatever waits."""
    for group in await rows.list_audiences(session, which):
        audience = Audience.of_json(group.audience)
        if group.is_for_one:
            audience = replace(audience, practices=tuple(group.practices))
        meant = await resolve_audience(session, audience, now=now)
        only = Among(frozenset(group.people), frozenset(group.mailboxes_of))
        still = recipients(session.tenant, meant, now=now, only=only)
        withdrawn = await rows.withdraw(session, which, group, still)
        await rows.refresh_addresses(session, which, group, still)
        if withdrawn:
            await _tell_instead(session, meant, group, withdrawn, queue=queue, shared=shared or {}, now=now)


async def _tell_instead(
    session: Tx,
    meant: Meant,
    group: Group,
    withdrawn: Sequence[Withdrawn],
    *,
    queue: str,
    shared: Mapping[str, str],
    now: datetime,
) -> None:
    """Looks at the practices of those who were withdrawn alone: nobody else has become meant by that."""
    # What reminds people for themselves is nobody else's.
    withdrawn = [each for each in withdrawn if not is_for_people(each.occasion)]
    at = frozenset(each.practice for each in withdrawn if each.practice)
    if not at:
        return
    people = recipients(session.tenant, meant, now=now, only=Among(frozenset(), at, at))
    messages = defaultdict[tuple[str, str], set[UUID]](set)
    for each in withdrawn:
        messages[each.source, each.source_id].add(each.message_id)
    for (source, source_id), ids in messages.items():
        # Nobody gets a second edition of a newsletter.
        told = source == Source.NEWSLETTER
        await expand(
            session,
            with_ids(ids),
            without_told(session.tenant, people, source, source_id) if told else people,
            channels=[Channel(each) for each in group.channels],
            queue=queue,
            shared=shared,
            now=now,
        )
