"""A practice over time."""

from datetime import date

from tests.factories.organisations import make_list_size
from tests.factories.service import LivePlenary


async def test_lists_are_newest_first_and_paged(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZH001", tenant, registered="5000.25", weighted=None)
    await make_list_size(shared, "ZZH001", as_at=date(2026, 7, 1), registered="5010", weighted="5000.5")
    client = await shared.as_role("intranet", tenant=tenant)
    answer = await client.get("/v1/practices/ZZH001/list-sizes?limit=1&count=exact")
    first = answer.json()
    assert first["total"] == 2
    assert first["data"][0] | {"source": "", "recorded_at": ""} == {
        "as_at": "2026-07-01",
        "registered": "5010",
        "weighted": "5000.5",
        "adjusted": None,
        "source": "",
        "published_period": None,
        "recorded_at": "",
    }
    second = (await client.get(f"/v1/practices/ZZH001/list-sizes?limit=1&cursor={first['next_cursor']}")).json()
    assert [(row["registered"], row["weighted"]) for row in second["data"]] == [("5000.25", None)]
    assert second["next_cursor"] is None
    known = await client.get("/v1/practices/ZZH001/list-sizes?known_on=2026-01-01T00:00:00Z")
    assert known.json()["data"] == []


async def test_history_shows_the_commissioners_with_dates(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZH002", tenant, valid_until=date(2020, 4, 1))
    client = await shared.as_role("intranet", tenant=tenant)
    answer = await client.get("/v1/practices/ZZH002/history?count=exact")
    assert answer.json()["total"] == 1
    entry = answer.json()["data"][0]
    assert (entry["kind"], entry["code"], entry["from"], entry["until"]) == (
        "commissioner",
        tenant,
        "2013-04-01",
        "2020-04-01",
    )
    tagged = {"If-None-Match": answer.headers["ETag"]}
    assert (await client.get("/v1/practices/ZZH002/history?count=exact", headers=tagged)).status_code == 304
    for path in ("list-sizes", "history"):
        other = await shared.as_role("intranet", tenant=await shared.fresh_tenant())
        assert (await other.get(f"/v1/practices/ZZH002/{path}")).status_code == 404
        platform = await shared.as_role("platform_admin", tenant="PLATFORM")
        assert len((await platform.get(f"/v1/practices/ZZH002/{path}")).json()["data"]) == 1
