"""What a change of practices means for the posts there."""

from typing import Any

import httpx
import pytest

from tests.factories.service import LivePlenary


async def post_effects(admin: httpx.AsyncClient, **change: Any) -> list[tuple[int, str]]:
    body = {"effective_on": "2026-12-01", "dry_run": True} | change
    answer = await admin.post("/v1/practice-changes", json=body)
    assert answer.status_code == 200, answer.text
    return [(one["count"], one["sentence"]) for one in answer.json()["effects"] if one["what"] == "posts"]


async def a_staffed_practice(shared: LivePlenary) -> tuple[httpx.AsyncClient, list[str]]:
    tenant = await shared.fresh_tenant()
    codes = [f"Z{tenant[2:]}{number}" for number in range(2)]
    for code in codes:
        await shared.make_practice(code, tenant)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    person = {"name": "Lena Lead", "email": "lena@surgery.example"}
    for role, until in (("named_lead", None), ("gp", None), ("nurse", "2026-12-01")):
        body = {"role": role, "practice": codes[0], "person": person, "until": until}
        assert (await admin.post("/v1/posts", json=body)).status_code == 201
    return admin, codes


@pytest.mark.parametrize("kind", ["close", "merge"])
async def test_a_closing_practice_ends_its_posts(shared: LivePlenary, kind: str) -> None:
    admin, (code, other) = await a_staffed_practice(shared)
    members = {"kind": kind, "practice": code} | ({"successor": other} if kind == "merge" else {})
    assert await post_effects(admin, **members) == [
        (2, "2 posts held by 1 person: ended with the practice, before 1 December 2026. None is carried over.")
    ]


async def test_a_practice_that_goes_to_another_commissioner_leaves_its_posts_on_record(shared: LivePlenary) -> None:
    admin, (code, _) = await a_staffed_practice(shared)
    new = await shared.fresh_tenant()
    assert await post_effects(admin, kind="move", practice=code, commissioner=new) == [
        (2, "2 posts held by 1 person: kept on record here; nobody in them is written to from 1 December 2026.")
    ]


async def test_a_move_to_another_locality_touches_no_post(shared: LivePlenary) -> None:
    admin, (code, _) = await a_staffed_practice(shared)
    locality = (await admin.post("/v1/localities", json={"code": "N", "name": "North"})).json()["id"]
    assert await post_effects(admin, kind="move", practice=code, locality_id=locality) == []
