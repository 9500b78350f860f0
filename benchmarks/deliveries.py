"""50,000 deliveries to a sink: the worker's own path, from an announcement to the note of each outcome.

The simplest program sends the same prepared bytes over one connection with the standard library, and records nothing.
Five commissioners' announcements take turns with it. The mailer alone is measured as well, without a database.
"""

import asyncio
import smtplib
import time
from collections.abc import Sequence
from contextlib import aclosing
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.communications import service as communications
from app.communications.adapters.chosen import message_domain
from app.communications.adapters.mime import MessageBuilder
from app.communications.adapters.smtp import SmtpMailer
from app.communications.adapters.smtp_server import SmtpServer
from app.communications.ports import Outgoing
from app.communications.values import Audience, Channel, Draft, Urgency
from app.core.clock import SystemClock
from app.core.db import unit_of_work
from app.core.ids import new_id
from app.core.principal import Grant, Principal
from app.core.secrets import SecretBox
from benchmarks.place import Figure, Place, Spent, compare
from benchmarks.smtp_sink import sink
from workers.jobs import Tools, drain

ROUNDS, RECIPIENTS = 5, 10_000
ALONE_ROUNDS, ALONE = 7, 2_000
SENDER = "Plenary <no-reply@plenary.example>"
TEXT = "The afternoon of 10 June is protected; cover is paid at £250.00 a session.\n" * 14
DRAFT = Draft(
    title="Protected learning time in June",
    markdown=TEXT,
    audience=Audience(),
    channels=(Channel.EMAIL,),
    urgency=Urgency.ROUTINE,
    on_intranet=False,
    must_acknowledge_by=None,
)
PEOPLE = """INSERT INTO person (commissioner_id, id, name, name_key, email, email_key)
SELECT $1, gen_random_uuid(), 'Person ' || n, 'person ' || n, 'person' || n || '@practice.example',
'person' || n || '@practice.example' FROM generate_series(1, $2) n"""
POSTS = """INSERT INTO post (commissioner_id, id, person_id, role, level, practice, valid_from, listed, confirmed_on,
recorded_at) SELECT $1, gen_random_uuid(), id, 'staff', 'practice',
($2::text[])[1 + row_number() OVER () % cardinality($2::text[])], '2026-04-01', false, '2026-04-01', now() FROM person
WHERE commissioner_id = $1"""
EXPANDED = """INSERT INTO bare_delivery SELECT gen_random_uuid(), p.id, p.name, p.email FROM person p
JOIN post o ON o.commissioner_id = p.commissioner_id AND o.person_id = p.id WHERE p.commissioner_id = $1"""


async def measure(place: Place) -> list[Figure]:
    figures = [await _mailer_alone("step by step", pipelining=False), await _mailer_alone("pipelined", pipelining=True)]
    app = place.app_engine()
    with sink(pipelining=True) as port:
        async with place.tools(smtp_url=f"smtp://127.0.0.1:{port}", mail_from=SENDER) as tools:
            figures += await _announcements(place, tools, app, port)
    await app.dispose()
    return figures


async def _mailer_alone(name: str, *, pipelining: bool) -> Figure:
    with sink(pipelining=pipelining) as port:
        ours, simplest = [], []
        for _ in range(ALONE_ROUNDS):
            messages = [_message(number, new_id()) for number in range(ALONE)]
            simplest.append(_bare_loop(port, _prepared(messages)) / ALONE * 1000)
            ours.append(await _through_mailer(port, messages) / ALONE * 1000)
    return compare(f"a message by the mailer, {name}", ours, simplest, "ms")


def _message(number: int, delivery_id: UUID) -> Outgoing:
    return Outgoing(
        delivery_id=delivery_id,
        message_id=f"<{delivery_id}@plenary.example>",
        to=f"person{number}@practice.example",
        to_name=f"Person {number}",
        subject="Protected learning time in June",
        text=f"Dear person {number},\n\n{TEXT}",
        html=f"<p>Dear person {number},</p><p>{TEXT}</p>",
        headers={"List-Unsubscribe": f"<https://plenary.example/u/{delivery_id}>", "Auto-Submitted": "auto-generated"},
    )


def _prepared(messages: Sequence[Outgoing]) -> list[tuple[str, bytes]]:
    builder = MessageBuilder(SENDER, clock=SystemClock())
    return [(one.to, builder.build(one)) for one in messages]


