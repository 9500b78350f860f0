"""Who is let in at what price: strangers pay by their address before anything is looked up for them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from app.core.ids import new_id
from app.core.limits import RateLimiter
from tests.factories.service import LivePlenary

ORIGIN = "https://intranet.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "GET"}


@pytest.fixture
def live(shared: LivePlenary) -> Iterator[LivePlenary]:
    """Its limit of strangers is put back after the test."""
    services = shared.app.state.services
    before = services.address_limiter
    yield shared
    services.address_limiter = before


@pytest.fixture
def lookups(live: LivePlenary) -> Iterator[list[str]]:
    """The statements of the app login that find a credential or an origin."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "find_api_key" in statement or "find_origin" in statement:
            seen.append(statement)

    engine = live.app.state.services.app_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def allow(live: LivePlenary, burst: int) -> None:
    live.app.state.services.address_limiter = RateLimiter(0.001, burst=burst)


async def test_keys_that_nobody_knows_are_refused_before_they_are_looked_up(live: LivePlenary, lookups: list) -> None:
    allow(live, 2)
    statuses = [(await live.client(f"ply_live_{n}").get("/v1/me")).status_code for n in range(5)]
    assert statuses == [401, 401, 429, 429, 429]
    assert len(lookups) == 2


async def test_a_good_key_costs_its_address_nothing(live: LivePlenary) -> None:
    tenant = await live.fresh_tenant()
    allow(live, 1)
    clients = [await live.as_role("payments_approver", tenant=tenant) for _ in range(3)]
    assert [(await client.get("/v1/me")).status_code for client in clients] == [200, 200, 200]
    assert (await live.client("ply_live_x").get("/v1/me")).status_code == 401
    assert (await live.client("ply_live_y").get("/v1/me")).status_code == 429
    # Nothing is left for strangers, yet who is known goes on, also where the key is looked up anew.
    decision = await clients[0].post(f"/v1/payment-runs/{new_id()}/approve", headers={"If-Match": "*"})
    assert decision.status_code == 404


async def test_preflights_from_origins_that_nobody_lists_are_limited(live: LivePlenary, lookups: list) -> None:
    allow(live, 2)
    client = live.client(None)
    answers = [
        await client.options("/v1/practices", headers=PREFLIGHT | {"Origin": f"https://{n}.example"}) for n in range(4)
    ]
    assert [answer.status_code for answer in answers] == [204, 204, 429, 429]
    assert "Retry-After" in answers[3].headers
    assert len(lookups) == 2


async def test_preflights_of_a_listed_origin_are_not(live: LivePlenary) -> None:
    tenant = await live.fresh_tenant()
    await live.make_key("intranet", tenant=tenant, origins=[ORIGIN])
    allow(live, 1)
    client = live.client(None)
    for _ in range(3):
        answer = await client.options("/v1/practices", headers=PREFLIGHT | {"Origin": ORIGIN})
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
