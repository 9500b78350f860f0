"""Handlers of webhooks. One job stands for each endpoint and one for each tenant's events; they are called, not queued anew."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

from app.communications.adapters.webhooks import post_webhook
from app.communications.service import webhook_sending as service
from app.communications.values.webhooks import Hook, OpenEndpoint, ReplayRange, Tried
from app.core import jobs
from app.core.db import Tx
from app.core.jobs import Claimed, LostLease
from workers.jobs import JobContext, advanced, handler
from workers.schedule import DAILY, Daily

QUEUE = service.QUEUE
# Then somebody else's endpoint has its turn.
MOST_ROUNDS = 100


@handler(service.FAN_OUT, queue=QUEUE)
async def fan_out_webhooks(context: JobContext) -> None:
    """By the numbers of the changes and not by what called it, so nothing is left out or doubled whatever dies."""
    async with context.transaction() as session:
        known = await jobs.last_call(session, context.job)
    has_more = True

    async def end(session: Tx, job: Claimed) -> bool:
        if has_more and not context.stopping.is_set():
            return await advanced(session, job)
        await jobs.rest(session, job, known=known, pause=0 if has_more else None)
        return True

    while not context.ended:
        async with context.transaction(end=end) as session:
            has_more = await service.fan_out(session, now=context.tools.clock.now())


@handler("communications.wake_webhook", queue=QUEUE)
async def wake_webhook(context: JobContext) -> None:
    async with context.transaction(final=True) as session:
        await service.wake(session, context.id("subject"))


@handler(service.SEND, queue=QUEUE)
async def send_webhooks(context: JobContext) -> None:
    """Take what is due for one endpoint, send it, note what became of it together with taking the next, until none is due."""
    endpoint_id, tools = context.id("endpoint"), context.tools
    hooks: list[Hook] = []
    rounds = 0

    async def end(session: Tx, job: Claimed) -> bool:
        if hooks:
            await (jobs.advance if rounds else jobs.hold)(session, job)
            return False
        pause = await service.seconds_until_due(session, endpoint_id, now=tools.clock.now())
        await jobs.rest(session, job, known=known, pause=pause)
        return True

    taken_at, now = time.monotonic(), tools.clock.now()
    async with context.transaction(end=end) as session:
        known = await jobs.last_call(session, context.job)
        await service.resume(session, endpoint_id, now=now)
        opened, hooks = await service.take(session, endpoint_id, box=tools.secrets, now=now)
    while hooks and opened is not None:
        rounds += 1
        tried = await _send(context, opened, hooks, taken_at=taken_at)
        taken_at, now = time.monotonic(), tools.clock.now()
        async with context.transaction(end=end) as session:
            goes_on = await service.record(session, endpoint_id, tried, now=now)
            may_take = goes_on and rounds < MOST_ROUNDS and not context.stopping.is_set()
            opened, hooks = (
                await service.take(session, endpoint_id, box=tools.secrets, now=now) if may_take else (None, [])
            )


async def _send(context: JobContext, endpoint: OpenEndpoint, hooks: Sequence[Hook], *, taken_at: float) -> list[Tried]:
    async def send(hook: Hook) -> Tried:
        now = context.tools.clock.now()
        body, headers = service.write_request(endpoint, hook, now=now)
        if time.monotonic() - taken_at > jobs.LEASE_SECONDS:
            # This process stood still; by now another may be sending the same.
            raise LostLease(str(context.job.id))
        return await post_webhook(context.tools.outside, endpoint.url, hook, body, headers, now=now)

    return await asyncio.gather(*(send(hook) for hook in hooks))


@handler("communications.replay_webhooks", queue=QUEUE)
async def replay_webhooks(context: JobContext) -> None:
    """A part to a job, so that a worker which ends on the way repeats none."""
    payload, operation = context.payload, context.id("operation")
    events = ReplayRange(tuple(payload["after"]), tuple(payload["upto"]))
    async with context.transaction(final=True) as session:
        left = await service.replay(
            session,
            context.id("subject"),
            events,
            [UUID(each) for each in payload["ids"]],
            operation=operation,
            done=payload.get("done", 0),
            now=context.tools.clock.now(),
        )
        if left is not None:
            rest, done = left
            await jobs.enqueue(
                session,
                context.job.kind,
                queue=QUEUE,
                dedupe_key=f"{operation}:{done}",
                payload=payload | {"after": rest.after, "done": done},
            )


@handler("communications.drop_old_webhooks", queue=QUEUE)
async def drop_old_webhooks(context: JobContext) -> None:
    """A batch to a transaction; ended on the way, the next night goes on."""
    has_more = True
    while has_more and not context.stopping.is_set():
        async with context.transaction(end=advanced) as session:
            has_more = await service.drop_old(session, now=context.tools.clock.now())


DAILY.append(Daily("communications.drop_old_webhooks", queue=QUEUE))
