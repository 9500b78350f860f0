"""Every route is guarded, says by what, and lets in exactly the roles of the one table."""

import asyncio
import re
from collections import Counter
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount, Route

from app.access.values import PRACTICE_ROLES, ROLE_SCOPES, Role
from app.core.http import PlenaryRoute
from tests.contracts.routes import APP, GUARDED, OPERATIONS, Operation, declared_routes
from tests.factories.service import LivePlenary

# Answered without a credential, and why.
PUBLIC = {
    "GET /livez": "probes carry no credential",
    "GET /readyz": "probes carry no credential",
    "GET /version": "says which release answers",
    "GET /problems/{code}": "what a code means is the same for everybody",
    "GET /metrics": "this machine alone, or a key with metrics:read",
    "POST /hooks/notify/{token}": "the address is signed, and Notify sends a bearer token of its own",
    "POST /hooks/bounces/{token}": "the address is signed",
    "GET /v1/feeds/{name}.atom": "readers of feeds send none",
    "GET /v1/feeds/{name}.rss": "readers of feeds send none",
    "GET /v1/feeds/{name}.json": "readers of feeds send none",
    "GET /schemas/definition.json": "editors load schemas without a credential",
    "GET /a/{token}": "whoever has the mail has no key; the link is signed",
    "POST /a/{token}": "whoever has the mail has no key; the link is signed",
    "GET /u/{token}": "whoever has the mail has no key; the link is signed",
    "POST /u/{token}": "whoever has the mail has no key; the link is signed",
}
SOMEWHERE = "00000000-0000-7000-8000-00000000dead"
PLACES = {Role.PLATFORM_ADMIN: {"tenant": "PLATFORM"}} | {role: {"practice": "ZZ0960"} for role in PRACTICE_ROLES}


def address(operation: Operation) -> str:
    """The path with ids that nothing has."""
    filled = operation.path
    for parameter in operation.details.get("parameters", []):
        if parameter["in"] == "path":
            is_number = operation.resolved(parameter["schema"]).get("type") == "integer"
            filled = filled.replace("{" + parameter["name"] + "}", "1" if is_number else SOMEWHERE)
    return filled


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_route_says_what_it_needs_and_answers(operation: Operation) -> None:
    if str(operation) in PUBLIC:
        assert operation.scope is None
        assert "security" not in operation.details
        return
    assert operation.scope, "give the route a scope by require(), or list it as public here"
    assert operation.roles, f"no role has the scope {operation.scope}: add it to ROLE_SCOPES"
    assert operation.details["security"] == [{"bearer": []}]
    assert {"401", "403", "429"} <= operation.statuses
    assert any(status.startswith("2") for status in operation.statuses)
    assert operation.details.get("description"), "an endpoint's docstring is its public documentation"
    assert operation.details.get("tags")
    assert ("404" in operation.statuses) or "{" not in operation.path, "an id can be unknown: declare the error"


def test_every_scope_of_the_role_table_is_asked_for_somewhere() -> None:
    asked = {operation.scope for operation in GUARDED} | scopes_in_code()
    granted = frozenset().union(*ROLE_SCOPES.values())
    assert granted - asked == set()


def scopes_in_code() -> set[str]:
    """Scopes that services ask for, beside those of the routes: `"issues:move"` in a file that is not the table."""
    files = [f for f in (Path(__file__).parents[2] / "app").rglob("*.py") if f.parts[-2:] != ("access", "values.py")]
    return {scope for file in files for scope in re.findall(r'"([a-z_]+:[a-z_]+)"', file.read_text())}


def test_names_of_operations_are_unique() -> None:
    counted = Counter(operation.details["operationId"] for operation in OPERATIONS)
    assert [name for name, times in counted.items() if times > 1] == []


def test_no_route_is_hidden_from_the_document_or_made_otherwise() -> None:
    shown = {str(operation) for operation in OPERATIONS}
    routes = declared_routes()
    assert routes
    assert all(isinstance(route, PlenaryRoute) for route in routes)
    assert {f"{method} {route.path}" for route in routes for method in route.methods or ()} == shown
    # What is served besides is the documentation of the API itself.
    others = {route.path for route in APP.routes if type(route) in (Route, Mount)}
    assert others <= {"/", "/openapi.json", "/docs", "/docs/start.js", "/docs/assets"}


@pytest.mark.parametrize("operation", GUARDED, ids=str)
async def test_without_a_credential_every_route_is_401_whatever_the_body(
    shared: LivePlenary, operation: Operation
) -> None:
    body = b"{" if operation.method in ("POST", "PUT", "PATCH") else None
    answer = await shared.client(None).request(operation.method, address(operation), content=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "access.unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_passes_exactly_the_routes_whose_scope_it_has(shared: LivePlenary, role: Role) -> None:
    place = dict(PLACES.get(role, {}))
    tenant = place.pop("tenant", None) or await shared.fresh_tenant()
    client = await shared.as_role(role, tenant=tenant, **place)
    wrong = [
        f"{operation} answered {answer.status_code}"
        for operation in GUARDED
        if _is_refused(answer := await _call(client, operation)) != (operation.scope not in ROLE_SCOPES[role])
        or answer.status_code >= 500
    ]
    assert wrong == []


async def _call(client: httpx.AsyncClient, operation: Operation) -> httpx.Response:
    # A stream would go on for ever for whoever may open it; nothing is behind this id.
    async with asyncio.timeout(10):
        return await client.request(operation.method, address(operation))


def _is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and "This needs the scope" in (answer.json().get("detail") or "")


def test_the_roles_that_only_the_platform_gives_reach_money_and_no_other_role_does() -> None:
    decisions = {
        "claims:vet",
        "claims:approve",
        "claims:decide",
        "payments:approve",
        "payments:reject",
        "payments:release",
        "suppliers:confirm",
    }
    holders = {role for role, scopes in ROLE_SCOPES.items() if scopes & decisions}
    assert holders == {Role.CLAIMS_VETTER, Role.PAYMENTS_APPROVER, Role.PAYMENTS_RELEASER}


def test_the_intranet_writes_nothing() -> None:
    written = {operation.scope for operation in GUARDED if operation.method != "GET"}
    allowed = {"calculator:use"}
    assert ROLE_SCOPES[Role.INTRANET] & written - allowed == set()
    private = {"people:read", "runs:read", "statements:read", "audit:read", "keys:read", "forums:read", "inbox:own"}
    assert ROLE_SCOPES[Role.INTRANET] & private == set()


async def test_an_address_with_a_slash_at_its_end_is_404_and_no_redirect(shared: LivePlenary) -> None:
    answer = await shared.client(None).get("/v1/practices/", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "Location" not in answer.headers
