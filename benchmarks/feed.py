"""Ten changes among many, as the change feed reads them, against `select 1` on the same connection."""

import time

import asyncpg

from benchmarks.place import Figure, Place, compare

ROWS = 200_000
FEED = """SELECT resource, subject, removed, change_number, position FROM event
WHERE commissioner_id = $1 AND (resource = ANY($2) OR resource = 'claim' AND concerns[1] = ANY($5))
  AND (change_number, position) > ($3, $4)
ORDER BY change_number, position LIMIT 51"""


async def measure(place: Place) -> list[Figure]:
    """The statement of GET /v1/changes under row-level security, as the app login."""
    tenant = place.tenants[0]
    worker = await asyncpg.connect(place.urls["worker"])
    await worker.execute(
        """INSERT INTO event (commissioner_id, id, change_number, position, name, version, resource, subject, removed,
        payload, occurred_at, relayed_at) SELECT ($1::uuid[])[1 + n % 42], gen_random_uuid(), n / 42 + 1, 1,
        'organisations.practice_changed', 1, 'practice', 'ZB' || n % 7000, false, '{}', now(), now()
        FROM generate_series(0, $2 - 1) n""",
        place.tenants, ROWS,
    )  # fmt: skip
    for each in place.tenants:
        # What is changed here later goes on after these.
        await worker.execute("SELECT set_config('app.commissioner', $1, false)", str(each))
        await worker.execute(
            "UPDATE published.change_number SET number = $2 WHERE commissioner_id = $1",
            each,
            ROWS // len(place.tenants) + 1,
        )
    owner = await asyncpg.connect(place.urls["owner"])
    # Its owner alone may.
    await owner.execute("ANALYZE event")
    await owner.close()
    last = await worker.fetchval("SELECT max(change_number) FROM event WHERE commissioner_id = $1", tenant)
    await worker.close()
    app = await asyncpg.connect(place.urls["app"])
    await app.execute("SELECT set_config('app.commissioner', $1, false)", str(tenant))
    ours, simplest = [], []
    for _ in range(7):
        ours.append(await _timed(app, FEED, tenant, ["practice", "locality"], last - 10, 1, ["practice:ZB1"]))
        simplest.append(await _timed(app, "SELECT 1"))
    rows = await app.fetch(FEED, tenant, ["practice", "locality"], last - 10, 1, ["practice:ZB1"])
    await app.close()
    if len(rows) != 10:
        raise RuntimeError(f"{len(rows)} changes instead of 10")
    return [compare("10 changes of 200,000 / select 1", ours, simplest, "ms")]


async def _timed(connection: asyncpg.Connection, sql: str, *values: object) -> float:
    statement = await connection.prepare(sql)
    started = time.perf_counter()
    for _ in range(300):
        await statement.fetch(*values)
    return (time.perf_counter() - started) / 300 * 1000
