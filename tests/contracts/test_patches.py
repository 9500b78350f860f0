"""What a PATCH does with null: it takes a member away, or says 422. Never nothing, and never a failure."""

import pytest

from app.access.values import Role
from tests.contracts.routes import GUARDED, Operation
from tests.factories.service import LivePlenary
from tests.factories.world import ANY, World, make_world

PATCHES = [operation for operation in GUARDED if operation.method == "PATCH"]
MEMBERS = [(operation, name) for operation in PATCHES for name in (operation.body or {})["properties"]]


@pytest.fixture(scope="module")
async def world(shared: LivePlenary) -> World:
    return await make_world(shared)


@pytest.mark.parametrize(("operation", "name"), MEMBERS, ids=str)
async def test_null_takes_a_member_away_or_is_refused_at_it(world: World, operation: Operation, name: str) -> None:
    client = await world.client(next(r for r in operation.roles if r is not Role.PLATFORM_ADMIN))
    path = world.fill(operation.path)
    answer = await client.patch(path, json={name: None}, headers=ANY)
    if answer.status_code == 422:
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{name}"]
    else:
        assert (answer.status_code, answer.json()[name]) == (200, None), answer.text


@pytest.mark.parametrize("operation", PATCHES, ids=str)
def test_a_patch_publishes_no_default_for_what_is_left_out(operation: Operation) -> None:
    properties = (operation.body or {})["properties"]
    assert [name for name, schema in properties.items() if schema.get("default") is not None] == []
