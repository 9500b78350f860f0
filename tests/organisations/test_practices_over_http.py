"""Practices as clients see them: the projection for tenants, the register for the platform and for other days."""

from datetime import UTC, date, datetime
from typing import Any

from app.calculation.service import evaluate, parse_definition
from app.calculation.values import PracticeInput
from app.core.clock import Period
from app.organisations import service
from tests.factories.organisations import make_list_size, publish_again
from tests.factories.schemes import PER_HEAD
from tests.factories.service import LivePlenary

MEMBERS = {
    "code",
    "name",
    "status",
    "address",
    "telephone",
    "opened_on",
    "closed_on",
    "commissioner",
    "locality",
    "network",
    "list_size",
    "profile",
    "named_lead",
    "successor",
}


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [practice["code"] for practice in answer.json()["data"]]


async def test_a_practice_has_every_member_and_unknown_is_null(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZB001", tenant, name="The Harbour Surgery", dispensing=True, telephone="01632 960001")
    client = await shared.as_role("intranet", tenant=tenant)
    answer = await client.get("/v1/practices/ZZB001")
    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == MEMBERS
    assert found["profile"]["dispensing"] is True
    assert found["profile"]["rural"] is None
    assert found["address"] == {"lines": ["1 High Street"], "postcode": "ZZ1 1AA"}
    assert found["commissioner"] == {"code": tenant, "name": f"NHS {tenant}"}
    assert found["list_size"] == {"registered": "5000", "weighted": "5100", "as_at": "2026-04-01"}
    assert (found["locality"], found["network"], found["named_lead"], found["successor"]) == (None, None, None, None)
    again = await client.get("/v1/practices/ZZB001", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_another_tenants_practice_is_404(shared: LivePlenary):
    await shared.make_practice("ZZB002", await shared.fresh_tenant())
    client = await shared.as_role("commissioner_admin", tenant=await shared.fresh_tenant())
    for path in ("/v1/practices/ZZB002", "/v1/practices/ZZB002?as_at=2020-01-01"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "organisations.practice_not_found"), path


async def test_a_code_in_small_letters_means_the_same_practice(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZB003", tenant)
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    for path in ("", "/list-sizes", "/history", "/team", "/today", "?as_at=2026-06-01"):
        answer = await client.get(f"/v1/practices/zzb003{path}")
        assert answer.status_code == 200, path
    assert (await client.get("/v1/practices/zzb003")).json()["code"] == "ZZB003"


async def test_codes_that_cannot_be_are_404(shared: LivePlenary):
    client = await shared.as_role("commissioner_admin", tenant=await shared.fresh_tenant())
    for code in ("%00", "zz", "A" * 300, "%F0%9F%98%80"):
        assert (await client.get(f"/v1/practices/{code}")).status_code == 404, code


async def test_the_list_is_filtered_searched_and_sorted(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZC001", tenant, name="O'Neill & Partners (St. Ann's)", postcode="ZZ9 4QT")
    await shared.make_practice("ZZC002", tenant, name="Annfield Practice", status="closed", closed_on=date(2020, 3, 31))
    await shared.make_practice("ZZC003", tenant, name="Bridge Lane")
    client = await shared.as_role("intranet", tenant=tenant)
    assert codes(await client.get("/v1/practices")) == ["ZZC001", "ZZC002", "ZZC003"]
    for query, expected in {
        "q=oneill": ["ZZC001"],
        "q=O'Ne st ann": ["ZZC001"],
        "q=ann": ["ZZC001", "ZZC002"],
        "q=nnfield": [],
        "q=zzc00": ["ZZC001", "ZZC002", "ZZC003"],
        "q=zz94": ["ZZC001"],
        "q=ZZ9 4q": ["ZZC001"],
        "q=%25": [],
        "q=_": [],
        "status=closed": ["ZZC002"],
        "sort=name": ["ZZC002", "ZZC003", "ZZC001"],
        "sort=-name": ["ZZC001", "ZZC003", "ZZC002"],
        "sort=-code&status=active": ["ZZC003", "ZZC001"],
        "network=U00001": [],
        "locality_id=01890a5d-ac96-774b-bcce-b302099a8057": [],
        "updated_since=2026-11-22T10:00:00Z": ["ZZC001", "ZZC002", "ZZC003"],
        "updated_since=2026-11-22T10:00:01Z": [],
    }.items():
        assert codes(await client.get(f"/v1/practices?{query}")) == expected, query
        if "updated_since" not in query:
            assert codes(await client.get(f"/v1/practices?{query}&as_at=2026-11-21")) == expected, query


async def test_pages_join_up_and_count(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    for number in range(5):
        await shared.make_practice(f"ZZD00{number}", tenant, name=f"Surgery {number % 2}")
    client = await shared.as_role("intranet", tenant=tenant)
    for variant in ("", "&as_at=2026-10-01"):
        seen: list[str] = []
        path: str | None = f"/v1/practices?limit=2&sort=-name&count=exact{variant}"
        while path:
            answer = await client.get(path)
            seen += codes(answer)
            assert answer.json()["total"] == 5
            cursor = answer.json()["next_cursor"]
            assert ("Link" in answer.headers) is (cursor is not None)
            path = f"/v1/practices?limit=2&sort=-name&count=exact{variant}&cursor={cursor}" if cursor else None
        assert seen == ["ZZD003", "ZZD001", "ZZD004", "ZZD002", "ZZD000"]
    other = await client.get(f"/v1/practices?limit=2&cursor={answer.request.url.params['cursor']}")
    assert (other.status_code, other.json()["code"]) == (422, "cursor.invalid")


async def test_an_unchanged_list_is_304_until_something_changes(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZE001", tenant)
    client = await shared.as_role("intranet", tenant=tenant)
    first = await client.get("/v1/practices")
    tagged = {"If-None-Match": first.headers["ETag"]}
    assert (await client.get("/v1/practices", headers=tagged)).status_code == 304
    await shared.make_practice("ZZE002", tenant)
    changed = await client.get("/v1/practices", headers=tagged)
    assert codes(changed) == ["ZZE001", "ZZE002"]
    assert changed.headers["ETag"] != first.headers["ETag"]


async def test_a_practice_that_will_close_is_active_until_its_last_day_is_over(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZE011", tenant, status="closed", closed_on=date(2026, 12, 31))
    for role, where in (("intranet", tenant), ("platform_admin", "PLATFORM")):
        client = await shared.as_role(role, tenant=where)
        for day, status in (("", "active"), ("?as_at=2026-11-22", "active")):
            assert (await client.get(f"/v1/practices/ZZE011{day}")).json()["status"] == status, (role, day)
    assert codes(await client.get("/v1/practices?q=ZZE011&status=closed")) == []


async def test_of_lists_of_one_date_the_page_shows_the_one_that_is_paid(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    day = date(2026, 4, 1)
    await shared.make_practice("ZZE012", tenant, registered="6000", weighted="6100", list_as_at=day)
    later = datetime(2026, 11, 2, tzinfo=UTC)
    await make_list_size(shared, "ZZE012", as_at=day, registered="5000", source="corrected", recorded_at=later)
    await publish_again(shared, "ZZE012")
    client = await shared.as_role("intranet", tenant=tenant)
    shown = [(await client.get(f"/v1/practices/ZZE012{query}")).json()["list_size"] for query in ("", f"?as_at={day}")]
    assert shown == [{"registered": "5000", "weighted": "6100", "as_at": "2026-04-01"}] * 2
    async with shared.session(tenant) as session:
        profile = (await service.profiles(session, ["ZZE012"], on=day))["ZZE012"]
        paid = PracticeInput("ZZE012", lists=(await service.list_sizes(session, ["ZZE012"]))["ZZE012"])
    assert (profile.registered, profile.weighted) == (5000, 6100)
    definition = parse_definition(PER_HEAD)
    (result,) = evaluate(definition, period=Period(day, date(2027, 4, 1)), practices=[paid])
    assert result.lines[0].quantity == "5000"


async def test_history_opens_on_the_day_that_it_is_in_london(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZE013", tenant, valid_from=date(2027, 7, 1))
    client = await shared.as_role("intranet", tenant=tenant)
    before = shared.clock.instant
    try:
        for hour, status in ((22, 404), (23, 200)):
            shared.clock.instant = datetime(2027, 6, 30, hour, 30, tzinfo=UTC)
            assert (await client.get("/v1/practices/ZZE013/history")).status_code == status
    finally:
        shared.clock.instant = before


async def test_as_at_shows_the_commissioner_and_the_list_of_then(shared: LivePlenary):
    old, new = await shared.fresh_tenant(), await shared.fresh_tenant()
    await shared.make_practice("ZZF001", old, valid_until=date(2020, 4, 1), list_as_at=date(2019, 4, 1))
    await _join(shared, "ZZF001", new, date(2020, 4, 1))
    for tenant in (old, new):
        client = await shared.as_role("intranet", tenant=tenant)
        now, then = [(await client.get(f"/v1/practices/ZZF001{query}")).json() for query in ("", "?as_at=2019-06-01")]
        assert (now["commissioner"]["code"], then["commissioner"]["code"]) == (new, old)
        assert then["list_size"]["as_at"] == "2019-04-01"
        before = (await client.get("/v1/practices/ZZF001?as_at=2018-06-01")).json()
        assert before["list_size"] is None
        listed = (await client.get("/v1/practices?as_at=2019-06-01")).json()["data"]
        assert listed == [then]


async def _join(shared: LivePlenary, code: str, commissioner: str, on: date) -> None:
    from app.core.clock import london_date
    from app.core.db import unit_of_work
    from app.core.ids import PLATFORM_ID
    from app.organisations.service import refresh_published
    from app.organisations.tables import RegisterMembership

    recorded = datetime(2026, 11, 1, tzinfo=UTC)
    async with unit_of_work(shared.tools.platform_engine, PLATFORM_ID) as session:
        session.add(
            RegisterMembership(
                practice=code,
                commissioner=commissioner,
                valid_from=on,
                valid_until=None,
                source="ods-practices",
                recorded_at=recorded,
            )
        )
        now = shared.clock.now()
        await refresh_published(session, today=london_date(now), now=now, codes=[code])


async def test_the_platform_sees_the_register_and_filters_by_commissioner(shared: LivePlenary):
    one, two = await shared.fresh_tenant(), await shared.fresh_tenant()
    await shared.make_practice("ZZG001", one)
    await shared.make_practice("ZZG002", two)
    await shared.make_practice("ZZG003", two, is_practice=False)
    platform = await shared.as_role("platform_admin", tenant="PLATFORM")
    assert codes(await platform.get("/v1/practices?q=zzg")) == ["ZZG001", "ZZG002"]
    answer = await platform.get(f"/v1/practices?commissioner={two}&count=exact")
    assert (codes(answer), answer.json()["total"]) == (["ZZG002"], 1)
    assert (await platform.get("/v1/practices/ZZG001")).json()["commissioner"]["code"] == one
    tenant = await shared.as_role("commissioner_admin", tenant=one)
    refused = await tenant.get(f"/v1/practices?commissioner={two}")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")


async def test_bad_questions_are_refused_in_words(shared: LivePlenary):
    client = await shared.as_role("intranet", tenant=await shared.fresh_tenant())
    for query, pointer in {
        "limit=0": "?limit",
        "limit=201": "?limit",
        "status=open": "?status",
        "sort=size": "?sort",
        "as_at=2026-02-30": "?as_at",
        "locality_id=north": "?locality_id",
        "updated_since=2026-11-22": "?updated_since",
        "colour=red": "?",
    }.items():
        answer = await client.get(f"/v1/practices?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["errors"][0]["pointer"].startswith(pointer), query
    both = await client.get("/v1/practices?as_at=2026-01-01&updated_since=2026-01-01T00:00:00Z")
    assert both.status_code == 422


async def test_a_known_tag_opens_nothing_that_is_refused(shared: LivePlenary):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZE003", tenant)
    client = await shared.as_role("intranet", tenant=tenant)
    tag = (await client.get("/v1/practices")).headers["ETag"]
    for held in (tag, "*"):
        tagged = {"If-None-Match": held}
        for query in ("limit=0", "unknown=1", "as_at=never"):
            assert (await client.get(f"/v1/practices?{query}", headers=tagged)).status_code == 422, (held, query)
        refused = await client.get("/v1/practices", headers=tagged | {"Authorization": "Bearer nobody"})
        assert refused.status_code == 401
        other = await client.get("/v1/practices?sort=-code", headers=tagged)
        assert other.status_code == (304 if held == "*" else 200)
