"""The one route class, and the middleware around every request.

For each call the route class does, in this order: find the credential (401 before any look at the body), the rate
limit, the scope, unknown query parameters, the body's size and depth, and for a published list whether the caller's
copy is current (304); then it opens the unit of work, takes the idempotency key, runs the handler, stores the answer,
and commits before the response leaves.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Annotated, Any, Self

import msgspec
import structlog
from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import ClientDisconnect

from app.core import idempotency
from app.core.auth import Authenticator, Scope
from app.core.clock import Clock
from app.core.db import Actor, Tx, unit_of_work
from app.core.errors import (
    DomainError,
    FieldError,
    Forbidden,
    IdempotencyInProgress,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    TooDeep,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from app.core.etag import bytes_etag, matches_none
from app.core.jobs import Waker
from app.core.limits import RateLimiter, address_key, rate_limit_headers
from app.core.metrics import Metrics
from app.core.pagination import Cursors, link_header
from app.core.principal import Principal
from app.core.problems import error_responses
from app.core.read import Reader, Reading, reading_pages
from app.core.repository import Expected, Page
from app.core.secrets import SecretBox
from app.core.settings import Settings

log = structlog.get_logger(__name__)
KEPT_HEADERS = ("content-type", "etag", "location", "link", "retry-after")
MOST_DEPTH = 40


@dataclass(slots=True)
class Services:
    """Everything a request needs, built once when the application starts: `request.app.state.services`."""

    settings: Settings
    clock: Clock
    version: str
    app_engine: AsyncEngine
    platform_engine: AsyncEngine
    reader: Reader
    cursors: Cursors
    secrets: SecretBox
    waker: Waker
    authenticator: Authenticator
    key_limiter: RateLimiter
    address_limiter: RateLimiter
    metrics: Metrics
    epoch: str
    revision: str
    practice_change_effects: Sequence[Any]
    """What each slice says a change of practices would touch: `organisations.values.EffectsOfPracticeChange`."""
    person_holders: Sequence[Any]
    """The slices that hold something on persons, in the order of an erasure: `people.values.PersonHolder`."""
    read_file: Callable[..., Any]
    """Reads an uploaded file of a named kind into rows; handed down, because a slice may not import its own adapters."""

    async def check_ready(self) -> None:
        """Raise `Unavailable` unless the database answers and is in the form that this release needs."""
        async with self.reader.pool.acquire(timeout=2) as connection:
            if await connection.fetchval("SELECT epoch FROM published.epoch") != self.epoch:
                raise Unavailable("The database was restored; this process must be started again.")
        async with unit_of_work(self.platform_engine, None) as session:
            found = (await (await session.connection()).execute(_REVISION)).scalar_one_or_none()
        if found != self.revision:
            raise Unavailable("The database is of another release; run `plenary migrate`.")

    async def refresh_gauges(self, session: Tx) -> None:
        """Read what /metrics shows of the database: counts and ages only, and how long a connection to it is waited for."""
        found = (await (await session.connection()).execute(_FIGURES)).mappings().all()
        for row in found:
            self.metrics.oldest_due_job.labels(row["queue"]).set(row["oldest_due"])
            self.metrics.parked_jobs.labels(row["queue"]).set(row["parked"])
        ages = (await (await session.connection()).execute(_AGES)).one()
        self.metrics.relay_lag.set(ages.relay_lag)
        self.metrics.oldest_transaction.set(ages.oldest_transaction)
        unanswered = (await (await session.connection()).execute(_UNANSWERED)).scalar_one()
        self.metrics.unacknowledged_releases.set(unanswered)
        # Tried once for each scrape, so that requests do not pay for it.
        waits = await asyncio.gather(_wait(self.app_engine.connect()), _wait(self.reader.pool.acquire(timeout=2)))
        self.metrics.pool_wait.set(max(waits))


async def _wait(connection: AbstractAsyncContextManager[Any]) -> float:
    """Seconds until the pool gives a connection, or has given up."""
    started = time.perf_counter()
    with suppress(TimeoutError, PoolTimeout):
        async with connection:
            return time.perf_counter() - started
    return time.perf_counter() - started


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


_REVISION = text("SELECT version_num FROM alembic_version")
_FIGURES = text("SELECT queue, oldest_due, parked FROM queue_figures()")
_UNANSWERED = text("SELECT unacknowledged_releases()")
_AGES = text("SELECT relay_lag, oldest_transaction FROM age_figures()")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


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
        self.query_names = _query_names(self)
        self.reads_pages = any(d.call is reading_pages for d in self.dependant.dependencies)
        self.responses = self._common_responses() | self.responses

    def _common_responses(self) -> dict[int | str, dict[str, Any]]:
        errors: list[type[Any]] = [TooManyRequests, Unavailable, InvalidRequest]
        if self.scope_needed is not None and self.scope_needed.name is not None:
            errors += [Unauthenticated, Forbidden]
        if self.body_field is not None:
            errors += [TooLarge, UnsupportedMedia]
        if self.methods and "POST" in self.methods:
            errors += [IdempotencyKeyInvalid, IdempotencyKeyReused, IdempotencyInProgress]
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
        principal = await _admit(request, services, scope)
        if "\0" in request.scope["path"]:
            # No stored text can hold it, so nothing has such a code; the database would call it bad input.
            raise NotFound
        self._refuse_unknown_parameters(request)
        await _check_body(request, services, scope)
        if self.reads_pages and principal is not None:
            unchanged = await Reading(services.reader, request, principal).unchanged()
            if unchanged is not None:
                return unchanged
        response = await self._work_until_no_deadlock(request, original, services, principal, scope)
        return _conditional(request, response)

    async def _work_until_no_deadlock(self, *work: Any) -> Response:
        """A deadlock's loser has changed nothing; running it again is the cure."""
        for _ in range(2):
            try:
                return await self._work(*work)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in ("40P01", "40001"):
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


