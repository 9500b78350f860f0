"""Localities over HTTP, and which practice is in which of them."""

from datetime import date

from tests.factories.organisations import make_list_size, make_locality, place
from tests.factories.service import LivePlenary

NOWHERE = "01890a5d-ac96-774b-bcce-b302099a8057"


async def test_a_locality_is_made_read_and_changed(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    made = await client.post("/v1/localities", json={"code": "north", "name": "North", "description": "Hills"})
    assert made.status_code == 201
    path = made.headers["Location"]
    assert made.json() == {
        "id": path.rsplit("/", 1)[1],
        "code": "north",
        "name": "North",
        "description": "Hills",
        "practice_count": 0,
        "registered_patients": "0",
    }
    read = await client.get(path)
    assert (read.json(), read.headers["ETag"]) == (made.json(), made.headers["ETag"])
    assert (await client.get(path, headers={"If-None-Match": read.headers["ETag"]})).status_code == 304
    tagged = {"If-Match": read.headers["ETag"]}
    changed = await client.patch(path, json={"name": "North Hills", "description": None}, headers=tagged)
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["description"]) == ("North Hills", None)
    stale = await client.patch(path, json={"name": "South"}, headers=tagged)
    assert stale.status_code == 412
    missing = await client.patch(path, json={"name": "South"})
    assert missing.status_code == 428
    assert (await client.get("/v1/localities")).json()["data"] == [changed.json()]


