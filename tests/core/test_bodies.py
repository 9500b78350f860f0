"""Bodies that are too large, too deep, of the wrong kind or not what they say: each refused in words, none a 500."""

import httpx
import pytest

from tests.factories.service import LivePlenary


@pytest.fixture
async def office(shared: LivePlenary) -> httpx.AsyncClient:
    return await shared.as_role("engagement_lead", tenant=await shared.fresh_tenant())


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"[" * 100_000, JSON, 422, "request.too_deep"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, JSON, 422, "request.too_deep"),
        (b'"' + b"[" * 200 + b'"', JSON, 422, "request.invalid"),
        (b"{nonsense", JSON, 422, "request.malformed_json"),
        (b"\xff\xfe", JSON, 422, "request.malformed_json"),
        ('{"title": "∀"}'.encode("utf-16"), JSON, 422, "request.malformed_json"),
        ('{"title": "a"}'.encode("utf-16-le"), JSON, 422, "request.malformed_json"),
        ('{"title": "a"}'.encode("utf-32-be"), JSON, 422, "request.malformed_json"),
        (b"<a/>", {"Content-Type": "text/xml"}, 415, "request.unsupported_media_type"),
        (b"", JSON, 422, "request.invalid"),
        (b"null", JSON, 422, "request.invalid"),
        (b'{"title": true}', JSON, 422, "request.invalid"),
        (b'{"title": "\\ud800"}', JSON, 422, "request.invalid"),
    ],
)
async def test_a_bad_body_is_a_clear_problem(
    office: httpx.AsyncClient, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await office.post("/v1/meetings", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_twenty_megabytes_are_refused_by_their_length_and_when_they_come_without_one(
    office: httpx.AsyncClient,
) -> None:
    async def stream():
        for _ in range(20):
            yield b"x" * 1_048_576

    said = await office.post("/v1/meetings", content=b"x" * 20_971_520, headers=JSON)
    unsaid = await office.post("/v1/meetings", content=stream(), headers=JSON)
    assert [a.status_code for a in (said, unsaid)] == [413, 413]
    assert said.json()["code"] == "request.too_large"


async def test_the_callers_input_is_never_echoed(office: httpx.AsyncClient) -> None:
    answer = await office.post("/v1/meetings", json={"title": "hunter2-secret", "colour": "hunter2-secret"})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/nothing", 404), ("DELETE", "/v1/meetings", 405)])
async def test_unknown_paths_and_methods_are_problems_too(
    office: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await office.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many"])
async def test_a_limit_outside_its_range_is_422(office: httpx.AsyncClient, limit: str) -> None:
    assert (await office.get(f"/v1/meetings?limit={limit}")).status_code == 422


async def test_an_id_that_cannot_exist_is_404(office: httpx.AsyncClient) -> None:
    assert (await office.get("/v1/meetings/not-an-id")).status_code == 404


async def test_a_browser_page_with_a_listed_origin_is_let_in_and_another_is_not(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    client = await shared.as_role("intranet", tenant=tenant, origins=["https://intranet.example"])
    good = await client.get("/v1/me", headers={"Origin": "https://intranet.example"})
    bad = await client.get("/v1/me", headers={"Origin": "https://elsewhere.example"})
    assert good.headers["Access-Control-Allow-Origin"] == "https://intranet.example"
    assert "ETag" in good.headers["Access-Control-Expose-Headers"]
    assert (bad.status_code, "Access-Control-Allow-Origin" in bad.headers) == (403, False)
    preflight = {"Origin": "https://intranet.example", "Access-Control-Request-Method": "GET"}
    asked = await shared.client(None).options("/v1/me", headers=preflight)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "https://intranet.example")
    refused = await shared.client(None).options("/v1/me", headers=preflight | {"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in refused.headers
