"""How many statements a read may cost, whatever the number of rows: counted where they leave for the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from tests.factories.service import LivePlenary
from tests.organisations.test_localities import make_locality, place


class CountingPool:
    """The reader's pool, noting what it is asked."""

    def __init__(self, pool: Any, seen: list[str]) -> None:
        self._pool, self._seen = pool, seen

    def __getattr__(self, name: str) -> Any:
        own = getattr(self._pool, name)
        if name not in ("fetch", "fetchrow", "fetchval"):
            return own

        async def noted(sql: str, *arguments: Any, **options: Any) -> Any:
            self._seen.append(sql)
            return await own(sql, *arguments, **options)

        return noted


@contextmanager
def counted(live: LivePlenary) -> Iterator[list[str]]:
    """Statements of the reader's pool and of both engines, leaving out those of the frame around every call."""
    seen: list[str] = []
    services = live.app.state.services
    pool, services.reader.pool = services.reader.pool, CountingPool(services.reader.pool, seen)

    def note(_connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        # Who calls is read once in five seconds, whatever is called.
        if "set_config" not in sql and "find_api_key" not in sql:
            seen.append(sql)

    engines = [services.app_engine.sync_engine, services.platform_engine.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        services.reader.pool = pool
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


BUDGET = {
    "/v1/practices": 1,
    "/v1/practices?count=exact": 2,
    "/v1/practices?q=surgery&status=active&sort=-name": 1,
    "/v1/practices?as_at=2026-06-01": 1,
    "/v1/practices/ZZXA01": 1,
    "/v1/practices/ZZXA01?as_at=2026-06-01": 1,
    "/v1/practices/ZZXA01/list-sizes": 2,
    "/v1/practices/ZZXA01/history": 2,
    "/v1/localities": 1,
}


async def test_reads_keep_to_their_budget(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    for number in range(1, 9):
        await shared.make_practice(f"ZZXA0{number}", tenant)
        locality = await make_locality(client, f"l{number}")
        await place(client, locality, f"ZZXA0{number}", from_="2020-04-01")
    costs = {}
    for path in BUDGET:
        with counted(shared) as seen:
            answer = await client.get(path)
        assert answer.status_code == 200, path
        costs[path] = len(seen)
    assert costs == BUDGET


async def test_an_unchanged_list_costs_one_small_read(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZXB01", tenant)
    client = await shared.as_role("intranet", tenant=tenant)
    etag = (await client.get("/v1/practices")).headers["ETag"]
    with counted(shared) as seen:
        answer = await client.get("/v1/practices", headers={"If-None-Match": etag})
    assert (answer.status_code, len(seen)) == (304, 1)
    assert "published.practice" not in seen[0]
