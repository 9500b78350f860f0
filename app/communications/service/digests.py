"""Digests: what waited for a person's window, in one message, once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.communications.repository import digests, expanding, manners
from app.communications.repository.meant import waiting_in
from app.communications.rules.digesting import digest_body, digest_subject
from app.communications.service.letters import expand, queue_windows
from app.communications.service.withdrawing import withdraw_which
from app.communications.values import Audience, Channel, DigestItem, Source, Topic, Urgency
from app.core.db import Tx
from app.core.ids import new_id
from app.people.service import select_people

PEOPLE_AT_ONCE = 200


async def write_digests(session: Tx, *, until: datetime, now: datetime) -> bool:
    """The digests that are due by then, of some of the people. True when there may be more.

    What a person may no longer see is taken out first. The message of a person and a window is unique, and what is in it
    moves to `digested` in the same transaction: whatever dies, each window is written once. What was held for a window only
    after its digest was written waits for the next day's.
    """
    people = await manners.list_due(session, until, limit=PEOPLE_AT_ONCE)
    if not people:
        return False
    which = manners.held_for(people, until)
    await withdraw_which(session, which, now=now)
    await manners.mute_held(session, people, until)
    found = defaultdict[tuple[UUID, datetime], list[DigestItem]](list)
    for person, window, item in await manners.list_held(session, which):
        found[person, window].append(item)
    ids = {key: new_id() for key in found}
    messages = [_message(session.tenant, ids[key], *key, items, now=now) for key, items in found.items()]
    if messages:
        written = await expanding.insert_messages(session, messages)
        placed = {item.delivery_id: ids[key] for key, items in found.items() for item in items if ids[key] in written}
        await manners.mark_digested(session, placed)
        late = [item.delivery_id for key, items in found.items() for item in items if ids[key] not in written]
        await queue_windows(session, sorted(await manners.postpone(session, late)) if late else ())
        await expand(
            session,
            expanding.with_ids(written),
            select_people(session.tenant, people),
            channels=[Channel.EMAIL],
            queue="bulk",
            shared={},
            now=now,
        )
    return True


async def recheck_digests(session: Tx, batch: UUID, *, now: datetime) -> None:
    """Digests of a batch that go later than they were written: what their readers may no longer see, or the office has
    taken back, is written out of them, and one in which nothing is left does not go.
    """
    waiting = waiting_in(batch)
    windows = await digests.list_waiting(session, waiting)
    if not windows:
        return
    inside = digests.inside(windows)
    await withdraw_which(session, inside, now=now)
    await digests.withdraw_taken_back(session, inside)
    found: dict[UUID, list[DigestItem]] = {digest: [] for digest in await digests.list_changed(session, windows)}
    if not found:
        return
    for digest, item in await digests.list_items(session, found):
        found[digest].append(item)
    for digest, items in found.items():
        if items:
            window = datetime.fromisoformat(windows[digest])
            await digests.rewrite(session, digest, digest_subject(items, window=window), digest_body(items))
    await digests.withdraw_empty(session, [digest for digest, items in found.items() if not items], waiting)


def _message(
    tenant: UUID, message_id: UUID, person: UUID, window: datetime, items: Sequence[DigestItem], *, now: datetime
) -> dict[str, object]:
    rendered = digest_body(items)
    return {
        "commissioner_id": tenant,
        "id": message_id,
        "source": Source.DIGEST.value,
        "source_id": str(person),
        "occasion": window.isoformat(),
        "practice": None,
        "person_id": person,
        "topic": Topic.DIGESTS.value,
        # Nobody turns off, or waits a second time for, what they have asked for.
        "urgency": Urgency.IMPORTANT.value,
        "subject": digest_subject(items, window=window),
        "body_text": rendered.text,
        "body_html": rendered.html,
        "must_acknowledge_by": None,
        "audience": Audience.of_people(person).as_json(),
        "channels": [Channel.EMAIL.value],
        "action": None,
        "created_at": now,
    }
