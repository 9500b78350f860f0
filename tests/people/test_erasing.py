"""A person's copy of everything, and the end of it, over HTTP and over every slice."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.access.values import Role
from tests.factories.keys import remembering
from tests.factories.service import LivePlenary
from tests.factories.world import World, everything_of, make_world
from tests.fakes.clock import MovingSeconds

NAME = "Wilma Wood"


async def with_wilma(shared: LivePlenary) -> World:
    """Wilma Wood has a post, a key named after her, a role and messages; here she also comes, learns and joins."""
    world = await make_world(shared)
    person, address = UUID(world.ids["/v1/people/{person_id}"]), f"w@{world.tenant}.example"
    office = await world.client(Role.ENGAGEMENT_LEAD)
    line = {"name": NAME, "practice": world.practice, "role": "practice_manager"}
    came = await office.put(
        f"/v1/meetings/{world.ids['/v1/meetings/{meeting_id}']}/attendance", json={"attendance": [line]}
    )
    assert came.is_success, came.text
    member = {"name": NAME, "email": address, "consent": {"given_on": "2026-10-01", "by": "paper"}}
    forum = world.ids["/v1/patient-forums/{forum_id}"]
    await world.post(Role.FORUM_COORDINATOR, f"/v1/patient-forums/{forum}/members", json=member)
    key = {"name": f"{NAME}'s phone", "role": "editor", "person_id": str(person)}
    world.ids["key"] = (await world.post(Role.COMMISSIONER_ADMIN, "/v1/api-keys", json=key))["key"]
    await shared.execute(
        "UPDATE participation SET named_lead_id = $1 WHERE practice = $2", person, world.practice,
        tenant=shared.tenants[world.tenant],
    )  # fmt: skip
    await shared.work()
    return world


@pytest.fixture(scope="module")
async def world(shared: LivePlenary) -> World:
    """One for all tests after which Wilma Wood is still there."""
    return await with_wilma(shared)


@pytest.fixture
async def own_world(shared: LivePlenary) -> World:
    """One that a test may leave without her."""
    return await with_wilma(shared)


@pytest.fixture
def seconds(shared: LivePlenary) -> Iterator[MovingSeconds]:
    with remembering(shared) as seconds:
        yield seconds


async def erase(world: World, **body: Any) -> httpx.Response:
    admin = await world.client(Role.COMMISSIONER_ADMIN)
    person = world.ids["/v1/people/{person_id}"]
    return await admin.post(f"/v1/people/{person}/erase", json={"reason": "own_request"} | body)


async def traces(world: World) -> dict[str, list[str]]:
    """The rows, of whichever table, that still hold the name or the address."""
    wanted = ("wilma", "wood", f"w@{world.tenant.lower()}.example")
    rows = await everything_of(world)
    found = {table: [row for row in of if any(w in row.lower() for w in wanted)] for table, of in rows.items()}
    return {table: left for table, left in found.items() if left}


async def test_a_copy_holds_what_each_part_holds_and_is_audited(world: World) -> None:
    admin = await world.client(Role.COMMISSIONER_ADMIN)
    person = world.ids["/v1/people/{person_id}"]
    answer = await admin.get(f"/v1/people/{person}/export")
    assert answer.status_code == 200
    held = answer.json()["held"]
    assert (held["people"]["name"], held["people"]["posts"][0]["role"]) == (NAME, "practice_manager")
    assert {key["name"] for key in held["access"]["api_keys"]} == {f"{NAME}'s phone", "practice_manager"}
    assert held["access"]["role_grants"][0]["role"] == "editor"
    assert held["meetings"]["attendances"][0]["meeting"] == held["learning"]["cpd"][0]["title"]
    assert held["forums"]["memberships"][0]["name"] == NAME
    assert held["schemes"]["named_lead_in"][0]["practice"] == world.practice
    assert "World news" in {message["subject"] for message in held["communications"]["messages"]}
    assert held["payments"]["payment_runs"] == []
    assert world.ids["key"] not in answer.text
    tenant = world.live.tenants[world.tenant]
    sql = "SELECT action FROM audit_entry WHERE subject = $1 AND action = 'person.exported'"
    assert len(await world.live.fetch(sql, person, tenant=tenant)) == 1


async def test_a_dry_run_counts_what_would_go_and_changes_nothing(world: World) -> None:
    before = await everything_of(world)
    answer = await erase(world, dry_run=True)
    assert (answer.status_code, answer.json()["erased_at"]) == (200, None)
    counted = {part["part"]: part["held"] for part in answer.json()["parts"]}
    assert counted["people"] == {"posts": 1}
    assert counted["access"] == {"api_keys": 2, "role_grants": 1}
    assert (counted["meetings"], counted["learning"]) == ({"attendances": 1}, {"cpd": 1})
    assert (counted["forums"], counted["payments"]) == ({"memberships": 1}, {})
    assert all(part["sentence"].endswith(".") for part in answer.json()["parts"])
    assert await everything_of(world) == before


async def test_an_erased_person_is_in_no_table_by_name_or_address(own_world: World) -> None:
    assert {"person", "attendance", "api_key", "delivery", "forum_member"} <= (await traces(own_world)).keys()
    answer = await erase(own_world)
    assert (answer.status_code, answer.json()["erased_at"]) == (200, "2026-11-22T10:00:00.123Z")
    assert await traces(own_world) == {}
    await own_world.live.work()
    assert await traces(own_world) == {}
    again = await erase(own_world)
    assert (again.status_code, again.json()["erased_at"]) == (200, answer.json()["erased_at"])


async def test_keys_of_an_erased_person_are_dead_and_payments_can_be_read(
    own_world: World, seconds: MovingSeconds
) -> None:
    clinician = own_world.live.client(own_world.ids["key"])
    assert (await clinician.get("/v1/me")).status_code == 200
    path = f"/v1/payment-runs/{own_world.ids['/v1/payment-runs/{run_id}']}/statements/{own_world.practice}"
    manager = await own_world.client(Role.SCHEME_MANAGER)
    before = (await manager.get(path)).json()
    assert (await erase(own_world)).status_code == 200
    seconds.at += 5
    assert (await clinician.get("/v1/me")).status_code == 401
    assert (await manager.get(path)).json() == before


async def test_whoever_decided_about_money_stays_an_id(world: World) -> None:
    run_path = f"/v1/payment-runs/{world.ids['/v1/payment-runs/{run_id}']}"
    manager = await world.client(Role.SCHEME_MANAGER)
    run = (await manager.get(run_path)).json()
    admin = await world.client(Role.COMMISSIONER_ADMIN)
    erased = await admin.post(f"/v1/people/{run['approved_by']}/erase", json={"reason": "no_longer_needed"})
    assert erased.status_code == 200
    assert (await manager.get(run_path)).json() == run


async def test_only_the_commissioners_office_erases_and_the_reason_is_a_code(world: World) -> None:
    person = world.ids["/v1/people/{person_id}"]
    lead = await world.client(Role.ENGAGEMENT_LEAD)
    refused = await lead.post(f"/v1/people/{person}/erase", json={"reason": "own_request"})
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")
    assert (await lead.get(f"/v1/people/{person}/export")).status_code == 403
    assert (await erase(world, reason="Wilma asked")).status_code == 422
    admin = await world.client(Role.COMMISSIONER_ADMIN)
    stale = await admin.post(
        f"/v1/people/{person}/erase", json={"reason": "own_request"}, headers={"If-Match": '"v999"'}
    )
    assert stale.status_code == 412
