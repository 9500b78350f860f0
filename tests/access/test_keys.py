"""Keys over HTTP: giving, reading, rotating and revoking them."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core.ids import new_id
from tests.factories.keys import remembering
from tests.factories.service import NOW, LivePlenary
from tests.factories.serving import on_a_port
from tests.fakes.clock import MovingSeconds

PERSON = {"name": "Amira Khan", "email": "Amira.Khan@example.org"}
ANY = {"If-Match": "*"}


async def admin_of(shared: LivePlenary, **options: Any) -> tuple[str, httpx.AsyncClient]:
    code = await shared.fresh_tenant(**options)
    return code, await shared.as_role("commissioner_admin", tenant=code)


async def test_a_new_key_works_and_is_shown_once(shared: LivePlenary) -> None:
    code, admin = await admin_of(shared)
    body = {"name": "Office", "role": "scheme_manager", "person": PERSON}
    made = await admin.post("/v1/api-keys", json=body, headers={"Idempotency-Key": "k1"})
    assert made.status_code == 201
    key = made.json()
    assert key["key"].startswith(key["prefix"])
    assert key["boundary"] == {"type": "commissioner", "id": code}
    assert made.headers["Location"] == f"/v1/api-keys/{key['id']}"
    me = (await shared.client(key["key"]).get("/v1/me")).json()
    assert (me["role"], me["person"]["id"]) == ("scheme_manager", key["person_id"])
    again = await admin.post("/v1/api-keys", json=body, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()["id"], again.json()["key"]) == (201, key["id"], None)
    shown = await admin.get(f"/v1/api-keys/{key['id']}")
    assert shown.json() == {name: value for name, value in key.items() if name != "key"}
    assert shown.headers["ETag"] == made.headers["ETag"]


async def test_no_secret_is_stored(shared: LivePlenary) -> None:
    code, admin = await admin_of(shared)
    key = (await admin.post("/v1/api-keys", json={"name": "Look", "role": "auditor"})).json()["key"]
    rows = await shared.fetch("SELECT row_to_json(k)::text AS row FROM api_key k", tenant=shared.tenants[code])
    assert rows
    assert not any(key.removeprefix("ply_live_") in row["row"] for row in rows)


async def test_a_known_address_is_the_person_known_by_it(shared: LivePlenary) -> None:
    _, admin = await admin_of(shared)
    first = await admin.post("/v1/api-keys", json={"name": "A", "role": "editor", "person": PERSON})
    other = PERSON | {"name": "A. Khan", "email": "amira.khan@EXAMPLE.org"}
    second = await admin.post("/v1/api-keys", json={"name": "A", "role": "auditor", "person": other})
    assert first.json()["person_id"] == second.json()["person_id"]


@pytest.mark.parametrize("role", ["claims_vetter", "payments_approver", "payments_releaser", "platform_admin"])
async def test_roles_of_the_platform_are_not_an_admins_to_give(shared: LivePlenary, role: str) -> None:
    _, admin = await admin_of(shared)
    answer = await admin.post("/v1/api-keys", json={"name": "Money", "role": role, "person": PERSON})
    assert (answer.status_code, answer.json()["code"]) == (403, "access.forbidden")


async def test_the_platform_gives_a_money_role_which_is_audited_and_announced_to_the_tenant(
    shared: LivePlenary,
) -> None:
    code, _ = await admin_of(shared)
    platform = await shared.as_role("platform_admin", tenant="PLATFORM")
    body = {"name": "Approver", "role": "payments_approver", "person": PERSON, "commissioner": code}
    key = (await platform.post("/v1/api-keys", json=body)).json()
    assert key["commissioner"] == code
    me = (await shared.client(key["key"]).get("/v1/me")).json()
    assert (me["commissioner"]["code"], me["role"]) == (code, "payments_approver")
    tenant = shared.tenants[code]
    events = await shared.fetch(
        "SELECT subject FROM event WHERE name = 'access.money_role_granted' AND commissioner_id = $1",
        tenant,
        tenant=tenant,
    )
    assert [event["subject"] for event in events] == [key["id"]]
    audited = await shared.fetch("SELECT action FROM audit_entry WHERE subject = $1", key["id"], tenant=tenant)
    assert [entry["action"] for entry in audited] == ["key.created"]


async def test_an_admin_may_stop_a_money_key_but_not_renew_it(shared: LivePlenary) -> None:
    code, admin = await admin_of(shared)
    platform = await shared.as_role("platform_admin", tenant="PLATFORM")
    body = {"name": "Releaser", "role": "payments_releaser", "person": PERSON, "commissioner": code}
    key = (await platform.post("/v1/api-keys", json=body)).json()
    refused = await admin.post(f"/v1/api-keys/{key['id']}/rotate")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")
    assert (await platform.post(f"/v1/api-keys/{key['id']}/rotate")).status_code == 200
    assert (await admin.delete(f"/v1/api-keys/{key['id']}", headers=ANY)).status_code == 204


async def test_the_platform_lists_and_reads_the_keys_of_the_commissioner_it_names(shared: LivePlenary) -> None:
    code, admin = await admin_of(shared)
    key = (await admin.post("/v1/api-keys", json={"name": "Audit", "role": "auditor"})).json()
    platform = await shared.as_role("platform_admin", tenant="PLATFORM")
    listed = (await platform.get("/v1/api-keys", params={"commissioner": code, "role": "auditor"})).json()["data"]
    assert [row["id"] for row in listed] == [key["id"]]
    assert key["id"] not in [row["id"] for row in (await platform.get("/v1/api-keys")).json()["data"]]
    assert (await platform.get(f"/v1/api-keys/{key['id']}")).json()["commissioner"] == code
    unknown = await platform.get("/v1/api-keys", params={"commissioner": "NOBODY"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "organisations.commissioner_not_found")


async def test_the_platform_has_to_say_for_whom_a_key_is(shared: LivePlenary) -> None:
    platform = await shared.as_role("platform_admin", tenant="PLATFORM")
    answer = await platform.post("/v1/api-keys", json={"name": "Admin", "role": "commissioner_admin", "person": PERSON})
    assert (answer.status_code, answer.json()["code"]) == (422, "access.commissioner_required")


async def test_an_admin_cannot_name_another_commissioner(shared: LivePlenary) -> None:
    other = await shared.fresh_tenant()
    _, admin = await admin_of(shared)
    answer = await admin.post("/v1/api-keys", json={"name": "X", "role": "auditor", "commissioner": other})
    assert (answer.status_code, answer.json()["code"]) == (404, "organisations.commissioner_not_found")


async def test_another_tenants_key_is_not_there(shared: LivePlenary) -> None:
    _, admin = await admin_of(shared)
    key = (await admin.post("/v1/api-keys", json={"name": "Audit", "role": "auditor"})).json()
    _, stranger = await admin_of(shared)
    for answer in (
        await stranger.get(f"/v1/api-keys/{key['id']}"),
        await stranger.post(f"/v1/api-keys/{key['id']}/rotate"),
        await stranger.delete(f"/v1/api-keys/{key['id']}", headers=ANY),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "access.key_not_found")
    assert (await shared.client(key["key"]).get("/v1/me")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"person": None}, 422, "access.person_required", "/person"),
        ({"role": "auditor", "person_id": "01890a5d-ac96-774b-bcce-b302099a8057"}, 422, "access.person_required", "/person"),
        ({"boundary": {"type": "practice", "id": "ZZ0901"}}, 422, "access.boundary_invalid", "/boundary/type"),
        ({"boundary": {"type": "commissioner", "id": "ELSE"}}, 422, "access.boundary_invalid", "/boundary/id"),
        ({"role": "practice_lead"}, 422, "access.boundary_invalid", "/boundary/id"),
        ({"role": "practice_lead", "boundary": {"type": "commissioner"}}, 422, "access.boundary_invalid", "/boundary/type"),
        ({"role": "practice_lead", "boundary": {"type": "practice", "id": "ZZ9999"}}, 404, "organisations.practice_not_found", None),
        ({"role": "locality_lead", "boundary": {"type": "locality", "id": "north"}}, 404, "organisations.locality_not_found", None),
        ({"role": "sessional_clinician", "boundary": {"type": "self", "id": "me"}}, 422, "access.boundary_invalid", "/boundary/id"),
        ({"role": "emperor"}, 422, "request.invalid", "/role"),
        ({"colour": "red"}, 422, "request.invalid", "/colour"),
        ({"name": " "}, 422, "request.invalid", "/name"),
        ({"person": {"name": "A", "email": "nobody"}}, 422, "request.invalid", "/person/email"),
        ({"person": {"name": "943 476 5919", "email": "a@example.org"}}, 422, None, "/person/name"),
        ({"expires_at": "2026-11-22T09:59:59Z"}, 422, "access.already_expired", "/expires_at"),
        ({"origins": ["https://intranet.example.org"]}, 422, "access.origins_refused", "/origins"),
    ],
)  # fmt: skip
async def test_a_key_that_makes_no_sense_is_refused_in_words(
    shared: LivePlenary, changes: dict[str, Any], status: int, code: str | None, pointer: str | None
) -> None:
    _, admin = await admin_of(shared)
    body = {"name": "Key", "role": "editor", "person": PERSON} | changes
    answer = await admin.post("/v1/api-keys", json={k: v for k, v in body.items() if v is not None})
    assert answer.status_code == status, answer.text
    assert code in (None, answer.json()["code"])
    assert pointer in (None, *(error["pointer"] for error in answer.json().get("errors", [])))
    assert (await admin.get("/v1/api-keys", params={"role": "editor"})).json()["data"] == []


async def test_a_practice_boundary_is_a_member_practice(shared: LivePlenary) -> None:
    code, admin = await admin_of(shared)
    practice = f"ZQ{code[-4:]}"
    await shared.make_practice(practice, code)
    body = {"name": "Key", "role": "practice_lead", "person": PERSON, "boundary": {"type": "practice", "id": practice}}
    made = await admin.post("/v1/api-keys", json=body)
    assert (made.status_code, made.json()["boundary"]) == (201, body["boundary"])
    _, stranger = await admin_of(shared)
    assert (await stranger.post("/v1/api-keys", json=body)).json()["code"] == "organisations.practice_not_found"


@pytest.mark.parametrize(
    "origin",
    ["https://intranet.example.org/", "http://intranet.example.org", "https://*.example.org", "null", "https://A.org"],
)
async def test_an_origin_no_browser_would_send_is_refused(shared: LivePlenary, origin: str) -> None:
    _, admin = await admin_of(shared)
    answer = await admin.post("/v1/api-keys", json={"name": "W", "role": "intranet", "origins": [origin]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/origins/0")


async def test_a_web_key_answers_its_own_page_only(shared: LivePlenary) -> None:
    _, admin = await admin_of(shared)
    body = {"name": "W", "role": "intranet", "origins": ["https://intranet.example.org", "http://localhost:5173"]}
    web = shared.client((await admin.post("/v1/api-keys", json=body)).json()["key"])
    mine = await web.get("/v1/me", headers={"Origin": "https://intranet.example.org"})
    assert (mine.status_code, mine.headers["Access-Control-Allow-Origin"]) == (200, "https://intranet.example.org")
    theirs = await web.get("/v1/me", headers={"Origin": "https://evil.example"})
    assert (theirs.status_code, theirs.headers.get("Access-Control-Allow-Origin")) == (403, None)


@pytest.fixture
def seconds(shared: LivePlenary) -> Iterator[MovingSeconds]:
    with remembering(shared) as seconds:
        yield seconds


async def test_a_revoked_key_is_dead_once_the_cache_has_passed(shared: LivePlenary, seconds: MovingSeconds) -> None:
    _, admin = await admin_of(shared)
    key = (await admin.post("/v1/api-keys", json={"name": "Audit", "role": "auditor"})).json()
    client = shared.client(key["key"])
    assert (await client.get("/v1/me")).status_code == 200
    assert (await admin.delete(f"/v1/api-keys/{key['id']}", headers=ANY)).status_code == 204
    seconds.at += 5
    refused = await client.get("/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "access.unauthenticated")
    assert key["id"] not in [row["id"] for row in (await admin.get("/v1/api-keys")).json()["data"]]
    ended = (await admin.get("/v1/api-keys", params={"state": "all", "role": "auditor"})).json()["data"]
    assert [row["revoked_at"] for row in ended] == ["2026-11-22T10:00:00.123Z"]


async def test_revoking_needs_the_version_that_was_read(shared: LivePlenary) -> None:
    _, admin = await admin_of(shared)
    path = (await admin.post("/v1/api-keys", json={"name": "Audit", "role": "auditor"})).headers["Location"]
    assert (await admin.delete(path)).status_code == 428
    assert (await admin.delete(path, headers={"If-Match": '"v9"'})).status_code == 412
    etag = (await admin.get(path)).headers["ETag"]
    assert (await admin.delete(path, headers={"If-Match": etag})).status_code == 204
    assert (await admin.delete(path, headers=ANY)).status_code == 204


async def test_rotation_leaves_two_secrets_live_and_then_one(
    shared: LivePlenary, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, admin = await admin_of(shared)
    key = (await admin.post("/v1/api-keys", json={"name": "Audit", "role": "auditor"})).json()
    second = (await admin.post(f"/v1/api-keys/{key['id']}/rotate", json={"overlap_hours": 2})).json()
    assert second["previous_until"] == "2026-11-22T12:00:00.123Z"
    keys = [key["key"], second["key"]]
    assert [(await shared.client(k).get("/v1/me")).status_code for k in keys] == [200, 200]
    monkeypatch.setattr(shared.clock, "instant", NOW + timedelta(hours=2))
    assert [(await shared.client(k).get("/v1/me")).status_code for k in keys] == [401, 200]


async def test_a_second_rotation_ends_the_oldest_secret(shared: LivePlenary, monkeypatch: pytest.MonkeyPatch) -> None:
    _, admin = await admin_of(shared)
    key = (await admin.post("/v1/api-keys", json={"name": "Audit", "role": "auditor"})).json()
    second = (await admin.post(f"/v1/api-keys/{key['id']}/rotate")).json()["key"]
    third = (await admin.post(f"/v1/api-keys/{key['id']}/rotate")).json()["key"]
    assert [(await shared.client(k).get("/v1/me")).status_code for k in (key["key"], second, third)] == [401, 200, 200]


async def test_a_key_ends_at_the_second_it_says(shared: LivePlenary, monkeypatch: pytest.MonkeyPatch) -> None:
    _, admin = await admin_of(shared)
    ends = {"name": "Brief", "role": "auditor", "expires_at": "2026-11-22T11:00:00+00:00"}
    key = (await admin.post("/v1/api-keys", json=ends)).json()
    client = shared.client(key["key"])
    monkeypatch.setattr(shared.clock, "instant", NOW + timedelta(minutes=59, seconds=59))
    assert (await client.get("/v1/me")).status_code == 200
    monkeypatch.setattr(shared.clock, "instant", NOW + timedelta(hours=1))
    assert (await client.get("/v1/me")).status_code == 401
    assert (await admin.post(f"/v1/api-keys/{key['id']}/rotate")).json()["code"] == "access.already_expired"


async def test_a_revoked_key_is_not_renewed(shared: LivePlenary) -> None:
    _, admin = await admin_of(shared)
    path = (await admin.post("/v1/api-keys", json={"name": "Audit", "role": "auditor"})).headers["Location"]
    await admin.delete(path, headers=ANY)
    answer = await admin.post(f"{path}/rotate")
    assert (answer.status_code, answer.json()["code"]) == (409, "access.key_revoked")


@pytest.mark.parametrize(
    "key", ["ply_live_", "ply_live_00000000_x", "ply_live_" + "x" * 5000, "abc", "ply_live_\u00e9"]
)
async def test_what_is_no_key_of_ours_is_401(shared: LivePlenary, key: str) -> None:
    client = shared.client(None)
    answer = await client.get("/v1/me", headers={b"Authorization": b"Bearer " + key.encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "access.unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_stream_ends_with_the_key_that_opened_it(
    shared: LivePlenary, http: httpx.AsyncClient, seconds: MovingSeconds
) -> None:
    code, admin = await admin_of(shared)
    tenant, operation = shared.tenants[code], new_id()
    await shared.execute(
        "INSERT INTO operation (commissioner_id, id, kind, status, done, scope, created_at)"
        " VALUES ($1, $2, 'x', 'running', 0, 'audit:read', $3)",
        tenant,
        operation,
        NOW,
        tenant=tenant,
    )
    key = (await admin.post("/v1/api-keys", json={"name": "Audit", "role": "auditor"})).json()
    headers, path, heard = {"Authorization": f"Bearer {key['key']}"}, f"/v1/operations/{operation}/events", []
    async with asyncio.timeout(5), on_a_port(shared.app) as address:
        async with http.stream("GET", f"{address}{path}", headers=headers) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    heard.append(line)
                    await admin.delete(f"/v1/api-keys/{key['id']}", headers=ANY)
                    seconds.at += 5
    assert heard == ["event: progress"]
