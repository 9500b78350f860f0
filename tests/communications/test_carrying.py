"""Batches that leave through GOV.UK Notify, within limits, and never to an address that nothing is sent to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.communications.values import Behaviour
from app.demo.simulators import Providers
from tests.factories.channels import API_KEY, notify_beside, set_up
from tests.factories.communications import (
    announce,
    announcement,
    delivery_rows,
    give_mailbox,
    give_post,
    outbox,
    publish,
)
from tests.factories.jobs import job_rows
from tests.factories.service import LivePlenary

SEND = "communications.send_bulk"


@dataclass
class Office:
    live: LivePlenary
    tenant: str
    notify: Providers

    async def tell(self, *names: str) -> None:
        for name in names:
            person = await self.live.make_person(name, tenant=self.tenant, email=f"{name}@{self.tenant}.example")
            await give_post(self.live, self.tenant, person, "gp", practice=f"{self.tenant}A")
        await announce(self.live, self.tenant, audience={"roles": ["gp"]})
        await self.live.work()

    async def make_due(self) -> None:
        tenant = self.live.tenants[self.tenant]
        await self.live.execute("UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued'", tenant=tenant)
        await self.live.work()

    async def let_settle(self) -> None:
        tenant = self.live.tenants[self.tenant]
        await self.live.execute("UPDATE delivery_attempt SET ended_at = ended_at - interval '1 hour'", tenant=tenant)
        await self.make_due()

    async def rows(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in await delivery_rows(self.live, self.tenant)}

    async def seconds_until_next(self) -> float:
        done, *_, queued = await job_rows(self.live, SEND, self.tenant)
        assert (done["state"], queued["state"]) == ("done", "queued")
        return (queued["run_at"] - done["finished_at"]).total_seconds()


@pytest.fixture
async def office(shared: LivePlenary) -> AsyncIterator[Office]:
    tenant = await shared.fresh_tenant()
    await shared.make_practice(f"{tenant}A", tenant)
    async with notify_beside(shared) as notify:
        yield Office(shared, tenant, notify)


async def test_mail_goes_through_the_commissioners_own_notify_once_each(office: Office) -> None:
    await set_up(office.live, office.tenant, "notify")
    await office.tell("ann", "bob")
    rows = await office.rows()
    assert {row["state"] for row in rows.values()} == {"sent"}
    assert [len(office.notify.by_reference(str(row["id"]))) for row in rows.values()] == [1, 1]
    attempts = await office.live.fetch(
        "SELECT reference FROM delivery_attempt", tenant=office.live.tenants[office.tenant]
    )
    assert {row["reference"] for row in attempts} == {taken.id for taken in office.notify.taken}


@pytest.mark.parametrize("behaviour", [Behaviour.LOST, Behaviour.GARBAGE])
async def test_a_lost_answer_is_looked_up_after_a_while_and_sent_once(office: Office, behaviour: Behaviour) -> None:
    await set_up(office.live, office.tenant, "notify")
    name = f"simulate-{behaviour}"
    await office.tell(name)
    assert (await office.rows())[name]["state"] == "queued"
    await office.make_due()
    # Notify cannot be certain yet, so it is neither asked nor sent to.
    assert ((await office.rows())[name]["attempts"], len(office.notify.taken)) == (1, 1)
    await office.let_settle()
    assert (await office.rows())[name]["state"] == "sent"
    assert len(office.notify.taken) == 1


async def test_throttled_waits_as_long_as_it_is_told_and_is_taken_then(office: Office) -> None:
    await set_up(office.live, office.tenant, "notify")
    await office.tell("simulate-throttled")
    assert 300 <= await office.seconds_until_next() < 340
    await office.make_due()
    assert (await office.rows())["simulate-throttled"]["state"] == "sent"
    assert len(office.notify.taken) == 1


async def test_what_is_beyond_the_rate_waits_untried_until_there_is_room(office: Office) -> None:
    await set_up(office.live, office.tenant, "notify", rate_per_minute=2)
    await office.tell("ann", "bob", "cat")
    rows = await office.rows()
    assert sorted((row["state"], row["attempts"]) for row in rows.values()) == [("queued", 0), ("sent", 1), ("sent", 1)]
    assert 0 < await office.seconds_until_next() < 35


async def test_a_days_limit_of_mail_holds_back_the_rest_until_the_next_day(office: Office) -> None:
    await set_up(office.live, office.tenant, "mail", daily_limit=1)
    await office.tell("ann", "bob")
    assert sorted(row["state"] for row in (await office.rows()).values()) == ["queued", "sent"]
    await office.make_due()
    assert sorted(row["state"] for row in (await office.rows()).values()) == ["queued", "sent"]


async def test_a_refused_key_is_shown_to_the_office_and_gone_once_it_is_good(office: Office) -> None:
    await set_up(office.live, office.tenant, "notify", api_key=f"{API_KEY[:-4]}0000")
    await office.tell("ann")
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    shown = await admin.get("/v1/message-providers/notify")
    assert "Invalid token" in shown.json()["fault"]
    assert (await office.rows())["ann"]["state"] == "queued"
    body = shown.json()
    fixed = {"api_key": API_KEY, "email_template": body["email_template"]}
    tag = {"If-Match": shown.headers["ETag"]}
    assert (await admin.put("/v1/message-providers/notify", json=fixed, headers=tag)).json()["fault"] is None
    await office.make_due()
    assert (await office.rows())["ann"]["state"] == "sent"


async def test_nothing_goes_to_an_address_that_nothing_is_sent_to(office: Office) -> None:
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    body = {"address": f"Ann@{office.tenant}.example"}
    assert (await admin.post("/v1/suppressions", json=body)).is_success
    before = len(outbox(office.live))
    await office.tell("ann", "bob")
    rows = await office.rows()
    assert (rows["ann"]["state"], rows["bob"]["state"]) == ("suppressed", "sent")
    assert len(outbox(office.live)) == before + 1


async def test_whoever_is_on_the_list_is_counted_before_and_never_queued(office: Office) -> None:
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    await set_up(office.live, office.tenant, "mail", is_active=False)
    practice = f"{office.tenant}B"
    await office.live.make_practice(practice, office.tenant)
    await give_mailbox(office.live, office.tenant, practice, f"Surgery@{office.tenant}.example")
    for address in (f"ANN@{office.tenant}.example", f"surgery@{office.tenant}.example"):
        assert (await admin.post("/v1/suppressions", json={"address": address})).is_success
    await office.tell("ann", "bob")
    states = {
        row["name"]: (row["state"], row["detail"], row["batch"])
        for row in await delivery_rows(office.live, office.tenant)
    }
    assert states["ann"] == states["Practice mailbox"] == ("suppressed", "nothing is sent to this address", None)
    # Only what may go waits for a way out.
    assert states["bob"][0] == "parked"
    editor = await office.live.as_role("editor", tenant=office.tenant)
    for urgency in ("routine", "critical"):
        body = announcement(audience={"roles": ["gp"]}, urgency=urgency, dry_run=True)
        found = (await editor.post("/v1/announcements", json=body)).json()["result"]
        assert (found["recipients"], found["suppressed"]) == (3, 2)


async def test_an_address_in_other_letters_is_found_when_it_is_about_to_go(office: Office) -> None:
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    assert (await admin.post("/v1/suppressions", json={"address": "zoe@b\u00fccher.example"})).is_success
    zoe = await office.live.make_person("zoe", tenant=office.tenant, email="zoe@b\u00fccher.example")
    await give_post(office.live, office.tenant, zoe, "gp", practice=f"{office.tenant}A")
    await office.tell("bob")
    assert {name: row["state"] for name, row in (await office.rows()).items()} == {"zoe": "suppressed", "bob": "sent"}


async def test_a_way_that_is_turned_off_parks_what_would_go_by_it(office: Office) -> None:
    await set_up(office.live, office.tenant, "mail", is_active=False)
    await office.tell("ann")
    assert (await office.rows())["ann"]["state"] == "parked"


async def test_mail_that_was_refused_for_good_is_not_tried_for_the_next_message(office: Office) -> None:
    await set_up(office.live, office.tenant, "notify")
    await office.tell("ann")
    [taken] = office.notify.taken
    await office.live.execute(
        "INSERT INTO suppression (commissioner_id, id, address, address_key, reason, source, since)"
        " VALUES ($1, $2, $3, lower($3), 'bounced', 'notify', now())",
        office.live.tenants[office.tenant],
        (await office.rows())["ann"]["id"],
        taken.to,
        tenant=office.live.tenants[office.tenant],
    )
    await publish(office.live, office.tenant, audience={"roles": ["gp"]})
    assert len(office.notify.taken) == 1
