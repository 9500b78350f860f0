"""The one route class.

For each call the route class does, in this order: find the credential (401 before any look at the body), the rate
limit, the scope, unknown query parameters, the body's size and depth, what has to be asked outside first, and for a
published list whether the caller's copy is current (304); then it opens the unit of work, takes the idempotency key, runs the handler, stores the answer,
and commits before the response leaves.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.core import idempotency
from app.core.auth import Scope
from app.core.database_problems import DATABASE_ERRORS, is_lost_race
from app.core.db import Actor, Tx, unit_of_work
from app.core.errors import (
    CursorExpired,
    CursorInvalid,
    FieldError,
    Forbidden,
    IdempotencyInProgress,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from app.core.http.admission import admit
from app.core.http.bodies import check_body
from app.core.http.conditional import conditional
from app.core.http.services import Services
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.read import Reading, reading_pages

KEPT_HEADERS: Final = ("content-type", "etag", "location", "link", "retry-after")


class Unit:
    """The unit of work of one request, opened when it is first asked for."""

    def __init__(self, services: Services, request: Request, principal: Principal | None, *, scope: Scope) -> None:
        self._scope = scope
        self._by_platform = scope.platform or (principal is not None and principal.is_platform)
        self._services = services
        self._request = request
        self._principal = principal
        self._stack = AsyncExitStack()
        self._session: Tx | None = None

    async def session(self) -> Tx:
        if self._session is None:
            principal, state = self._principal, self._request.state
            actor = Actor(
                credential_id=principal.credential_id if principal else None,
                person_id=principal.person_id if principal else None,
                request_id=state.request_id,
                correlation_id=state.correlation_id,
                scope=self._scope.name,
            )
            engine = self._services.platform_engine if self._by_platform else self._services.app_engine
            self._session = await self._stack.enter_async_context(
                unit_of_work(
                    engine,
                    principal.commissioner_id if principal else None,
                    actor=actor,
                    after_commit=self._services.waker.wake,
                )
            )
        return self._session

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


Question = Callable[[Request, Services], Awaitable[None]]
_ASKS_FIRST: Final = "plenary_asks_first"
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def asks_first(question: Question) -> Callable[[Endpoint], Endpoint]:
    """Put below the route's decorator: the question runs before the unit of work is opened, so that what goes over the
    network (a name that is looked up) is not waited for inside a transaction.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ASKS_FIRST, question)
        return endpoint

    return mark


