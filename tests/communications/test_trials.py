"""Trying a provider or a channel in Teams: what it said is told, and nothing is kept that counts as a message."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.core.ids import new_id
from app.demo.simulators import Providers
from tests.factories.channels import API_KEY, set_up
from tests.factories.communications import outbox
from tests.factories.service import LivePlenary
from tests.factories.serving import on_a_port

MAIL = "/v1/message-providers/mail"
NOTIFY = "/v1/message-providers/notify"


@dataclass
class Office:
    live: LivePlenary
    tenant: str
    providers: Providers
    url: str

    async def try_out(self, path: str, **body: Any) -> dict[str, Any]:
        """The operation's result, once a worker has been at it."""
        admin = await self.live.as_role("commissioner_admin", tenant=self.tenant)
        answer = await admin.post(f"{path}/test", json=body or None)
        assert answer.status_code == 202, answer.text
        await self.live.work()
        operation = (await admin.get(answer.headers["Location"])).json()
        assert operation["status"] == "succeeded"
        return operation["result"]

    async def refused(self, path: str, to: str) -> tuple[int, str]:
        admin = await self.live.as_role("commissioner_admin", tenant=self.tenant)
        answer = await admin.post(f"{path}/test", json={"to": to})
        return answer.status_code, answer.json()["code"]

    async def add_channel(self, name: str) -> str:
        admin = await self.live.as_role("commissioner_admin", tenant=self.tenant)
        answer = await admin.post("/v1/teams-channels", json={"name": name, "url": f"{self.url}/teams/{name}"})
        return f"/v1/teams-channels/{answer.json()['id']}"


@pytest.fixture
async def office(shared: LivePlenary) -> AsyncIterator[Office]:
    tenant = await shared.fresh_tenant()
    providers = Providers(secret=API_KEY[-36:], wait=300)
    async with on_a_port(providers.application()) as url:
        changes = {"notify_url": f"{url}/notify", "outside_networks": "127.0.0.0/8"}
        shared.tools.settings = shared.settings.model_copy(update=changes)
        yield Office(shared, tenant, providers, url)
        shared.tools.settings = shared.settings


async def test_the_installations_mail_server_is_tried_without_being_set_up(office: Office) -> None:
    before = set(outbox(office.live))
    result = await office.try_out(MAIL, to="office@commissioner.example")
    assert (result["provider"], result["channel"], result["state"]) == ("mail", "email", "sent")
    assert result["milliseconds"] >= 0
    [mail] = set(outbox(office.live)) - before
    assert b"Subject: A test from Plenary" in mail.read_bytes()
    for table in ("message", "delivery", "delivery_attempt"):
        assert not await office.live.fetch(f"SELECT FROM {table}", tenant=office.live.tenants[office.tenant])


async def test_notify_is_tried_while_it_is_turned_off_by_mail_and_by_text(office: Office) -> None:
    await set_up(office.live, office.tenant, "notify", text_template=str(new_id()), is_active=False)
    by_mail = await office.try_out(NOTIFY, to="office@commissioner.example")
    by_text = await office.try_out(NOTIFY, to="07700 900 000")
    assert [(each["channel"], each["state"]) for each in (by_mail, by_text)] == [("email", "sent"), ("text", "sent")]
    assert [taken.id for taken in office.providers.taken] == [by_mail["reference"], by_text["reference"]]
    assert [taken.to for taken in office.providers.taken] == ["office@commissioner.example", "+447700900000"]


async def test_what_notify_refuses_is_answered_in_its_words_and_a_good_key_ends_the_fault(office: Office) -> None:
    await set_up(office.live, office.tenant, "notify", api_key=f"{API_KEY[:-4]}0000")
    result = await office.try_out(NOTIFY, to="office@commissioner.example")
    assert (result["state"], result["is_fault"]) == ("failed_temporary", True)
    assert "Invalid token" in result["detail"]
    tenant = office.live.tenants[office.tenant]
    await office.live.execute("UPDATE message_provider SET fault = 'x', fault_at = now()", tenant=tenant)
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    shown = await admin.get(NOTIFY)
    body = {"api_key": API_KEY, "email_template": shown.json()["email_template"]}
    assert (await admin.put(NOTIFY, json=body, headers={"If-Match": shown.headers["ETag"]})).is_success
    await office.live.execute("UPDATE message_provider SET fault = 'x', fault_at = now()", tenant=tenant)
    assert (await office.try_out(NOTIFY, to="office@commissioner.example"))["state"] == "sent"
    assert (await admin.get(NOTIFY)).json()["fault"] is None


