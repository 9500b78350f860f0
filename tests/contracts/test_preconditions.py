"""The tag that reading gives is the one that changing takes, and no other; and every change takes one."""

import httpx
import pytest

from app.access.values import ROLE_SCOPES, Role
from tests.contracts.bodies import body_of
from tests.contracts.routes import GUARDED, OPERATIONS, Operation
from tests.factories.service import LivePlenary
from tests.factories.world import World, make_world


def takes_if_match(operation: Operation) -> bool:
    return any(parameter["name"] == "If-Match" for parameter in operation.details.get("parameters", []))


def makes_something_new(operation: Operation) -> bool:
    return operation.method == "POST" and bool(operation.statuses & {"201", "202"})


# Endings last: after them there is nothing to read.
CHANGES = sorted(filter(takes_if_match, GUARDED), key=lambda operation: operation.method == "DELETE")
READS = {operation.path: operation for operation in OPERATIONS if operation.method == "GET"}
# What is changed when it is not what stands at the address, or at the one above a decision's verb.
CHANGED = {
    "POST /v1/issues/{issue_id}/responses": "/v1/issues/{issue_id}",
    "POST /v1/payment-runs/{run_id}/acknowledgements": "/v1/payment-runs/{run_id}",
    "POST /v1/payment-queries/{query_id}/correction": "/v1/payment-queries/{query_id}",
    "POST /v1/payment-queries/{query_id}/correction/approve": "/v1/payment-queries/{query_id}",
    "POST /v1/payment-queries/{query_id}/correction/refuse": "/v1/payment-queries/{query_id}",
}
# What changes nothing that one could have read before, and why.
WITHOUT_VERSION = {
    "POST /v1/incentive-schemes/{scheme_id}/versions/{n}/check": "changes nothing",
    "POST /v1/calculator": "changes nothing",
    "POST /v1/deliveries/redrive": "whatever ended for one cause, each of them once",
    "POST /v1/message-templates/{kind}/preview": "changes nothing",
    "POST /v1/incentive-schemes/{scheme_id}/facts/confirm": "many facts at once, each of them once and for good",
}
# Decisions about money; beside them PATCH, DELETE and PUT need the tag.
DECISIONS = {
    "POST /v1/incentive-schemes/{scheme_id}/versions/{n}/publish",
    "POST /v1/claims/{claim_id}/vet",
    "POST /v1/claims/{claim_id}/quality-check",
    "POST /v1/claims/{claim_id}/approve",
    "POST /v1/claims/{claim_id}/reject",
    "POST /v1/claims/{claim_id}/hold",
    "POST /v1/claims/{claim_id}/resume",
    "POST /v1/payment-runs/{run_id}/approve",
    "POST /v1/payment-runs/{run_id}/reject",
    "POST /v1/payment-runs/{run_id}/release",
    "POST /v1/suppliers/{supplier_id}/confirm",
    "POST /v1/payment-queries/{query_id}/answer",
    "POST /v1/payment-queries/{query_id}/correction",
    "POST /v1/payment-queries/{query_id}/correction/approve",
    "POST /v1/payment-queries/{query_id}/correction/refuse",
    "POST /v1/incentive-schemes/{scheme_id}/arrangements/{arrangement_id}/agree",
}
# A PUT that needs none, and why.
FREE_PUTS = {
    "PUT /v1/meetings/{meeting_id}/attendance": "the list is sent anew as it grows",
    "PUT /v1/localities/{locality_id}/practices/{code}": "sent anew, like attendance",
    "PUT /v1/me/preferences": "the first time there is nothing yet",
}
GOOD = "as it should be"
STALE = {"If-Match": '"0123456789abcdef0123456789abcdef"'}


def read_of(operation: Operation) -> Operation:
    path = CHANGED.get(str(operation), operation.path)
    return READS.get(path) or READS[path.rpartition("/")[0]]


def needs_if_match(operation: Operation) -> bool:
    if str(operation) in DECISIONS or operation.method in ("PATCH", "DELETE"):
        return True
    return operation.method == "PUT" and str(operation) not in FREE_PUTS


@pytest.fixture(scope="module")
async def world(shared: LivePlenary) -> World:
    return await make_world(shared)


def test_every_change_of_what_is_there_takes_the_tag_that_was_read() -> None:
    changes = {str(o) for o in GUARDED if o.method != "GET" and not makes_something_new(o)}
    taking = {str(o) for o in GUARDED if takes_if_match(o)}
    assert changes - taking == WITHOUT_VERSION.keys()


def test_what_takes_a_tag_says_that_it_may_refuse() -> None:
    silent = [str(o) for o in CHANGES if "412" not in o.statuses or (needs_if_match(o) and "428" not in o.statuses)]
    assert silent == []


async def test_the_tag_one_reads_passes_and_another_does_not(world: World) -> None:
    wrong = []
    for operation in CHANGES:
        answers: list[str] = []
        # One role that may is enough; the others would ask the same again.
        for role in _roles(operation):
            answers.append(await _read_and_change(world, operation, role))
            if answers[-1] == GOOD:
                break
        else:
            wrong.append(f"{operation}: {answers}")
    assert wrong == []


def _roles(operation: Operation) -> list[Role]:
    needed = {operation.scope, read_of(operation).scope}
    return [role for role, scopes in ROLE_SCOPES.items() if needed <= scopes and role is not Role.PLATFORM_ADMIN]


async def _read_and_change(world: World, operation: Operation, role: Role) -> str:
    if operation.path.startswith("/v1/offers/"):
        client = await world.live.as_role(role, tenant=world.tenant, practice=world.newcomer)
    else:
        client = await world.client(role)
    read = await client.get(world.fill(read_of(operation).path))
    if not read.is_success:
        return f"{role} does not read it: {read.status_code}"
    if needs_if_match(operation):
        bare = await _change(client, world, operation, {})
        if bare.status_code != 428:
            return f"{role}: {bare.status_code} without a tag"
    refused = await _change(client, world, operation, STALE)
    taken = await _change(client, world, operation, {"If-Match": read.headers["ETag"]})
    if refused.status_code == 412 and taken.status_code not in (412, 428) and taken.status_code < 500:
        return GOOD
    return f"{role}: {refused.status_code} with another tag, {taken.status_code} {taken.text[:200]} with the one read"


async def _change(
    client: httpx.AsyncClient, world: World, operation: Operation, headers: dict[str, str]
) -> httpx.Response:
    body = body_of(world, operation)
    return await client.request(operation.method, world.fill(operation.path), json=body, headers=headers)
