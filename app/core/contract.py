"""The OpenAPI document, shaped so that Spectral and the usual client generators accept it; served with local docs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from app.core.http.conditional import conditional
from app.core.problems import problem_schemas


@dataclass(frozen=True, slots=True)
class About:
    """What the document says of the whole API."""

    title: str
    version: str
    description: str
    tags: Mapping[str, str]
    contact: Mapping[str, str]


def describe(app: FastAPI, about: About) -> None:
    """Install `/openapi.json` and the document behind it."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build_document(app, about)
        return app.openapi_schema

    app.openapi = document  # pyright: ignore[reportAttributeAccessIssue] - the documented way to replace it

    async def serve(request: Request) -> Response:
        return conditional(request, Response(document_bytes(document()), media_type="application/json"))

    app.add_route("/openapi.json", serve, include_in_schema=False)


def document_bytes(document: dict[str, Any]) -> bytes:
    """The document as it is committed and served: stable order, readable diffs."""
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def build_document(app: FastAPI, about: About) -> dict[str, Any]:
    document = get_openapi(
        title=about.title,
        version=about.version,
        description=about.description,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in about.tags.items()],
        servers=[{"url": "/", "description": "This server"}],
        contact=dict(about.contact),
        license_info={"name": "MIT", "identifier": "MIT"},
        separate_input_output_schemas=False,
    )
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(problem_schemas())
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API key (`ply_live_…`) or an OIDC token."}
    }
    for path in document["paths"].values():
        for operation in path.values():
            _drop_framework_422(operation)
            for response in operation.get("responses", {}).values():
                _complete_response(response, components["schemas"])
    for schema in components["schemas"].values():
        for example in schema.get("examples", []):
            _complete(example, schema, components["schemas"])
    return document


def _complete_response(response: dict[str, Any], schemas: dict[str, Any]) -> None:
    for media in response.get("content", {}).values():
        for example in media.get("examples", {}).values():
            _complete(example.get("value"), media.get("schema", {}), schemas)


def _complete(example: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put back the nulls that FastAPI drops from examples: a required member that an example lacks is null."""
    reference = schema.get("$ref")
    if reference:
        schema = schemas.get(reference.rsplit("/", 1)[1], {})
    for option in schema.get("anyOf", ()):
        if "$ref" in option or option.get("type") in ("object", "array"):
            _complete(example, option, schemas)
    if isinstance(example, list):
        for item in example:
            _complete(item, schema.get("items", {}), schemas)
    elif isinstance(example, dict):
        for name, member in schema.get("properties", {}).items():
            if name in example:
                _complete(example[name], member, schemas)
            elif name in schema.get("required", ()):
                example[name] = None


def _drop_framework_422(operation: dict[str, Any]) -> None:
    for response in operation.get("responses", {}).values():
        json_form = response.get("content", {}).get("application/json", {})
        if json_form.get("schema", {}).get("$ref", "").endswith("HTTPValidationError"):
            response["content"].pop("application/json")
