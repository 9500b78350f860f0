"""Turns every outcome other than success into `application/problem+json`; what the caller sent is never echoed."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.database_problems import DATABASE_ERRORS, database_problem
from app.core.errors import (
    DomainError,
    Forbidden,
    Internal,
    MalformedForm,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    TooDeep,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
    find_error,
)
from app.core.ids import new_id
from app.core.input_problems import input_problem, is_form_route

PROBLEM_JSON: Final = "application/problem+json"
# The answer to an error as a page; the id is what a person can tell the office.
ErrorPage = Callable[[DomainError, str], Response]
_logger = structlog.get_logger(__name__)

_BY_STATUS: Final[dict[int, type[DomainError]]] = {
    error.status: error
    for error in (
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        TooLarge,
        UnsupportedMedia,
        TooManyRequests,
        Internal,
        Unavailable,
    )
}


ADVICE: Final[dict[int, str]] = {
    401: "Send `Authorization: Bearer` with a key or token that is live.",
    403: "Use a credential of a role that may do this; `GET /v1/me` says which role and scopes yours has.",
    404: "Look at the id or code, and for which commissioner the credential is: what is another's is not shown.",
    405: "The header `Allow` names the methods that this address takes.",
    409: "Read what the request names again and compare: something it says, or builds on, is no longer so.",
    410: "Fetch everything again, starting without a cursor.",
    412: "Read it again and decide anew, then send the new `ETag` in `If-Match`.",
    413: "Send less at once.",
    415: "Send the content type that the route documents.",
    422: "Each entry of `errors` names a place in what was sent and what it has to be. Without any, `title` and `detail` say it.",
    428: "Read it, then send its `ETag` in `If-Match`.",
    429: "Wait as long as `Retry-After` says.",
    500: "Report the `request_id`; this is ours to put right.",
    503: "Wait as long as `Retry-After` says, then try again.",
}


class ProblemKind(BaseModel):
    """What the `type` of a problem leads to: one kind of problem, and what to do about it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "cursor.expired",
                    "status": 410,
                    "title": "The cursor is too old; start again from the beginning.",
                    "what_to_do": ADVICE[410],
                }
            ]
        }
    )
    code: str
    status: int
    title: str
    what_to_do: str


def problem_kind(code: str) -> ProblemKind:
    error = find_error(code)
    if error is None:
        raise NotFound
    return ProblemKind(code=code, status=error.status, title=error.title, what_to_do=error.hint or ADVICE[error.status])


class ProblemField(BaseModel):
    """One thing wrong with one place of the input."""

    pointer: str = Field(description="JSON pointer into the body, or `?name` for a query parameter.")
    code: str = Field(description="Stable; decide by this.")
    detail: str = Field(description="For a person to read; may change.")


class Problem(BaseModel):
    """What went wrong (RFC 9457). `code` is stable; titles and details may be reworded."""

    type: str = Field(
        description="Where this kind of problem is described: GET it.", json_schema_extra={"format": "uri-reference"}
    )
    title: str
    status: int = Field(ge=400, le=599)
    detail: str | None
    instance: str = Field(description="The path that was called.")
    code: str
    request_id: str
    errors: list[ProblemField] = Field(default=[], description="With status 422: every member that is wrong.")


def problem_document(error: DomainError) -> dict[str, Any]:
    """What an error says of itself, for an answer or for work that failed long after its answer."""
    document: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    if error.errors or error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        document["errors"] = [
            {"pointer": field.pointer, "code": field.code, "detail": field.detail} for field in error.errors
        ]
    return document


def problem_response(error: DomainError, *, instance: str, request_id: str) -> Response:
    body = problem_document(error) | {"instance": instance, "request_id": request_id}
    return Response(msgspec.json.encode(body), error.status, error.headers, media_type=PROBLEM_JSON)


def install_problem_handlers(app: FastAPI, *, pages: Mapping[str, ErrorPage] | None = None) -> None:
    """Call before any other middleware is added, so that an unexpected error still passes through those.

    `pages`: for addresses that begin so and that people open, what a browser is shown in place of a problem.
    """
    app.state.error_pages = dict(pages or {})
    for kind in (DomainError, RequestValidationError, HTTPException, *DATABASE_ERRORS):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(Exception, _answer)
    app.add_middleware(_UnexpectedErrors)


