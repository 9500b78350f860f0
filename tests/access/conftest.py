"""An issuer on this machine, a clock that moves when told, and the verifier between them."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from app.access.adapters.oidc import TokenVerifier
from app.access.ports import IssuerConfig
from tests.access.bad_tokens import AUDIENCE
from tests.fakes.clock import MovingClock
from tests.fakes.oidc_issuer import FakeIssuer, running_issuer


@pytest.fixture
def moving_clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    async with running_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """One for a test file: it reads every certificate of the machine when it is made."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
async def verifier(issuer: FakeIssuer, http: httpx.AsyncClient, moving_clock: MovingClock):
    config = IssuerConfig(issuer=issuer.url, audience=AUDIENCE, commissioner="QKK")
    verifier = TokenVerifier([config], http=http, clock=moving_clock)
    yield verifier
    await verifier.aclose()


@pytest.fixture
def claims(issuer: FakeIssuer, moving_clock: MovingClock) -> Callable[..., dict[str, Any]]:
    """Claims of a good token; a keyword replaces one, and the value `...` removes it."""

    def build(**changes: Any) -> dict[str, Any]:
        now = int(moving_clock.at.timestamp())
        good = {"iss": issuer.url, "aud": AUDIENCE, "sub": "s-1", "iat": now, "exp": now + 300}
        return {name: value for name, value in {**good, **changes}.items() if value is not ...}

    return build
