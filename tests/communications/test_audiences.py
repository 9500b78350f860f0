"""Audiences as data: networks, live states, what people have been sent already, and announcements that wait."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from app.communications.rules.attention import meet
from app.communications.values import Audience
from tests.factories.communications import announce, announcement, delivery_rows, give_post, publish
from tests.factories.organisations import make_locality, place
from tests.factories.service import LivePlenary

MANAGERS = {"roles": ["practice_manager"]}


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    """Two practices, A in the network U1 of that day and B in none, each with its manager."""
    code = await shared.fresh_tenant()
    for letter in "AB":
        await shared.make_practice(f"{code}{letter}", code)
        person = await shared.make_person(f"Manager {letter}", tenant=code, email=f"{letter}@{code.lower()}.example")
        await give_post(shared, code, person, "practice_manager", practice=f"{code}{letter}")
    await shared.platform.execute(
        "INSERT INTO register_network_membership (id, practice, network, valid_from, as_at, recorded_at)"
        " VALUES ($1, $2, $3, $4, $4, now())",
        uuid4(),
        f"{code}A",
        f"U{code}",
        date(2026, 4, 1),
    )
    return code


async def test_a_network_means_its_practices_and_is_shown_on_their_pages_alone(shared, tenant):
    made = await publish(
        shared, tenant, audience={"roles": ["practice_manager"], "networks": [f"U{tenant}"]}, on_intranet=True
    )
    assert [row["name"] for row in await delivery_rows(shared, tenant)] == ["Manager A"]
    seen = {}
    for letter in "AB":
        page = await shared.as_role("intranet", tenant=tenant, practice=f"{tenant}{letter}")
        seen[letter] = [each["id"] for each in (await page.get("/v1/announcements")).json()["data"]]
    assert seen == {"A": [made], "B": []}


async def test_a_network_that_nobody_is_in_is_refused(shared, tenant):
    editor = await shared.as_role("editor", tenant=tenant)
    answer = await editor.post("/v1/announcements", json=announcement(audience={"networks": ["U99999"]}))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/audience/networks")


async def test_a_dry_run_says_who_has_had_much_and_what_meets_it(shared, tenant):
    for _ in range(5):
        await publish(shared, tenant, audience=MANAGERS, title="Of this week")
    operation = await announce(shared, tenant, audience=MANAGERS, dry_run=True)
    found = operation["result"]
    [role] = found["roles"]
    assert (role["messages_this_week"], role["most_this_week"], role["over_budget"]) == (10, 5, 2)
    assert {each["title"] for each in found["clashes"]} == {"Of this week"}
    assert len(found["warnings"]) == 2
    assert found["warnings"][0].startswith("2 of 2 people and mailboxes in the post practice manager have had 5")


async def test_a_dry_run_counts_what_a_localitys_editor_may_not_read_without_its_title(shared, tenant):
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    north = await make_locality(admin, "north")
    assert (await place(admin, north, f"{tenant}A", from_="2026-04-01")).is_success
    await publish(shared, tenant, audience=MANAGERS | {"localities": [north]}, title="To the north")
    await publish(shared, tenant, audience=MANAGERS | {"practices": [f"{tenant}B"]}, title="Secret of another practice")
    await publish(shared, tenant, audience=MANAGERS, title="Secret in the mails of all")
    await publish(shared, tenant, audience=MANAGERS, title="On the intranet", on_intranet=True)
    editor = await shared.as_role("editor", tenant=tenant, locality=north)
    body = announcement(audience=MANAGERS, dry_run=True)
    found = (await editor.post("/v1/announcements", json=body)).json()["result"]
    assert {each["title"] for each in found["clashes"]} == {"To the north", "On the intranet"}
    assert found["other_clashes"] == 1 + 1
    assert "Secret" not in str(found)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Audience(), Audience(roles=("gp",)), True),
        (Audience(roles=("nurse",)), Audience(roles=("gp",)), False),
        (Audience(practices=("A",)), Audience(practices=("B",)), False),
        (Audience(practices=("A", "B")), Audience(practices=("B",)), True),
        (Audience(networks=("U1",)), Audience(practices=("B",)), True),
    ],
)
def test_two_audiences_meet_unless_roles_or_places_keep_them_apart(one, other, expected):
    assert meet(one, other) is meet(other, one) is expected


async def test_what_is_scheduled_is_the_offices_alone_and_goes_out_once_at_its_moment(shared, tenant):
    operation = await announce(shared, tenant, audience=MANAGERS, on_intranet=True, publish_at="2027-03-01T09:00:00Z")
    path = f"/v1/announcements/{operation['result']['announcement']}"
    await shared.work()
    intranet = await shared.as_role("intranet", tenant=tenant)
    editor = await shared.as_role("editor", tenant=tenant)
    assert (await intranet.get(path)).status_code == 404
    waiting = await editor.get(path)
    assert (waiting.json()["state"], waiting.json()["published_at"]) == ("scheduled", "2027-03-01T09:00:00Z")
    moved = await editor.patch(
        path, json={"publish_at": "2027-03-02T09:00:00Z"}, headers={"If-Match": waiting.headers["ETag"]}
    )
    assert moved.status_code == 200, moved.text
    # The database's clock starts the job; that of the worker, months behind here, has no say.
    for day in (1, 2, 2):
        await shared.work()
        await shared.execute(
            "UPDATE job SET run_at = now() WHERE state = 'queued' AND run_at <= $1",
            datetime(2027, 3, day, 9, tzinfo=UTC),
            tenant=shared.tenants[tenant],
        )
        await shared.work()
        assert (await intranet.get(path)).status_code == (404 if day == 1 else 200)
    assert len(await delivery_rows(shared, tenant)) == 2
    late = await editor.patch(path, json={"title": "Other"}, headers={"If-Match": "*"})
    assert (late.status_code, late.json()["code"]) == (409, "communications.already_published")


async def test_what_is_withdrawn_before_its_moment_reaches_nobody(shared, tenant):
    operation = await announce(shared, tenant, audience=MANAGERS, publish_at="2027-03-01T09:00:00Z")
    await shared.work()
    editor = await shared.as_role("editor", tenant=tenant)
    path = f"/v1/announcements/{operation['result']['announcement']}"
    assert (await editor.post(f"{path}/withdraw")).json()["state"] == "withdrawn"
    assert (await editor.get(f"/v1/operations/{operation['id']}")).json()["status"] == "succeeded"
    await shared.execute("UPDATE job SET run_at = now() WHERE state = 'queued'", tenant=shared.tenants[tenant])
    await shared.work()
    assert await delivery_rows(shared, tenant) == []


@pytest.mark.parametrize("moment", ["2026-11-01T09:00:00Z", "2029-01-01T09:00:00Z"])
async def test_a_moment_that_is_over_or_far_off_is_refused(shared, tenant, moment):
    editor = await shared.as_role("editor", tenant=tenant)
    answer = await editor.post("/v1/announcements", json=announcement(publish_at=moment))
    assert (answer.status_code, answer.json()["code"]) == (422, "communications.no_such_moment")