async def test_what_cannot_be_a_locality_is_refused(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    locality = await make_locality(client, "north")
    twice = await client.post("/v1/localities", json={"code": "north", "name": "Other"})
    assert (twice.status_code, twice.json()["code"]) == (409, "organisations.locality_exists")
    for body, pointer in (
        ({"code": "", "name": "N"}, "/code"),
        ({"code": "n", "name": " "}, "/name"),
        ({"code": "n", "name": "N", "colour": "red"}, "/colour"),
        ({"code": "n", "name": "NHS number 943 476 5919"}, "/name"),
    ):
        answer = await client.post("/v1/localities", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), body
    null = await client.patch(f"/v1/localities/{locality}", json={"name": None}, headers={"If-Match": "*"})
    assert (null.status_code, null.json()["errors"][0]["pointer"]) == (422, "/name")
    intranet = await shared.as_role("intranet", tenant=tenant)
    assert (await intranet.post("/v1/localities", json={"code": "n", "name": "N"})).status_code == 403
    assert (await intranet.get(f"/v1/localities/{locality}")).status_code == 200
    for path in (f"/v1/localities/{NOWHERE}", "/v1/localities/north"):
        assert (await client.get(path)).status_code == 404
    other = await shared.as_role("commissioner_admin", tenant=await shared.fresh_tenant())
    assert (await other.get(f"/v1/localities/{locality}")).status_code == 404


async def test_a_practice_is_placed_and_shows_its_locality(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZJ001", tenant, registered="5000.5")
    await shared.make_practice("ZZJ002", tenant, registered="100")
    await shared.make_practice("ZZJ003", tenant, registered=None, weighted=None)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    north = await make_locality(client, "north")
    placed = await place(client, north, "ZZJ001", from_="2020-04-01")
    assert (placed.status_code, placed.json()) == (
        201,
        {"locality": {"id": north, "name": "North"}, "practice": "ZZJ001", "from": "2020-04-01", "until": None},
    )
    assert (await place(client, north, "ZZJ002", from_="2020-04-01")).status_code == 201
    practice = (await client.get("/v1/practices/ZZJ001")).json()
    assert practice["locality"] == {"id": north, "name": "North"}
    listed = (await client.get(f"/v1/practices?locality_id={north}")).json()["data"]
    assert [row["code"] for row in listed] == ["ZZJ001", "ZZJ002"]
    found = (await client.get(f"/v1/localities/{north}")).json()
    assert (found["practice_count"], found["registered_patients"]) == (2, "5100.5")
    empty = await make_locality(client, "south")
    assert (await place(client, empty, "ZZJ003", from_="2026-01-01")).status_code == 201
    assert (await client.get(f"/v1/localities/{empty}")).json()["registered_patients"] is None
    history = (await client.get("/v1/practices/ZZJ001/history")).json()["data"]
    assert (history[0]["kind"], history[0]["code"], history[0]["from"]) == ("locality", "north", "2020-04-01")
    was_in = (await client.get(f"/v1/localities/{north}/practices?as_at=2019-01-01")).json()
    assert was_in["data"] == []
    assert len((await client.get(f"/v1/localities/{north}/practices")).json()["data"]) == 2


async def test_the_same_placement_again_changes_nothing_and_a_correction_replaces_it(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZK001", tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    north = await make_locality(client, "north")
    await place(client, north, "ZZK001", from_="2020-04-01", until="2021-04-01")
    first = await place(client, north, "ZZK001", from_="2022-04-01")
    number = await _change_number(shared, tenant)
    again = await place(client, north, "ZZK001", from_="2022-04-01")
    assert (again.status_code, again.headers["ETag"]) == (200, first.headers["ETag"])
    assert await _change_number(shared, tenant) == number
    shown = await client.get(f"/v1/localities/{north}/practices/ZZK001")
    assert (shown.json(), shown.headers["ETag"]) == (first.json(), first.headers["ETag"])
    never = await client.get(f"/v1/localities/{north}/practices/ZZK002")
    assert (never.status_code, never.json()["code"]) == (404, "organisations.placement_not_found")
    wider = await place(client, north, "ZZK001", from_="2020-01-01", until="2026-01-01")
    assert (wider.status_code, wider.json()["from"]) == (200, "2020-01-01")
    rows = (await client.get(f"/v1/localities/{north}/practices")).json()["data"]
    assert [(row["from"], row["until"]) for row in rows] == [("2020-01-01", "2026-01-01")]
    assert (await client.get("/v1/practices/ZZK001")).json()["locality"] is None
    stale = await client.put(
        f"/v1/localities/{north}/practices/ZZK001", json={"from": "2020-01-01"}, headers={"If-Match": '"v1"'}
    )
    assert stale.status_code == 412
    nothing = await client.put(
        f"/v1/localities/{north}/practices/ZZK001", json={"from": "2026-06-01"}, headers={"If-Match": "*"}
    )
    assert (nothing.status_code, nothing.json()["code"]) == (412, "request.not_there_yet")


async def _change_number(shared: LivePlenary, tenant: str) -> int:
    rows = await shared.fetch(
        "SELECT number FROM published.change_number WHERE commissioner_id = $1",
        shared.tenants[tenant],
        tenant=shared.tenants[tenant],
    )
    return rows[0]["number"]


async def test_a_practice_is_in_one_locality_at_a_time(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZL001", tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    north, south = await make_locality(client, "north"), await make_locality(client, "south")
    assert (await place(client, north, "ZZL001", from_="2020-04-01")).status_code == 201
    refused = await place(client, south, "ZZL001", from_="2024-04-01")
    assert (refused.status_code, refused.json()["code"]) == (409, "organisations.overlapping_membership")
    name = (await client.get(f"/v1/localities/{north}")).json()["name"]
    assert refused.json()["detail"] == (f"It is in {name} from 2020-04-01; end that first, or give a period beside it.")
    assert (await client.get("/v1/practices/ZZL001")).json()["locality"]["id"] == north
    assert (await place(client, north, "ZZL001", from_="2020-04-01", until="2024-04-01")).status_code == 200
    assert (await place(client, south, "ZZL001", from_="2024-04-01")).status_code == 201
    assert (await client.get("/v1/practices/ZZL001")).json()["locality"]["id"] == south
    then = (await client.get("/v1/practices/ZZL001?as_at=2021-01-01")).json()
    assert then["locality"]["id"] == north
    backwards = await place(client, south, "ZZL001", from_="2026-04-01", until="2026-04-01")
    assert backwards.status_code == 422
    for path in (f"{NOWHERE}/practices/ZZL001", f"{south}/practices/ZZX999"):
        assert (await client.put(f"/v1/localities/{path}", json={"from": "2026-04-01"})).status_code == 404


async def test_the_database_itself_refuses_two_localities_at_once(shared: LivePlenary):
    """What two callers at the same moment could write, neither seeing the other."""
    import asyncpg
    import pytest

    from app.core.ids import new_id

    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZM001", tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    north, south = await make_locality(client, "north"), await make_locality(client, "south")
    await place(client, north, "ZZM001", from_="2020-04-01")
    with pytest.raises(asyncpg.ExclusionViolationError, match="ex_locality_membership_overlap"):
        await shared.execute(
            "INSERT INTO locality_membership (commissioner_id, id, locality_id, practice, valid_from, recorded_at)"
            " VALUES ($1, $2, $3, 'ZZM001', '2024-04-01', now())",
            shared.tenants[tenant],
            new_id(),
            south,
            tenant=shared.tenants[tenant],
        )


async def test_a_new_name_shows_on_the_practices_and_in_the_change_feed(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZN001", tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    north = await make_locality(client, "north")
    await place(client, north, "ZZN001", from_="2020-04-01")
    cursor = (await client.get("/v1/changes")).json()["next_cursor"]
    await client.patch(f"/v1/localities/{north}", json={"name": "Far North"}, headers={"If-Match": "*"})
    assert (await client.get("/v1/practices/ZZN001")).json()["locality"]["name"] == "Far North"
    changes = (await client.get(f"/v1/changes?cursor={cursor}")).json()["data"]
    assert [(change["kind"], change["id"]) for change in changes] == [("practice", "ZZN001"), ("locality", north)]
    assert changes[1]["href"] == f"/v1/localities/{north}"


async def test_closed_practices_and_those_that_left_are_not_counted(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZP001", tenant)
    await shared.make_practice("ZZP002", tenant, status="closed", closed_on=date(2026, 3, 31))
    await shared.make_practice("ZZP003", tenant, valid_until=date(2026, 4, 1))
    await make_list_size(shared, "ZZP001", as_at=date(2027, 4, 1), registered="1")
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    north = await make_locality(client, "north")
    for code in ("ZZP001", "ZZP002", "ZZP003"):
        await place(client, north, code, from_="2020-04-01")
    found = (await client.get(f"/v1/localities/{north}")).json()
    assert (found["practice_count"], found["registered_patients"]) == (1, "5000")
