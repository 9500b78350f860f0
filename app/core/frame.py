"""The ASGI frame around every request: ids, time, one log line, metrics, CORS for keys with origins, security headers."""

import re
import time
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.limits import address_key, rate_limit_headers

log = structlog.get_logger("plenary.request")
_SAFE_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")
_EXPOSED = "ETag, Link, Location, Retry-After, X-Request-ID, X-Correlation-ID, Idempotency-Replayed, RateLimit, RateLimit-Policy"
_METHODS = "GET, POST, PUT, PATCH, DELETE"
_ALLOWED = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Plenary-Commissioner, X-Request-ID, X-Correlation-ID"


def _identifier(given: str | None) -> str:
    return given if given and _SAFE_ID.fullmatch(given) else str(uuid4())


class Frame:
    """Outermost middleware. It holds nothing of a request after the response has left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["request_id"] = _identifier(headers.get("x-request-id"))
        state["correlation_id"] = _identifier(headers.get("x-correlation-id") or state["request_id"])
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=state["request_id"], correlation_id=state["correlation_id"])
        answer = _Answer(scope, headers, send)
        if scope["method"] == "OPTIONS" and headers.get("origin") and headers.get("access-control-request-method"):
            await self._preflight(scope, headers, answer)
        else:
            try:
                await self.app(scope, receive, answer)
            finally:
                answer.record()

    async def _preflight(self, scope: Scope, headers: Headers, answer: "_Answer") -> None:
        # A preflight carries no credential, so it can only be answered by whether any live key lists the origin. Finding
        # that out is paid for by the address; an origin that is listed costs it nothing.
        services = scope["app"].state.services
        decision = services.address_limiter.check(address_key(scope))
        if not decision.allowed:
            scope["state"]["limit_headers"] = rate_limit_headers(decision)
            await answer({"type": "http.response.start", "status": 429, "headers": []})
            await answer({"type": "http.response.body", "body": b""})
            return
        origin = headers["origin"]
        fields: list[tuple[bytes, bytes]] = [(b"vary", b"Origin")]
        if await services.authenticator.is_known_origin(origin):
            services.address_limiter.give_back(address_key(scope))
            fields += [
                (b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-allow-methods", _METHODS.encode()),
                (b"access-control-allow-headers", _ALLOWED.encode()),
                (b"access-control-max-age", b"600"),
            ]
        await answer({"type": "http.response.start", "status": 204, "headers": fields})
        await answer({"type": "http.response.body", "body": b""})


class _Answer:
    def __init__(self, scope: Scope, headers: Headers, send: Send) -> None:
        self.scope = scope
        self.request_headers = headers
        self.send = send
        self.status = 500
        self.started = time.perf_counter()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._complete(MutableHeaders(raw=message.setdefault("headers", [])))
        await self.send(message)

    def _complete(self, headers: MutableHeaders) -> None:
        state = self.scope["state"]
        headers["X-Request-ID"] = state["request_id"]
        headers["X-Correlation-ID"] = state["correlation_id"]
        for name, value in (state.get("limit_headers") or {}).items():
            headers.setdefault(name, value)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        if not self.scope["path"].startswith("/docs"):
            headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        if self.scope["path"].startswith("/v1"):
            headers.setdefault("Cache-Control", "private, no-cache")
        self._allow_origin(headers)

    def _allow_origin(self, headers: MutableHeaders) -> None:
        origin = self.request_headers.get("origin")
        principal: Any = self.scope["state"].get("principal")
        if origin is None:
            return
        headers.add_vary_header("Origin")
        if principal is not None and origin in principal.origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _EXPOSED

    def record(self) -> None:
        seconds = time.perf_counter() - self.started
        route = self.scope.get("route")
        template = getattr(route, "path", "unmatched")
        services = self.scope["app"].state.services
        services.metrics.observe_request(self.scope["method"], template, self.status, seconds)
        log.info(
            "request", method=self.scope["method"], route=template, status=self.status, ms=round(seconds * 1000, 1)
        )
