"""The route class and the frame around requests, on the running application."""

import httpx

from tests.factories.service import LivePlenary


async def test_liveness_answers_anyone_with_request_ids(shared: LivePlenary) -> None:
    answer = await shared.client(None).get("/livez", headers={"X-Request-ID": "abc-1"})
    assert answer.status_code == 200
    assert answer.headers["X-Request-ID"] == "abc-1"
    assert answer.headers["X-Correlation-ID"] == "abc-1"


async def test_a_call_without_credential_is_401_before_its_body_is_looked_at(shared: LivePlenary) -> None:
    answer = await shared.client(None).post("/v1/jobs/nonsense/redrive", content=b"{" * 100)
    assert answer.status_code == 401
    assert answer.json()["code"] == "access.unauthenticated"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_key_of_a_role_without_the_scope_is_403(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    answer = await (await shared.as_role("intranet", tenant=tenant)).get("/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (403, "access.forbidden")


async def test_an_unknown_query_parameter_is_refused(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    answer = await (await shared.as_role("commissioner_admin", tenant=tenant)).get("/v1/jobs?colour=red")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert answer.json()["errors"][0]["code"] == "unknown_parameter"


async def test_a_list_gives_a_tag_and_then_304(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    first = await client.get("/v1/jobs")
    assert (first.status_code, first.json()) == (200, {"data": [], "next_cursor": None})
    again = await client.get("/v1/jobs", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


async def test_the_change_feed_starts_at_now(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    answer = await (await shared.as_role("intranet", tenant=tenant)).get("/v1/changes")
    assert answer.status_code == 200
    assert answer.json()["data"] == []


async def test_the_front_door_leads_to_the_documentation(shared: LivePlenary) -> None:
    answer = await shared.client(None).get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


async def test_the_type_of_a_problem_says_what_to_do(shared: LivePlenary) -> None:
    client = shared.client(None)
    problem = (await client.get("/v1/practices")).json()
    kind = await client.get(problem["type"])
    assert kind.status_code == 200
    assert kind.json() == {
        "code": "access.unauthenticated",
        "status": 401,
        "title": problem["title"],
        "what_to_do": "Send `Authorization: Bearer` with a key or token that is live.",
    }
    assert (await client.get("/problems/nothing.known")).status_code == 404


async def test_metrics_are_for_this_machine_or_the_platform(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    for role, of, status in (("platform_admin", "PLATFORM", 200), ("auditor", tenant, 403)):
        answer = await (await shared.as_role(role, tenant=of)).get("/metrics")
        assert answer.status_code == status


async def test_figures_are_for_this_machine_or_a_key_that_may_read_them(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    for address, expected in (("127.0.0.1", 200), ("::1", 200), ("testclient", 403), ("203.0.113.7", 403)):
        transport = httpx.ASGITransport(shared.app, client=(address, 5000))
        async with httpx.AsyncClient(transport=transport, base_url="http://plenary.test") as client:
            assert (await client.get("/metrics")).status_code == expected, address
    refused = await (await shared.as_role("auditor", tenant=tenant)).get("/metrics")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")
