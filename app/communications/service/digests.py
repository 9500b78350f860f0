"""Digests: what waited for a person's window, in one message, once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.communications.repository import expanding, manners
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
        written = await manners.insert_digests(session, messages)
        digests = {item.delivery_id: ids[key] for key, items in found.items() for item in items if ids[key] in written}
        await manners.mark_digested(session, digests)
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
