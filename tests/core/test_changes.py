"""The change feed: nothing is lost without a word, and a client that reads it is never sent away."""

import httpx

from tests.factories.service import LivePlenary


async def make_locality(admin: httpx.AsyncClient, code: str) -> None:
    made = await admin.post("/v1/localities", json={"code": code, "name": f"Locality {code}"})
    assert made.status_code == 201


async def test_a_kind_that_the_feed_does_not_have_is_refused(shared: LivePlenary) -> None:
    intranet = await shared.as_role("intranet", tenant=await shared.fresh_tenant())
    answer = await intranet.get("/v1/changes", params={"kinds": "practice,practise"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_kind")
    assert (await intranet.get("/v1/changes", params={"kinds": "practice,scheme"})).status_code == 200


async def retention_deletes_all_of(live: LivePlenary, tenant: str) -> None:
    await live.execute("DELETE FROM event", tenant=live.tenants[tenant])


async def test_a_client_that_reads_a_quiet_kind_is_not_sent_away(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    cursor = (await admin.get("/v1/changes")).json()["next_cursor"]
    await make_locality(admin, "L1")
    quiet = (await admin.get("/v1/changes", params={"cursor": cursor, "kinds": "scheme"})).json()
    assert (quiet["data"], quiet["has_more"]) == ([], False)
    await retention_deletes_all_of(shared, tenant)
    again = await admin.get("/v1/changes", params={"cursor": quiet["next_cursor"], "kinds": "scheme"})
    assert again.status_code == 200
    await make_locality(admin, "L2")
    later = await admin.get("/v1/changes", params={"cursor": again.json()["next_cursor"]})
    assert len(later.json()["data"]) == 1


async def test_a_cursor_from_before_events_that_are_gone_is_410_when_none_are_left(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    cursor = (await admin.get("/v1/changes")).json()["next_cursor"]
    await make_locality(admin, "L1")
    await retention_deletes_all_of(shared, tenant)
    answer = await admin.get("/v1/changes", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor.expired")


async def test_pages_follow_each_other_and_count_what_is_left(shared: LivePlenary) -> None:
    admin = await shared.as_role("commissioner_admin", tenant=await shared.fresh_tenant())
    cursor = (await admin.get("/v1/changes")).json()["next_cursor"]
    for code in ("L1", "L2", "L3"):
        await make_locality(admin, code)
    first = await admin.get("/v1/changes", params={"cursor": cursor, "limit": 2, "count": "exact"})
    assert (len(first.json()["data"]), first.json()["has_more"], first.json()["total"]) == (2, True, 3)
    second = await admin.get(first.links["next"]["url"])
    assert (len(second.json()["data"]), second.json()["has_more"], second.json()["total"]) == (1, False, 1)
    assert "next" not in second.links
