"""Notifications in browsers: subscribed, sealed, sent once, and forgotten when they are gone."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from app.communications import service, values
from app.communications.adapters.push import PushCarrier
from app.communications.ports import Outgoing
from app.core.ids import new_id
from app.demo.simulators import Providers
from tests.factories.communications import announce, counts_of, delivery_rows, give_post, publish
from tests.factories.service import LivePlenary
from tests.factories.serving import on_a_port
from tests.fakes.browser import Browser, in_bytes, in_text
from tests.fakes.clock import MovingClock

GPS = {"roles": ["gp"]}
BY_PUSH = {"channels": {"announcements": ["email", "push"]}}
PATH = "/v1/me/push-subscriptions"


@dataclass
class Page:
    """A page of the intranet in which Ann, a GP, has her notifications."""

    live: LivePlenary
    tenant: str
    person: UUID
    client: httpx.AsyncClient
    push: Providers
    url: str
    browser: Browser

    async def subscribe(self, name: str, **changes: Any) -> httpx.Response:
        body = {"endpoint": f"{self.url}/push/{name}", "expirationTime": None, "keys": self.browser.keys}
        return await self.client.post(PATH, json=body | changes)

    async def subscriptions(self) -> list[dict[str, Any]]:
        return (await self.client.get(PATH)).json()["data"]

    async def choose(self, choice: dict[str, Any]) -> None:
        answer = await self.client.put("/v1/me/preferences", json=choice, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text

    async def rows(self) -> list[dict[str, Any]]:
        return await delivery_rows(self.live, self.tenant, "channel = 'push'")

    async def make_due(self) -> None:
        tenant = self.live.tenants[self.tenant]
        await self.live.execute("UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued'", tenant=tenant)
        await self.live.work()


@pytest.fixture
async def page(shared: LivePlenary) -> AsyncIterator[Page]:
    tenant, before = await shared.fresh_tenant(), shared.clock.instant
    await shared.make_practice(f"{tenant}A", tenant)
    person = await shared.make_person("Ann", tenant=tenant, email=f"ann@{tenant.lower()}.example")
    await give_post(shared, tenant, person, "gp", practice=f"{tenant}A")
    client = await shared.as_role("practice_member", tenant=tenant, practice=f"{tenant}A", person=person)
    assert (await client.put("/v1/me/preferences", json=BY_PUSH)).status_code == 200
    push = Providers(wait=300)
    async with on_a_port(push.application()) as url:
        yield Page(shared, tenant, person, client, push, url, Browser())
        shared.clock.instant = before


async def test_a_browser_is_told_a_title_and_where_to_read_and_nothing_else(page):
    assert (await page.subscribe("ann")).status_code == 201
    announcement = await publish(page.live, page.tenant, audience=GPS)
    [row], [taken] = await page.rows(), page.push.taken
    shown = page.browser.shown(taken.body)
    url = f"{page.live.settings.base_url}/v1/me/inbox/{row['id']}"
    assert shown == {"title": "Protected learning time in June", "url": url, "tag": str(row["id"])}
    assert (row["state"], row["is_first"], row["in_inbox"]) == ("sent", False, False)
    [item] = (await page.client.get("/v1/me/inbox")).json()["data"]
    read = (await page.client.get(url.removeprefix(page.live.settings.base_url))).json()
    assert (read, item["source_id"]) == (item, announcement)
    counts = await counts_of(page.live, page.tenant, announcement)
    assert (counts["recipients"], counts["sent"], counts["pushes"]) == (1, 1, 1)


async def test_a_dry_run_says_how_many_would_be_told_in_their_browsers(page: Page) -> None:
    async def pushed(**changes: Any) -> int:
        asked = await announce(page.live, page.tenant, audience=GPS, dry_run=True, **changes)
        return asked["result"]["pushed"]

    assert await pushed(urgency="critical") == 0
    await page.subscribe("ann")
    await page.subscribe("another")
    assert await pushed() == 1
    await page.choose({"channels": {"announcements": ["email"]}})
    assert (await pushed(), await pushed(urgency="critical")) == (0, 1)
    assert await pushed(urgency="critical", channels=["email", "inbox"]) == 0


async def test_it_is_signed_by_the_key_that_the_browser_was_given_and_says_how_long_it_is_kept(page):
    await page.subscribe("ann")
    await publish(page.live, page.tenant, audience=GPS, urgency="critical", title="No water")
    [row], [taken] = await page.rows(), page.push.taken
    token, key = taken.headers["authorization"].removeprefix("vapid t=").split(", k=")
    assert key == (await page.client.get("/v1/me/push-key")).json()["public_key"]
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), in_bytes(key)).public_numbers()
    known = {"kty": "EC", "crv": "P-256", "x": in_text(numbers.x.to_bytes(32)), "y": in_text(numbers.y.to_bytes(32))}
    claims = jwt.decode(token, ECKey.import_key(known), algorithms=["ES256"]).claims
    assert (claims["aud"], claims["sub"].startswith("mailto:")) == (page.url, True)
    assert 0 < claims["exp"] - page.live.clock.now().timestamp() <= 24 * 3600
    assert (taken.headers["ttl"], taken.headers["urgency"]) == ("259200", "high")
    assert in_bytes(taken.headers["topic"]) == row["id"].bytes
    assert page.browser.shown(taken.body)["title"] == "Critical: No water"


async def test_a_browser_that_is_gone_is_forgotten_and_the_others_are_told(page):
    await page.subscribe("bounced")
    await page.subscribe("ann", device="At the practice")
    await publish(page.live, page.tenant, audience=GPS)
    assert [row["state"] for row in await page.rows()] == ["sent"]
    assert [each["device"] for each in await page.subscriptions()] == ["At the practice"]


async def test_where_every_browser_is_gone_the_delivery_fails_and_there_is_none_for_the_next(page):
    await page.subscribe("bounced")
    await publish(page.live, page.tenant, audience=GPS)
    [row] = await page.rows()
    assert (row["state"], row["detail"]) == ("failed", "410 Gone")
    assert await page.subscriptions() == []
    await publish(page.live, page.tenant, audience=GPS)
    assert len(await page.rows()) == 1


async def test_throttled_waits_as_long_as_it_is_told(page):
    await page.subscribe("throttled")
    await publish(page.live, page.tenant, audience=GPS)
    assert [row["state"] for row in await page.rows()] == ["queued"]
    [due] = await page.live.fetch(
        "SELECT run_at - clock_timestamp() AS wait FROM job WHERE state = 'queued' AND kind LIKE 'communications.send%'",
        tenant=page.live.tenants[page.tenant],
    )
    assert due["wait"].total_seconds() > 250
    await page.make_due()
    assert ([row["state"] for row in await page.rows()], len(page.push.taken)) == (["sent"], 1)


async def test_after_a_lost_answer_it_comes_once_more_under_the_same_name(page):
    await page.subscribe("lost")
    await publish(page.live, page.tenant, audience=GPS)
    await page.make_due()
    await page.make_due()
    [row] = await page.rows()
    assert (row["state"], len(page.push.taken)) == ("in_doubt", 2)
    assert {page.browser.shown(taken.body)["tag"] for taken in page.push.taken} == {str(row["id"])}
    assert len({taken.headers["topic"] for taken in page.push.taken}) == 1


async def test_an_answer_of_garbage_is_no_reason_to_send_it_again(page):
    await page.subscribe("garbage")
    await publish(page.live, page.tenant, audience=GPS)
    await page.make_due()
    assert ([row["state"] for row in await page.rows()], len(page.push.taken)) == (["sent"], 1)


async def test_quiet_hours_put_it_off_and_what_is_turned_off_meanwhile_is_not_sent(page):
    await page.subscribe("ann")
    await page.choose({"quiet_hours": {"from": 19, "until": 7}})
    page.live.clock.instant = datetime(2027, 11, 23, 20, tzinfo=UTC)
    await publish(page.live, page.tenant, audience=GPS)
    [row] = await page.rows()
    assert (row["state"], row["not_before"]) == ("queued", datetime(2027, 11, 24, 7, tzinfo=UTC))
    await page.choose({"channels": {"announcements": ["email"]}})
    page.live.clock.instant = datetime(2027, 11, 24, 8, tzinfo=UTC)
    await page.make_due()
    assert ([row["state"] for row in await page.rows()], page.push.taken) == (["suppressed"], [])


async def test_whoever_lost_the_post_meanwhile_is_told_no_title(page):
    await page.subscribe("ann")
    await page.choose({"quiet_hours": {"from": 19, "until": 7}})
    page.live.clock.instant = datetime(2027, 11, 23, 20, tzinfo=UTC)
    await publish(page.live, page.tenant, audience=GPS)
    tenant = page.live.tenants[page.tenant]
    await page.live.execute("UPDATE post SET valid_until = '2027-11-23'", tenant=tenant)
    page.live.clock.instant = datetime(2027, 11, 24, 8, tzinfo=UTC)
    await page.make_due()
    assert ([row["state"] for row in await page.rows()], page.push.taken) == (["withdrawn"], [])


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://10.0.0.1/push", "https://169.254.169.254/latest", "https://[::1]/push", "https://127.1/push",
        "ftp://push.example/x", "https://user:word@push.example/x", "http://push.example/x", "https://push.example:22/x",
    ],
)  # fmt: skip
async def test_an_address_that_leads_inside_is_refused(page, endpoint):
    refused = await page.subscribe("", endpoint=endpoint)
    assert refused.status_code == 422
    assert await page.subscriptions() == []


async def test_keys_that_nothing_can_be_sealed_for_are_refused(page):
    refused = await page.subscribe(
        "ann", keys={"p256dh": in_text(b"\x04" + b"\x01" * 64), "auth": "BTBZMqHH6r4Tts7J_aSIgg"}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "communications.push_keys_invalid")


async def test_the_same_browser_is_one_and_belongs_to_whoever_subscribed_it_last(page):
    first, again = await page.subscribe("ann"), await page.subscribe("ann")
    assert first.json()["id"] == again.json()["id"]
    other = await page.live.make_person("Bea", tenant=page.tenant, email=f"bea@{page.tenant.lower()}.example")
    bea = await page.live.as_role("practice_member", tenant=page.tenant, practice=f"{page.tenant}A", person=other)
    path = first.headers["Location"]
    assert (await bea.get(path)).status_code == 404
    body = {"endpoint": f"{page.url}/push/ann", "keys": page.browser.keys}
    assert (await bea.post(PATH, json=body)).json()["id"] == first.json()["id"]
    assert await page.subscriptions() == []
    assert (await bea.delete(path)).status_code == 428
    assert (await bea.delete(path, headers={"If-Match": first.headers["ETag"]})).status_code == 204


async def test_a_person_has_no_more_than_twenty_browsers(page):
    for n in range(20):
        assert (await page.subscribe(f"b{n}")).status_code == 201
    refused = await page.subscribe("one-more")
    assert (refused.status_code, refused.json()["code"]) == (409, "communications.too_many_browsers")


async def test_browsers_are_in_the_copy_of_what_is_kept_and_go_with_the_person(page):
    await page.subscribe("ann", device="Telephone")
    [kept] = await page.live.fetch("SELECT * FROM push_subscription", tenant=page.live.tenants[page.tenant])
    assert page.url not in kept["endpoint"]
    async with page.live.worker_session(page.tenant) as session:
        copy = await service.export_person(session, page.person)
        await service.erase_person(session, page.person, now=page.live.clock.now())
    assert ([each["device"] for each in copy["browsers"]], copy["pushes"]) == (["Telephone"], ["announcements"])
    assert await page.live.fetch("SELECT 1 FROM push_subscription", tenant=page.live.tenants[page.tenant]) == []


async def test_of_many_browsers_subscribed_at_a_time_no_more_than_twenty_are_kept(page):
    answers = await asyncio.gather(*(page.subscribe(f"b{n}") for n in range(30)))
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 10


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity"])
async def test_a_number_that_another_parser_would_refuse_hides_no_address(page, number):
    body = {"endpoint": "https://169.254.169.254/latest", "keys": page.browser.keys}
    raw = json.dumps(body)[:-1] + f', "expirationTime": {number}}}'
    for content in (raw.encode(), b"\xef\xbb\xbf" + json.dumps(body).encode()):
        refused = await page.client.post(PATH, content=content, headers={"Content-Type": "application/json"})
        assert (refused.status_code, refused.json()["code"]) == (422, "communications.push_endpoint_refused")
    assert await page.subscriptions() == []


async def test_the_browsers_of_a_person_are_told_at_the_same_time():
    together = asyncio.Barrier(3)

    async def answer(_request: httpx.Request) -> httpx.Response:
        async with asyncio.timeout(5):
            await together.wait()
        return httpx.Response(201)

    told = Browser()
    browsers = [
        values.Browser(
            new_id(), f"https://push.example/{n}", told.point, told.auth, b"a seed of thirty-two whole bytes"
        )
        for n in range(3)
    ]
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        carrier = PushCarrier(client, {"ann": browsers}, contact="mailto:office@c.example", clock=MovingClock())
        message = Outgoing(delivery_id=new_id(), message_id="<a@b>", to="ann", to_name=None, subject="S", text="{}")
        assert [outcome.state async for outcome in carrier.send([message])] == ["sent"]


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"[" * 100_000, b'{"endpoint": ' + b"9" * 5000 + b"}", b"[]", b"null"]
)
async def test_a_body_that_is_no_subscription_is_a_clear_refusal(page, kind, content):
    refused = await page.client.post(PATH, content=content, headers={"Content-Type": kind})
    assert refused.status_code in (415, 422), refused.text