class PlenaryRoute(APIRoute):
    """See the module's docstring. Nothing else may subclass `APIRoute`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        extra = dict(options.get("openapi_extra") or {})
        super().__init__(path, endpoint, **options)
        self.scope_needed = _scope_of(self)
        if self.scope_needed is not None and self.scope_needed.name is not None:
            extra.setdefault("security", [{"bearer": []}])
            extra["x-required-scope"] = self.scope_needed.name
        self.openapi_extra = extra
        self.asks_first: Question | None = getattr(endpoint, _ASKS_FIRST, None)
        self.query_names = _query_names(self)
        self.reads_pages = any(d.call is reading_pages for d in self.dependant.dependencies)
        self.responses = self._common_responses() | self.responses
        if self.response_class is HTMLResponse:
            for response in self.responses.values():
                response["content"]["text/html"] = {"schema": {"type": "string"}}

    def _common_responses(self) -> dict[int | str, dict[str, Any]]:
        errors: list[type[Any]] = [TooManyRequests, Unavailable, InvalidRequest]
        if self.scope_needed is not None and self.scope_needed.name is not None:
            errors += [Unauthenticated, Forbidden]
        if self.body_field is not None:
            errors += [TooLarge, UnsupportedMedia]
        if self.methods and "POST" in self.methods:
            errors += [IdempotencyKeyInvalid, IdempotencyKeyReused, IdempotencyInProgress]
        if "cursor" in self.query_names:
            errors += [CursorInvalid, CursorExpired]
        return error_responses(*errors)

    def get_route_handler(self) -> Handler:
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await self._handle(request, original)

        return handle

    async def _handle(self, request: Request, original: Handler) -> Response:
        services: Services = request.app.state.services
        scope = self.scope_needed
        if scope is None:
            # A contract test finds such a route; until then nobody may call it.
            raise Forbidden("This route declares no scope.")
        principal = await admit(request, services, scope)
        if "\0" in request.scope["path"]:
            # No stored text can hold it, so nothing has such a code; the database would call it bad input.
            raise NotFound
        self._refuse_unknown_parameters(request)
        await check_body(request, services, scope)
        if self.asks_first is not None:
            await self.asks_first(request, services)
        if self.reads_pages and principal is not None:
            unchanged = await Reading(services.reader, request, principal).unchanged()
            if unchanged is not None:
                return unchanged
        response = await self._work_until_no_deadlock(request, original, services, principal, scope)
        return conditional(request, response)

    async def _work_until_no_deadlock(self, *work: Any) -> Response:
        """A deadlock's loser has changed nothing; running it again is the cure."""
        for _ in range(2):
            try:
                return await self._work(*work)
            except DATABASE_ERRORS as error:
                if not is_lost_race(error):
                    raise
        return await self._work(*work)

    async def _work(
        self, request: Request, original: Handler, services: Services, principal: Principal | None, scope: Scope
    ) -> Response:
        key = request.headers.get("idempotency-key") if request.method == "POST" and principal else None
        async with Unit(services, request, principal, scope=scope) as unit:
            request.state.unit = unit
            if key is None or principal is None:
                return await original(request)
            session = await unit.session()
            print_ = await _fingerprint(request)
            days = 30 if scope.money else 1
            kept = await idempotency.begin(
                session, credential_id=principal.credential_id, key=key, print_=print_, days=days
            )
            if kept is not None:
                return Response(
                    kept.body, status_code=kept.status, headers=kept.headers | {"Idempotency-Replayed": "true"}
                )
            response = await original(request)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                # A refusal that was returned, since something it changed is to stay; only what was done is kept.
                await idempotency.forget_key(session, credential_id=principal.credential_id, key=key)
                return response
            headers = {k: v for k, v in response.headers.items() if k in KEPT_HEADERS}
            answer = idempotency.StoredAnswer(response.status_code, headers, bytes(response.body))
            idempotency.keep_answer(session, credential_id=principal.credential_id, key=key, answer=answer)
            return response

    def _refuse_unknown_parameters(self, request: Request) -> None:
        unknown = [name for name in request.query_params if name not in self.query_names]
        if unknown:
            known = ", ".join(sorted(self.query_names)) or "none"
            raise InvalidRequest(
                "The address has a parameter that this call does not know.",
                errors=[FieldError("?", "unknown_parameter", f"Known parameters: {known}.")],
            )


async def _fingerprint(request: Request) -> bytes:
    url = request.url
    target = f"{url.path}?{url.query}" if url.query else url.path
    content_type = request.headers.get("content-type", "")
    return idempotency.fingerprint(request.method, target, await request.body(), content_type=content_type)


def _scope_of(route: APIRoute) -> Scope | None:
    return next((d.call for d in route.dependant.dependencies if isinstance(d.call, Scope)), None)


def _query_params(dependant: Dependant) -> list[Any]:
    return dependant.query_params + [found for inner in dependant.dependencies for found in _query_params(inner)]


def _query_names(route: APIRoute) -> frozenset[str]:
    names: set[str] = set()
    for parameter in _query_params(route.dependant):
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names |= {field.alias or name for name, field in kind.model_fields.items()}
        else:
            names.add(parameter.alias)
    return frozenset(names)


def make_router(tag: str) -> APIRouter:
    """The router of a slice. Paths are written whole (`/v1/…`), so that a search for a path finds its route."""
    return APIRouter(
        route_class=PlenaryRoute, tags=[tag], strict_content_type=True, generate_unique_id_function=_operation_id
    )


def _operation_id(route: APIRoute) -> str:
    """`list_practices` becomes `listPractices`: the name a generated client gives its method."""
    head, *rest = route.name.split("_")
    return head + "".join(part.capitalize() for part in rest)
