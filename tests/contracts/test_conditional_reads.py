"""Whatever can be read has a tag, and whoever has the answer already is not sent it again."""

import asyncio

import httpx
import pytest

from app.access.values import Role
from tests.contracts.bodies import QUERIES
from tests.contracts.routes import OPERATIONS, Operation
from tests.factories.service import LivePlenary
from tests.factories.world import World, make_world

WITHOUT_TAG = {
    "GET /v1/operations/{operation_id}/events": "a stream has no end to take a digest of",
    "GET /metrics": "figures of the moment, which asking for them moves",
}
READS = [
    (operation, media)
    for operation in OPERATIONS
    if operation.method == "GET" and str(operation) not in WITHOUT_TAG
    for media in operation.details["responses"]["200"]["content"]
]
PATHS = {"/v1/commissioners/{commissioner}": lambda own: own.tenant, "/problems/{code}": lambda own: "not_found"}


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
        query |= {"format": media.rpartition("/")[2]}
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
