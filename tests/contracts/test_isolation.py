"""Two commissioners with the same things: nobody reads, changes or even notices what is the other's."""

import asyncio
from typing import Any

import httpx
import pytest

from app.access.values import Role
from tests.contracts.bodies import QUERIES, a_fact, body_of
from tests.contracts.routes import GUARDED, Operation
from tests.factories.service import LivePlenary
from tests.factories.world import ANY, World, everything_of, make_world

# Only the platform may call these, and the platform sees every commissioner.
OF_THE_PLATFORM = {"GET /v1/commissioners/{commissioner}"}
NAMED = [operation for operation in GUARDED if "{" in operation.path and str(operation) not in OF_THE_PLATFORM]
LISTS = [operation for operation in GUARDED if "{" not in operation.path and operation.method == "GET"]


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
            if answer.status_code != 404:
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
    secrets = {value for path, value in mine.ids.items() if len(value) > 3} | {mine.tenant, *mine.office.practices}
    shown = []
    for operation in LISTS:
        answer = await call(strangers, role, operation, operation.path)
        assert answer.status_code < 500
        if answer.is_success:
            shown += [f"{operation} shows {secret}" for secret in secrets if secret in answer.text]
    assert shown == []


def bodies_that_name(mine: World, strangers: World) -> list[tuple[Role, str, dict[str, Any]]]:
    """Calls to the stranger's own addresses whose body or query names something of mine."""
    person = mine.ids["/v1/people/{person_id}"]
    practice = {"type": "practice", "id": mine.practice}
    scheme = strangers.fill("/v1/incentive-schemes/{scheme_id}")
    signatory = {"name": "Dr Ada Wren", "capacity": "contract_holder"}
    period = {"from": "2026-07-01", "until": "2026-10-01"}
    meeting = {
        "title": "T",
        "purpose": "P",
        "level": "commissioner",
        "starts_at": "2026-11-12T13:00:00Z",
        "ends_at": "2026-11-12T17:00:00Z",
        "scheme": str(mine.office.scheme),
        "measure": "lead_session",
    }
    news = {"title": "T", "body_markdown": "B"}
    to_person = {"person_id": person, "practice": strangers.practice, "role": "gp", "from": "2026-04-01"}
    to_practice = {"person": {"name": "N", "email": "n@n.example"}, "practice": mine.practice, "role": "gp"}
    return [
        (Role.SCHEME_MANAGER, "/v1/payment-runs", {"scheme": str(mine.office.scheme), "period": period}),
        (Role.COMMISSIONER_ADMIN, "/v1/api-keys", {"name": "K", "role": "editor", "person_id": person}),
        (Role.COMMISSIONER_ADMIN, "/v1/api-keys", {"name": "K", "role": "intranet", "boundary": practice}),
        (Role.COMMISSIONER_ADMIN, "/v1/api-keys", {"name": "K", "role": "auditor", "commissioner": mine.tenant}),
        (Role.COMMISSIONER_ADMIN, "/v1/role-grants", {"role": "editor", "person_id": person}),
        (Role.ENGAGEMENT_LEAD, "/v1/meetings", meeting),
        (Role.SCHEME_MANAGER, f"{scheme}/offers", {"practices": [mine.practice], "respond_by": "2026-12-31"}),
        (
            Role.SCHEME_MANAGER,
            f"{scheme}/sign-ups",
            {"sign_ups": [{"practice": mine.practice, "signed_on": "2026-04-03", "signatory": signatory}]},
        ),
        (Role.SCHEME_MANAGER, f"{scheme}/facts", {"facts": [a_fact(mine.practice)]}),
        (
            Role.FORUM_COORDINATOR,
            "/v1/patient-forums",
            {"name": "F", "level": "practice", "practice": mine.practice},
        ),
        (
            Role.FORUM_COORDINATOR,
            "/v1/patient-forums",
            {"name": "F", "level": "locality", "locality_id": mine.ids["/v1/localities/{locality_id}"]},
        ),
        (
            Role.FORUM_COORDINATOR,
            "/v1/issues",
            {
                "title": "T",
                "body": "B",
                "raised_by": {"type": "forum", "id": mine.ids["/v1/patient-forums/{forum_id}"]},
            },
        ),
        (
            Role.FORUM_COORDINATOR,
            strangers.fill("/v1/issues/{issue_id}/merge"),
            {"into": mine.ids["/v1/issues/{issue_id}"]},
        ),
        (
            Role.FORUM_COORDINATOR,
            strangers.fill("/v1/patient-forums/{forum_id}/members"),
            {"name": "N", "practice": mine.practice, "consent": {"given_on": "2026-10-01", "by": "paper"}},
        ),
        (Role.COMMISSIONER_ADMIN, "/v1/posts", to_person),
        (Role.COMMISSIONER_ADMIN, "/v1/posts", to_practice | {"from": "2026-04-01"}),
        (Role.EDITOR, "/v1/announcements", news | {"audience": {"practices": [mine.practice]}}),
        (
            Role.EDITOR,
            "/v1/announcements",
            news | {"audience": {"localities": [mine.ids["/v1/localities/{locality_id}"]]}},
        ),
        (
            Role.COMMISSIONER_ADMIN,
            "/v1/api-keys",
            {
                "name": "K",
                "role": "intranet",
                "boundary": {"type": "locality", "id": mine.ids["/v1/localities/{locality_id}"]},
            },
        ),
        (Role.EDITOR, "/v1/announcements", news | {"audience": {"scheme": str(mine.office.scheme)}}),
    ]


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
