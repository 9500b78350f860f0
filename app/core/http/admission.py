"""Who calls, how often, and whether they may: settled before the body of a request is looked at."""

import structlog
from fastapi import Request

from app.core.auth import Scope
from app.core.errors import DomainError, Forbidden, TooManyRequests, Unauthenticated
from app.core.http.services import Services
from app.core.limits import RateLimiter, address_key, rate_limit_headers
from app.core.principal import Principal


async def admit(request: Request, services: Services, scope: Scope) -> Principal | None:
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