def _bare_loop(port: int, ready: Sequence[tuple[str, bytes]]) -> float:
    """The floor: bytes that are ready before the clock starts, and nothing recorded."""
    sender = MessageBuilder(SENDER, clock=SystemClock()).address
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench") as connection:
        for to, raw in ready:
            connection.sendmail(sender, to, raw)
    return time.perf_counter() - started


async def _through_mailer(port: int, messages: list[Outgoing]) -> float:
    mailer = SmtpMailer(SmtpServer.from_url(f"smtp://127.0.0.1:{port}"), sender=SENDER, clock=SystemClock())
    started = time.perf_counter()
    async with aclosing(mailer.send(messages)) as outcomes:
        states = [outcome.state async for outcome in outcomes]
    if states != ["sent"] * len(messages):
        raise RuntimeError("a message was not sent")
    return time.perf_counter() - started


async def _announcements(place: Place, tools: Tools, app: AsyncEngine, port: int) -> list[Figure]:
    expanding, bare_expanding, sending, bare_sending = Spent(), Spent(), Spent(), Spent()
    worker = await asyncpg.connect(place.urls["worker"])
    owner = await asyncpg.connect(place.urls["owner"])
    await owner.execute("CREATE TABLE bare_delivery (id uuid PRIMARY KEY, person_id uuid, name text, address text)")
    # What the payments benchmark has left to tell is told to nobody, as there is nobody yet.
    for queue in ("notifications", "bulk"):
        await drain(tools, queue, stopping=asyncio.Event())
    for number, tenant in enumerate(place.tenants[:ROUNDS]):
        await worker.execute("SELECT set_config('app.commissioner', $1, false)", str(tenant))
        await owner.execute("SELECT set_config('app.commissioner', $1, false)", str(tenant))
        await add_people(worker, tenant, number, RECIPIENTS)
        async with unit_of_work(app, tenant) as session:
            operation = await communications.publish_announcement(
                session, editor_of(tenant), DRAFT, now=tools.clock.now()
            )
        announcement = UUID((operation.result or {})["announcement"])
        with expanding.counting():
            async with unit_of_work(tools.worker_engine, tenant) as session:
                await communications.expand_announcement(session, announcement, now=tools.clock.now())
        with bare_expanding.counting():
            await owner.execute(EXPANDED, tenant)
        ready = await _same_bytes(tools, worker, tenant)
        with sending.counting():
            await drain(tools, "bulk", stopping=asyncio.Event())
        with bare_sending.counting():
            _bare_loop(port, ready)
        sent = await worker.fetchval(
            "SELECT count(*) FROM delivery WHERE commissioner_id = $1 AND state = 'sent'", tenant
        )
        if len(ready) != RECIPIENTS or sent != RECIPIENTS:
            raise RuntimeError(f"{sent} of {len(ready)} were sent; there should be {RECIPIENTS}")
        print(f"  deliveries: {(number + 1) * RECIPIENTS} sent, ours {sending.wall:.1f} s so far", flush=True)
    await worker.close()
    await owner.close()
    return [
        bare_expanding.against("an audience of 50,000 into deliveries", expanding),
        bare_sending.against("50,000 deliveries sent and recorded", sending),
    ]


async def add_people(worker: asyncpg.Connection, tenant: UUID, number: int, people: int) -> None:
    practices = await worker.fetch(
        "SELECT practice FROM register_membership WHERE commissioner = $1", f"ZB{number:02d}"
    )
    await worker.execute(PEOPLE, tenant, people)
    await worker.execute(POSTS, tenant, [row[0] for row in practices])
    await worker.execute("ANALYZE person, post")


def editor_of(tenant: UUID) -> Principal:
    grant = Grant("editor", "commissioner", None, frozenset({"announcements:write"}))
    return Principal(tenant, "ZB", new_id(), "key", "Editor", None, (grant,))


async def _same_bytes(tools: Tools, worker: asyncpg.Connection, tenant: UUID) -> list[tuple[str, bytes]]:
    rows = await worker.fetch("SELECT DISTINCT batch FROM delivery WHERE commissioner_id = $1", tenant)
    settings, ready = tools.settings, []
    for (batch,) in rows:
        async with unit_of_work(tools.worker_engine, tenant) as session:
            waiting, name = await communications.take_batch(
                session, batch, queue="bulk", payload={}, now=tools.clock.now()
            )
        links = communications.MailLinks(
            settings.base_url, SecretBox.from_setting(settings.secret_keys_value()), tenant, tools.clock.now()
        )
        mails = communications.write_mails(waiting, domain=message_domain(settings), commissioner=name, links=links)
        ready += _prepared(mails)
    return ready
