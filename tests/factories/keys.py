"""Keys that somebody makes over HTTP, and for how long they are remembered."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from app.access.service import DatabaseAuthenticator
from app.core.ids import new_id
from tests.factories.service import LivePlenary
from tests.fakes.clock import MovingSeconds


async def key_from(maker: httpx.AsyncClient, role: str) -> str:
    """The secret of a key that the maker gives to somebody new."""
    number = new_id().hex[-8:]
    person = {"name": f"Somebody New {number}", "email": f"new{number}@office.example"}
    answer = await maker.post("/v1/api-keys", json={"name": role, "role": role, "person": person})
    assert answer.status_code == 201, answer.text
    return answer.json()["key"]


async def a_manager_and_their_giver(
    live: LivePlenary, tenant: str, *, role: str = "payments_approver"
) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """A scheme manager, and an approver who, being an administrator too, made the manager's key; or one of another role."""
    giver = await live.make_person("Gives Keys", tenant=tenant)
    admin = await live.as_role("commissioner_admin", tenant=tenant, person=giver)
    manager = live.client(await key_from(admin, "scheme_manager"))
    return manager, await live.as_role(role, tenant=tenant, person=giver)


@contextmanager
def remembering(live: LivePlenary) -> Iterator[MovingSeconds]:
    """For the length of a test the service remembers keys by seconds that pass when told."""
    services, seconds = live.app.state.services, MovingSeconds()
    before = services.authenticator
    services.authenticator = DatabaseAuthenticator(services.app_engine, clock=live.clock, seconds=seconds)
    yield seconds
    services.authenticator = before
