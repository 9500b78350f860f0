"""One commissioner's announcement to 200,000 people, and a payment notice that has to get past it.

The simplest program makes the rows with one bare statement. Then the worker's two queues are drained beside each other, as
a worker does: one sends the announcement, the other the notice, which is measured from its commit until it is noted as sent.
"""

import asyncio
import resource
import time
from uuid import UUID

import asyncpg

from app.communications import service as communications
from app.communications.service.letters import post_letters
from app.communications.values import Audience, Letter, Source, Topic, Urgency
from app.core.db import unit_of_work
from app.core.ids import new_id
from benchmarks.deliveries import DRAFT, EXPANDED, SENDER, add_people, editor_of
from benchmarks.place import Figure, Place, Spent
from benchmarks.smtp_sink import sink
from workers.jobs import Tools, drain

PEOPLE, NUMBER = 200_000, 40
NOTICES = 20
_SENT = "SELECT count(*) FROM delivery WHERE commissioner_id = $1 AND message_id = $2 AND state = 'sent'"


async def measure(place: Place) -> list[Figure]:
    app = place.app_engine()
    tenant = place.tenants[NUMBER]
    worker = await asyncpg.connect(place.urls["worker"])
    owner = await asyncpg.connect(place.urls["owner"])
    for connection in (worker, owner):
        await connection.execute("SELECT set_config('app.commissioner', $1, false)", str(tenant))
    await owner.execute(
        "CREATE TABLE IF NOT EXISTS bare_delivery (id uuid PRIMARY KEY, person_id uuid, name text, address text)"
    )
    await add_people(owner, tenant, NUMBER, PEOPLE)
    with sink(pipelining=True) as port:
        async with place.tools(smtp_url=f"smtp://127.0.0.1:{port}", mail_from=SENDER) as tools:
            async with unit_of_work(app, tenant) as session:
                made = await communications.publish_announcement(
                    session, editor_of(tenant), DRAFT, now=tools.clock.now()
                )
            announcement = UUID((made.result or {})["announcement"])
            ours, bare = Spent(), Spent()
            with ours.counting():
                async with unit_of_work(tools.worker_engine, tenant) as session:
                    await communications.expand_announcement(session, announcement, now=tools.clock.now())
            with bare.counting():
                await owner.execute(EXPANDED, tenant)
            figures = [bare.against("an audience of 200,000 into deliveries", ours)]
            figures += await _past_it(tools, worker, tenant, announcement)
    await worker.close()
    await owner.close()
    await app.dispose()
    return figures


async def _past_it(tools: Tools, worker: asyncpg.Connection, tenant: UUID, announcement: UUID) -> list[Figure]:
    alone = [await _notice(tools, worker, tenant) for _ in range(NOTICES)]
    before, started = _most_memory(), time.perf_counter()
    sending = asyncio.create_task(drain(tools, "bulk", stopping=asyncio.Event()))
    beside: list[float] = []
    while not sending.done():
        beside.append(await _notice(tools, worker, tenant))
        await asyncio.wait([sending], timeout=1)
    await sending
    took, sent = time.perf_counter() - started, await worker.fetchval(_SENT, tenant, announcement)
    if sent != PEOPLE:
        raise RuntimeError(f"{sent} of {PEOPLE} were sent")
    print(f"  200,000 sent in {took:.1f} s; a notice beside it took at most {max(beside):.2f} s", flush=True)
    grown = _most_memory() - before
    return [
        Figure("a notice behind 200,000, at worst", max(beside), max(alone), "s", max(beside) / max(alone)),
        Figure("memory while 200,000 are sent", before + grown, before, "MB", (before + grown) / before),
    ]


async def _notice(tools: Tools, worker: asyncpg.Connection, tenant: UUID) -> float:
    """Seconds from the commit of a letter to one person until it is sent."""
    source = new_id()
    person = await worker.fetchval("SELECT id FROM person WHERE commissioner_id = $1 LIMIT 1", tenant)
    letter = Letter(
        source=Source.STATEMENT,
        source_id=str(source),
        topic=Topic.STATEMENTS,
        urgency=Urgency.ROUTINE,
        subject="Statement: £100.00",
        markdown="Statement.",
    )
    async with unit_of_work(tools.worker_engine, tenant) as session:
        await post_letters(session, [letter], Audience.of_people(UUID(str(person))), now=tools.clock.now())
    started = time.perf_counter()
    await drain(tools, "notifications", stopping=asyncio.Event())
    return time.perf_counter() - started


def _most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
