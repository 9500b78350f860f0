"""Channels in Microsoft Teams: kept, and what is posted there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.communications.ports import Outcome, Outgoing
from app.communications.repository.allowances import take_allowances
from app.communications.repository.announcements import AnnouncementRepository
from app.communications.repository.teams import TeamsChannelRepository
from app.communications.rules.allowance import Limits
from app.communications.rules.rendering import render_markdown
from app.communications.service.announcing import addressed
from app.communications.service.breaking import tell_of_broken_channel
from app.communications.tables import Announcement, TeamsChannel
from app.communications.values import Topic
from app.core.audit import audit
from app.core.db import Tx
from app.core.ids import new_id
from app.core.jobs import enqueue, enqueue_many
from app.core.repository import Expected
from app.core.secrets import SecretBox
from app.organisations import service as organisations

POST: Final = "communications.post_to_teams"
QUEUE: Final = "bulk"
# Teams takes four a second of one app; a commissioner needs far less.
LIMITS: Final = Limits(per_minute=60)
MOST_TRIES: Final = 10


async def create_teams_channel(
    session: Tx,
    box: SecretBox,
    *,
    name: str,
    url: str,
    locality_id: UUID | None,
    topics: list[Topic],
    now: datetime,
) -> TeamsChannel:
    if locality_id is not None:
        await organisations.get_locality(session, locality_id)
    row = TeamsChannel(
        commissioner_id=session.tenant,
        id=new_id(),
        name=name,
        url="",
        locality_id=locality_id,
        topics=[topic.value for topic in topics],
        created_at=now,
    )
    row.url = box.seal(url.encode(), context=_context(row))
    session.add(row)
    # Flushed here, so that a name that is taken clashes in this call and not at the commit.
    await session.flush()
    audit(session, "teams_channel.created", row.id)
    return row


async def change_teams_channel(
    session: Tx, box: SecretBox, channel_id: UUID, changes: dict[str, Any], *, expected: Expected
) -> TeamsChannel:
    """A new address makes a broken channel whole."""
    row = await TeamsChannelRepository(session, session.tenant).get(channel_id, for_update=True)
    expected.check(row.version)
    row.name = changes.get("name", row.name)
    if "topics" in changes:
        row.topics = [Topic(topic).value for topic in changes["topics"]]
    if "url" in changes:
        row.url, row.fault, row.broken_at = box.seal(changes["url"].encode(), context=_context(row)), None, None
    # The version in the ETag is raised as the row is flushed.
    await session.flush()
    audit(session, "teams_channel.changed", row.id, changed=sorted(changes))
    return row


async def delete_teams_channel(session: Tx, channel_id: UUID, *, expected: Expected) -> None:
    row = await TeamsChannelRepository(session, session.tenant).get(channel_id, for_update=True)
    expected.check(row.version)
    await session.delete(row)
    audit(session, "teams_channel.deleted", channel_id)


def _context(row: TeamsChannel) -> str:
    return f"teams_channel:{row.id}:url"


def open_channel(box: SecretBox, row: TeamsChannel) -> str:
    """The address that is posted to."""
    return box.open(row.url, context=_context(row)).decode()


async def spread_to_teams(session: Tx, announcement_id: UUID) -> None:
    """A job for each channel that shows the announcement: one on the intranet, for its places. Doing it again adds none."""
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id)
    if not row.on_intranet or row.withdrawn_at is not None:
        return
    channels = await TeamsChannelRepository(session, session.tenant).list_whole()
    payloads = {
        f"{row.id}:{channel.id}": {"announcement": str(row.id), "channel": str(channel.id)}
        for channel in channels
        if Topic.ANNOUNCEMENTS in channel.topics and _shows(channel, row)
    }
    await enqueue_many(session, POST, queue=QUEUE, payloads=payloads)


def _shows(channel: TeamsChannel, row: Announcement) -> bool:
    """A locality's channel shows what is for everybody and what is for that locality, and nothing that is for some of its
    practices; the commissioner's shows any.
    """
    places = addressed(row)["places"]
    return channel.locality_id is None or places is None or f"locality:{channel.locality_id}" in places


@dataclass(frozen=True, slots=True)
class Card:
    """What is to be posted, and to which address."""

    message: Outgoing
    sender: str
    urls: dict[str, str] = field(repr=False)


async def write_card(session: Tx, box: SecretBox, announcement_id: UUID, channel_id: UUID) -> Card | None:
    """None when it is no longer to be posted: withdrawn, the channel gone or broken."""
    row = await AnnouncementRepository(session, session.tenant).get(announcement_id)
    channel = await TeamsChannelRepository(session, session.tenant).find_id(channel_id)
    if channel is None or row.withdrawn_at is not None or channel.broken_at is not None:
        return None
    message = Outgoing(
        delivery_id=announcement_id,
        message_id=f"<{announcement_id}.{channel_id}@teams>",
        to=str(channel_id),
        to_name=None,
        subject=row.title,
        text=render_markdown(row.body_markdown).text,
    )
    commissioner = await organisations.get_commissioner(session)
    return Card(message, commissioner.name, {str(channel_id): open_channel(box, channel)})


async def wait_for_room(session: Tx) -> timedelta | None:
    """None when a card may be posted now."""
    grant = await take_allowances(session, [(f"teams:{session.tenant}", LIMITS)], wanted=1)
    return None if grant.messages else grant.wait


async def post_card_later(session: Tx, payload: Mapping[str, Any], wait: timedelta) -> bool:
    """Another job, as late as Teams asks for. False when it has been put off as often as it may be."""
    tries = payload.get("tries", 0) + 1
    if tries > MOST_TRIES:
        return False
    now = await TeamsChannelRepository(session, session.tenant).database_time()
    key = f"{payload['announcement']}:{payload['channel']}:{tries}"
    await enqueue(session, POST, queue=QUEUE, dedupe_key=key, payload={**payload, "tries": tries}, run_at=now + wait)
    return True


async def record_card(session: Tx, channel_id: UUID, outcome: Outcome, *, now: datetime) -> None:
    """A flow that is gone breaks the channel until somebody gives it another address, and the office is told once; anything
    else is only noted.
    """
    repository, said = TeamsChannelRepository(session, session.tenant), outcome.detail or outcome.state
    if outcome.state == "sent":
        await repository.record_success(channel_id, at=now)
    elif not outcome.is_gone:
        await repository.record_error(channel_id, said, at=now)
    elif await repository.record_break(channel_id, said, at=now):
        await tell_of_broken_channel(session, await repository.get(channel_id), said, now=now)
