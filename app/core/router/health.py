"""Is it alive, is it ready, which release, and its figures."""

from typing import Literal

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from app.core.auth import public
from app.core.db import unit_of_work
from app.core.errors import Forbidden, NotFound, Unauthenticated
from app.core.http import Services, Serving
from app.core.problems import ProblemKind, error_responses, problem_kind
from app.core.router.root import router


class Health(BaseModel):
    status: Literal["ok"]


class Release(BaseModel):
    name: str
    version: str
    api: str


@router.get("/livez", dependencies=[public("liveness probes carry no credential")])
async def get_liveness() -> Health:
    """Answers while the process runs."""
    return Health(status="ok")


@router.get("/readyz", dependencies=[public("readiness probes carry no credential")], responses=error_responses())
async def get_readiness(serving: Serving) -> Health:
    """200 only when the database answers, its migrations are in place and, in a demo, the demo is loaded."""
    await serving.check_ready()
    return Health(status="ok")


@router.get("/version", dependencies=[public("says which release answers; nothing private")])
async def get_version(serving: Serving) -> Release:
    """Which release answers."""
    return Release(name="plenary", version=serving.version, api="v1")


@router.get(
    "/problems/{code}",
    dependencies=[public("what a code means is the same for everybody")],
    responses=error_responses(NotFound),
)
async def get_problem_kind(code: str) -> ProblemKind:
    """What a problem's `type` leads to: the kind of problem behind a `code`, and what to do about it."""
    return problem_kind(code)


@router.get(
    "/metrics",
    dependencies=[public("local scrapers carry no credential; others are refused below")],
    response_class=PlainTextResponse,
    responses=error_responses(Unauthenticated, Forbidden),
)
async def get_metrics(request: Request, serving: Serving) -> Response:
    """Prometheus metrics. Answered to this machine, or with a key that has `metrics:read`."""
    if not await _may_scrape(request, serving):
        raise Forbidden("Metrics are for this machine or for a key with metrics:read.")
    async with unit_of_work(serving.platform_engine, None) as session:
        await serving.refresh_gauges(session)
    body, media_type = serving.metrics.render()
    return Response(body, media_type=media_type)


async def _may_scrape(request: Request, serving: Services) -> bool:
    if request.client is not None and request.client.host in ("127.0.0.1", "::1"):
        return "x-forwarded-for" not in request.headers
    authorization = request.headers.get("authorization", "")
    if not authorization.lower().startswith("bearer "):
        return False
    principal = await serving.authenticator.authenticate(authorization[7:].strip(), commissioner=None, fresh=False)
    return principal.has("metrics:read")
