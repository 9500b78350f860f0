"""Every route of the API, read from the document that clients read."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.access.values import ROLE_SCOPES, Role
from app.main import create_app

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    details: dict[str, Any]
    schemas: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def scope(self) -> str | None:
        return self.details.get("x-required-scope")

    @property
    def roles(self) -> list[Role]:
        return [role for role, scopes in ROLE_SCOPES.items() if self.scope in scopes]

    @property
    def statuses(self) -> set[str]:
        return set(self.details["responses"])

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of a JSON body, where the route takes one."""
        content = self.details.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return self.resolved(schema) if schema else None

    @property
    def example(self) -> Any:
        """The first example of the body that clients are shown."""
        schema = self.body or {}
        for variant in schema.get("anyOf", [schema]):
            examples = self.resolved(variant).get("examples")
            if examples:
                return json.loads(json.dumps(examples[0]))
        return None


APP: FastAPI = create_app()
_document = APP.openapi()
OPERATIONS = [
    Operation(method.upper(), path, details, _document["components"]["schemas"])
    for path, methods in _document["paths"].items()
    for method, details in methods.items()
    if method in METHODS
]
GUARDED = [operation for operation in OPERATIONS if operation.scope is not None]


def declared_routes(routes: Iterable[Any] = APP.routes) -> list[APIRoute]:
    """The routes as the routers hold them, whether the document shows them or not."""
    found: list[APIRoute] = []
    for route in routes:
        inner = getattr(route, "original_router", None)
        found += declared_routes(inner.routes) if inner is not None else [route] if isinstance(route, APIRoute) else []
    return found


_TEMPLATES = [(re.compile(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(o.path)) + "$"), o) for o in OPERATIONS]


def operation_of(method: str, path: str) -> Operation | None:
    """The route that answers this call; fixed words in a path come before parameters."""
    fitting = [o for pattern, o in _TEMPLATES if o.method == method and pattern.match(path)]
    return min(fitting, key=lambda o: o.path.count("{"), default=None)
