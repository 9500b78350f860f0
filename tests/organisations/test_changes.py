"""Changes of practices: close, merge, move, and one commissioner taking over from another."""

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import asyncpg
import httpx

from app.core.ids import new_id
from tests.factories.organisations import make_locality, place, publish_again
from tests.factories.service import LivePlenary
from workers.schedule import Planner


async def change(client: httpx.AsyncClient, kind: str, on: str = "2026-11-22", **members: Any) -> httpx.Response:
    return await client.post("/v1/practice-changes", json={"kind": kind, "effective_on": on} | members)


async def practice(client: httpx.AsyncClient, code: str, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"/v1/practices/{code}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def join_network(shared: LivePlenary, code: str, network: str) -> None:
    platform = await asyncpg.connect(shared.settings.asyncpg_url("platform"))
    recorded = datetime(2026, 11, 1, tzinfo=UTC)
    try:
        await platform.execute(
            "INSERT INTO register_organisation (code, name, kind, updated_at)"
            " VALUES ($1, $1 || ' PCN', 'network', $2) ON CONFLICT DO NOTHING",
            network,
            recorded,
        )
        await platform.execute(
            "INSERT INTO register_network_membership (id, practice, network, valid_from, as_at, recorded_at)"
            " VALUES ($1, $2, $3, '2019-07-01', '2026-01-01', $4)",
            new_id(),
            code,
            network,
            recorded,
        )
    finally:
        await platform.close()
    await publish_again(shared, code)


async def test_a_closure_holds_from_its_day_in_every_tenant(shared: LivePlenary):
    area, borough = await shared.fresh_tenant(), await shared.fresh_tenant(kind="place")
    await shared.make_practice("ZZV001", area)
    client = await shared.as_role("commissioner_admin", tenant=area)
    north = await make_locality(client, "north")
    await place(client, north, "ZZV001", from_="2020-04-01")
    await shared.execute(
        "INSERT INTO place_membership (commissioner_id, id, practice, valid_from, recorded_at)"
        " VALUES ($1, $2, 'ZZV001', '2022-07-01', now())",
        shared.tenants[borough],
        new_id(),
        tenant=shared.tenants[borough],
    )
    other = await shared.as_role("commissioner_admin", tenant=borough)
    south = await make_locality(other, "south")
    await publish_again(shared, "ZZV001")
    await place(other, south, "ZZV001", from_="2022-07-01")

    done = await change(client, "close", practice="ZZV001")
    assert done.status_code == 201, done.text
    assert done.json()["applied_at"] == "2026-11-22T10:00:00.123Z"
    for caller in (client, other):
        found = await practice(caller, "ZZV001")
        assert (found["status"], found["closed_on"], found["locality"]) == ("closed", "2026-11-21", None)
        assert (await practice(caller, "ZZV001", "?as_at=2026-11-21"))["status"] == "active"
    assert (await practice(client, "ZZV001", "?as_at=2026-11-21"))["locality"]["id"] == north
    history = (await client.get("/v1/practices/ZZV001/history")).json()["data"]
    assert {entry["kind"]: entry["until"] for entry in history} == {
        "commissioner": "2026-11-22",
        "locality": "2026-11-22",
    }
    place_history = (await other.get("/v1/practices/ZZV001/history")).json()["data"]
    assert {entry["until"] for entry in place_history} == {"2026-11-22"}
    again = await change(client, "close", on="2026-12-01", practice="ZZV001")
    assert (again.status_code, again.json()["code"]) == (409, "organisations.not_a_member")


async def test_a_dry_run_tells_the_effects_and_keeps_nothing(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    for code in ("ZZW001", "ZZW002"):
        await shared.make_practice(code, tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    north = await make_locality(client, "north")
    await place(client, north, "ZZW001", from_="2020-04-01")
    before = await practice(client, "ZZW001")
    tried = await change(client, "merge", practice="ZZW001", successor="ZZW002", dry_run=True)
    assert tried.status_code == 200, tried.text
    assert (tried.json()["id"], tried.json()["applied_at"]) == (None, None)
    effects = {effect["what"]: effect for effect in tried.json()["effects"]}
    assert (effects["members"]["count"], effects["localities"]["count"]) == (1, 1)
    assert effects["localities"]["commissioner"] == tenant
    assert effects["localities"]["sentence"].endswith("from 22 November 2026.")
    assert await practice(client, "ZZW001") == before
    assert (await client.get("/v1/practice-changes")).json()["data"] == []


async def test_a_merger_names_the_successor_and_hands_on_the_network(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    for code in ("ZZY001", "ZZY002"):
        await shared.make_practice(code, tenant)
    await join_network(shared, "ZZY001", "UZZ001")
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    cursor = (await client.get("/v1/changes")).json()["next_cursor"]
    done = await change(client, "merge", practice="ZZY001", successor="ZZY002")
    assert done.status_code == 201, done.text
    gone, taken = await practice(client, "ZZY001"), await practice(client, "ZZY002")
    assert (gone["status"], gone["successor"], gone["network"]) == ("closed", "ZZY002", None)
    assert (taken["status"], taken["network"]["code"]) == ("active", "UZZ001")
    before = await practice(client, "ZZY001", "?as_at=2026-11-21")
    assert (before["status"], before["successor"]) == ("active", None)
    assert (await practice(client, "ZZY001", "?as_at=2026-11-22"))["successor"] == "ZZY002"
    changes = (await client.get(f"/v1/changes?cursor={cursor}")).json()["data"]
    assert {entry["id"] for entry in changes} == {"ZZY001", "ZZY002"}
    read = await client.get(done.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (done.json(), done.headers["ETag"])


async def test_a_successor_that_is_noted_ahead_is_shown_once_the_last_day_open_is_over(live: LivePlenary):
    await live.make_tenant("ZZ1")
    await live.make_practice("ZZ0002", "ZZ1")
    await live.make_practice("ZZ0001", "ZZ1", closed_on=date(2026, 11, 23), successor_code="ZZ0002")
    client = await live.as_role("commissioner_admin", tenant="ZZ1")
    for day, successor in ((23, None), (24, "ZZ0002")):
        live.clock.instant = datetime(2026, 11, day, 6, tzinfo=UTC)
        await Planner(live.tools).plan(live.clock.now())
        await live.work()
        assert (await practice(client, "ZZ0001"))["successor"] == successor


async def test_a_merger_into_a_practice_that_was_merged_before_it_is_refused_on_its_day(live: LivePlenary):
    await live.make_tenant("ZZ1")
    for code in ("ZZ0001", "ZZ0002", "ZZ0003"):
        await live.make_practice(code, "ZZ1")
    client = await live.as_role("commissioner_admin", tenant="ZZ1")
    late = await change(client, "merge", on="2026-12-01", practice="ZZ0001", successor="ZZ0002")
    early = await change(client, "merge", on="2026-11-24", practice="ZZ0002", successor="ZZ0003")
    assert (late.status_code, early.status_code) == (201, 201)
    for day in (date(2026, 11, 24), date(2026, 12, 1)):
        live.clock.instant = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        await Planner(live.tools).plan(live.clock.now())
        await live.work()
    refused = (await client.get(late.headers["Location"])).json()
    assert (refused["applied_at"], refused["problem"]["code"]) == (None, "organisations.practice_closed")
    assert (await practice(client, "ZZ0001"))["status"] == "active"
    assert (await practice(client, "ZZ0002"))["successor"] == "ZZ0003"


async def test_a_practice_does_not_end_before_it_has_taken_over_another(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    former, heir, other = "ZZTO01", "ZZTO02", "ZZTO03"
    for code in (former, heir, other):
        await shared.make_practice(code, tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    assert (await change(client, "merge", on="2026-05-01", practice=former, successor=heir)).status_code == 201
    circle = await change(client, "merge", on="2026-04-15", practice=heir, successor=former)
    gap = await change(client, "close", on="2026-05-01", practice=heir)
    for refused in (circle, gap):
        assert (refused.status_code, refused.json()["code"]) == (409, "organisations.takes_over_later")
        assert refused.json()["detail"] == "It takes over ZZTO01 on 1 May 2026."
    # What was recorded wrongly is put right first.
    assert (await change(client, "merge", on="2026-05-01", practice=former, successor=other)).status_code == 201
    assert (await change(client, "merge", on="2026-04-15", practice=heir, successor=other)).status_code == 201


async def test_practices_that_merge_on_one_day_may_each_name_the_next(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    codes = ["ZZTP01", "ZZTP02", "ZZTP03"]
    for code in codes:
        await shared.make_practice(code, tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    for code, successor in pairwise(codes):
        assert (await change(client, "merge", on="2026-05-01", practice=code, successor=successor)).status_code == 201
    assert [(await practice(client, code))["successor"] for code in codes] == ["ZZTP02", "ZZTP03", None]


async def test_a_later_change_waits_for_its_day(live: LivePlenary):
    await live.make_tenant("ZZ1")
    await live.make_practice("ZZ0001", "ZZ1")
    client = await live.as_role("commissioner_admin", tenant="ZZ1")
    done = await change(client, "close", on="2026-11-24", practice="ZZ0001")
    assert (done.status_code, done.json()["applied_at"]) == (201, None)
    waiting = (await client.get("/v1/practice-changes?state=waiting")).json()["data"]
    assert [row["id"] for row in waiting] == [done.json()["id"]]
    for day, status in ((23, "active"), (24, "closed")):
        live.clock.instant = datetime(2026, 11, day, 6, tzinfo=UTC)
        await Planner(live.tools).plan(live.clock.now())
        await live.work()
        assert (await practice(client, "ZZ0001"))["status"] == status
    assert (await client.get("/v1/practice-changes?state=waiting")).json()["data"] == []
    path = done.headers["Location"]
    late = await client.delete(path, headers={"If-Match": "*"})
    assert (late.status_code, late.json()["code"]) == (409, "organisations.practice_change_applied")


async def test_a_change_that_waits_can_be_withdrawn(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZAA01", tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    path = (await change(client, "close", on="2027-04-01", practice="ZZAA01")).headers["Location"]
    assert (await client.delete(path)).status_code == 428
    assert (await client.delete(path, headers={"If-Match": '"v1"'})).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_a_practice_moves_to_another_commissioner(shared: LivePlenary):
    old, new = await shared.fresh_tenant(), await shared.fresh_tenant()
    await shared.make_practice("ZZBB01", old)
    client = await shared.as_role("commissioner_admin", tenant=old)
    receiver = await shared.as_role("commissioner_admin", tenant=new)
    north = await make_locality(client, "north")
    await place(client, north, "ZZBB01", from_="2020-04-01")
    done = await change(client, "move", on="2026-10-01", practice="ZZBB01", commissioner=new)
    assert done.status_code == 201, done.text
    for caller in (client, receiver):
        assert (await practice(caller, "ZZBB01"))["commissioner"]["code"] == new
        assert (await practice(caller, "ZZBB01", "?as_at=2026-09-30"))["commissioner"]["code"] == old
    assert (await practice(client, "ZZBB01"))["locality"] is None
    assert (await client.get(f"/v1/localities/{north}")).json()["practice_count"] == 0


async def test_a_practice_moves_to_another_locality_and_network(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZCC01", tenant)
    await shared.make_practice("ZZCC02", tenant)
    await join_network(shared, "ZZCC01", "UZZ011")
    await join_network(shared, "ZZCC02", "UZZ012")
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    north, south = await make_locality(client, "north"), await make_locality(client, "south")
    await place(client, north, "ZZCC01", from_="2020-04-01")
    done = await change(client, "move", practice="ZZCC01", locality_id=south, network="UZZ012")
    assert done.status_code == 201, done.text
    found = await practice(client, "ZZCC01")
    assert (found["locality"]["id"], found["network"]["code"]) == (south, "UZZ012")
    before = await practice(client, "ZZCC01", "?as_at=2026-11-21")
    assert (before["locality"]["id"], before["network"]["code"]) == (north, "UZZ011")


async def test_a_commissioner_takes_over_all_practices_of_another(shared: LivePlenary):
    old, new = await shared.fresh_tenant(), await shared.fresh_tenant()
    for code in ("ZZDD01", "ZZDD02"):
        await shared.make_practice(code, old)
    await shared.make_practice("ZZDD03", old, valid_until=date(2025, 4, 1))
    platform = await shared.as_role("platform_admin", tenant="PLATFORM")
    tried = await change(platform, "commissioner_merge", commissioner=old, successor=new, dry_run=True)
    counts = {(effect["commissioner"], effect["what"]): effect["count"] for effect in tried.json()["effects"]}
    assert counts[(old, "members")] == 2
    done = await change(platform, "commissioner_merge", on="2026-07-01", commissioner=old, successor=new)
    assert done.status_code == 201, done.text
    client = await shared.as_role("intranet", tenant=new)
    listed = (await client.get("/v1/practices")).json()["data"]
    assert [(row["code"], row["commissioner"]["code"]) for row in listed] == [("ZZDD01", new), ("ZZDD02", new)]
    was = await shared.as_role("intranet", tenant=old)
    assert [row["code"] for row in (await was.get("/v1/practices")).json()["data"]] == ["ZZDD01", "ZZDD02", "ZZDD03"]
    assert (await practice(was, "ZZDD01", "?as_at=2026-06-30"))["commissioner"]["code"] == old


async def test_what_cannot_change_is_refused(shared: LivePlenary):
    tenant, other = await shared.fresh_tenant(), await shared.fresh_tenant()
    await shared.make_practice("ZZEE01", tenant)
    await shared.make_practice("ZZEE02", tenant, status="closed", closed_on=date(2025, 3, 31))
    await shared.make_practice("ZZEE03", other)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    for body, status, code in (
        ({"kind": "close", "practice": "ZZEE03"}, 404, "organisations.practice_not_found"),
        ({"kind": "close", "practice": "ZZEE99"}, 404, "organisations.practice_not_found"),
        ({"kind": "close", "practice": "ZZEE02"}, 409, "organisations.practice_closed"),
        ({"kind": "merge", "practice": "ZZEE01", "successor": "ZZEE02"}, 409, "organisations.practice_closed"),
        ({"kind": "merge", "practice": "ZZEE01", "successor": "ZZEE99"}, 404, "organisations.practice_not_found"),
        ({"kind": "move", "practice": "ZZEE01", "commissioner": "ZZZZ"}, 404, "organisations.commissioner_not_found"),
        ({"kind": "move", "practice": "ZZEE01", "network": "UZZZ"}, 404, "organisations.network_not_found"),
        ({"kind": "move", "practice": "ZZEE01"}, 422, "request.invalid"),
        ({"kind": "split", "practice": "ZZEE01"}, 422, "request.invalid"),
        ({"kind": "commissioner_merge", "commissioner": other, "successor": tenant}, 403, "access.forbidden"),
    ):
        answer = await client.post("/v1/practice-changes", json={"effective_on": "2026-11-22"} | body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    itself = await change(client, "merge", practice="ZZEE01", successor="ZZEE01")
    assert itself.status_code == 422
    early = await change(client, "close", on="2013-04-01", practice="ZZEE01")
    assert (early.status_code, early.json()["code"]) == (409, "organisations.not_a_member")
    intranet = await shared.as_role("intranet", tenant=tenant)
    assert (await change(intranet, "close", practice="ZZEE01")).status_code == 403
    borough = await shared.as_role("commissioner_admin", tenant=await shared.fresh_tenant(kind="place"))
    assert (await change(borough, "close", practice="ZZEE01")).status_code == 403
    assert (await practice(client, "ZZEE01"))["status"] == "active"


async def test_a_key_repeats_the_answer_and_not_the_change(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZFF01", tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    body = {"kind": "close", "effective_on": "2026-11-22", "practice": "ZZFF01"}
    answers = [
        await client.post("/v1/practice-changes", json=body, headers={"Idempotency-Key": "close-zzff01"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len((await client.get("/v1/practice-changes")).json()["data"]) == 1
    auditor = await shared.as_role("auditor", tenant=tenant)
    assert len((await auditor.get("/v1/practice-changes")).json()["data"]) == 1


async def test_a_day_in_the_past_reaches_no_practice_that_is_with_another_commissioner_by_now(shared: LivePlenary):
    old, new = await shared.fresh_tenant(), await shared.fresh_tenant()
    await shared.make_practice("ZZGG01", old)
    client = await shared.as_role("commissioner_admin", tenant=old)
    receiver = await shared.as_role("commissioner_admin", tenant=new)
    assert (await change(client, "move", on="2026-10-01", practice="ZZGG01", commissioner=new)).status_code == 201
    south = await make_locality(receiver, "south")
    await place(receiver, south, "ZZGG01", from_="2026-10-01")
    before = await practice(receiver, "ZZGG01")
    bodies: list[dict[str, Any]] = [
        {"kind": "close", "practice": "ZZGG01"},
        {"kind": "move", "practice": "ZZGG01", "commissioner": await shared.fresh_tenant()},
        {"kind": "move", "practice": "ZZGG01", "locality_id": await make_locality(client, "north")},
        {"kind": "commissioner_merge", "commissioner": old, "successor": await shared.fresh_tenant()},
    ]
    for body in bodies:
        for dry_run in (True, False):
            tried = body | {"effective_on": "2026-09-15", "dry_run": dry_run}
            answer = await client.post("/v1/practice-changes", json=tried)
            assert (answer.status_code, answer.json()["code"]) == (409, "organisations.not_a_member"), tried
    assert await practice(receiver, "ZZGG01") == before
    assert (before["status"], before["locality"]["id"]) == ("active", south)
    platform = await shared.as_role("platform_admin", tenant="PLATFORM")
    assert (await change(platform, "close", practice="ZZGG01")).status_code == 201


async def test_a_change_of_locality_leaves_the_localities_of_others(shared: LivePlenary):
    area, borough = await shared.fresh_tenant(), await shared.fresh_tenant(kind="place")
    await shared.make_practice("ZZHH01", area)
    client = await shared.as_role("commissioner_admin", tenant=area)
    other = await shared.as_role("commissioner_admin", tenant=borough)
    await shared.execute(
        "INSERT INTO place_membership (commissioner_id, id, practice, valid_from, recorded_at)"
        " VALUES ($1, $2, 'ZZHH01', '2026-11-01', now())",
        shared.tenants[borough],
        new_id(),
        tenant=shared.tenants[borough],
    )
    await publish_again(shared, "ZZHH01")
    south = await make_locality(other, "south")
    await place(other, south, "ZZHH01", from_="2026-11-01")
    north = await make_locality(client, "north")
    assert (await change(client, "move", on="2026-10-01", practice="ZZHH01", locality_id=north)).status_code == 201
    assert (await practice(other, "ZZHH01"))["locality"]["id"] == south


async def test_a_closure_can_be_put_right_by_another_one(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    for code in ("ZZJJ01", "ZZJJ02"):
        await shared.make_practice(code, tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    assert (await change(client, "close", on="2026-11-01", practice="ZZJJ01")).status_code == 201
    again = await change(client, "merge", on="2026-10-01", practice="ZZJJ01", successor="ZZJJ02")
    assert again.status_code == 201, again.text
    found = await practice(client, "ZZJJ01")
    assert (found["closed_on"], found["successor"]) == ("2026-09-30", "ZZJJ02")


async def test_a_change_that_fits_no_more_on_its_day_is_refused_and_holds_up_no_other(live: LivePlenary):
    for code in ("ZZ1", "ZZ2"):
        await live.make_tenant(code)
    for code in ("ZZ0001", "ZZ0002"):
        await live.make_practice(code, "ZZ1")
    client = await live.as_role("commissioner_admin", tenant="ZZ1")
    receiver = await live.as_role("commissioner_admin", tenant="ZZ2")
    for code in ("ZZ0001", "ZZ0002"):
        assert (await change(client, "close", on="2026-11-24", practice=code)).status_code == 201
    assert (await change(client, "move", on="2026-11-22", practice="ZZ0001", commissioner="ZZ2")).status_code == 201
    for day in (24, 25):
        live.clock.instant = datetime(2026, 11, day, 6, tzinfo=UTC)
        await Planner(live.tools).plan(live.clock.now())
        await live.work()
    assert (await practice(receiver, "ZZ0001"))["status"] == "active"
    assert (await practice(client, "ZZ0002"))["status"] == "closed"
    listed = {
        state: (await client.get(f"/v1/practice-changes?state={state}")).json()["data"]
        for state in ("waiting", "refused")
    }
    assert listed["waiting"] == []
    [refused] = listed["refused"]
    assert (refused["practice"], refused["applied_at"], refused["refused_at"]) == (
        "ZZ0001", None, "2026-11-24T06:00:00Z"
    )  # fmt: skip
    assert refused["problem"]["code"] == "organisations.not_a_member"
    path = f"/v1/practice-changes/{refused['id']}"
    assert (await client.delete(path, headers={"If-Match": "*"})).status_code == 204
