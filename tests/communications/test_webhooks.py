"""Webhooks end to end: an event becomes a delivery, a worker sends it, a receiver on a real socket verifies it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

import workers.webhooks
from app.access.values import ROLE_SCOPES, Role
from app.communications.adapters.webhooks import post_webhook
from app.communications.repository import webhook_sending
from app.communications.repository.webhooks import WebhookEndpointRepository
from app.communications.values.webhooks import END_OF_NUMBER, ReplayRange, Tried
from app.core.events import feed_resources
from app.core.ids import new_id
from app.core.principal import Grant, Principal
from app.main import CHANGE_SIGHTS
from tests.factories.communications import told
from tests.factories.processes import worker_process
from tests.factories.service import NOW, LivePlenary
from tests.factories.waiting import until, until_blocked
from tests.factories.webhooks import SEND, Listening
from tests.fakes.receiver import Answer, Received, running_receiver
from workers.jobs import MOST_LOSSES

DOWN = Answer(503)


@pytest.fixture
async def listening(shared: LivePlenary) -> AsyncIterator[Listening]:
    async with running_receiver() as receiver:
        yield await Listening.begin(shared, receiver)
    shared.clock.instant = NOW


async def test_a_change_is_delivered_signed_once_and_can_be_read_where_it_says(listening: Listening) -> None:
    listening.live.clock.instant = datetime.now(UTC)
    endpoint = await listening.open()
    [locality] = await listening.change("harbour")
    await listening.live.work()
    [received] = listening.receiver.requests
    said = Webhook(endpoint["secret"]).verify(received.body, received.headers)
    assert (said["type"], said["data"]["kind"], said["data"]["id"]) == (
        "organisations.locality_changed",
        "locality",
        locality,
    )
    assert (await listening.admin.get(said["data"]["href"])).json()["code"] == "harbour"
    assert len(received.body) < 20_000
    [delivery] = await listening.log(endpoint)
    assert (delivery["state"], delivery["message_id"]) == ("delivered", received.headers["webhook-id"])
    assert [each["outcome"] for each in await listening.tries(endpoint, delivery)] == ["delivered"]


async def test_an_endpoint_hears_of_what_it_asked_for_and_of_nothing_before_it_was_made(listening: Listening) -> None:
    await listening.change("before")
    endpoint = await listening.open(events=["schemes.version_published"])
    everything = await listening.open("/all")
    await listening.change("after")
    await listening.live.work()
    assert await listening.log(endpoint) == []
    assert [each["event"] for each in await listening.log(everything)] == ["organisations.locality_changed"]


async def test_another_commissioner_hears_and_sees_nothing(listening: Listening) -> None:
    other = await Listening.begin(listening.live, listening.receiver)
    endpoint = await other.open("/other")
    await listening.change("harbour")
    await listening.live.work()
    assert listening.receiver.at("/other") == []
    assert (await listening.admin.get(f"/v1/webhook-endpoints/{endpoint['id']}")).status_code == 404
    assert (await listening.admin.get("/v1/webhook-endpoints")).json()["data"] == []


async def test_the_secret_is_shown_once_and_stored_sealed(listening: Listening) -> None:
    body = {"url": f"{listening.receiver.url}/hook", "events": ["*"]}
    key = {"Idempotency-Key": "make"}
    first = (await listening.admin.post("/v1/webhook-endpoints", json=body, headers=key)).json()
    again = await listening.admin.post("/v1/webhook-endpoints", json=body, headers=key)
    assert first["secret"].startswith("whsec_")
    assert (again.headers["Idempotency-Replayed"], again.json()) == ("true", first | {"secret": None})
    tenant = listening.live.tenants[listening.tenant]
    [row] = await listening.live.fetch("SELECT secret FROM webhook_endpoint", tenant=tenant)
    assert first["secret"].removeprefix("whsec_")[:20] not in row["secret"]
    assert "secret" not in await listening.get(first)


async def test_with_ed25519_there_is_a_public_key_and_no_secret(listening: Listening) -> None:
    endpoint = await listening.open(signing="ed25519")
    await listening.change("harbour")
    await listening.live.work()
    assert (endpoint["secret"], endpoint["public_key"][:5]) == (None, "whpk_")
    assert listening.receiver.requests[0].headers["webhook-signature"].startswith("v1a,")


async def test_after_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one_alone(listening: Listening) -> None:
    endpoint = await listening.open()
    rotated = (await listening.call(endpoint, "rotate")).json()
    counts = []
    for _ in range(2):
        await listening.call(endpoint, "test")
        await listening.live.work()
        counts.append(len(listening.receiver.requests[-1].headers["webhook-signature"].split(" ")))
        await listening.later(hours=25)
    assert rotated["secret"] != endpoint["secret"]
    assert counts == [2, 1]


async def test_what_is_not_taken_is_tried_again_under_the_same_id_and_each_try_is_kept(listening: Listening) -> None:
    listening.receiver.say("/hook", DOWN, Answer(302, {"Location": f"{listening.receiver.url}/elsewhere"}), Answer(204))
    endpoint = await listening.open()
    await listening.change("harbour")
    await listening.live.work()
    assert (await listening.get(endpoint))["failing_since"] is not None
    await listening.later(seconds=6)
    await listening.later(minutes=6)
    [delivery] = await listening.log(endpoint)
    tries = await listening.tries(endpoint, delivery)
    assert [(each["outcome"], each["status"]) for each in tries] == [
        ("refused", 503),
        ("refused", 302),
        ("delivered", 204),
    ]
    assert {request.headers["webhook-id"] for request in listening.receiver.at("/hook")} == {delivery["message_id"]}
    assert listening.receiver.at("/elsewhere") == []
    assert (await listening.get(endpoint))["failing_since"] is None


async def test_after_its_last_try_a_delivery_has_failed_and_can_be_sent_again(listening: Listening) -> None:
    listening.receiver.say("/hook", DOWN)
    endpoint = await listening.open()
    await listening.change("harbour")
    await listening.live.work()
    for hours in (1, 1, 1, 3, 6, 12, 16, 23, 27):
        await listening.later(hours=hours)
    [delivery] = await listening.log(endpoint, state="failed")
    listening.receiver.say("/hook", Answer(200))
    answer = await listening.call(endpoint, "replay", json={"ids": [delivery["id"]]})
    await listening.live.work()
    assert answer.status_code == 202
    assert (await listening.log(endpoint))[0]["state"] == "delivered"
    assert len(await listening.tries(endpoint, delivery)) == 11


async def test_410_disables_at_once_and_administrators_are_told(listening: Listening) -> None:
    listening.receiver.say("/hook", Answer(410))
    endpoint = await listening.open()
    await listening.change("harbour")
    await listening.live.work()
    await listening.change("quay")
    await listening.live.work()
    now = await listening.get(endpoint)
    assert (now["state"], now["disabled_because"]) == ("disabled", "gone")
    assert len(listening.receiver.requests) == 1
    assert len(await told(listening.live, listening.tenant, "webhook")) == 1
    assert (await listening.call(endpoint, "test")).json()["code"] == "communications.webhook_disabled"


async def test_enabled_again_it_is_sent_what_it_missed_unless_that_is_to_be_skipped(listening: Listening) -> None:
    listening.receiver.say("/hook", Answer(410), Answer(200))
    endpoint = await listening.open()
    await listening.change("one")
    await listening.live.work()
    [two] = await listening.change("two")
    await listening.live.work()
    await listening.call(endpoint, "enable")
    await listening.later(seconds=6)
    assert [each["state"] for each in await listening.log(endpoint)] == ["delivered", "delivered"]
    assert two.encode() in b"".join(request.body for request in listening.receiver.requests)


async def test_after_five_days_of_nothing_but_failures_it_is_disabled(listening: Listening) -> None:
    listening.receiver.say("/hook", DOWN)
    endpoint = await listening.open()
    await listening.change("one")
    await listening.live.work()
    await listening.later(days=4)
    assert (await listening.get(endpoint))["state"] == "enabled"
    await listening.later(days=2)
    assert (await listening.get(endpoint))["disabled_because"] == "failing"


async def test_retry_after_leaves_the_endpoint_alone_for_that_long(listening: Listening) -> None:
    listening.receiver.say("/hook", Answer(429, {"Retry-After": "120"}), Answer(200))
    endpoint = await listening.open()
    await listening.change("one")
    await listening.live.work()
    await listening.change("two")
    await listening.later(seconds=60)
    assert len(listening.receiver.requests) == 1
    await listening.later(seconds=61)
    assert [each["state"] for each in await listening.log(endpoint)] == ["delivered", "delivered"]


async def test_a_replay_comes_in_order_under_the_ids_it_had(listening: Listening) -> None:
    endpoint = await listening.open()
    cursor = (await listening.admin.get("/v1/changes")).json()["next_cursor"]
    await listening.change(*(f"l{n}" for n in range(12)))
    await listening.live.work()
    sent = {request.headers["webhook-id"]: request.body for request in listening.receiver.requests}
    log = await listening.log(endpoint)
    for start in (cursor, "2026-11-22T09:00:00Z", log[-1]["id"], log[-1]["message_id"]):
        listening.receiver.requests.clear()
        answer = await listening.call(endpoint, "replay", json={"from": start})
        await listening.live.work()
        operation = (await listening.admin.get(answer.headers["Location"])).json()
        again = listening.receiver.requests
        assert (operation["status"], operation["progress"]) == ("succeeded", {"done": 12, "total": 12})
        assert {request.headers["webhook-id"]: request.body for request in again} == sent
        assert [request.headers["webhook-id"] for request in again] == [each["message_id"] for each in reversed(log)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"from": "yesterday"}, "cursor.invalid"),
        ({"from": "0198c0de-0000-7000-8000-00000000aaaa"}, "communications.webhook_replay_unclear"),
        ({}, "request.invalid"),
        ({"from": "2026-11-22T09:00:00Z", "ids": ["0198c0de-0000-7000-8000-00000000aaaa"]}, "request.invalid"),
        ({"ids": ["0198c0de-0000-7000-8000-00000000aaaa"]}, "communications.webhook_delivery_not_found"),
    ],
)
async def test_a_replay_of_what_nobody_knows_is_refused(listening: Listening, body: dict, code: str) -> None:
    endpoint = await listening.open()
    answer = await listening.call(endpoint, "replay", json=body)
    assert answer.json()["code"] == code


async def test_an_endpoint_whose_owner_lost_the_role_is_sent_nothing_more(listening: Listening) -> None:
    endpoint = await listening.open()
    other = await listening.live.as_role("commissioner_admin", tenant=listening.tenant)
    await listening.change("while-waiting")
    tenant = listening.live.tenants[listening.tenant]
    await listening.live.execute(
        "UPDATE api_key SET revoked_at = $2 WHERE person_id = $1", endpoint["owner"], NOW, tenant=tenant
    )
    await listening.live.work()
    assert listening.receiver.requests == []
    now = (await other.get(f"/v1/webhook-endpoints/{endpoint['id']}")).json()
    assert (now["state"], now["disabled_because"]) == ("disabled", "owner_left")
    # Whoever enables it answers for it.
    await other.post(f"/v1/webhook-endpoints/{endpoint['id']}/enable")
    await listening.live.work()
    assert len(listening.receiver.requests) == 1


async def test_an_address_changed_while_a_worker_sends_is_called_for_the_next(listening: Listening) -> None:
    """Six are waiting, and five are taken at once."""
    endpoint = await listening.open()
    path, match = f"/v1/webhook-endpoints/{endpoint['id']}", {"If-Match": "*"}
    body = {"url": f"{listening.receiver.url}/moved"}
    moving: list[asyncio.Task[httpx.Response]] = []

    def move(_request: Received) -> None:
        if not moving:
            moving.append(asyncio.create_task(listening.admin.patch(path, json=body, headers=match)))

    listening.receiver.say("/hook", Answer(seconds_before=1.0))
    listening.receiver.on_request = move
    await listening.change(*(f"l{n}" for n in range(6)))
    await listening.live.work()
    assert (await moving[0]).status_code == 200
    assert (len(listening.receiver.at("/hook")), len(listening.receiver.at("/moved"))) == (5, 1)


async def test_an_answer_is_noted_while_a_replay_holds_the_endpoint(listening: Listening) -> None:
    """Both lock the endpoint before its deliveries, so neither is given up for a deadlock."""
    endpoint = await listening.open()

    async def replay() -> None:
        async with listening.live.worker_session(listening.tenant) as session:
            await WebhookEndpointRepository(session, session.tenant).get(UUID(endpoint["id"]), for_update=True)
            await until_blocked(listening.live)
            names, events = ["organisations.locality_changed"], ReplayRange((0, 0), (2**62, END_OF_NUMBER))
            await webhook_sending.replay(session, UUID(endpoint["id"]), names, events, now=NOW)

    replays: list[asyncio.Task[None]] = []
    listening.receiver.say("/hook", Answer(seconds_before=0.5))
    listening.receiver.on_request = lambda _: replays.append(asyncio.create_task(replay()))
    await listening.change("harbour")
    await listening.live.work()
    [replaying] = replays
    await replaying
    assert [each["state"] for each in await listening.log(endpoint)] == ["delivered"]


async def test_a_test_is_delivered_like_an_event(listening: Listening) -> None:
    endpoint = await listening.open(events=["schemes.version_published"])
    answer = await listening.call(endpoint, "test")
    await listening.live.work()
    assert b'"webhooks.test"' in listening.receiver.requests[0].body
    assert (await listening.admin.get(answer.headers["Location"])).json()["state"] == "delivered"


async def test_deleted_it_hears_nothing_more_and_its_log_goes_in_the_night(listening: Listening) -> None:
    endpoint = await listening.open()
    await listening.change("one")
    await listening.live.work()
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    assert (await listening.admin.delete(path)).status_code == 428
    assert (await listening.admin.delete(path, headers={"If-Match": "*"})).status_code == 204
    await listening.change("two")
    await listening.live.work()
    assert (await listening.admin.get(path)).status_code == 404
    assert len(listening.receiver.requests) == 1


async def test_a_patch_changes_what_is_named_and_checks_it(listening: Listening) -> None:
    endpoint = await listening.open()
    path, match = f"/v1/webhook-endpoints/{endpoint['id']}", {"If-Match": "*"}
    changed = await listening.admin.patch(path, json={"events": ["schemes.scheme_changed"]}, headers=match)
    assert (changed.json()["events"], changed.json()["url"]) == (["schemes.scheme_changed"], endpoint["url"])
    for body, code in (
        ({"url": "https://10.0.0.1/"}, "communications.webhook_url_refused"),
        ({"events": ["no.such"]}, "communications.webhook_event_unknown"),
        ({"url": None}, "request.invalid"),
        ({"state": "disabled"}, "request.invalid"),
    ):
        assert (await listening.admin.patch(path, json=body, headers=match)).json()["code"] == code


async def test_an_address_that_leads_inside_is_refused_when_it_is_typed(listening: Listening) -> None:
    listening.live.names.known["inside.example"] = [["10.0.0.8"]]
    for url in ("https://inside.example/", "https://169.254.169.254/", "http://hooks.example.org/", "ftp://x.example/"):
        answer = await listening.admin.post("/v1/webhook-endpoints", json={"url": url, "events": ["*"]})
        assert (answer.status_code, answer.json()["code"]) == (422, "communications.webhook_url_refused")
        assert [each["pointer"] for each in answer.json()["errors"]] == ["/url"]


async def test_a_name_that_leads_inside_since_is_not_called(listening: Listening) -> None:
    listening.live.names.known["turned.example"] = [["93.184.215.14"], ["127.0.0.1", "10.0.0.8"]]
    endpoint = await listening.open(url="https://turned.example:8443/hook")
    await listening.change("one")
    await listening.live.work()
    [delivery] = await listening.log(endpoint)
    [tried] = await listening.tries(endpoint, delivery)
    assert (tried["outcome"], tried["status"], listening.receiver.connections) == ("blocked", None, 0)


async def test_a_slow_endpoint_keeps_no_other_waiting(listening: Listening) -> None:
    listening.receiver.say("/slow", Answer(seconds_before=1.0))
    slow = await listening.open("/slow")
    quick = [await listening.open(f"/quick{n}") for n in range(3)]
    arrived: list[str] = []
    listening.receiver.on_request = lambda request: arrived.append(request.path)
    await listening.change(*(f"l{n}" for n in range(6)))
    await listening.live.work()
    # Six for each; the slow one takes five at once, and its sixth after everything that the others had.
    assert arrived[-1] == "/slow"
    assert {len(await listening.log(each, state="delivered")) for each in [slow, *quick]} == {6}


@pytest.mark.parametrize("role", [role for role in Role if "webhooks:write" in ROLE_SCOPES[role]])
async def test_whoever_may_keep_webhooks_is_told_of_every_change_of_a_kind_that_not_everybody_sees_all_of(
    shared: LivePlenary, role: Role
) -> None:
    """So an endpoint is sent all of a kind or nothing of it, and need not be told apart by whom each change concerns."""
    code = await shared.fresh_tenant()
    grant = Grant(role, "commissioner", code, ROLE_SCOPES[role])
    person = new_id()
    async with shared.session(code) as session:
        caller = Principal(session.tenant, code, new_id(), "key", "K", person, (grant,))
        seen = {kind: await sight(session, caller, NOW) for kind, sight in CHANGE_SIGHTS.of.items()}
    bounded = {kind for kind, resource in feed_resources().items() if resource.is_bounded}
    assert seen == dict.fromkeys(bounded)


@pytest.mark.slow
async def test_what_a_killed_worker_was_sending_is_sent_again_under_its_id(listening: Listening) -> None:
    listening.receiver.say("/hook", Answer(seconds_before=60), Answer(204))
    endpoint = await listening.open()
    await listening.change("harbour")
    async with worker_process(listening.live, "webhooks", PLENARY_OUTSIDE_NETWORKS="127.0.0.0/8"):
        await until(lambda: bool(listening.receiver.requests))
    # The process went by the real time.
    listening.live.clock.instant = datetime.now(UTC)
    await listening.later()
    [delivery] = await listening.log(endpoint)
    tries = await listening.tries(endpoint, delivery)
    assert [each["outcome"] for each in tries] == ["unknown", "delivered"]
    assert {request.headers["webhook-id"] for request in listening.receiver.requests} == {delivery["message_id"]}
    assert len(listening.receiver.requests) == 2


async def test_workers_that_end_after_a_part_was_sent_are_no_reason_to_give_up(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eleven go in rounds of five. As many workers as may have ended with this job in hand, and one ends in its second round."""
    endpoint = await listening.open()
    await listening.change(*(f"l{n}" for n in range(11)))
    calls: list[int] = []

    async def end_in_the_second_round(*given: Any, **named: Any) -> Tried:
        calls.append(len(calls))
        if len(calls) == 1:
            await _set_on_job(listening, f"attempts = failures + {MOST_LOSSES}")
        if len(calls) == 7:
            raise _WorkerEnded
        return await post_webhook(*given, **named)

    monkeypatch.setattr(workers.webhooks, "post_webhook", end_in_the_second_round)
    with pytest.raises(_WorkerEnded):
        await listening.live.work()
    await _set_on_job(listening, "lease_until = clock_timestamp() - interval '1 second'")
    await listening.live.work()
    assert {each["state"] for each in await listening.log(endpoint)} == {"delivered"}


class _WorkerEnded(BaseException):
    """Nothing of ours runs after it."""


async def _set_on_job(listening: Listening, what: str) -> None:
    tenant = listening.live.tenants[listening.tenant]
    await listening.live.execute(f"UPDATE job SET {what} WHERE kind = $1 AND state = 'running'", SEND, tenant=tenant)
