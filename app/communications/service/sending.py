"""Sending a batch: take it, hand over one message after another, settle what is left."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.communications.ports import Mailer, Outcome, Outgoing
from app.communications.repository import manners
from app.communications.repository import sending as rows
from app.communications.repository.sending import Journal, Noted, Waiting
from app.communications.rules.numbers import text_message
from app.communications.rules.rendering import ANSWER_HERE, STOP_HERE, mail_html, mail_text
from app.communications.rules.timing import hours_from
from app.communications.rules.tokens import sign_link
from app.communications.rules.trying import MAX_ATTEMPTS, MAX_LOST, is_bounce, state_after
from app.communications.service.carrying import Way, suppress_waiting, wait_for_rest
from app.communications.service.digests import recheck_digests
from app.communications.service.letters import SEND, queue_batches
from app.communications.service.progress import record_batch_progress
from app.communications.service.reading import withdraw_read
from app.communications.service.suppressing import suppress
from app.communications.service.withdrawing import withdraw_unmeant
from app.communications.values import (
    LINK_LIFE,
    UNSUBSCRIBE_LIFE,
    ActionKind,
    AttemptOutcome,
    Channel,
    DeliveryState,
    LinkClaim,
    ProviderKind,
    Settled,
    SuppressionReason,
    SuppressionSource,
    Urgency,
)
from app.core.db import Tx, standing_connection
from app.core.ids import new_id
from app.core.jobs import Claimed, enqueue
from app.core.secrets import SecretBox
from app.organisations import service as organisations

_HEADERS = {"Auto-Submitted": "auto-generated"}
_OVERRIDES = (
    "This is critical, so it comes although you asked not to be mailed about this topic, or to have it gathered. "
)
_FOOTER = "Sent by Plenary for {commissioner}. What a person gets by mail is set in their intranet or app."
_ASK = {
    ActionKind.ACKNOWLEDGE: "Say that you have read this",
    ActionKind.OFFER: "Accept or decline the offer",
    ActionKind.ISSUE: "Answer for your practice",
    ActionKind.SESSION: "Say which sessions were held",
}


@dataclass(frozen=True, slots=True)
class MailLinks:
    """What the addresses in a commissioner's mails are made of. They hold for so long from `now` on."""

    base_url: str
    secrets: SecretBox
    commissioner_id: UUID
    now: datetime

    def maker(self, path: str, purpose: str, life: timedelta) -> Callable[[UUID], str]:
        key, until = self.secrets.derive(purpose), self.now + life
        return lambda delivery: (
            f"{self.base_url}/{path}/{sign_link(key, LinkClaim(self.commissioner_id, delivery, until))}"
        )


async def resume_batch(session: Tx, batch: UUID, *, can_ask: bool) -> bool:
    """What the batch's last worker left on the way is found and counted. Returns whether there was such a message: then
    that worker's end counts against the message, which goes so often and no more, and not against the batch.
    """
    # Where the provider can be asked, a message that may have arrived never comes to an end in doubt.
    most_doubts = MAX_ATTEMPTS if can_ask else MAX_LOST
    return await rows.resume_batch(session, batch, most_doubts=most_doubts, most_attempts=MAX_ATTEMPTS) > 0


async def take_batch(
    session: Tx,
    batch: UUID,
    *,
    queue: str,
    payload: Mapping[str, str],
    now: datetime,
    channel: Channel = Channel.EMAIL,
) -> tuple[list[Waiting], str]:
    """What is to be sent of the batch, after those who are no longer meant, or turned the topic off, are taken out and
    those in quiet hours put off; and the name of the commissioner for whom it goes out.
    """
    shared = {name: value for name, value in payload.items() if name != "batch"}
    await withdraw_unmeant(session, batch, queue=queue, shared=shared, now=now)
    await recheck_digests(session, batch, now=now)
    await withdraw_read(session, batch)
    await manners.mute(session, batch, channel)
    # After all that looks up addresses and numbers anew.
    await suppress_waiting(session, batch)
    deferred = await manners.defer(session, batch, hours_from(now), base=new_id())
    await queue_batches(session, deferred, queue=queue, shared=shared)
    commissioner = await organisations.get_commissioner(session)
    return await rows.list_waiting(session, batch), commissioner.name


