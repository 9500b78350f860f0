"""One change to 2,000 webhook endpoints, each on a host of its own: from the event to the note of each answer.

The simplest program posts the same bytes one after another with one httpx client, and records nothing. The second figure
is how long 2,000 endpoints wait for theirs beside one that answers after five seconds, against without it.
"""

import asyncio
import os
from uuid import UUID

import asyncpg
import httpx

from app.access.service import new_secret
from app.communications.rules.webhooks import SECRET_BYTES
from app.communications.tables import WebhookEndpoint
from app.communications.values.webhooks import END_OF_NUMBER
from app.core.db import unit_of_work
from app.core.events import emit, listen
from app.core.ids import new_id
from app.organisations.events import LocalityChanged
from benchmarks.place import Figure, Place, Spent, compare
from workers.jobs import Tools, drain
from workers.relay import relay

ENDPOINTS, ROUNDS, HOSTS = 2_000, 3, 250
BODY = (
    b'{"type":"organisations.locality_changed","data":{"kind":"locality","id":"0198c0de-0000-7000-8000-000000000010"}}'
)
HEADERS = {"content-type": "application/json", "webhook-id": "evt_1", "webhook-signature": "v1," + "A" * 44}
PERSON = """INSERT INTO person (commissioner_id, id, name, name_key, email, email_key)
VALUES ($1, $2, 'Keeper', 'keeper', 'keeper@icb.example', 'keeper@icb.example')"""
KEY = """INSERT INTO api_key (commissioner_id, id, name, role, boundary, person_id, prefix, secret_hash, origins, created_at)
VALUES ($1, $2, 'Keeper', 'commissioner_admin', 'commissioner', $3, $4, $5, '{}', now())"""
ANSWERED = """SELECT extract(epoch FROM max(a.started_at + make_interval(secs => a.milliseconds / 1000.0)) - min(d.created_at))::float8
FROM webhook_attempt a JOIN webhook_delivery d USING (commissioner_id, endpoint_id, event_id)
JOIN webhook_endpoint w ON w.commissioner_id = a.commissioner_id AND w.id = a.endpoint_id
WHERE a.commissioner_id = $1 AND d.change_number = $2 AND w.url NOT LIKE '%/slow' AND a.outcome = 'delivered'
HAVING count(*) = $3"""
SLOW = """UPDATE webhook_endpoint SET state = $2, disabled_because = CASE WHEN $2 = 'disabled' THEN 'gone' END,
disabled_at = CASE WHEN $2 = 'disabled' THEN now() END WHERE commissioner_id = $1 AND url LIKE '%/slow'"""


async def measure(place: Place) -> list[Figure]:
    tenant = place.tenants[-1]
    sink = await place.serve("benchmarks.webhook_sink")
    urls = [f"http://127.0.0.{1 + n % HOSTS}:{sink.address.partition(':')[2]}/{n}" for n in range(ENDPOINTS)]
    worker = await asyncpg.connect(place.urls["worker"])
    await worker.execute("SELECT set_config('app.commissioner', $1, false)", str(tenant))
    async with place.tools(outside_networks="127.0.0.0/8") as tools:
        await _open(place, tools, tenant, [*urls, f"{urls[0].rpartition('/')[0]}/slow"])
        figures = await _rounds(place, tools, worker, tenant, urls)
    await worker.close()
    return figures


async def _open(place: Place, tools: Tools, tenant: UUID, urls: list[str]) -> None:
    """Endpoints of one administrator, in one transaction."""
    owner, (_, prefix, hashed) = new_id(), new_secret()
    app = await asyncpg.connect(place.urls["app"])
    await app.execute("SELECT set_config('app.commissioner', $1, false)", str(tenant))
    await app.execute(PERSON, tenant, owner)
    await app.execute(KEY, tenant, new_id(), owner, prefix, hashed)
    await app.close()
    engine = place.app_engine()
    async with unit_of_work(engine, tenant) as session:
        number = await listen(session)
        for url in urls:
            endpoint_id = new_id()
            sealed = tools.secrets.seal(os.urandom(SECRET_BYTES), context=f"webhook_endpoint:{endpoint_id}:secret")
            session.add(
                WebhookEndpoint(
                    commissioner_id=tenant,
                    id=endpoint_id,
                    url=url,
                    description=None,
                    events=["*"],
                    signing="hmac",
                    secret=sealed,
                    public_key=None,
                    state="enabled",
                    owner_id=owner,
                    after_number=number,
                    after_position=END_OF_NUMBER,
                    created_at=tools.clock.now(),
                )
            )
    await engine.dispose()


async def _rounds(
    place: Place, tools: Tools, worker: asyncpg.Connection, tenant: UUID, urls: list[str]
) -> list[Figure]:
    ours, bare = Spent(), Spent()
    alone: list[float] = []
    beside: list[float] = []
    for number in range(ROUNDS):
        await worker.execute(SLOW, tenant, "disabled")
        with ours.counting():
            await _tell(place, tools, tenant)
        alone.append(await _waited(worker, tenant))
        with bare.counting():
            await _bare_loop(urls)
        await worker.execute(SLOW, tenant, "enabled")
        await _tell(place, tools, tenant)
        beside.append(await _waited(worker, tenant))
        print(f"  webhooks: round {number + 1}, ours {ours.wall:.1f} s, bare {bare.wall:.1f} s so far", flush=True)
    return [
        bare.against(f"{ROUNDS * ENDPOINTS:,} webhooks sent and recorded", ours),
        compare(f"{ENDPOINTS:,} endpoints beside a slow one / alone", beside, alone, "s"),
    ]


async def _tell(place: Place, tools: Tools, tenant: UUID) -> None:
    engine = place.app_engine()
    async with unit_of_work(engine, tenant) as session:
        emit(session, LocalityChanged(subject=str(new_id())))
    await engine.dispose()
    while await relay(tools):
        pass
    await drain(tools, "webhooks", stopping=asyncio.Event())


async def _waited(worker: asyncpg.Connection, tenant: UUID) -> float:
    """From the deliveries of the last change to the last answer, the slow one's apart."""
    number = await worker.fetchval("SELECT max(change_number) FROM webhook_delivery WHERE commissioner_id = $1", tenant)
    waited = await worker.fetchval(ANSWERED, tenant, number, ENDPOINTS)
    if waited is None:
        raise RuntimeError(f"not every one of {ENDPOINTS} endpoints has answered")
    return waited


async def _bare_loop(urls: list[str]) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for url in urls:
            answer = await client.post(url, content=BODY, headers=HEADERS)
            answer.raise_for_status()
