"""A role that is held within a locality or a practice changes nothing of another, and sees no list of its people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.access.values import ROLE_BOUNDARIES, ROLE_SCOPES, Role
from tests.contracts.bodies import body_of
from tests.contracts.routes import GUARDED
from tests.factories.service import LivePlenary
from tests.factories.world import ANY, World, make_world

BOUND = [
    (role, place)
    for role, places in ROLE_BOUNDARIES.items()
    for place in ("locality", "practice")
    if place in places and ROLE_SCOPES[role]
]
# What a role that is bound may do wherever it is bound, and why.
EVERYWHERE = {
    "POST /v1/calculator": "works out what is sent and keeps nothing",
    "POST /v1/incentive-schemes/{scheme_id}/versions/{n}/check": "reads a draft, for those who read every scheme",
    "POST /v1/incentive-schemes/{scheme_id}/versions/{n}/comments": "a scheme is everybody's, and so is its consultation",
    "PUT /v1/me/preferences": "the caller's own",
    "POST /v1/me/preferences/mobile-code": "the caller's own",
    "POST /v1/me/preferences/mobile-confirmation": "the caller's own",
    "PUT /v1/me/listing": "the caller's own",
    "POST /v1/me/push-subscriptions": "the caller's own",
    "DELETE /v1/me/push-subscriptions/{subscription_id}": "the caller's own: 404 for somebody else's",
    "POST /v1/me/inbox/{message_id}/acknowledge": "the caller's own: 404 for somebody else's",
}
# Reading is for all staff but where the answer names people or addresses, or is a practice's own business.
PRIVATE = {
    "GET /v1/announcements/{announcement_id}/deliveries",
    "GET /v1/patient-forums/{forum_id}/members",
    "GET /v1/patient-forums/{forum_id}/members/{member_id}",
    "GET /v1/payment-runs/{run_id}/statements/{practice}",
    "GET /v1/payment-queries/{query_id}",
    "GET /v1/payment-lines/{reference}",
    "GET /v1/practices/{code}/statements",
    "GET /v1/practices/{code}/statements/{reference}",
}
TRIED = [
    operation
    for operation in GUARDED
    if (operation.method != "GET" and str(operation) not in EVERYWHERE) or str(operation) in PRIVATE
]
HERE: dict[str, Callable[[World], Any]] = {
    "POST /v1/announcements": lambda own: {
        "title": "T",
        "body_markdown": "B",
        "audience": {"practices": [own.practice]},
    },
    "POST /v1/patient-forums": lambda own: {"name": "F", "level": "practice", "practice": own.practice},
    "POST /v1/issues": lambda own: {
        "title": "T",
        "body": "B",
        "raised_by": {"type": "practice", "id": own.practice},
    },
    "POST /v1/posts": lambda own: {
        "person_id": own.ids["/v1/people/{person_id}"],
        "practice": own.practice,
        "role": "gp",
        "from": "2026-04-01",
    },
}


@dataclass(frozen=True)
class Elsewhere:
    """A locality and a practice of the same commissioner, with which the world's things have nothing to do."""

    world: World
    locality: str
    practice: str

    async def client(self, role: Role, place: str) -> httpx.AsyncClient:
        bound = {place: self.locality if place == "locality" else self.practice}
        return await self.world.live.as_role(role, tenant=self.world.tenant, **bound)


@pytest.fixture(scope="module")
async def elsewhere(shared: LivePlenary) -> Elsewhere:
    world = await make_world(shared)
    locality = await world.post(Role.COMMISSIONER_ADMIN, "/v1/localities", json={"code": "far", "name": "Far"})
    codes = [f"{world.practice[:-1]}{letter}" for letter in "YZ"]
    for code in codes:
        await shared.make_practice(code, world.tenant)
    office = await world.client(Role.COMMISSIONER_ADMIN)
    path = f"/v1/localities/{locality['id']}/practices/{codes[0]}"
    assert (await office.put(path, json={"from": "2026-04-01"})).is_success
    return Elsewhere(world, locality["id"], codes[1])


@pytest.mark.parametrize(("role", "place"), BOUND)
async def test_a_role_bound_elsewhere_is_refused(elsewhere: Elsewhere, role: Role, place: str) -> None:
    client, world = await elsewhere.client(role, place), elsewhere.world
    taken = []
    for operation in TRIED:
        if operation.scope not in ROLE_SCOPES[role]:
            continue
        made = HERE.get(str(operation))
        body = made(world) if made else body_of(world, operation)
        answer = await client.request(operation.method, world.fill(operation.path), json=body, headers=ANY)
        if answer.status_code not in (403, 404):
            taken.append(f"{operation}: {answer.status_code} {answer.text[:300]}")
    assert taken == []
