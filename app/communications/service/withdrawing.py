"""Whether those to whom something is about to go are still meant."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.communications.repository import meant as rows
from app.communications.repository.expanding import with_ids
from app.communications.service.audiences import resolve_audience
from app.communications.service.letters import expand, recipients
from app.communications.values import Audience, Channel
from app.core.db import Tx
from app.people.values import Among


async def withdraw_unmeant(session: Tx, batch: UUID, *, queue: str, shared: Mapping[str, str], now: datetime) -> None:
    """Take out of a batch whoever is no longer meant by what is said: their post has ended, their practice is no longer
    concerned, the offer has been answered. They get nothing, in their inbox neither. Whoever is meant in their place,
    a successor or a practice's mailbox, gets it instead.

    Letters of one telling share an audience, so a batch has one or a few.
    """
    await withdraw_which(session, rows.waiting_in(batch), queue=queue, shared=shared, now=now)


async def withdraw_which(
    session: Tx, which: rows.Which, *, now: datetime, queue: str = "bulk", shared: Mapping[str, str] | None = None
) -> None:
    """The same for whatever waits."""
    for group in await rows.list_audiences(session, which):
        audience = Audience.of_json(group.audience)
        if group.practices:
            audience = replace(audience, practices=tuple(group.practices))
        only = Among(frozenset(group.people), frozenset(group.mailboxes_of))
        meant = await resolve_audience(session, audience, now=now)
        still = recipients(session.tenant, meant, now=now, only=only)
        withdrawn = await rows.withdraw(session, which, group.audience, still)
        if withdrawn:
            everybody = recipients(session.tenant, meant, now=now)
            channels = [Channel(each) for each in group.channels]
            await expand(
                session, with_ids(withdrawn), everybody, channels=channels, queue=queue, shared=shared or {}, now=now
            )
