"""The relay on a real database: which events it takes, and what it leaves."""

from tests.factories.service import LivePlenary
from workers.relay import relay

ANNOUNCE = (
    "INSERT INTO event (commissioner_id, id, change_number, position, name, version, subject, removed, payload, occurred_at)"
    " VALUES ($1, gen_random_uuid(), $2, 1, $3, 1, 'x', false, '{}', clock_timestamp())"
)


async def test_an_event_of_a_newer_release_waits_for_a_worker_that_knows_it(shared: LivePlenary) -> None:
    tenant = shared.tenants[await shared.fresh_tenant()]
    for number, name in enumerate(("future.thing_happened", "organisations.practice_changed"), start=1):
        await shared.execute(ANNOUNCE, tenant, number, name, tenant=tenant)
    while await relay(shared.tools):
        pass
    rows = await shared.fetch(
        "SELECT name FROM event WHERE relayed_at IS NULL AND commissioner_id = $1", tenant, tenant=tenant
    )
    assert [row["name"] for row in rows] == ["future.thing_happened"]
