"""Text messages to persons: to whom, at which number, when, and never twice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.communications import service
from app.core.ids import new_id
from app.demo.simulators import Providers
from tests.factories.channels import new_number, notify_beside, set_up
from tests.factories.communications import (
    announce,
    confirm_numbers,
    counts_of,
    delivery_rows,
    give_post,
    mail_of,
    publish,
    told,
)
from tests.factories.service import LivePlenary

GPS = {"roles": ["gp"]}
BY_TEXT = {"announcements": ["email", "text"]}


@dataclass
class Office:
    live: LivePlenary
    tenant: str
    notify: Providers
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def person(self, name: str, choice: dict[str, Any]) -> UUID:
        person = await self.live.make_person(name, tenant=self.tenant, email=f"{name}@{self.tenant}.example")
        await give_post(self.live, self.tenant, person, "gp", practice=f"{self.tenant}A")
        client = await self.live.as_role(
            "practice_member", tenant=self.tenant, practice=f"{self.tenant}A", person=person
        )
        self.clients[name] = client
        if choice:
            answer = await client.put("/v1/me/preferences", json=choice)
            assert answer.status_code == 200, answer.text
            await confirm_numbers(self.live, self.tenant)
        return person

    async def choose(self, name: str, choice: dict[str, Any], *, confirmed: bool = True) -> httpx.Response:
        answer = await self.clients[name].put("/v1/me/preferences", json=choice, headers={"If-Match": "*"})
        if confirmed:
            await confirm_numbers(self.live, self.tenant)
        return answer

    async def rows(self, channel: str = "text") -> dict[str, dict[str, Any]]:
        found = await delivery_rows(self.live, self.tenant, f"channel = '{channel}'")
        return {row["name"]: row for row in found}

    def texts(self) -> list[tuple[str, str | None]]:
        return [(taken.to, taken.reference) for taken in self.notify.taken if taken.to.startswith("+")]

    def text_of(self, row: dict[str, Any]) -> str:
        [taken] = self.notify.by_reference(str(row["id"]))
        return httpx.Response(200, content=taken.body).json()["personalisation"]["body"]

    async def make_due(self, *, settled: bool = False) -> None:
        tenant = self.live.tenants[self.tenant]
        if settled:
            await self.live.execute(
                "UPDATE delivery_attempt SET ended_at = ended_at - interval '1 hour'", tenant=tenant
            )
        await self.live.execute("UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued'", tenant=tenant)
        await self.live.work()


@pytest.fixture
async def office(shared: LivePlenary) -> AsyncIterator[Office]:
    """Mail goes to the outbox, texts through Notify."""
    tenant, before = await shared.fresh_tenant(), shared.clock.instant
    await shared.make_practice(f"{tenant}A", tenant)
    async with notify_beside(shared) as notify:
        yield Office(shared, tenant, notify)
        # What a test has left to be sent goes to its own Notify, and not to that of the next test.
        await shared.work()
        shared.clock.instant = before


async def _texts(office: Office) -> Office:
    await set_up(office.live, office.tenant, "notify", email_template=None, text_template=str(new_id()))
    return office


async def test_whoever_chose_texts_gets_one_beside_the_mail_and_finds_it_once_in_the_inbox(office):
    await _texts(office)
    await office.person("ann", {"mobile": "07700 900 123", "channels": BY_TEXT})
    await office.person("bob", {"mobile": "07700 900124"})
    await office.person("cat", {})
    announcement = await publish(office.live, office.tenant, audience=GPS)
    mails, texts = await office.rows("email"), await office.rows()
    assert {name: row["state"] for name, row in mails.items()} == dict.fromkeys(("ann", "bob", "cat"), "sent")
    assert office.texts() == [("+447700900123", str(texts["ann"]["id"]))]
    assert (texts["ann"]["state"], texts["ann"]["is_first"], texts["ann"]["in_inbox"]) == ("sent", False, False)
    assert office.text_of(texts["ann"]) == "Protected learning time in June\nThe afternoon of 10 June is protected."
    [item] = (await office.clients["ann"].get("/v1/me/inbox")).json()["data"]
    assert item["source_id"] == announcement
    counts = await counts_of(office.live, office.tenant, announcement)
    assert (counts["recipients"], counts["sent"], counts["texts"]) == (3, 3, 1)


async def test_what_is_critical_is_texted_to_every_number_at_once_and_says_so(office):
    await _texts(office)
    await office.person(
        "ann",
        {"mobile": "07700900123", "channels": {"announcements": []}, "quiet_hours": {"from": 0, "until": 23}},
    )
    await publish(office.live, office.tenant, audience=GPS, urgency="critical", title="No water")
    row = (await office.rows())["ann"]
    assert row["state"] == "sent"
    assert office.text_of(row).startswith("Critical: No water\n")


async def test_telling_it_again_tells_nobody_by_a_way_chosen_since(office):
    await _texts(office)
    await office.person("ann", {"mobile": "07700900123", "channels": BY_TEXT})
    await office.person("bob", {})
    announcement = await publish(office.live, office.tenant, audience=GPS)
    assert (await office.choose("bob", {"mobile": "07700900124", "channels": BY_TEXT})).status_code == 200
    async with office.live.worker_session(office.tenant) as session:
        await service.expand_announcement(session, UUID(announcement), now=office.live.clock.now())
    await office.live.work()
    assert office.texts() == [("+447700900123", str((await office.rows())["ann"]["id"]))]


async def test_texts_wait_for_the_end_of_quiet_hours_and_for_no_digest(office):
    await _texts(office)
    for name, quiet in (("ann", {"quiet_hours": {"from": 19, "until": 7}}), ("bob", {})):
        choice = {"mobile": "07700900123", "frequency": {"announcements": "daily"}, "channels": BY_TEXT} | quiet
        await office.person(name, choice)
    office.live.clock.instant = datetime(2027, 11, 23, 20, tzinfo=UTC)
    await publish(office.live, office.tenant, audience=GPS)
    rows = await office.rows()
    due = datetime(2027, 11, 24, 7, tzinfo=UTC)
    assert (rows["ann"]["state"], rows["ann"]["not_before"]) == ("queued", due)
    assert (rows["bob"]["state"], rows["bob"]["not_before"]) == ("sent", None)
    assert {row["state"] for row in (await office.rows("email")).values()} == {"held"}
    office.live.clock.instant = datetime(2027, 11, 24, 7, 1, tzinfo=UTC)
    await office.make_due()
    assert (await office.rows())["ann"]["state"] == "sent"
    digests = {row["name"]: row for row in await told(office.live, office.tenant, "digest")}
    assert mail_of(office.live, digests["ann"])[0] == "1 message, 24 November 2027"
    assert len(office.texts()) == 2


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"channels": {"announcements": ["email"]}}, "suppressed"),
        ({"mobile": None}, "suppressed"),
        ({"mobile": "07700 900999"}, "+447700900999"),
    ],
)
async def test_what_waits_goes_to_the_number_of_the_day_or_not_at_all(office, change, outcome):
    await _texts(office)
    await office.person("ann", {"mobile": "07700900123", "channels": BY_TEXT, "quiet_hours": {"from": 19, "until": 7}})
    office.live.clock.instant = datetime(2027, 11, 23, 20, tzinfo=UTC)
    await publish(office.live, office.tenant, audience=GPS)
    assert (await office.choose("ann", change)).status_code == 200
    office.live.clock.instant = datetime(2027, 11, 24, 8, tzinfo=UTC)
    await office.make_due()
    row = (await office.rows())["ann"]
    sent_to = [to for to, _ in office.texts()]
    assert (row["state"], row["detail"], sent_to) == (
        ("suppressed", "turned off meanwhile", [])
        if outcome == "suppressed"
        else ("sent", "taken by GOV.UK Notify", [outcome])
    )


@pytest.mark.parametrize("urgency", ["routine", "critical"])
async def test_what_waits_goes_to_no_number_that_is_not_confirmed(office: Office, urgency: str) -> None:
    await _texts(office)
    await office.person("ann", {"mobile": "07700900123", "channels": BY_TEXT, "quiet_hours": {"from": 19, "until": 7}})
    office.live.clock.instant = datetime(2027, 11, 23, 20, tzinfo=UTC)
    await publish(office.live, office.tenant, audience=GPS)
    tenant = office.live.tenants[office.tenant]
    await office.live.execute("UPDATE message SET urgency = $1", urgency, tenant=tenant)
    assert (await office.choose("ann", {"mobile": new_number()}, confirmed=False)).status_code == 200
    office.live.clock.instant = datetime(2027, 11, 24, 8, tzinfo=UTC)
    await office.make_due()
    row = (await office.rows())["ann"]
    assert (row["state"], row["detail"]) == ("suppressed", "the mobile number is not confirmed")
    assert row["id"] not in {reference for _, reference in office.texts()}
    assert (await office.rows("email"))["ann"]["state"] == "sent"


async def test_a_number_that_is_not_confirmed_is_counted_by_no_dry_run(office: Office) -> None:
    await _texts(office)
    await office.person("ann", {"mobile": "07700900123", "channels": BY_TEXT})
    await office.choose("ann", {"mobile": new_number()}, confirmed=False)
    for urgency in ("routine", "critical"):
        asked = await announce(office.live, office.tenant, audience=GPS, dry_run=True, urgency=urgency)
        assert asked["result"]["texts"]["people"] == 0


async def test_no_text_goes_to_a_number_of_the_day_that_is_on_the_list(office):
    await _texts(office)
    await office.person("ann", {"mobile": "07700900123", "channels": BY_TEXT, "quiet_hours": {"from": 19, "until": 7}})
    office.live.clock.instant = datetime(2027, 11, 23, 20, tzinfo=UTC)
    await publish(office.live, office.tenant, audience=GPS)
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    assert (await admin.post("/v1/suppressions", json={"address": "07700 900999"})).is_success
    assert (await office.choose("ann", {"mobile": "07700 900999"})).status_code == 200
    office.live.clock.instant = datetime(2027, 11, 24, 8, tzinfo=UTC)
    await office.make_due()
    row = (await office.rows())["ann"]
    assert (row["state"], row["detail"]) == ("suppressed", "nothing is sent to this address")
    assert office.texts() == []


async def test_whoever_lost_the_post_meanwhile_gets_no_text(office):
    await _texts(office)
    ann = await office.person(
        "ann", {"mobile": "07700900123", "channels": BY_TEXT, "quiet_hours": {"from": 19, "until": 7}}
    )
    office.live.clock.instant = datetime(2027, 11, 23, 20, tzinfo=UTC)
    await publish(office.live, office.tenant, audience=GPS, urgency="important")
    tenant = office.live.tenants[office.tenant]
    await office.live.execute("UPDATE post SET valid_until = '2027-11-23' WHERE person_id = $1", ann, tenant=tenant)
    office.live.clock.instant = datetime(2027, 11, 24, 8, tzinfo=UTC)
    await office.make_due()
    assert {row["state"] for row in await delivery_rows(office.live, office.tenant)} == {"withdrawn"}
    assert office.texts() == []


async def test_a_lost_answer_is_looked_up_and_a_number_that_bounced_gets_nothing_more(office):
    await _texts(office)
    await office.person("lost", {"mobile": "07700 900004", "channels": BY_TEXT})
    await office.person("gone", {"mobile": "07700 900001", "channels": BY_TEXT})
    await publish(office.live, office.tenant, audience=GPS)
    assert (await office.rows())["lost"]["state"] == "queued"
    await office.make_due(settled=True)
    rows = await office.rows()
    assert rows["lost"]["state"] == "sent"
    assert len(office.notify.by_reference(str(rows["lost"]["id"]))) == 1
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    assert (await admin.post("/v1/suppressions", json={"address": "07700 900001"})).is_success
    again = await publish(office.live, office.tenant, audience=GPS)
    [row] = await delivery_rows(
        office.live, office.tenant, f"message_id = '{again}' AND name = 'gone' AND NOT is_first"
    )
    assert (row["state"], row["detail"]) == ("suppressed", "nothing is sent to this address")
    assert sum(to == "+447700900001" for to, _ in office.texts()) == 1


async def test_without_a_service_for_texts_none_goes_and_the_dry_run_says_so(office):
    await office.person("ann", {"mobile": "07700900123", "channels": BY_TEXT})
    assert (await office.clients["ann"].get("/v1/me/preferences")).json()["can_text"] is False
    asked = await announce(office.live, office.tenant, audience=GPS, dry_run=True)
    assert (asked["result"]["texts"]["people"], asked["result"]["texts"]["charged"]) == (1, 0)
    assert "no text messages are set up" in asked["result"]["warnings"][-1]
    await publish(office.live, office.tenant, audience=GPS)
    row = (await office.rows())["ann"]
    assert (row["state"], row["detail"], row["batch"]) == ("suppressed", "no text messages are set up", None)
    assert (await office.rows("email"))["ann"]["state"] == "sent"


async def test_a_dry_run_says_what_the_texts_would_say_and_cost(office):
    await _texts(office)
    for n, name in enumerate(("ann", "bob")):
        await office.person(name, {"mobile": f"0770090012{n}", "channels": BY_TEXT})
    await office.person("cat", {"mobile": "07700900129"})
    plain = (await announce(office.live, office.tenant, audience=GPS, dry_run=True))["result"]["texts"]
    assert plain == {
        "people": 2,
        "parts": 1,
        "charged": 2,
        "body": "Protected learning time in June\nThe afternoon of 10 June is protected.",
        "is_set_up": True,
    }
    long = {"body_markdown": "Ein «Wort». " * 30, "must_acknowledge_by": "2027-01-31", "urgency": "critical"}
    asked = (await announce(office.live, office.tenant, audience=GPS, dry_run=True, **long))["result"]["texts"]
    assert (asked["people"], asked["parts"], asked["charged"]) == (3, 1, 3)
    assert asked["body"].startswith("Critical: Protected learning time in June\nhttp")


async def test_a_text_that_asks_something_holds_a_link_that_works(office):
    await _texts(office)
    await office.person("Ann Example", {"mobile": "07700900123", "channels": BY_TEXT})
    await publish(office.live, office.tenant, audience=GPS, must_acknowledge_by="2027-01-31")
    link = office.text_of((await office.rows())["Ann Example"]).splitlines()[-1]
    path = link.removeprefix(office.live.settings.base_url)
    nobody = office.live.client(None)
    assert "Protected learning time in June" in (await nobody.get(path)).text
    assert (await office.choose("Ann Example", {"mobile": "07700900124"})).status_code == 200
    assert (await nobody.get(path)).status_code == 410
    assert (await office.choose("Ann Example", {"mobile": "07700900123"}, confirmed=False)).status_code == 200
    assert (await nobody.get(path)).status_code == 410
    await confirm_numbers(office.live, office.tenant)
    assert (await nobody.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"mobile": "+1 202 555 0123"}, "communications.mobile_invalid"),
        ({"mobile": "01632 960123"}, "communications.mobile_invalid"),
        ({"channels": BY_TEXT}, "communications.mobile_missing"),
        ({"mobile": None, "channels": BY_TEXT}, "communications.mobile_missing"),
        ({"channels": {"announcements": ["pigeon"]}}, "request.invalid"),
        ({"channels": {"digests": ["text"]}}, "request.invalid"),
    ],
)
async def test_a_number_that_no_text_can_go_to_is_refused(office, choice, code):
    await office.person("ann", {})
    answer = await office.clients["ann"].put("/v1/me/preferences", json=choice)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_choices_of_ways_are_shown_as_they_were_made_and_say_the_same_as_those_of_mail(office):
    await office.person("ann", {"mobile": "0044 7700 900123", "channels": {"issues": ["text"], "schemes": []}})
    shown = (await office.clients["ann"].get("/v1/me/preferences")).json()
    assert shown["mobile"] == "+447700900123"
    assert (shown["channels"]["issues"], shown["channels"]["schemes"], shown["channels"]["statements"]) == (
        ["text"],
        [],
        ["email"],
    )
    assert (shown["email"]["issues"], shown["frequency"]["issues"], shown["email"]["statements"]) == (
        False,
        "never",
        True,
    )
    none = (await office.choose("ann", {"mobile": None})).json()
    assert (none["mobile"], none["channels"]["issues"]) == (None, [])


async def test_an_announcement_goes_by_text_only_where_it_may_and_never_by_text_alone(office):
    await _texts(office)
    await office.person("ann", {"mobile": "07700900123", "channels": BY_TEXT})
    await publish(office.live, office.tenant, audience=GPS, channels=["email", "inbox"])
    assert await office.rows() == {}
    editor = await office.live.as_role("editor", tenant=office.tenant)
    body = {"title": "T", "body_markdown": "B", "audience": GPS, "channels": ["text"]}
    refused = await editor.post("/v1/announcements", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not_whole")


async def test_a_number_is_in_the_copy_of_what_is_kept_and_goes_with_the_person(office):
    ann = await office.person("ann", {"mobile": "07700900123", "channels": BY_TEXT})
    tenant = office.live.tenants[office.tenant]
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    assert (await admin.post("/v1/suppressions", json={"address": "07700 900123"})).is_success
    async with office.live.worker_session(office.tenant) as session:
        copy = await service.export_person(session, ann)
    assert (copy["mobile"], copy["mobile_confirmed"], copy["texts"]) == ("+447700900123", True, ["announcements"])
    assert copy["nothing_is_sent_to"] == ["+447700900123"]
    await publish(office.live, office.tenant, audience=GPS)
    async with office.live.worker_session(office.tenant) as session:
        await service.erase_person(session, ann, now=office.live.clock.now())
    assert await office.live.fetch("SELECT 1 FROM message_preference", tenant=tenant) == []
    assert await office.live.fetch("SELECT 1 FROM suppression", tenant=tenant) == []
    assert {row["address"] for row in await delivery_rows(office.live, office.tenant)} == {None}


async def test_parked_texts_and_mails_are_tried_again_each_by_their_own_way(office):
    await _texts(office)
    await office.person("ann", {"mobile": "07700900123", "channels": BY_TEXT})
    await publish(office.live, office.tenant, audience=GPS, channels=["email", "inbox", "text"])
    tenant = office.live.tenants[office.tenant]
    await office.live.execute("UPDATE delivery SET state = 'parked', detail = 'away'", tenant=tenant)
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    again = await admin.post("/v1/deliveries/redrive", json={"state": "parked", "cause": "away"})
    assert again.json() == {"requeued": 2}
    await office.live.work()
    assert {row["state"] for row in await delivery_rows(office.live, office.tenant)} == {"sent"}
    assert [to for to, _ in office.texts()] == ["+447700900123"] * 2
