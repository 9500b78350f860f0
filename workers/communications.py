"""Handlers of the communications slice. All of them run on queues that a restore holds back."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from app.communications import service
from app.communications.adapters.chosen import carrier_for, message_domain
from app.communications.errors import MailNotTaken
from app.communications.ports import Mailer, Outgoing
from app.communications.values import Channel
from app.core import jobs
from app.core.clock import london_date
from app.core.database_problems import DATABASE_ERRORS
from app.core.db import Tx, unit_of_work
from app.core.secrets import SecretBox
from workers.jobs import JobContext, Parked, advanced, handler, in_words
from workers.schedule import DAILY, Daily

log = structlog.get_logger("plenary.worker")
QUEUE = "notifications"
BULK = "bulk"
RESCUE_SECONDS = (0.5, 1.0, 2.0, 4.0)


@handler("communications.expand_announcement", queue=QUEUE)
async def expand_announcement(context: JobContext) -> None:
    """What is routine goes on in the queue of what goes to many."""
    async with context.transaction(final=True) as session:
        if not await service.hand_to_bulk(session, context.id("subject")):
            await service.expand_announcement(session, context.id("subject"), now=context.tools.clock.now())


@handler("communications.schedule_announcement", queue=QUEUE)
async def schedule_announcement(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.schedule_announcement(session, context.id("subject"))


@handler("communications.publish_announcement", queue=QUEUE)
async def publish_announcement(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.publish_scheduled(
            session,
            context.id("announcement"),
            published_at=datetime.fromisoformat(context.payload["published_at"]),
        )


@handler("communications.plan_newsletter", queue=BULK)
async def plan_newsletter(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.plan_newsletter(session, context.id("subject"), n=context.payload["n"])


@handler("communications.send_newsletter", queue=BULK)
async def send_newsletter(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.send_newsletter(
            session, context.id("newsletter"), n=context.payload["n"], now=context.tools.clock.now()
        )


@handler("communications.expand_bulk", queue=BULK)
async def expand_bulk(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.expand_announcement(session, context.id("announcement"), now=context.tools.clock.now())


@handler("communications.see_to_reading", queue=QUEUE)
async def see_to_reading(context: JobContext) -> None:
    """What has to be read and has not been: a job for each announcement, so that a fault in one stops no other."""
    now = context.tools.clock.now()
    async with context.transaction(final=True) as session:
        left = await service.list_to_see_to(session, now=now)
        await jobs.enqueue_many(
            session,
            "communications.see_to_announcement",
            queue=QUEUE,
            payloads={f"{each} {london_date(now)}": {"announcement": str(each)} for each in left},
        )


DAILY.append(Daily("communications.see_to_reading", queue=QUEUE))


@handler("communications.see_to_announcement", queue=QUEUE)
async def see_to_announcement(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.see_to_reading(session, context.id("announcement"), now=context.tools.clock.now())


@handler("communications.drop_old_deliveries", queue=QUEUE)
async def drop_old_deliveries(context: JobContext) -> None:
    """A batch to a transaction; ended on the way, the next night goes on."""
    has_more = True
    while has_more and not context.stopping.is_set():
        async with context.transaction(end=advanced) as session:
            has_more = await service.drop_old_deliveries(session, now=context.tools.clock.now())


DAILY.append(Daily("communications.drop_old_deliveries", queue=QUEUE))


@handler("communications.drop_old_allowances", queue=QUEUE)
async def drop_old_allowances(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.drop_old_allowances(session)


DAILY.append(Daily("communications.drop_old_allowances", queue=QUEUE, platform_only=True))


@handler("communications.write_digests", queue=BULK)
async def write_digests(context: JobContext) -> None:
    """Some people to a transaction, until none is due: what is due since before, whatever its window, goes too.

    A worker that ends on the way hands the job back, and the next goes on.
    """
    has_more = True
    while has_more:
        async with context.transaction(end=advanced) as session:
            now = context.tools.clock.now()
            window = context.payload.get("window")
            until = max(now, datetime.fromisoformat(window)) if window else now
            has_more = await service.write_digests(session, until=until, now=now)


DAILY.append(Daily("communications.write_digests", queue=BULK))


@handler("communications.send_redriven", queue=BULK)
async def send_redriven(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.send_redriven(session, context.payload["batches"])


async def _park_batch(session: Tx, parked: Parked) -> None:
    job = parked.job
    batch, error = UUID(job.payload["batch"]), in_words(parked.error)
    await service.park_batch(session, batch, queue=job.queue, payload=job.payload, error=error)


@handler("communications.send_bulk", queue=BULK, on_parked=_park_batch)
@handler("communications.send_batch", queue=QUEUE, on_parked=_park_batch)
async def send_batch(context: JobContext) -> None:
    """Take a batch, hand it over message by message, note what became of each, and queue again what is left."""
    batch, settings, box = context.id("batch"), context.tools.settings, context.tools.secrets
    async with context.transaction() as session:
        channel = await service.find_channel(session, batch)
        way = (
            await service.push_way(session, box, batch)
            if channel is Channel.PUSH
            else await service.find_way(
                session, box, channel, mail_rate=settings.mail_rate, by=context.payload.get("by")
            )
        )
    if way is None:
        raise MailNotTaken(f"no way out is set up for {channel}, or the one that is has been turned off")
    async with carrier_for(way, settings, context.tools.clock) as mailer:
        await _send_by(context, batch, way, mailer, box)


async def _send_by(context: JobContext, batch: UUID, way: service.Way, mailer: Mailer, box: SecretBox) -> None:
    settings, can_ask = context.tools.settings, service.settle_of(mailer) is not None
    async with context.transaction() as session:
        if await service.resume_batch(session, batch, can_ask=can_ask):
            await jobs.advance(session, context.job)
        waiting, commissioner = await service.take_batch(
            session,
            batch,
            queue=context.job.queue,
            payload=context.payload,
            now=context.tools.clock.now(),
            channel=way.channel,
        )
    async with context.transaction() as session:
        picked = await service.pick(session, waiting, way, mailer)
    links = service.MailLinks(settings.base_url, box, context.job.commissioner_id, context.tools.clock.now())
    mails = _written(way, picked.now, message_domain(settings), commissioner, links)
    notes = await _hand_over(context, service.mailer_that_asks(mailer, picked.now), picked.now, mails, can_ask=can_ask)
    async with context.transaction() as session:
        await service.record_way(session, way, notes, now=context.tools.clock.now())
        await service.record_notes(session, notes, mailer=mailer)
        await service.record_bounces(session, way, waiting, notes, now=context.tools.clock.now())
        await service.forget_browsers(session, [browser for note in notes for browser in note.gone])
        settled = await service.settle_batch(
            session,
            batch,
            queue=context.job.queue,
            payload=context.payload,
            notes=notes,
            at_once=context.stopping.is_set(),
            pause=picked.pause,
        )
    if settled.reasons:
        log.warning("mails_not_taken", waiting=settled.moved, attempts=settled.attempts, reasons=settled.reasons)
    if settled.exhausted:
        details = {note.detail for note in notes if note.detail}
        raise MailNotTaken(f"{settled.exhausted} messages could not be handed over: {'; '.join(sorted(details)[:3])}")


def _written(
    way: service.Way, waiting: Sequence[service.Waiting], domain: str, commissioner: str, links: service.MailLinks
) -> list[Outgoing]:
    if way.channel is Channel.TEXT:
        return service.write_texts(waiting, domain=domain, links=links)
    if way.channel is Channel.PUSH:
        return service.write_pushes(waiting, domain=domain, links=links)
    return service.write_mails(waiting, domain=domain, commissioner=commissioner, links=links)


async def _hand_over(
    context: JobContext,
    mailer: Mailer,
    waiting: Sequence[service.Waiting],
    mails: Sequence[Outgoing],
    *,
    can_ask: bool,
) -> list[service.Noted]:
    tools = context.tools
    notes: list[service.Noted] = []
    try:
        async with service.notebook(tools.worker_engine, context.job, mailer) as book:
            doubts = {each.id: each.doubts for each in waiting}
            await service.hand_over(
                mailer, mails, doubts, notes, book, should_stop=context.stopping.is_set, can_ask=can_ask
            )
    except Exception:
        # Whatever it was, what has been sent has been sent.
        await _rescue(context, mailer, notes)
        raise
    return notes


async def _rescue(context: JobContext, mailer: Mailer, notes: Sequence[service.Noted]) -> None:
    """Write down what has been sent though the job is no longer ours or the database was away: it is so either way."""
    for wait in RESCUE_SECONDS:
        try:
            async with unit_of_work(context.tools.worker_engine, context.job.commissioner_id) as session:
                await service.record_notes(session, notes, mailer=mailer)
        except DATABASE_ERRORS as error:
            log.info("outcomes_not_recorded_yet", error=type(error).__name__, outcomes=len(notes))
            await asyncio.sleep(wait)
        else:
            return
