"""What is read: whatever it is has a tag, and whoever has the answer already is not sent it again; and routes that write
their own bytes, which the framework no longer checks against the model that the document shows, write what it would.
"""

import asyncio
import inspect
import json
from typing import Any, get_type_hints

import httpx
import pytest
from fastapi import Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from app.access.values import Role
from tests.contracts.bodies import QUERIES
from tests.contracts.routes import OPERATIONS, Operation, declared_routes
from tests.factories.service import LivePlenary
from tests.factories.world import World, make_world

WITHOUT_TAG = {
    "GET /v1/operations/{operation_id}/events": "a stream has no end to take a digest of",
    "GET /metrics": "figures of the moment, which asking for them moves",
}
FORMATS = {"application/zip": "oracle-ap"}
SENT_AS = {"GET /v1/payment-runs/{run_id}/sendings/{sending_id}/file": "text/csv"}
"""What has one form alone, which the caller does not choose."""
READS = [
    (operation, media)
    for operation in OPERATIONS
    if operation.method == "GET" and str(operation) not in WITHOUT_TAG
    for media in operation.details["responses"]["200"]["content"]
    if media == SENT_AS.get(str(operation), media)
]
PATHS = {"/v1/commissioners/{commissioner}": lambda own: own.tenant, "/problems/{code}": lambda own: "not_found"}

BYTES_OF = {
    "/v1/practices": ("", "?count=exact&limit=1", "?as_at=2026-06-01", "?as_at=2026-06-01&count=exact&limit=1"),
    "/v1/practices/{code}": ("", "?as_at=2026-06-01"),
}


def _writes_bytes(route: APIRoute) -> bool:
    hints = get_type_hints(inspect.unwrap(route.endpoint))
    returned = hints.get("return")
    own = isinstance(returned, type) and issubclass(returned, Response)
    return own and route.response_model is not None and "GET" in (route.methods or ())


ROUTES = {route.path: route for route in declared_routes() if _writes_bytes(route)}


@pytest.fixture(scope="module")
async def world(shared: LivePlenary) -> World:
    return await make_world(shared)


def _address(world: World, operation: Operation) -> str:
    made = PATHS.get(operation.path)
    return operation.path[: operation.path.index("{")] + made(world) if made else world.fill(operation.path)


async def _client(world: World, role: Role | None) -> httpx.AsyncClient:
    if role is None:
        return world.live.client(None)
    if role is Role.PLATFORM_ADMIN and role not in world.clients:
        world.clients[role] = await world.live.as_role(role, tenant="PLATFORM")
    return await world.client(role)


async def _read(world: World, operation: Operation, media: str, **headers: str) -> httpx.Response:
    """As the first who may; some things are one person's own."""
    made = QUERIES.get(str(operation))
    query = made(world) if made else {}
    if any(parameter["name"] == "format" for parameter in operation.details.get("parameters", ())):
        query |= {"format": FORMATS.get(media) or media.rpartition("/")[2]}
    for role in operation.roles if operation.scope else [None]:
        client = await _client(world, role)
        async with asyncio.timeout(10):
            answer = await client.get(
                _address(world, operation),
                params=query,
                headers={"Accept": media} | headers,
            )
        if answer.status_code in (200, 304):
            return answer
    raise AssertionError(f"{operation} is read by nobody: {answer.status_code} {answer.text[:300]}")


@pytest.mark.parametrize(("operation", "media"), READS, ids=str)
async def test_what_is_read_has_a_tag_and_is_not_sent_twice(world: World, operation: Operation, media: str) -> None:
    first = await _read(world, operation, media)
    assert first.headers["Content-Type"].startswith(media)
    assert "ETag" in first.headers
    again = await _read(world, operation, media, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = await _read(world, operation, media, **{"If-None-Match": '"of something else"'})
    assert (other.status_code, other.content) == (200, first.content)


async def test_the_document_itself_has_a_tag(world: World) -> None:
    client = world.live.client(None)
    first = await client.get("/openapi.json")
    again = await client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_only_what_the_document_knows_is_left_out() -> None:
    assert WITHOUT_TAG.keys() <= {str(operation) for operation in OPERATIONS}


def test_the_hot_reads_are_among_them():
    assert {"/v1/practices", "/v1/practices/{code}", "/v1/localities/{locality_id}"} <= ROUTES.keys()


@pytest.mark.parametrize("path", sorted(ROUTES))
async def test_the_bytes_are_those_of_the_model(world: World, path: str):
    route = ROUTES[path]
    scope: Any = route.scope_needed  # pyright: ignore - every route of ours has it
    client = await world.client(world.roles_with(scope.name)[0])
    for query in BYTES_OF.get(path, ("",)):
        answer = await client.get(world.fill(path) + query)
        assert answer.status_code == 200, f"{path}{query}: {answer.text}"
        assert_fits(route.response_model, answer.content)


def assert_fits(model: Any, body: bytes) -> None:
    """The same members with the same values, none missing and none more, as the model would write them itself."""
    adapter = TypeAdapter(model)
    read = adapter.validate_json(body, strict=True)
    assert json.loads(adapter.dump_json(read, by_alias=True)) == json.loads(body)


def test_a_body_with_another_member_would_be_noticed():
    from app.organisations.schemas.localities import Locality

    good = {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "code": "n",
        "name": "N",
        "description": None,
        "practice_count": 1,
        "registered_patients": "5000.5",
    }
    assert_fits(Locality, json.dumps(good).encode())
    for wrong in (good | {"colour": "red"}, good | {"practice_count": "1"}, good | {"registered_patients": 5000.5}):
        with pytest.raises((AssertionError, ValueError)):
            assert_fits(Locality, json.dumps(wrong).encode())
    with pytest.raises((AssertionError, ValueError)):
        assert_fits(Locality, json.dumps({k: v for k, v in good.items() if k != "description"}).encode())
