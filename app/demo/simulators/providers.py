"""GOV.UK Notify, Teams Workflows and a push service as one small ASGI application, for tests, the demo and the storm."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.communications.values import Behaviour, of_address, of_number, of_path

_STATUSES: Final = {Behaviour.BOUNCED: "permanent-failure"}
# Power Automate refuses what is larger.
_MOST_CARD_BYTES: Final = 28 * 1024


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a provider has taken, whether it said so or not."""

    provider: str
    to: str
    reference: str | None
    id: str
    status: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Providers:
    """`secret` is that of the Notify key; `slow` in seconds. Throttled ones are told to wait once and then taken. `show`: is
    given each text that is taken, as a telephone would show it.
    """

    secret: str = "00000000-0000-4000-8000-000000000000"  # noqa: S105 - opens nothing but this
    slow: float = 3.0
    wait: int = 7
    show: Callable[[str], None] = lambda _: None
    taken: list[Taken] = field(default_factory=list)
    calls: int = 0
    _told_to_wait: set[str] = field(default_factory=set)

    def by_reference(self, reference: str) -> list[Taken]:
        return [each for each in self.taken if each.reference == reference]

    def callback(self, taken: Taken, status: str | None = None) -> dict[str, Any]:
        """What Notify sends to a service's callback address."""
        return {
            "id": taken.id,
            "reference": taken.reference,
            "to": taken.to,
            "status": status or taken.status,
            "created_at": "2026-11-22T10:00:00.000000Z",
            "completed_at": "2026-11-22T10:00:02.000000Z",
            "sent_at": "2026-11-22T10:00:01.000000Z",
            "notification_type": "sms" if taken.to.startswith("+") else "email",
            "template_id": str(uuid4()),
            "template_version": 1,
        }

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/notify/v2/notifications/email", self._notify_email, methods=["POST"]),
                Route("/notify/v2/notifications/sms", self._notify_text, methods=["POST"]),
                Route("/notify/v2/notifications", self._notify_list),
                Route("/teams/{name}", self._teams, methods=["POST"]),
                Route("/push/{name}", self._push, methods=["POST"]),
            ]
        )

    async def _notify_email(self, request: Request) -> Response:
        body = await request.json()
        return await self._notify(request, body, str(body.get("email_address")), of_address)

    async def _notify_text(self, request: Request) -> Response:
        body = await request.json()
        answer = await self._notify(request, body, str(body.get("phone_number")), of_number)
        for taken in self.by_reference(str(body.get("reference")))[-1:]:
            self.show(f"{taken.to}: {body['personalisation'].get('body')}")
        return answer

    async def _notify(
        self, request: Request, body: dict[str, Any], to: str, behaviour_of: Callable[[str], Behaviour]
    ) -> Response:
        if not self._is_signed(request):
            return _refusal(403, "AuthError", "Invalid token: API key not found")
        if "template_id" not in body or not isinstance(body.get("personalisation"), dict):
            return _refusal(400, "BadRequestError", "Missing personalisation: body")
        behaviour = behaviour_of(to)
        if self._must_wait(behaviour, to):
            return _refusal(429, "RateLimitError", "Exceeded rate limit", {"Retry-After": str(self.wait)})
        taken = await self._take("notify", request, to, behaviour, reference=body.get("reference"))
        return await self._say(behaviour, JSONResponse({"id": taken.id, "reference": taken.reference}, 201))

    async def _notify_list(self, request: Request) -> Response:
        if not self._is_signed(request):
            return _refusal(403, "AuthError", "Invalid token: API key not found")
        found = self.by_reference(request.query_params.get("reference", ""))
        shown = [{"id": each.id, "reference": each.reference, "status": each.status} for each in found]
        return JSONResponse({"notifications": shown, "links": {}})

    def _is_signed(self, request: Request) -> bool:
        self.calls += 1
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            jwt.decode(token, OctKey.import_key(self.secret), algorithms=["HS256"])
        except (JoseError, ValueError):
            return False
        return True

    async def _teams(self, request: Request) -> Response:
        """A flow answers 202 with nothing in it. One whose owner has left, or that was deleted, is not there."""
        self.calls += 1
        behaviour = of_path(request.url.path)
        if behaviour is Behaviour.BOUNCED:
            return JSONResponse({"error": {"code": "WorkflowNotFound", "message": "The workflow is gone."}}, 404)
        if len(await request.body()) > _MOST_CARD_BYTES:
            return PlainTextResponse("too large", 413)
        if self._must_wait(behaviour, request.url.path):
            return PlainTextResponse("", 429, {"Retry-After": str(self.wait)})
        await self._take("teams", request, request.url.path, behaviour)
        return await self._say(behaviour, PlainTextResponse("", 202))

    async def _push(self, request: Request) -> Response:
        """As RFC 8030, 8188 and 8292 want it: how long it is kept, how it is sealed, and who sends it."""
        self.calls += 1
        behaviour, headers = of_path(request.url.path), request.headers
        if not headers.get("authorization", "").startswith("vapid t="):
            return PlainTextResponse("no signature", 401)
        if not headers.get("ttl", "").isdigit() or headers.get("content-encoding") != "aes128gcm":
            return PlainTextResponse("no TTL, or not sealed", 400)
        if behaviour is Behaviour.BOUNCED:
            return PlainTextResponse("gone", 410)
        if self._must_wait(behaviour, request.url.path):
            return PlainTextResponse("", 429, {"Retry-After": str(self.wait)})
        await self._take("push", request, request.url.path, behaviour)
        return await self._say(behaviour, PlainTextResponse("", 201))

    def _must_wait(self, behaviour: Behaviour, to: str) -> bool:
        if behaviour is not Behaviour.THROTTLED or to in self._told_to_wait:
            return False
        self._told_to_wait.add(to)
        return True

    async def _take(
        self, provider: str, request: Request, to: str, behaviour: Behaviour, *, reference: str | None = None
    ) -> Taken:
        status = _STATUSES.get(behaviour, "delivered")
        taken = Taken(provider, to, reference, str(uuid4()), status, await request.body(), dict(request.headers))
        self.taken.append(taken)
        return taken

    async def _say(self, behaviour: Behaviour, answer: Response) -> Response:
        if behaviour is Behaviour.SLOW:
            await asyncio.sleep(self.slow)
        if behaviour is Behaviour.GARBAGE:
            return PlainTextResponse("<html>\0\xff not what you think", 200)
        return _Cut() if behaviour is Behaviour.LOST else answer


class _Cut(Response):
    """Promises more than it sends, so that the server closes the connection in the middle of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def _refusal(status: int, error: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    said = {"status_code": status, "errors": [{"error": error, "message": message}]}
    return JSONResponse(said, status, dict(headers or {}))
