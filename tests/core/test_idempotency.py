"""Idempotency keys on a real route: one effect, one answer, whatever is sent again."""

import asyncio

import httpx
import pytest

from app.core.idempotency import fingerprint
from tests.factories.service import LivePlenary

MEETING = {
    "title": "Managers' meeting",
    "purpose": "Agree the holiday rota",
    "level": "commissioner",
    "starts_at": "2026-12-01T12:00:00Z",
    "ends_at": "2026-12-01T13:00:00Z",
}


@pytest.fixture
async def office(shared: LivePlenary) -> httpx.AsyncClient:
    return await shared.as_role("engagement_lead", tenant=await shared.fresh_tenant())


async def count(office: httpx.AsyncClient) -> int:
    return (await office.get("/v1/meetings?count=exact")).json()["total"]


async def test_the_same_key_gives_the_first_answer_and_one_effect(office: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "a-1"}
    first = await office.post("/v1/meetings", json=MEETING, headers=headers)
    again = await office.post("/v1/meetings", json=MEETING, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert await count(office) == 1


async def test_the_key_with_another_body_is_refused(office: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "a-2"}
    await office.post("/v1/meetings", json=MEETING, headers=headers)
    other = await office.post("/v1/meetings", json=MEETING | {"title": "Another"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")


async def test_a_refused_request_does_not_use_the_key_up(office: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "a-3"}
    bad = await office.post("/v1/meetings", json=MEETING | {"ends_at": "2026-11-01T13:00:00Z"}, headers=headers)
    good = await office.post("/v1/meetings", json=MEETING, headers=headers)
    assert (bad.status_code, good.status_code) == (422, 201)


async def test_many_at_once_have_one_effect_and_one_answer(office: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "a-4"}
    answers = await asyncio.gather(*(office.post("/v1/meetings", json=MEETING, headers=headers) for _ in range(12)))
    given = {answer.content for answer in answers if answer.status_code == 201}
    assert len(given) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await count(office) == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_an_unusable_key_is_refused(office: httpx.AsyncClient, key: str) -> None:
    answer = await office.post("/v1/meetings", json=MEETING, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key_invalid")


async def test_keys_of_two_credentials_do_not_meet(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    clients = [await shared.as_role("engagement_lead", tenant=tenant) for _ in range(2)]
    answers = [await c.post("/v1/meetings", json=MEETING, headers={"Idempotency-Key": "same"}) for c in clients]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


PEOPLE = b"practice_code,role,name,email,from,until,listed\r\nZZ1,gp,Bob,bob@example.org,,,\r\n"


async def test_a_file_sent_again_is_the_same_request_whatever_its_boundary(shared: LivePlenary) -> None:
    admin = await shared.as_role("commissioner_admin", tenant=await shared.fresh_tenant())

    async def send(boundary: str, content: bytes) -> httpx.Response:
        return await admin.post(
            "/v1/imports",
            headers={"Idempotency-Key": "file-1", "Content-Type": f'multipart/form-data; boundary="{boundary}"'},
            files={"file": ("people.csv", content, "text/csv")},
            data={"kind": "people"},
        )

    first, again = await send("one-1", PEOPLE), await send("two-2", PEOPLE)
    assert (first.status_code, again.status_code) == (202, 202)
    assert (again.headers["Idempotency-Replayed"], again.content) == ("true", first.content)
    other = await send("one-1", PEOPLE + b"ZZ1,gp,Ann,ann@example.org,,,\r\n")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")


def test_the_query_belongs_to_the_request() -> None:
    assert fingerprint("POST", "/v1/x?dry_run=true", b"") != fingerprint("POST", "/v1/x", b"")


def test_a_boundary_is_taken_out_only_where_the_header_names_it() -> None:
    body = b"--x\r\nname\r\n--x--\r\n"
    assert fingerprint("POST", "/v1/x", body) != fingerprint("POST", "/v1/x", body.replace(b"--x", b"--y"))
