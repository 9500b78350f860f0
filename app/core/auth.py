"""Scopes on routes. A route without one fails a test; the route class in core/http/route.py enforces it before the body."""

from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from app.core.principal import Principal


class Authenticator(Protocol):
    """Turns a bearer credential into a principal; the access slice provides it."""

    async def authenticate(self, token: str, *, commissioner: str | None, fresh: bool) -> Principal:
        """`fresh` reads past the cache (at most 5 s old): decisions about money ask for it. Raises `Unauthenticated`."""
        ...

    def is_stranger(self, token: str) -> bool:
        """Whether it takes a look-up of a key that this process has not known as good: the address pays for it first."""
        ...

    async def is_known_origin(self, origin: str) -> bool:
        """Whether some live key lists this origin; answers a browser's preflight, which carries no credential."""
        ...

    async def aclose(self) -> None: ...


class Scope:
    """What a route needs. `money` marks decisions about money: credentials read fresh, answers kept for 30 days.

    `platform` gives the route the platform's login, still inside the caller's tenant: for changes of the national
    register that a commissioner may make about its own members.
    """

    def __init__(self, name: str | None, *, money: bool = False, upload: bool = False, platform: bool = False) -> None:
        self.name = name
        self.money = money
        self.upload = upload
        self.platform = platform

    # Asynchronous, like every dependency here, though they wait for nothing: the others are each sent to a thread.
    async def __call__(self, request: Request) -> Principal | None:
        return getattr(request.state, "principal", None)


def require(scope: str, *, money: bool = False, upload: bool = False, platform: bool = False) -> Any:
    """The dependency by which a route declares its scope and receives the principal."""
    return Depends(Scope(scope, money=money, upload=upload, platform=platform))


def any_credential() -> Any:
    """For the few routes that answer every known caller about themselves."""
    return Depends(Scope("self:read"))


def public(reason: str) -> Any:
    """A route for anyone. The reason is for the reader of the code; such routes are listed in a contract test."""
    if not reason:
        raise ValueError("say why the route is public")
    return Depends(Scope(None))


Caller = Annotated[Principal, any_credential()]
