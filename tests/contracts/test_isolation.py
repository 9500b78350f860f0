"""Two commissioners with the same things: nobody reads, changes or even notices what is the other's."""

import asyncio

import httpx
import pytest

from app.access.values import Role
from tests.contracts.bodies import QUERIES, bodies_that_name, body_of
from tests.contracts.routes import GUARDED, Operation
from tests.factories.service import LivePlenary
from tests.factories.world import ANY, World, everything_of, make_world

# Only the platform may call these, and the platform sees every commissioner.
OF_THE_PLATFORM = {"GET /v1/commissioners/{commissioner}"}
# Whoever names something makes a thing of their own; `If-Match` says that they mean one that is there.
FREE_NAMES = {"PUT /v1/file-layouts/{name}": 412}
# Kinds of messages are named alike everywhere: the stranger meets their own wording there, and nothing of mine.
NAMED_ALIKE = "/v1/message-templates/{kind}"
# What the package brings along is the same for everybody.
OF_EVERYBODY = {"GET /v1/scheme-templates", "GET /v1/scheme-templates/{key}"}
# What stands in the path is a word, not anybody's id: each commissioner has one of its own.
WORDS = {"/v1/message-providers/{kind}", NAMED_ALIKE}
OF_ONES_OWN = {f"{method} /v1/message-providers/{{kind}}" for method in ("GET", "PUT")} | {
    "POST /v1/message-providers/{kind}/test"
}
NAMED = [
    operation
    for operation in GUARDED
    if "{" in operation.path and str(operation) not in OF_THE_PLATFORM | OF_EVERYBODY | OF_ONES_OWN
]
LISTS = [
    operation
    for operation in GUARDED
    if "{" not in operation.path and operation.method == "GET" and str(operation) not in OF_EVERYBODY
]


@pytest.fixture(scope="module")
async def worlds(shared: LivePlenary) -> tuple[World, World]:
    """Mine, and the stranger's."""
    return await make_world(shared), await make_world(shared)


async def call(own: World, role: Role, operation: Operation, path: str) -> httpx.Response:
    """As somebody of that world."""
    query = QUERIES.get(str(operation))
    client = await own.client(role)
    async with asyncio.timeout(10):
        return await client.request(
            operation.method,
            path,
            json=body_of(own, operation),
            params=query(own) if query else None,
            headers=ANY,
        )


async def test_every_route_with_the_others_ids_is_404_and_changes_nothing(worlds: tuple[World, World]) -> None:
    mine, strangers = worlds
    before = await everything_of(mine)
    wrong = []
    for operation in NAMED:
        for role in strangers.roles_with(operation.scope or ""):
            answer = await call(strangers, role, operation, mine.fill(operation.path))
            if operation.path.startswith(NAMED_ALIKE):
                is_right = answer.is_success and mine.tenant not in answer.text
            else:
                is_right = answer.status_code == FREE_NAMES.get(str(operation), 404)
            if not is_right:
                wrong.append(f"{operation} as {role}: {answer.status_code} {answer.text[:300]}")
    assert wrong == []
    assert await everything_of(mine) == before


async def test_the_same_ids_are_there_for_their_owner(worlds: tuple[World, World]) -> None:
    """Otherwise the test above would pass with ids that nobody has."""
    mine, _ = worlds
    missing = []
    for operation in NAMED:
        if operation.method != "GET":
            continue
        answers = []
        # Some things are one person's own, so it may take the last role to find theirs.
        for role in (role for role in operation.roles if role is not Role.PLATFORM_ADMIN):
            answers.append(await call(mine, role, operation, mine.fill(operation.path)))
            if answers[-1].is_success:
                break
        else:
            missing.append(f"{operation}: {[(answer.status_code, answer.text[:200]) for answer in answers]}")
    assert missing == []


def test_every_parameter_of_a_path_has_a_maker_or_is_the_platforms(worlds: tuple[World, World]) -> None:
    missing = set()
    for operation in NAMED:
        try:
            worlds[0].fill(operation.path)
        except KeyError as error:
            missing.add(str(error))
    assert missing == set(), "extend tests/factories/world.py"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PLATFORM_ADMIN])
async def test_no_list_shows_anything_of_the_other(worlds: tuple[World, World], role: Role) -> None:
    mine, strangers = worlds
    ids = {value for path, value in mine.ids.items() if len(value) > 3 and path not in WORDS}
    secrets = ids | {mine.tenant, *mine.office.practices}
    shown = []
    for operation in LISTS:
        answer = await call(strangers, role, operation, operation.path)
        assert answer.status_code < 500
        if answer.is_success:
            shown += [f"{operation} shows {secret}" for secret in secrets if secret in answer.text]
    assert shown == []


async def test_a_body_that_names_what_is_the_others_is_refused(worlds: tuple[World, World]) -> None:
    mine, strangers = worlds
    before = await everything_of(mine)
    taken = []
    for role, path, body in bodies_that_name(mine, strangers):
        answer = await (await strangers.client(role)).post(path, json=body)
        if answer.status_code not in (404, 422):
            taken.append(f"{path} {body}: {answer.status_code} {answer.text[:300]}")
    assert taken == []
    assert await everything_of(mine) == before