class _UnexpectedErrors:
    """Answers a bug with 500 inside the other middleware, which then adds the request id and counts it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, note_start)
        except Exception as error:
            if started:
                raise
            await (await _answer(Request(scope), error))(scope, receive, send)


async def _answer(request: Request, error: Exception) -> Response:
    problem = _problem(request, error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _report(request, problem, error)
    return refusal(request, problem)


def refusal(request: Request, error: DomainError) -> Response:
    """The answer of a refusal. A route that refuses and has yet changed something, which is to stay, returns it; to raise
    the error would take the change back.
    """
    path, request_id = request.scope["path"], _request_id(request)
    for beginning, page in request.app.state.error_pages.items():
        if path.startswith(beginning) and _prefers_page(request.headers.getlist("accept")):
            return page(error, request_id)
    return problem_response(error, instance=quote(path), request_id=request_id)


def _prefers_page(accept: list[str]) -> bool:
    """Whether HTML is asked for by name, as browsers do, and not less than JSON. Programs that take anything get JSON."""
    weights: dict[str, float] = {}
    for media_range in ",".join(accept).lower().split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        weights[name] = float(weight) if _WEIGHT.fullmatch(weight) else 0.0
    html = weights.get("text/html", 0.0)
    return html > 0 and html >= max(weights.get(PROBLEM_JSON, 0.0), weights.get("application/json", 0.0))


# RFC 9110 12.4.2.
_WEIGHT: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


def _problem(request: Request, error: Exception) -> DomainError:
    if isinstance(error, DomainError):
        return error
    if isinstance(error, RequestValidationError):
        return input_problem(request, error)
    if isinstance(error, HTTPException):
        return _http_problem(request, error)
    if isinstance(error, DATABASE_ERRORS):
        return database_problem(error)
    return Internal()


def _http_problem(request: Request, error: HTTPException) -> DomainError:
    """The framework's own refusals, in our words; theirs may quote the input."""
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return _unreadable(request, error)
    known = _BY_STATUS.get(error.status_code)
    problem = known(headers=error.headers) if known else DomainError(headers=error.headers)
    if known is None:
        problem.status = error.status_code
        problem.code = f"request.http_{error.status_code}"
        problem.title = HTTPStatus(error.status_code).phrase
    return problem


def _unreadable(request: Request, error: HTTPException) -> DomainError:
    if isinstance(error.__cause__, RecursionError):
        return TooDeep()
    return MalformedForm() if is_form_route(request) else MalformedJson()


def _report(request: Request, problem: DomainError, error: Exception) -> None:
    # The template of the route, not the path: a path may hold a token.
    route = getattr(request.scope.get("route"), "path", None)
    if isinstance(problem, Internal):
        _logger.error("unexpected_error", method=request.method, route=route, exc_info=error)
    else:
        _logger.warning("unavailable", method=request.method, route=route, reason=type(error).__name__)


def _request_id(request: Request) -> str:
    known = getattr(request.state, "request_id", None)
    return str(known or structlog.contextvars.get_contextvars().get("request_id") or new_id())


def error_responses(*errors: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may end in these: one entry for each status, one named example for each code."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in sorted(set(errors), key=lambda error: (error.status, error.code)):
        entry = responses.setdefault(error.status, _empty_response(error))
        entry["content"][PROBLEM_JSON]["examples"][error.code] = {"summary": error.title, "value": _example(error)}
    return responses


def _empty_response(error: type[DomainError]) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
    response: dict[str, Any] = {"description": HTTPStatus(error.status).phrase, "content": {PROBLEM_JSON: content}}
    if "Retry-After" in error.default_headers:
        response["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return response


def _example(error: type[DomainError]) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": None,
        "instance": "/v1/practices",
        "code": error.code,
        "request_id": "0198c0de-0000-7000-8000-000000000001",
    }
    return example | {"errors": []} if error.status == HTTPStatus.UNPROCESSABLE_ENTITY else example


def problem_schemas() -> dict[str, Any]:
    """`Problem` and what it refers to, for the components of the published contract."""
    _, schema = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    return schema["$defs"]
