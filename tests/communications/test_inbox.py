"""What a person finds, acknowledges and chooses."""

import asyncio
from uuid import UUID

import httpx
import pytest

from tests.factories.communications import delivery_rows, give_post, publish
from tests.factories.service import LivePlenary

MANAGERS = {"roles": ["practice_manager"]}


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    code = await shared.fresh_tenant()
    await shared.make_practice(f"{code}A", code)
    return code


async def _manager(shared: LivePlenary, tenant: str, *, email: str | None = "set") -> tuple[httpx.AsyncClient, UUID]:
    person = await shared.make_person("Bob Manager", tenant=tenant, email=f"bob@{tenant.lower()}.example")
    if email is None:
        await shared.execute(
            "UPDATE person SET email = NULL, email_key = NULL WHERE id = $1", person, tenant=shared.tenants[tenant]
        )
    await give_post(shared, tenant, person, "practice_manager", practice=f"{tenant}A")
    client = await shared.as_role("practice_manager", tenant=tenant, practice=f"{tenant}A", person=person)
    return client, person


async def test_message_is_acknowledged_once_and_counted(shared, tenant):
    bob, _ = await _manager(shared, tenant)
    announcement_id = await publish(shared, tenant, audience=MANAGERS, must_acknowledge_by="2026-12-01")
    [item] = (await bob.get("/v1/me/inbox", params={"to_acknowledge": "true"})).json()["data"]
    assert (item["source_id"], item["acknowledged_at"]) == (announcement_id, None)
    shared.clock.instant = shared.clock.instant.replace(minute=30)
    try:
        first = await bob.post(f"/v1/me/inbox/{item['id']}/acknowledge")
        shared.clock.instant = shared.clock.instant.replace(minute=45)
        again = await bob.post(f"/v1/me/inbox/{item['id']}/acknowledge")
    finally:
        shared.clock.instant = shared.clock.instant.replace(minute=0)
    assert (first.status_code, first.json()["acknowledged_at"]) == (200, "2026-11-22T10:30:00.123Z")
    assert again.json() == first.json()
    assert (await bob.get("/v1/me/inbox", params={"to_acknowledge": "true"})).json()["data"] == []
    editor = await shared.as_role("editor", tenant=tenant)
    assert (await editor.get(f"/v1/announcements/{announcement_id}")).json()["counts"]["acknowledged"] == 1


async def test_what_asks_for_nothing_cannot_be_acknowledged_nor_what_is_somebody_elses(shared, tenant):
    bob, _ = await _manager(shared, tenant)
    await publish(shared, tenant, audience=MANAGERS)
    [item] = (await bob.get("/v1/me/inbox")).json()["data"]
    refused = await bob.post(f"/v1/me/inbox/{item['id']}/acknowledge")
    assert (refused.status_code, refused.json()["code"]) == (409, "communications.nothing_to_acknowledge")
    other = await shared.as_role("practice_manager", tenant=tenant, practice=f"{tenant}A")
    assert (await other.post(f"/v1/me/inbox/{item['id']}/acknowledge")).status_code == 404
    assert (await other.get("/v1/me/inbox")).json()["data"] == []


async def test_routine_mail_that_is_turned_off_comes_to_the_inbox_alone(shared, tenant):
    bob, _ = await _manager(shared, tenant)
    shown = await bob.get("/v1/me/preferences")
    assert shown.json()["email"]["announcements"] is True
    first = await bob.put("/v1/me/preferences", json={"email": {"announcements": False}})
    assert (first.status_code, first.json()["email"]["announcements"]) == (200, False)
    unsaid = await bob.put("/v1/me/preferences", json={"email": {"issues": False}})
    assert unsaid.status_code == 428
    second = await bob.put(
        "/v1/me/preferences", json={"email": {"issues": False}}, headers={"If-Match": first.headers["ETag"]}
    )
    assert second.json()["email"] == {
        "announcements": False,
        "statements": True,
        "schemes": True,
        "issues": False,
        "newsletters": True,
    }
    stale = await bob.put(
        "/v1/me/preferences", json={"email": {"issues": True}}, headers={"If-Match": first.headers["ETag"]}
    )
    assert stale.status_code == 412
    routine = await publish(shared, tenant, audience=MANAGERS)
    important = await publish(shared, tenant, audience=MANAGERS, urgency="important")
    rows = {str(row["message_id"]): row["state"] for row in await delivery_rows(shared, tenant)}
    assert rows == {routine: "suppressed", important: "sent"}
    assert len((await bob.get("/v1/me/inbox")).json()["data"]) == 2


async def test_without_an_address_the_inbox_is_the_way_and_else_it_fails(shared, tenant):
    bob, _ = await _manager(shared, tenant, email=None)
    both = await publish(shared, tenant, audience=MANAGERS)
    mail_alone = await publish(shared, tenant, audience=MANAGERS, channels=["email"])
    rows = {str(row["message_id"]): (row["state"], row["detail"]) for row in await delivery_rows(shared, tenant)}
    assert rows == {both: ("delivered", None), mail_alone: ("failed", "no e-mail address is known")}
    assert [item["source_id"] for item in (await bob.get("/v1/me/inbox")).json()["data"]] == [both]


async def test_inbox_pages_newest_first(shared, tenant):
    bob, _ = await _manager(shared, tenant)
    ids = [await publish(shared, tenant, audience=MANAGERS, title=f"Number {n}", channels=["inbox"]) for n in range(3)]
    first = (await bob.get("/v1/me/inbox", params={"limit": 2, "count": "exact"})).json()
    assert ([item["source_id"] for item in first["data"]], first["total"]) == ([ids[2], ids[1]], 3)
    rest = (await bob.get("/v1/me/inbox", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert ([item["source_id"] for item in rest["data"]], rest["next_cursor"]) == ([ids[0]], None)
    assert {row["state"] for row in await delivery_rows(shared, tenant)} == {"delivered"}


async def test_key_without_a_person_has_no_inbox(shared, tenant):
    intranet = await shared.as_role("intranet", tenant=tenant)
    assert (await intranet.get("/v1/me/inbox")).status_code == 403


async def test_first_preferences_sent_twice_at_once_are_both_taken(shared: LivePlenary, tenant: str) -> None:
    """As a client does whose first answer was lost on the way."""
    caller = (await _manager(shared, tenant))[0]
    wanted = {"json": {"frequency": {"announcements": "daily"}}, "headers": {"If-Match": "*"}}
    answers = await asyncio.gather(*(caller.put("/v1/me/preferences", **wanted) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
