"""Who is meant is asked again when a message goes out, and what is tried is kept."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from tests.factories.communications import announce, delivery_rows, give_mailbox, give_post, outbox
from tests.factories.schemes_over_http import a_live_scheme
from tests.factories.service import LivePlenary


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    code = await shared.fresh_tenant()
    await shared.make_practice(f"{code}A", code)
    return code


async def _lead(shared: LivePlenary, tenant: str, name: str, *, start: date = date(2026, 4, 1)) -> UUID:
    person = await shared.make_person(name, tenant=tenant, email=f"{name.lower()}@{tenant.lower()}.example")
    await give_post(shared, tenant, person, "named_lead", practice=f"{tenant}A", start=start)
    return person


async def _end_posts(shared: LivePlenary, tenant: str, person: UUID) -> None:
    await shared.execute(
        "UPDATE post SET valid_until = '2026-04-02' WHERE person_id = $1", person, tenant=shared.tenants[tenant]
    )


async def _hold_mail(shared: LivePlenary, tenant: str) -> None:
    """What waits to be sent waits longer: as in quiet hours, or behind a mail server that is away."""
    await shared.execute(
        "UPDATE job SET run_at = clock_timestamp() + interval '1 hour' WHERE kind LIKE 'communications.send%'",
        tenant=shared.tenants[tenant],
    )


async def _send_now(shared: LivePlenary, tenant: str) -> None:
    await shared.execute(
        "UPDATE job SET run_at = clock_timestamp() WHERE kind LIKE 'communications.send%'",
        tenant=shared.tenants[tenant],
    )
    await shared.work()


async def _announced_and_held(shared: LivePlenary, tenant: str, **changes: object) -> None:
    """Worked out who gets it, and nothing sent: a mail server that refuses for now would do the same."""
    shared.tools.settings = shared.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    try:
        await announce(shared, tenant, audience={"roles": ["named_lead"]}, **changes)
        await shared.work()
    finally:
        shared.tools.settings = shared.settings
    await _hold_mail(shared, tenant)


async def test_whoever_lost_the_post_meanwhile_gets_nothing_and_the_mailbox_gets_it_instead(shared, tenant):
    lead = await _lead(shared, tenant, "Ann")
    await give_mailbox(shared, tenant, f"{tenant}A", f"box@{tenant.lower()}.example")
    await _announced_and_held(shared, tenant)
    await _end_posts(shared, tenant, lead)
    await _send_now(shared, tenant)
    rows = {row["recipient"]: row for row in await delivery_rows(shared, tenant)}
    ann, box = rows[f"person:{lead}"], rows[f"mailbox:box@{tenant.lower()}.example"]
    assert (ann["state"], ann["in_inbox"], box["state"]) == ("withdrawn", False, "sent")
    sent = {file.stem for file in outbox(shared)}
    assert str(box["id"]) in sent
    assert str(ann["id"]) not in sent
    person = await shared.as_role("practice_lead", tenant=tenant, practice=f"{tenant}A", person=lead)
    assert (await person.get("/v1/me/inbox")).json()["data"] == []


async def test_whoever_follows_in_the_post_gets_it_once(shared, tenant):
    lead = await _lead(shared, tenant, "Ann")
    await _announced_and_held(shared, tenant)
    await _end_posts(shared, tenant, lead)
    successor = await _lead(shared, tenant, "Bea", start=date(2026, 4, 2))
    await _send_now(shared, tenant)
    await _send_now(shared, tenant)
    states = {row["person_id"]: row["state"] for row in await delivery_rows(shared, tenant)}
    assert states == {lead: "withdrawn", successor: "sent"}


async def test_whoever_is_not_in_the_state_that_is_meant_when_it_goes_out_gets_nothing(shared, tenant):
    lead = await _lead(shared, tenant, "Ann")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    shared.tools.settings = shared.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    try:
        offers = {"practices": [f"{tenant}A"], "respond_by": "2026-12-24"}
        assert (await manager.post(f"{path}/offers", json=offers)).is_success
        await shared.work()
    finally:
        shared.tools.settings = shared.settings
    practice = await shared.as_role("practice_lead", tenant=tenant, practice=f"{tenant}A", person=lead)
    [offer] = (await practice.get(f"{path}/offers")).json()["data"]
    assert (await practice.post(f"/v1/offers/{offer['id']}/decline", json={"reason": "No room"})).is_success
    await _send_now(shared, tenant)
    assert [(row["person_id"], row["state"]) for row in await delivery_rows(shared, tenant)] == [(lead, "withdrawn")]


async def test_those_of_one_cause_are_tried_again_together(shared, tenant):
    await _lead(shared, tenant, "Ann")
    await _announced_and_held(shared, tenant)
    await shared.execute("UPDATE delivery SET state = 'parked', detail = 'server away'", tenant=shared.tenants[tenant])
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    [cause] = (await admin.get("/v1/deliveries/causes")).json()["data"]
    assert (cause["state"], cause["cause"], cause["deliveries"]) == ("parked", "server away", 1)
    again = {"state": cause["state"], "cause": cause["cause"]}
    assert (await admin.post("/v1/deliveries/redrive", json=again)).json() == {"requeued": 1}
    assert (await admin.post("/v1/deliveries/redrive", json=again)).json() == {"requeued": 0}
    await _send_now(shared, tenant)
    [row] = (await admin.get("/v1/deliveries?state=sent")).json()["data"]
    refused = await admin.post(f"/v1/deliveries/{row['id']}/redrive")
    assert (refused.status_code, refused.json()["code"]) == (409, "communications.delivery_not_ended")


async def test_each_try_is_kept_in_order(shared, tenant):
    await _lead(shared, tenant, "Ann")
    await _announced_and_held(shared, tenant)
    await _send_now(shared, tenant)
    [row] = await delivery_rows(shared, tenant)
    attempts = await shared.fetch(
        "SELECT n, outcome, detail FROM delivery_attempt ORDER BY n", tenant=shared.tenants[tenant]
    )
    assert [(each["n"], each["outcome"]) for each in attempts] == [(1, "failed_temporary"), (2, "sent")]
    assert attempts[0]["detail"].startswith("no connection")
    assert row["attempts"] == 2


async def test_one_delivery_shows_its_tries(shared, tenant):
    await _lead(shared, tenant, "Ann")
    await _announced_and_held(shared, tenant)
    await _send_now(shared, tenant)
    [row] = await delivery_rows(shared, tenant)
    editor = await shared.as_role("editor", tenant=tenant)
    shown = (await editor.get(f"/v1/deliveries/{row['id']}")).json()
    assert [each["outcome"] for each in shown["history"]] == ["failed_temporary", "sent"]
    other = await shared.as_role("editor", tenant=await shared.fresh_tenant())
    assert (await other.get(f"/v1/deliveries/{row['id']}")).status_code == 404


async def test_what_was_withdrawn_while_it_waited_is_not_sent(shared, tenant):
    await _lead(shared, tenant, "Ann")
    operation = await announce(shared, tenant, audience={"roles": ["named_lead"]}, on_intranet=True)
    editor = await shared.as_role("editor", tenant=tenant)
    path = f"/v1/announcements/{operation['result']['announcement']}"
    assert (await editor.post(f"{path}/withdraw")).status_code == 200
    await shared.work()
    assert await delivery_rows(shared, tenant) == []
    assert (await editor.get(f"/v1/operations/{operation['id']}")).json()["status"] == "succeeded"


async def test_what_waits_goes_to_the_address_of_the_day(shared, tenant):
    lead = await _lead(shared, tenant, "Ann")
    await _announced_and_held(shared, tenant)
    await shared.execute(
        "UPDATE person SET email = 'new@ann.example', email_key = 'new@ann.example' WHERE id = $1",
        lead,
        tenant=shared.tenants[tenant],
    )
    await _send_now(shared, tenant)
    assert [(row["state"], row["address"]) for row in await delivery_rows(shared, tenant)] == [
        ("sent", "new@ann.example")
    ]


async def test_nothing_is_sent_to_an_address_of_the_day_that_is_on_the_list(shared, tenant):
    lead = await _lead(shared, tenant, "Ann")
    await _announced_and_held(shared, tenant)
    now = f"gone@{tenant.lower()}.example"
    await shared.execute(
        "UPDATE person SET email = $2, email_key = $2 WHERE id = $1", lead, now, tenant=shared.tenants[tenant]
    )
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    assert (await admin.post("/v1/suppressions", json={"address": now})).is_success
    await _send_now(shared, tenant)
    [row] = await delivery_rows(shared, tenant)
    assert (row["address"], row["state"], row["detail"]) == (now, "suppressed", "nothing is sent to this address")


async def test_those_who_are_told_by_other_channels_do_not_withdraw_each_other(shared, tenant):
    """Of two announcements to one audience, one by mail alone, that wait in one digest."""
    before = shared.clock.instant
    shared.clock.instant = datetime(2027, 11, 23, 9, tzinfo=UTC)
    try:
        for name, channels in (("Ann", ["email"]), ("Bea", ["email", "inbox"])):
            person = await shared.make_person(name, tenant=tenant, email=f"{name}@{tenant.lower()}.example")
            await give_post(shared, tenant, person, "gp" if name == "Ann" else "nurse", practice=f"{tenant}A")
            client = await shared.as_role("practice_member", tenant=tenant, practice=f"{tenant}A", person=person)
            await client.put("/v1/me/preferences", json={"frequency": {"announcements": "daily"}})
            await announce(shared, tenant, audience={"practices": [f"{tenant}A"]}, channels=channels)
            await shared.work()
        shared.clock.instant = datetime(2027, 11, 24, 7, tzinfo=UTC)
        await shared.execute("UPDATE job SET run_at = now() WHERE state = 'queued'", tenant=shared.tenants[tenant])
        await shared.work()
    finally:
        shared.clock.instant = before
    rows = await delivery_rows(shared, tenant, "message_id IN (SELECT id FROM message WHERE source = 'announcement')")
    assert {row["state"] for row in rows} == {"digested"}