async def _admit(request: Request, services: Services, scope: Scope) -> Principal | None:
    """401, then 429, then 403: all before the body is looked at."""
    if scope.name is None:
        _spend_anonymous(request, services)
        return None
    principal = await _find_within_limits(request, services, fresh=scope.money)
    request.state.principal = principal
    structlog.contextvars.bind_contextvars(commissioner=principal.commissioner_code)
    _spend(request, services.key_limiter, f"key:{principal.credential_id}")
    origin = request.headers.get("origin")
    if origin is not None and principal.origins and origin not in principal.origins:
        raise Forbidden("This key may not be used from that web page; add the page's origin to the key.")
    if not principal.has(scope.name):
        raise Forbidden(f"This needs the scope {scope.name}; your roles: {', '.join(principal.roles)}.")
    return principal


async def _find_within_limits(request: Request, services: Services, *, fresh: bool) -> Principal:
    """Look-ups of keys that nobody knows are paid for by the address before they are made; a good key costs it nothing."""
    is_stranger = services.authenticator.is_stranger(_bearer(request) or "")
    if is_stranger:
        _spend_anonymous(request, services)
    try:
        principal = await find_caller(request, services, fresh=fresh)
    except DomainError:
        if not is_stranger:
            _spend_anonymous(request, services)
        raise
    if is_stranger:
        services.address_limiter.give_back(address_key(request.scope))
    return principal


async def find_caller(request: Request, services: Services, *, fresh: bool = False) -> Principal:
    """Whose credential came with the request. A stream asks again now and then, because keys are revoked meanwhile."""
    token = _bearer(request)
    if token is None:
        raise Unauthenticated("Send a key or token as 'Authorization: Bearer …'.")
    commissioner = request.headers.get("plenary-commissioner")
    return await services.authenticator.authenticate(token, commissioner=commissioner, fresh=fresh)


def _bearer(request: Request) -> str | None:
    authorization = request.headers.get("authorization", "")
    return authorization[7:].strip() if authorization.lower().startswith("bearer ") else None


def _spend_anonymous(request: Request, services: Services) -> None:
    _spend(request, services.address_limiter, address_key(request.scope))


def _spend(request: Request, limiter: RateLimiter, key: str) -> None:
    decision = limiter.check(key)
    request.state.limit_headers = rate_limit_headers(decision)
    if not decision.allowed:
        raise TooManyRequests(
            "Too many requests; wait as long as Retry-After says.", headers=request.state.limit_headers
        )


