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
