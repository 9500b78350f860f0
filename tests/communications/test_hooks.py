"""Providers that call back: what they may change, and what forged, repeated and late calls do not."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.ids import new_id
from tests.factories.channels import a_sent_message, set_up, state_of, suppressed
from tests.factories.communications import give_post
from tests.factories.service import LivePlenary


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    return await shared.fresh_tenant()


def _path(url: str) -> str:
    return httpx.URL(url).path


async def _call(live: LivePlenary, provider: dict[str, Any], delivery: Any, status: str, **changes: Any) -> int:
    body = {"id": str(new_id()), "reference": str(delivery), "to": "ann@practice.example", "status": status}
    headers = {"Authorization": f"Bearer {changes.pop('bearer', provider['callback_bearer'])}"}
    path = changes.pop("path", _path(provider["callback_url"]))
    answer = await live.client(None).post(path, json=body | {"notification_type": "email"} | changes, headers=headers)
    return answer.status_code


async def test_delivered_is_the_end_of_what_was_sent(shared, tenant) -> None:
    provider = await set_up(shared, tenant, "notify")
    delivery = await a_sent_message(shared, tenant, "ann@practice.example")
    assert await _call(shared, provider, delivery, "delivered") == 204
    assert await state_of(shared, tenant, delivery) == "delivered"
    # Said again, said late, said otherwise.
    for status in ("delivered", "sending", "permanent-failure", "temporary-failure"):
        assert await _call(shared, provider, delivery, status) == 204
    assert await state_of(shared, tenant, delivery) == "delivered"
    assert await suppressed(shared, tenant) == {}


@pytest.mark.parametrize("status", ["permanent-failure", "temporary-failure", "technical-failure"])
async def test_a_failure_is_the_end_and_only_a_permanent_one_suppresses(shared, tenant, status) -> None:
    provider = await set_up(shared, tenant, "notify")
    delivery = await a_sent_message(shared, tenant, "ann@practice.example")
    assert await _call(shared, provider, delivery, status) == 204
    assert await state_of(shared, tenant, delivery) == "failed"
    assert ("ann@practice.example" in await suppressed(shared, tenant)) == (status == "permanent-failure")
    assert await _call(shared, provider, delivery, "delivered") == 204
    assert await state_of(shared, tenant, delivery) == "failed"


async def test_a_message_in_doubt_has_arrived_after_all(shared, tenant) -> None:
    provider = await set_up(shared, tenant, "notify")
    for state, doubts in (("in_doubt", 2), ("queued", 1)):
        delivery = await a_sent_message(shared, tenant, "ann@practice.example", state=state, doubts=doubts)
        assert await _call(shared, provider, delivery, "delivered") == 204
        assert await state_of(shared, tenant, delivery) == "delivered"


async def test_a_provider_that_is_faster_than_our_own_note_is_asked_to_say_it_again(shared, tenant) -> None:
    provider = await set_up(shared, tenant, "notify")
    delivery = await a_sent_message(shared, tenant, "ann@practice.example", state="attempting")
    assert await _call(shared, provider, delivery, "delivered") == 503


async def test_forged_calls_change_nothing(shared, tenant) -> None:
    provider, other = await set_up(shared, tenant, "notify"), await shared.fresh_tenant()
    others = await set_up(shared, other, "notify")
    mail = await set_up(shared, tenant, "mail")
    delivery = await a_sent_message(shared, tenant, "ann@practice.example")
    path = _path(provider["callback_url"])
    token = path.rpartition("/")[2]
    assert await _call(shared, provider, delivery, "permanent-failure", bearer="") == 401
    assert await _call(shared, provider, delivery, "permanent-failure", bearer=others["callback_bearer"]) == 401
    mail_token = _path(mail["callback_url"]).rpartition("/")[2]
    for wrong in (
        f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        token[:-1],
        f"{token}AA",
        mail_token,
        "x",
        "é" * 64,
    ):
        assert await _call(shared, provider, delivery, "permanent-failure", path=f"/hooks/notify/{wrong}") == 404
    # Another commissioner's provider, a recipient that is not ours, an id of nobody, no id at all.
    assert await _call(shared, others, delivery, "permanent-failure") == 204
    assert await _call(shared, provider, delivery, "permanent-failure", to="eve@practice.example") == 204
    assert await _call(shared, provider, new_id(), "permanent-failure") == 204
    for reference in (None, "", "payslip 7"):
        assert await _call(shared, provider, delivery, "permanent-failure", reference=reference) == 204
    assert await _call(shared, provider, delivery, "a status of tomorrow") == 204
    assert await state_of(shared, tenant, delivery) == "sent"
    assert await suppressed(shared, tenant) == {}


async def test_a_new_callback_address_shuts_the_old_one(shared, tenant) -> None:
    provider = await set_up(shared, tenant, "notify")
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    tag = {"If-Match": (await admin.get("/v1/message-providers/notify")).headers["ETag"]}
    answer = await admin.put("/v1/message-providers/notify", json={"rotate_callback": True}, headers=tag)
    fresh = answer.json()
    delivery = await a_sent_message(shared, tenant, "ann@practice.example")
    assert await _call(shared, provider, delivery, "delivered") == 404
    assert await _call(shared, provider, delivery, "delivered", path=_path(fresh["callback_url"])) == 401
    assert await _call(shared, fresh, delivery, "delivered") == 204


async def test_a_mail_service_tells_of_mail_that_came_back_and_of_complaints(shared, tenant) -> None:
    path = _path((await set_up(shared, tenant, "mail"))["callback_url"])
    person = await shared.make_person("Ann", tenant=tenant, email="ann@practice.example")
    await shared.make_practice(f"{tenant}A", tenant)
    await give_post(shared, tenant, person, "gp", practice=f"{tenant}A")
    sent = {
        name: await a_sent_message(shared, tenant, f"{name}@practice.example") for name in ("ann", "bob", "cat", "dan")
    }

    def told(name: str, kind: str, delivery: UUID | None = None) -> dict[str, str]:
        return {
            "message_id": f"<{delivery or sent[name]}@plenary.example>",
            "address": f"{name.title()}@practice.example",
            "kind": kind,
        }

    body = {
        "bounces": [
            told("ann", "hard"),
            told("bob", "soft"),
            told("cat", "complaint"),
            told("eve", "hard", sent["dan"]),
        ]
    }
    body["bounces"].append({"message_id": "none of ours", "address": "dan@practice.example", "kind": "hard"})
    assert (await shared.client(None).post(path, json=body)).status_code == 204
    states = {name: await state_of(shared, tenant, delivery) for name, delivery in sent.items()}
    assert states == {"ann": "failed", "bob": "failed", "cat": "sent", "dan": "sent"}
    assert await suppressed(shared, tenant) == {
        "ann@practice.example": ("bounced", "hook"),
        "cat@practice.example": ("complained", "hook"),
    }
    [row] = await shared.fetch("SELECT bounced_at FROM person WHERE id = $1", person, tenant=shared.tenants[tenant])
    assert row["bounced_at"] is not None
    assert (await shared.client(None).post(f"{path}x", json=body)).status_code == 404