async def _check_body(request: Request, services: Services, scope: Scope) -> None:
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    limit = services.settings.upload_limit if scope.upload else services.settings.body_limit
    length = request.headers.get("content-length")
    if length is not None and length.isdigit() and int(length) > limit:
        raise TooLarge(f"The body may be at most {limit} bytes.")
    received, chunks = 0, []
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if received > limit:
                raise TooLarge(f"The body may be at most {limit} bytes.")
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise InvalidRequest("The body ended early.") from error
    body = b"".join(chunks)
    request._body = body  # noqa: SLF001 - where Starlette itself keeps a body that was read  # pyright: ignore
    if "json" in request.headers.get("content-type", "") and _too_deep(body):
        raise TooDeep(f"The body may be nested at most {MOST_DEPTH} deep.")


def _too_deep(body: bytes) -> bool:
    """Depth of brackets outside strings. Python's JSON parser answers very deep input with a RecursionError."""
    if body.count(b"[") + body.count(b"{") <= MOST_DEPTH:
        return False
    depth, in_string, escaped = 0, False, False
    for byte in body:
        if in_string:
            escaped, in_string = (byte == 0x5C and not escaped), (byte != 0x22 or escaped)
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            if depth > MOST_DEPTH:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


def _conditional(request: Request, response: Response) -> Response:
    """Give every JSON answer to a GET an ETag (a digest of its bytes where the handler set none) and honour If-None-Match."""
    if request.method != "GET" or response.status_code != 200:
        return response
    etag = response.headers.get("etag")
    if etag is None:
        body = getattr(response, "body", None)
        if not body or "json" not in response.headers.get("content-type", ""):
            return response
        etag = response.headers["etag"] = bytes_etag(bytes(body))
    if matches_none(request.headers.get("if-none-match"), etag):
        kept = {k: v for k, v in response.headers.items() if k in ("etag", "link", "cache-control", "vary")}
        return Response(status_code=304, headers=kept)
    return response


class StrictModel(BaseModel):
    """Base of everything that comes in: unknown members are refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


def left_out() -> Any:
    """The default factory of a patch's member that may be absent and is never null. What it gives is not read; a default
    that is published would be taken for what happens to a member that is left out.
    """


class PageModel(BaseModel):
    """Base of list answers. `total` is there only when `count=exact` asked for it."""

    next_cursor: str | None
    total: int | None = None

    @model_serializer(mode="wrap")
    def _drop_total(self, handler: SerializerFunctionWrapHandler):  # noqa: ANN202 - a return type would replace the schema
        body = handler(self)
        if body.get("total") is None:
            body.pop("total", None)
        return body


def make_router(tag: str) -> APIRouter:
    """The router of a slice. Paths are written whole (`/v1/…`), so that a search for a path finds its route."""
    return APIRouter(route_class=PlenaryRoute, tags=[tag], strict_content_type=True)


async def _services(request: Request) -> Services:
    return request.app.state.services


Serving = Annotated[Services, Depends(_services)]


async def _expected_required(
    if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag you mean to change, or *.")] = None,
) -> Expected:
    return Expected(if_match, required=True)


async def _expected_optional(
    if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag you mean to change, or *.")] = None,
) -> Expected:
    return Expected(if_match, required=False)


MustMatch = Annotated[Expected, Depends(_expected_required)]
"""If-Match is required (428): PATCH, DELETE, PUT of what exists, decisions about money."""
MayMatch = Annotated[Expected, Depends(_expected_optional)]
"""If-Match is honoured when given."""


# Codes are capitals; who types one in small letters means the same.
CodeInAddress = Annotated[str, AfterValidator(str.upper)]


def paged(request: Request, response: Response, page: Page[Any]) -> Any:
    """The members of a list answer; adds the Link header. `total` is there only when it was asked for."""
    if page.next_cursor:
        response.headers["Link"] = link_header(str(request.url), page.next_cursor)
    body: dict[str, Any] = {"data": page.rows, "next_cursor": page.next_cursor}
    return body if page.total is None else body | {"total": page.total}


def accepted(response: Response, operation_id: Any) -> None:
    """Mark an answer as 202 with the address of its operation."""
    response.status_code = 202
    response.headers["Location"] = f"/v1/operations/{operation_id}"
    response.headers["Retry-After"] = "1"


def json_answer(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json", headers=headers)
