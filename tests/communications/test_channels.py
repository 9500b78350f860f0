"""Providers and suppressions over HTTP."""

import pytest

from app.communications import service
from app.communications.values import SuppressionReason, SuppressionSource
from tests.factories.channels import API_KEY, a_sent_message, set_up, suppressed
from tests.factories.service import LivePlenary


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    code = await shared.fresh_tenant()
    await shared.make_practice(f"{code}A", code)
    return code


async def test_a_key_is_sealed_and_its_callback_told_once(shared, tenant) -> None:
    first = await set_up(shared, tenant, "notify")
    assert first["callback_url"].startswith("http://127.0.0.1:8000/hooks/notify/")
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    answer = await admin.get("/v1/message-providers/notify")
    assert answer.json() | {"callback_url": None, "callback_bearer": None} == answer.json()
    assert answer.json()["has_api_key"]
    assert API_KEY[-36:] not in answer.text
    [row] = await shared.fetch("SELECT * FROM message_provider", tenant=shared.tenants[tenant])
    assert API_KEY[-36:] not in str(dict(row))
    assert first["callback_bearer"] not in str(dict(row))
    kept = await admin.put(
        "/v1/message-providers/notify", json={"is_active": False}, headers={"If-Match": answer.headers["ETag"]}
    )
    assert (kept.json()["has_api_key"], kept.json()["callback_bearer"], kept.json()["is_active"]) == (True, None, False)


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "communications.provider_key_missing"), ({"api_key": "x" * 80}, "communications.provider_key_invalid")],
)
async def test_notify_needs_a_key_that_is_one(shared, tenant, body, code) -> None:
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    answer = await admin.put("/v1/message-providers/notify", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await admin.get("/v1/message-providers/notify")).status_code == 404


async def test_an_address_is_suppressed_found_and_written_to_again(shared, tenant) -> None:
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    made = await admin.post("/v1/suppressions", json={"address": "Ann@practice.example", "detail": "By telephone."})
    assert (made.status_code, made.json()["reason"], made.json()["source"]) == (201, "manual", "person")
    again = await admin.post("/v1/suppressions", json={"address": "ann@PRACTICE.example"})
    assert (again.status_code, again.json()["code"]) == (409, "communications.already_suppressed")
    found = await admin.get("/v1/suppressions", params={"address": " ANN@practice.example"})
    assert [row["id"] for row in found.json()["data"]] == [made.json()["id"]]
    gone = await admin.delete(made.headers["Location"], headers={"If-Match": made.headers["ETag"]})
    assert gone.status_code == 204
    assert (await admin.get("/v1/suppressions")).json()["data"] == []


async def test_a_complaint_weighs_more_than_mail_that_came_back_and_never_less(shared, tenant) -> None:
    async def told(reason: SuppressionReason) -> None:
        async with shared.session(tenant) as session:
            await service.suppress(
                session,
                ["ann@practice.example"],
                reason=reason,
                source=SuppressionSource.REPORT,
                detail=None,
                now=shared.clock.now(),
            )

    await told(SuppressionReason.BOUNCED)
    await told(SuppressionReason.COMPLAINED)
    assert await suppressed(shared, tenant) == {"ann@practice.example": ("complained", "report")}
    await told(SuppressionReason.BOUNCED)
    assert await suppressed(shared, tenant) == {"ann@practice.example": ("complained", "report")}


async def test_whoever_is_forgotten_leaves_no_suppressed_address(shared, tenant) -> None:
    person = await shared.make_person("Ann", tenant=tenant, email="ann@practice.example")
    await a_sent_message(shared, tenant, "ann@practice.example")
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    for address in ("ann@practice.example", "bob@practice.example"):
        assert (await admin.post("/v1/suppressions", json={"address": address})).is_success
    async with shared.session(tenant) as session:
        assert (await service.export_person(session, person))["nothing_is_sent_to"] == ["ann@practice.example"]
        await service.erase_person(session, person, now=shared.clock.now())
    assert list(await suppressed(shared, tenant)) == ["bob@practice.example"]
