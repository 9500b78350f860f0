"""Routes that write their own bytes: the framework no longer checks them against the model that the document shows."""

import inspect
import json
from typing import Any, get_type_hints

import pytest
from fastapi import Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from tests.contracts.routes import declared_routes
from tests.factories.service import LivePlenary
from tests.factories.world import World, make_world

QUERIES = {
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


def test_the_hot_reads_are_among_them():
    assert {"/v1/practices", "/v1/practices/{code}", "/v1/localities/{locality_id}"} <= ROUTES.keys()


@pytest.mark.parametrize("path", sorted(ROUTES))
async def test_the_bytes_are_those_of_the_model(world: World, path: str):
    route = ROUTES[path]
    scope: Any = route.scope_needed  # pyright: ignore - every route of ours has it
    client = await world.client(world.roles_with(scope.name)[0])
    for query in QUERIES.get(path, ("",)):
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