async def test_a_lost_answer_leaves_the_test_in_doubt_and_is_not_sent_again(office: Office) -> None:
    await set_up(office.live, office.tenant, "notify")
    result = await office.try_out(NOTIFY, to="simulate-lost@commissioner.example")
    assert result["state"] == "in_doubt"
    await office.live.work()
    assert len(office.providers.taken) == 1


async def test_a_test_counts_for_the_limits_and_waits_for_none(office: Office) -> None:
    await set_up(office.live, office.tenant, "notify", daily_limit=1)
    assert (await office.try_out(NOTIFY, to="office@commissioner.example"))["state"] == "sent"
    result = await office.try_out(NOTIFY, to="office@commissioner.example")
    assert (result["state"], result["milliseconds"]) == ("not_tried", None)
    assert "leave room again in" in result["detail"]
    assert len(office.providers.taken) == 1


async def test_nothing_is_tried_with_what_it_cannot_be_tried_with(office: Office) -> None:
    assert await office.refused(NOTIFY, "office@commissioner.example") == (404, "communications.provider_not_found")
    await set_up(office.live, office.tenant, "notify")
    assert await office.refused(NOTIFY, "07700 900000") == (409, "communications.provider_without_template")
    for path, to in (
        (MAIL, "07700 900000"),
        (NOTIFY, "+33 6 12 34 56 78"),
        (MAIL, "nobody"),
        (MAIL, "a@b\r\nBcc: c@d"),
    ):
        assert await office.refused(path, to) == (422, "communications.not_an_address")
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    assert (await admin.post("/v1/suppressions", json={"address": "old@commissioner.example"})).is_success
    assert await office.refused(MAIL, "OLD@commissioner.example") == (409, "communications.address_suppressed")
    auditor = await office.live.as_role("auditor", tenant=office.tenant)
    assert (await auditor.post(f"{MAIL}/test", json={"to": "office@commissioner.example"})).status_code == 403


async def test_the_address_stands_in_no_event_and_no_job(office: Office) -> None:
    await office.try_out(MAIL, to="somebody@commissioner.example")
    tenant = office.live.tenants[office.tenant]
    for table in ("event", "job", "operation", "audit_entry"):
        rows = await office.live.fetch(f"SELECT t::text FROM {table} t", tenant=tenant)
        assert rows
        assert not [row for row in rows if "somebody@" in row[0]]


async def test_a_test_whose_worker_died_in_the_middle_is_not_sent_twice(office: Office) -> None:
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    answer = await admin.post(f"{MAIL}/test", json={"to": "office@commissioner.example"})
    before = len(outbox(office.live))
    await office.live.execute(
        "UPDATE operation SET status = 'running' WHERE id = $1",
        UUID(answer.json()["id"]),
        tenant=office.live.tenants[office.tenant],
    )
    await office.live.work()
    operation = (await admin.get(answer.headers["Location"])).json()
    assert (operation["status"], operation["result"]["state"]) == ("succeeded", "in_doubt")
    assert len(outbox(office.live)) == before


async def test_a_card_that_arrives_makes_a_broken_channel_whole(office: Office) -> None:
    good, gone = await office.add_channel("delivered"), await office.add_channel("bounced")
    tenant = office.live.tenants[office.tenant]
    await office.live.execute("UPDATE teams_channel SET fault = '410', broken_at = now()", tenant=tenant)
    results = [await office.try_out(path) for path in (good, gone)]
    assert [(each["state"], each["is_fault"]) for each in results] == [("sent", False), ("failed_permanent", True)]
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    assert [(await admin.get(path)).json()["state"] for path in (good, gone)] == ["active", "broken"]


async def test_strangers_are_not_mailed_by_tests_one_after_another(office: Office) -> None:
    admin = await office.live.as_role("commissioner_admin", tenant=office.tenant)
    asked = [await admin.post(f"{MAIL}/test", json={"to": f"stranger{n}@elsewhere.example"}) for n in range(8)]
    before = len(outbox(office.live))
    await office.live.work()
    states = [(await admin.get(each.headers["Location"])).json()["result"]["state"] for each in asked]
    assert (states.count("sent"), states.count("not_tried"), len(outbox(office.live)) - before) == (5, 3, 5)
