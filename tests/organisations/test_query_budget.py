"""How many statements a read may cost, whatever the number of rows: counted where they leave for the database."""

from tests.factories.organisations import make_locality, place
from tests.factories.queries import counted_everywhere
from tests.factories.service import LivePlenary

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
        with counted_everywhere(shared) as seen:
            answer = await client.get(path)
        assert answer.status_code == 200, path
        costs[path] = len(seen)
    assert costs == BUDGET


async def test_an_unchanged_list_costs_one_small_read(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZXB01", tenant)
    client = await shared.as_role("intranet", tenant=tenant)
    etag = (await client.get("/v1/practices")).headers["ETag"]
    with counted_everywhere(shared) as seen:
        answer = await client.get("/v1/practices", headers={"If-None-Match": etag})
    assert (answer.status_code, len(seen)) == (304, 1)
    assert "published.practice" not in seen[0]