def write_mails(waiting: Sequence[Waiting], *, domain: str, commissioner: str, links: MailLinks) -> list[Outgoing]:
    """The mails of a batch. Text and HTML are put together once for each message, whatever the number of recipients; the
    links in them are another for each.
    """
    footer = _FOOTER.format(commissioner=commissioner)
    first = {(each.message_id, each.overrides): each for each in waiting}
    ends = {True: _OVERRIDES + footer, False: footer}
    words = {key: _words(each, ends[each.overrides]) for key, each in first.items()}
    answer_at = links.maker("a", "action-link", LINK_LIFE)
    stop_at = links.maker("u", "unsubscribe", UNSUBSCRIBE_LIFE)
    return [
        _mail(each, words[each.message_id, each.overrides], domain=domain, answer_at=answer_at, stop_at=stop_at)
        for each in waiting
    ]


def _words(each: Waiting, end: str) -> tuple[str, str]:
    """As text and as HTML."""
    asked = _asked(each)
    return mail_text(each.subject, each.body_text, end, **asked), mail_html(each.subject, each.body_html, end, **asked)


def _mail(
    each: Waiting,
    words: tuple[str, str],
    *,
    domain: str,
    answer_at: Callable[[UUID], str],
    stop_at: Callable[[UUID], str],
) -> Outgoing:
    (text, html), headers = words, _HEADERS
    if each.asks is not None:
        address = answer_at(each.id)
        text, html = text.replace(ANSWER_HERE, address), html.replace(ANSWER_HERE, address)
    if _may_stop(each):
        address = stop_at(each.id)
        text, html = text.replace(STOP_HERE, address), html.replace(STOP_HERE, address)
        # RFC 8058: one press in the mail program, and no page to look at.
        stop = {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        headers = _HEADERS | stop
    return Outgoing(
        delivery_id=each.id,
        message_id=f"<{each.id}@{domain}>",
        to=each.address,
        to_name=each.name,
        subject=each.subject,
        text=text,
        html=html,
        headers=headers,
    )


def _may_stop(each: Waiting) -> bool:
    return each.urgency == Urgency.ROUTINE


def _asked(each: Waiting) -> dict[str, Any]:
    return {"ask": _ASK[ActionKind(each.asks)] if each.asks else None, "may_stop": _may_stop(each)}


def write_texts(waiting: Sequence[Waiting], *, domain: str, links: MailLinks) -> list[Outgoing]:
    """The texts of a batch: the whole message where it fits, else its subject, and the link where it asks something."""
    answer_at = links.maker("a", "action-link", LINK_LIFE)
    return [
        Outgoing(
            delivery_id=each.id,
            message_id=f"<{each.id}@{domain}>",
            to=each.address,
            to_name=each.name,
            subject=each.subject,
            text=text_message(
                each.subject, each.body_text, Urgency(each.urgency), answer_at(each.id) if each.asks else None
            ),
        )
        for each in waiting
    ]


class Notebook(Protocol):
    """Where outcomes are noted while a batch is on its way."""

    async def step(self, done: Noted | None, following: UUID | None) -> None: ...


class _NoNotebook:
    """For a mailer that can be asked twice: everything is noted at the end, and a killed worker's batch goes again."""

    async def step(self, done: Noted | None, following: UUID | None) -> None:
        return None


@asynccontextmanager
async def notebook(engine: AsyncEngine, job: Claimed, mailer: Mailer) -> AsyncIterator[Notebook]:
    if mailer.is_repeatable:
        yield _NoNotebook()
        return
    async with standing_connection(engine, job.commissioner_id) as connection:
        yield Journal(connection, job)


async def hand_over(
    mailer: Mailer,
    mails: Sequence[Outgoing],
    doubts: dict[UUID, int],
    notes: list[Noted],
    book: Notebook,
    *,
    should_stop: Callable[[], bool],
    can_ask: bool = False,
) -> None:
    """Send one after the other; before each there is a note that it is on its way, after each what became of it.

    `notes` is filled as it goes on, so that the caller has them even when this ends with an error.
    """
    if not mails or should_stop():
        return
    following = iter([mail.delivery_id for mail in mails[1:]])
    await book.step(None, mails[0].delivery_id)
    async with aclosing(mailer.send(mails)) as outcomes:
        async for outcome in outcomes:
            note = _note(outcome, doubts.get(outcome.delivery_id, 0), can_ask=can_ask)
            notes.append(note)
            # Leaving the loop is the only way to stop that loses no outcome.
            next_id = None if should_stop() else next(following, None)
            await book.step(note, next_id)
            if next_id is None:
                break


def _note(outcome: Outcome, doubts: int, *, can_ask: bool) -> Noted:
    state, doubts = state_after(outcome, doubts=doubts, can_ask=can_ask)
    return Noted(
        outcome.delivery_id,
        state,
        doubts,
        AttemptOutcome(outcome.state),
        outcome.detail,
        is_bounce(outcome),
        reference=outcome.reference,
        retry_after=outcome.retry_after,
        is_fault=outcome.is_fault,
        gone=outcome.gone,
    )


async def record_notes(session: Tx, notes: Sequence[Noted], *, mailer: Mailer) -> None:
    """All that is known of a batch, once more: notes on the way are lost when the database goes away."""
    await rows.note_all(session, notes, tries=1 if mailer.is_repeatable else 0)


async def record_bounces(
    session: Tx, way: Way, waiting: Sequence[Waiting], notes: Sequence[Noted], *, now: datetime
) -> None:
    """Nothing more is sent to addresses and numbers that were refused for good, and the posts behind addresses are stale."""
    by_notify = way.provider is ProviderKind.NOTIFY
    bounced = {note.id: note.detail for note in notes if note.bounced}
    for each in waiting:
        if each.id in bounced:
            await suppress(
                session,
                [each.address],
                reason=SuppressionReason.BOUNCED,
                source=SuppressionSource.NOTIFY if by_notify else SuppressionSource.SMTP,
                detail=bounced[each.id],
                now=now,
            )


async def settle_batch(
    session: Tx,
    batch: UUID,
    *,
    queue: str,
    payload: dict[str, str],
    notes: Sequence[Noted],
    at_once: bool,
    pause: timedelta | None = None,
) -> Settled:
    """Queue again, later, what may be tried again; count what has been tried as often as it may be.

    `pause`: how long the limits, or a provider that cannot say yet, make what was not tried wait. `at_once`: the worker is ending and has not come to all of it; the next one goes on without a wait. The job that goes
    on carries why the messages were not taken: whoever looks at it sees no job that failed.
    """
    reasons = sorted({note.detail for note in notes if note.detail and note.state == DeliveryState.QUEUED})[:3]
    fresh = new_id()
    moved, attempts, now = await rows.move_waiting(session, batch, fresh, most_attempts=MAX_ATTEMPTS)
    if moved:
        await enqueue(
            session,
            SEND[queue],
            queue=queue,
            dedupe_key=str(fresh),
            payload=payload | {"batch": str(fresh)},
            run_at=now if at_once and pause is None else now + wait_for_rest(notes, pause, attempts=attempts),
            last_error=f"{moved} not taken, try {attempts}: {'; '.join(reasons)}" if reasons else None,
        )
    await record_batch_progress(session, batch, queue=queue, payload=payload)
    return Settled(moved, await rows.count_waiting(session, batch), attempts, tuple(reasons))


async def park_batch(session: Tx, batch: UUID, *, queue: str, payload: dict[str, str], error: str) -> None:
    """Give up what is left of the batch, until somebody runs its parked job again."""
    await rows.park_waiting(session, batch, detail=error[:200])
    await record_batch_progress(session, batch, queue=queue, payload=payload)
