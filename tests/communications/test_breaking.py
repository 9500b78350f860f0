"""A way out that breaks: the office is told once, by another way, and sees since when and what to do."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import UUID

import pytest

from app.demo.simulators import Providers
from tests.factories.channels import API_KEY, set_up
from tests.factories.communications import announce, delivery_rows, give_post, outbox
from tests.factories.service import LivePlenary
from tests.factories.serving import on_a_port

NOTIFY = "/v1/message-providers/notify"
BAD_KEY = f"{API_KEY[:-4]}0000"


@pytest.fixture
async def tenant(shared: LivePlenary) -> AsyncIterator[str]:
    """Somebody to write to, and an administrator with an address."""
    code = await shared.fresh_tenant()
    await shared.make_practice(f"{code}A", code)
    ann = await shared.make_person("ann", tenant=code, email=f"ann@{code}.example")
    await give_post(shared, code, ann, "gp", practice=f"{code}A")
    async with on_a_port(Providers(secret=API_KEY[-36:], wait=300).application()) as url:
        changes = {"notify_url": f"{url}/notify", "outside_networks": "127.0.0.0/8"}
        shared.tools.settings = shared.settings.model_copy(update=changes)
        before = shared.clock.instant
        yield code
        shared.clock.instant, shared.tools.settings = before, shared.settings


async def tell(live: LivePlenary, tenant: str, times: int = 1) -> None:
    for _ in range(times):
        await announce(live, tenant, audience={"roles": ["gp"]}, on_intranet=True)
        await live.work()


async def notices(live: LivePlenary, tenant: str) -> list[dict[str, Any]]:
    rows = await live.fetch(
        "SELECT array_agg(d.id) AS deliveries, array_agg(DISTINCT d.state) AS states, m.subject, m.body_text FROM delivery d"
        " JOIN message m ON m.id = d.message_id WHERE m.source = 'provider' GROUP BY m.id, m.subject, m.body_text ORDER BY m.id",
        tenant=live.tenants[tenant],
    )
    return [dict(row) for row in rows]


async def health(live: LivePlenary, tenant: str, path: str = NOTIFY) -> dict[str, Any]:
    admin = await live.as_role("commissioner_admin", tenant=tenant)
    return (await admin.get(path)).json()["health"]


async def test_a_refused_key_is_told_once_by_the_installations_mail(shared, tenant) -> None:
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    await set_up(shared, tenant, "notify", api_key=BAD_KEY)
    assert (await health(shared, tenant))["state"] == "unknown"
    before = set(outbox(shared))
    await tell(shared, tenant, 3)
    [told] = await notices(shared, tenant)
    assert (told["states"], told["subject"]) == (["sent"], "GOV.UK Notify refuses all messages")
    assert "Invalid token" in told["body_text"]
    # The announcements wait for Notify; the notice alone went by mail.
    mails = set(outbox(shared)) - before
    assert {UUID(mail.stem) for mail in mails} == set(told["deliveries"])
    assert {message_from_bytes(mail.read_bytes(), policy=default)["Subject"] for mail in mails} == {told["subject"]}
    shown = await health(shared, tenant)
    assert (shown["state"], shown["last_success_at"]) == ("faulty", None)
    assert shown["since"]
    assert "Invalid token" in shown["last_error"]
    assert "test it" in shown["next_step"]
    tag = (await admin.get(NOTIFY)).headers["ETag"]
    assert (await admin.get(NOTIFY, headers={"If-None-Match": tag})).status_code == 304


async def test_a_good_key_ends_the_fault_and_the_next_break_is_told_again(shared, tenant) -> None:
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    await set_up(shared, tenant, "notify", api_key=BAD_KEY)
    await tell(shared, tenant)
    for key, notified, state in ((API_KEY, 1, "working"), (BAD_KEY, 2, "faulty")):
        shown = await admin.get(NOTIFY)
        shared.clock.instant += timedelta(minutes=5)
        body = {"api_key": key, "email_template": shown.json()["email_template"]}
        answer = await admin.put(NOTIFY, json=body, headers={"If-Match": shown.headers["ETag"]})
        assert answer.is_success, answer.text
        await tell(shared, tenant)
        assert len(await notices(shared, tenant)) == notified
        assert (await health(shared, tenant))["state"] == state


async def test_an_old_tag_of_the_settings_is_refused_and_one_of_another_health_is_not(shared, tenant) -> None:
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    made = await set_up(shared, tenant, "notify")
    tag = (await admin.get(NOTIFY)).headers["ETag"]
    await tell(shared, tenant)
    assert (await admin.get(NOTIFY)).headers["ETag"] != tag
    body = {"email_template": made["email_template"], "rate_per_minute": 60}
    assert (await admin.put(NOTIFY, json=body, headers={"If-Match": tag})).is_success
    assert (await admin.put(NOTIFY, json=body, headers={"If-Match": tag})).status_code == 412


async def test_where_mail_is_turned_off_the_notice_lies_in_the_inbox_alone(shared, tenant) -> None:
    await set_up(shared, tenant, "mail", is_active=False)
    await set_up(shared, tenant, "notify", api_key=BAD_KEY)
    await tell(shared, tenant)
    assert [each["states"] for each in await notices(shared, tenant)] == [["delivered"]]


async def test_a_flow_that_is_gone_is_told_once(shared, tenant) -> None:
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    async with on_a_port(Providers().application()) as url:
        body = {"name": "Managers", "url": f"{url}/teams/bounced"}
        made = (await admin.post("/v1/teams-channels", json=body)).json()
        path = f"/v1/teams-channels/{made['id']}"
        assert made["health"]["state"] == "unknown"
        await tell(shared, tenant, 2)
        [told] = await notices(shared, tenant)
        assert told["subject"] == "The channel Managers in Teams takes no more cards"
        shown = await health(shared, tenant, path)
        assert shown["state"] == "faulty"
        assert "new address" in shown["next_step"]
        # With a flow that takes cards it is whole, and says when it took one.
        tag = (await admin.get(path)).headers["ETag"]
        assert (await admin.patch(path, json={"url": f"{url}/teams/good"}, headers={"If-Match": tag})).is_success
        await tell(shared, tenant)
        shown = await health(shared, tenant, path)
        assert (shown["state"], shown["next_step"]) == ("working", None)
        assert shown["last_success_at"]
        assert shown["last_error"]
    assert len(await delivery_rows(shared, tenant)) >= 3
