"""Files handed in over HTTP and applied by the worker; each test has practices and a commissioner of its own."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

import httpx
import pytest

from app.core.clock import utc_text
from app.core.db import unit_of_work
from app.organisations import service
from tests.factories.service import LivePlenary
from tests.organisations.adapters.register_texts import csv_bytes, practice_cells

_numbers = count(1)
PAYMENT_HEADINGS = (
    "CCG Code",
    "CCG Name",
    "Practice Code",
    "Practice Name",
    "Contract Type",
    "Dispensing Practice",
    "Practice Rurality",
    "Number of Registered Patients (Last Known Figure)",
    "Number of Weighted Patients (Last Known Figure)",
    "Global Sum",
)


def new_code() -> str:
    return f"ZZI{next(_numbers):04d}"


def practice(code: str, commissioner: str, **changes: str) -> list[str]:
    return practice_cells(c0=code, c14=commissioner, **changes)


def payment(code: str, commissioner: str, registered: str, weighted: str = "1000", *more: str) -> tuple[str, ...]:
    contract, dispensing, rurality = more or ("GMS", "Yes", "Rural")
    name = f"Surgery {code}"
    return (commissioner, "Example CCG", code, name, contract, dispensing, rurality, registered, weighted, "1.00")


async def hand_in(client: httpx.AsyncClient, kind: str, content: bytes, **form: str) -> httpx.Response:
    return await client.post("/v1/imports", data={"kind": kind} | form, files={"file": ("file.csv", content)})


async def imported(shared: LivePlenary, client: httpx.AsyncClient, kind: str, content: bytes, **form: str) -> dict:
    """Hand the file in, let the worker apply it, and read what became of it."""
    answer = await hand_in(client, kind, content, **form)
    assert answer.status_code == 202, answer.text
    await shared.work()
    operation = (await client.get(answer.headers["location"])).json()
    assert operation["status"] == "succeeded", operation
    assert operation["progress"]["done"] == operation["progress"]["total"]
    found = (await client.get(f"/v1/imports/{operation['result']['import']}")).json()
    assert found["state"] == "succeeded"
    assert operation["result"] == {"import": found["id"]} | found["result"]
    return found


def counts(found: dict) -> tuple[int, int, int, int, int]:
    result = found["result"]
    return tuple(result[name] for name in ("rows", "created", "updated", "unchanged", "rejected"))  # pyright: ignore


async def register_number(shared: LivePlenary) -> int:
    return (await shared.fetch("SELECT number FROM published.register_number"))[0]["number"]


async def events_of(shared: LivePlenary, tenant: str) -> list[str]:
    sql = (
        "SELECT subject FROM event WHERE name = 'organisations.practice_changed' AND commissioner_id = $1"
        " ORDER BY change_number, position"
    )
    return [row["subject"] for row in await shared.fetch(sql, shared.tenants[tenant], tenant=shared.tenants[tenant])]


@pytest.fixture
async def admin(shared: LivePlenary) -> httpx.AsyncClient:
    return await shared.as_role("platform_admin", tenant="PLATFORM")


async def test_a_register_file_makes_practices_and_tells_their_tenant(shared: LivePlenary, admin: httpx.AsyncClient):
    tenant, code, other = await shared.fresh_tenant(), new_code(), new_code()
    content = csv_bytes(practice(code, tenant), practice(other, tenant, c25="0"))
    found = await imported(shared, admin, "ods-practices", content)
    assert counts(found) == (2, 2, 0, 0, 0)
    client = await shared.as_role("intranet", tenant=tenant)
    listed = (await client.get("/v1/practices")).json()["data"]
    assert [row["code"] for row in listed] == [code]
    assert listed[0]["commissioner"]["code"] == tenant
    assert await events_of(shared, tenant) == [code]


async def test_the_same_file_again_changes_nothing_and_raises_no_number(shared: LivePlenary, admin: httpx.AsyncClient):
    tenant, code = await shared.fresh_tenant(), new_code()
    content = csv_bytes(practice(code, tenant))
    await imported(shared, admin, "ods-practices", content)
    before = await register_number(shared)
    found = await imported(shared, admin, "ods-practices", content)
    assert counts(found) == (1, 0, 0, 1, 0)
    assert await register_number(shared) == before
    assert await events_of(shared, tenant) == [code]


async def test_an_older_file_adds_history_and_overwrites_nothing(shared: LivePlenary, admin: httpx.AsyncClient):
    newer, older, code = await shared.fresh_tenant(), await shared.fresh_tenant(), new_code()
    await imported(shared, admin, "ods-practices", csv_bytes(practice(code, newer, c1="NEW NAME")), as_at="2023-12-04")
    row = practice(code, older, c1="OLD NAME", c15="20130401")
    found = await imported(shared, admin, "ods-practices", csv_bytes(row), as_at="2019-10-01")
    assert counts(found) == (1, 0, 1, 0, 0)
    client = await shared.as_role("intranet", tenant=newer)
    assert (await client.get(f"/v1/practices/{code}")).json()["name"] == "NEW NAME"
    for tenant, day, expected in ((older, date(2019, 6, 1), [code]), (newer, date(2019, 6, 1), [])):
        async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
            assert await service.list_member_codes(session, on=day) == expected
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[newer]) as session:
        assert await service.list_member_codes(session, on=date(2020, 4, 1)) == [code]


async def test_the_order_of_history_and_register_does_not_matter(shared: LivePlenary, admin: httpx.AsyncClient):
    tenants = [await shared.fresh_tenant() for _ in range(3)]
    first, second = new_code(), new_code()

    def history(code: str) -> bytes:
        return csv_bytes(
            (code, tenants[0], "W", "20130401", "20150331", "0"), (code, tenants[1], "W", "20150401", "", "0")
        )

    register = {code: csv_bytes(practice(code, tenants[2], c15="20200401")) for code in (first, second)}
    await imported(shared, admin, "ods-memberships", history(first), as_at="2019-10-01")
    await imported(shared, admin, "ods-practices", register[first], as_at="2023-12-04")
    await imported(shared, admin, "ods-practices", register[second], as_at="2023-12-04")
    await imported(shared, admin, "ods-memberships", history(second), as_at="2019-10-01")
    sql = (
        "SELECT commissioner, valid_from, valid_until FROM register_membership"
        " WHERE practice = $1 AND superseded_at IS NULL ORDER BY valid_from"
    )
    sequences = [[tuple(row) for row in await shared.fetch(sql, code)] for code in (first, second)]
    assert sequences[0] == sequences[1]
    assert sequences[0] == [
        (tenants[0], date(2013, 4, 1), date(2015, 4, 1)),
        (tenants[1], date(2015, 4, 1), date(2020, 4, 1)),
        (tenants[2], date(2020, 4, 1), None),
    ]


async def test_an_icb_has_the_practices_of_the_locations_under_it(shared: LivePlenary, admin: httpx.AsyncClient):
    icb = await shared.fresh_tenant(kind="icb")
    locations, codes = [await shared.fresh_tenant(), await shared.fresh_tenant()], [new_code(), new_code()]
    rows = [practice(code, location, c3=icb) for code, location in zip(codes, locations, strict=True)]
    await imported(shared, admin, "ods-practices", csv_bytes(*rows))
    client = await shared.as_role("intranet", tenant=icb)
    listed = (await client.get("/v1/practices")).json()["data"]
    assert [(row["code"], row["commissioner"]["code"]) for row in listed] == list(zip(codes, locations, strict=True))


async def test_a_payments_file_brings_lists_profiles_and_members_of_its_year(
    shared: LivePlenary, admin: httpx.AsyncClient
):
    tenant, code = await shared.fresh_tenant(kind="ccg"), new_code()
    content = csv_bytes(PAYMENT_HEADINGS, payment(code, tenant, "8580.25", "8600"))
    found = await imported(shared, admin, "gp-payments", content, financial_year="2014/15")
    assert counts(found) == (1, 1, 0, 0, 0)
    assert found["result"]["warnings"] == [f"Practices that the register does not have were added: {code}."]
    client = await shared.as_role("intranet", tenant=tenant)
    shown = (await client.get(f"/v1/practices/{code}")).json()
    assert shown["list_size"] == {"registered": "8580.25", "weighted": "8600", "as_at": "2014-04-01"}
    profile = shown["profile"]
    assert (profile["contract"], profile["dispensing"], profile["rural"], profile["single_handed"]) == (
        "GMS",
        True,
        True,
        None,
    )
    assert shown["commissioner"] == {"code": tenant, "name": "Example CCG"}
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
        assert await service.list_member_codes(session, on=date(2015, 3, 31)) == [code]
        assert await service.list_member_codes(session, on=date(2015, 4, 1)) == []
        size = (await service.list_sizes(session, [code]))[code][0]
    assert (size.source, size.published_period) == (
        "NHS Payments to General Practice 2014/15",
        "average of the year",
    )


async def test_the_registers_dates_stand_against_a_publication(shared: LivePlenary, admin: httpx.AsyncClient):
    right, wrong, code = await shared.fresh_tenant(), await shared.fresh_tenant(), new_code()
    await imported(shared, admin, "ods-practices", csv_bytes(practice(code, right, c15="20130401")))
    content = csv_bytes(PAYMENT_HEADINGS, payment(code, wrong, "5000"))
    found = await imported(shared, admin, "gp-payments", content, financial_year="2014/15")
    assert found["result"]["warnings"] == [
        f"The register's dates name another commissioner for that year, and stand: {code}."
    ]
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[wrong]) as session:
        assert await service.list_member_codes(session, on=None) == []


async def test_a_year_that_the_register_gives_in_part_is_told(shared: LivePlenary, admin: httpx.AsyncClient):
    tenant, code = await shared.fresh_tenant(), new_code()
    await imported(shared, admin, "ods-practices", csv_bytes(practice(code, tenant, c15="20140701")))
    content = csv_bytes(PAYMENT_HEADINGS, payment(code, tenant, "5000"))
    found = await imported(shared, admin, "gp-payments", content, financial_year="2014/15")
    assert found["result"]["warnings"] == [f"The register's dates give only part of that year, and stand: {code}."]
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
        assert await service.list_member_codes(session, on=date(2014, 4, 1)) == []


async def test_an_older_payments_file_leaves_the_newer_profile(shared: LivePlenary, admin: httpx.AsyncClient):
    tenant, code = await shared.fresh_tenant(), new_code()
    for year, contract in (("2022/23", "PMS"), ("2014/15", "GMS")):
        row = payment(code, tenant, "5000", "5000", contract, "No", "Urban")
        await imported(shared, admin, "gp-payments", csv_bytes(PAYMENT_HEADINGS, row), financial_year=year)
    client = await shared.as_role("intranet", tenant=tenant)
    shown = (await client.get(f"/v1/practices/{code}")).json()
    assert (shown["profile"]["contract"], shown["list_size"]["as_at"]) == ("PMS", "2022-04-01")


async def test_a_corrected_list_supersedes_and_the_old_one_is_still_known_on_its_day(
    shared: LivePlenary, admin: httpx.AsyncClient
):
    tenant, code = await shared.fresh_tenant(), new_code()
    before = shared.clock.instant
    try:
        for moment, size in ((datetime(2026, 5, 1, tzinfo=UTC), "5000"), (datetime(2026, 6, 1, tzinfo=UTC), "5100")):
            shared.clock.instant = moment
            content = csv_bytes(PAYMENT_HEADINGS, payment(code, tenant, size))
            found = await imported(shared, admin, "gp-payments", content, financial_year="2025/26")
    finally:
        shared.clock.instant = before
    assert counts(found) == (1, 0, 1, 0, 0)
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
        now = (await service.list_sizes(session, [code]))[code]
        then = (await service.list_sizes(session, [code], known_on=datetime(2026, 5, 15, tzinfo=UTC)))[code]
    assert [size.registered for size in now] == [Decimal(5100)]
    assert [size.registered for size in then] == [Decimal(5000)]


async def test_an_adjusted_population_stands_beside_the_lists_and_hides_none_of_them(
    shared: LivePlenary, admin: httpx.AsyncClient
):
    tenant, code = await shared.fresh_tenant(), new_code()
    content = csv_bytes(PAYMENT_HEADINGS, payment(code, tenant, "5000", "5100"))
    await imported(shared, admin, "gp-payments", content, financial_year="2025/26")
    adjusted = csv_bytes(("practice_code", "adjusted"), (code, "5200.5"))
    for expected in ((1, 1, 0, 0, 0), (1, 0, 0, 1, 0)):
        assert counts(await imported(shared, admin, "adjusted-lists", adjusted, as_at="2026-01-01")) == expected
    async with unit_of_work(shared.tools.worker_engine, shared.tenants[tenant]) as session:
        lists = (await service.list_sizes(session, [code]))[code]
    assert [(size.registered, size.adjusted) for size in lists] == [(Decimal(5000), None), (None, Decimal("5200.5"))]
    client = await shared.as_role("intranet", tenant=tenant)
    shown = (await client.get(f"/v1/practices/{code}")).json()
    assert shown["list_size"] == {"registered": "5000", "weighted": "5100", "as_at": "2025-04-01"}
    newest = (await client.get(f"/v1/practices/{code}/list-sizes")).json()["data"][0]
    assert (newest["adjusted"], newest["source"]) == ("5200.5", "Adjusted populations")


async def test_networks_and_profiles_show_on_the_practice(shared: LivePlenary, admin: httpx.AsyncClient):
    tenant, code = await shared.fresh_tenant(), new_code()
    await imported(shared, admin, "ods-practices", csv_bytes(practice(code, tenant)))
    headings = ("Partner Organisation Code", "Partner Name", "PCN Code", "PCN Name")
    dates = ("Practice to PCN Relationship Start Date", "Practice to PCN Relationship End Date")
    links = csv_bytes((*headings, *dates), (code, "Surgery", "ZZU001", "HARBOUR PCN", "20190701", ""))
    assert counts(await imported(shared, admin, "networks", links)) == (1, 1, 0, 0, 0)
    assert counts(await imported(shared, admin, "networks", links)) == (1, 0, 0, 1, 0)
    profile = csv_bytes(("practice_code", "imd_score", "imd_decile"), (code, "21.50", "4"), ("ZZNONE", "1", "1"))
    found = await imported(shared, admin, "practice-profile", profile, as_at="2023-01-01")
    assert counts(found) == (2, 0, 1, 0, 1)
    client = await shared.as_role("intranet", tenant=tenant)
    shown = (await client.get(f"/v1/practices/{code}")).json()
    assert shown["network"] == {"code": "ZZU001", "name": "HARBOUR PCN"}
    assert (shown["profile"]["imd_score"], shown["profile"]["imd_decile"]) == ("21.5", 4)


async def test_a_bad_row_is_listed_and_stops_no_other(shared: LivePlenary, admin: httpx.AsyncClient):
    tenant, code = await shared.fresh_tenant(), new_code()
    rows = [payment(new_code(), tenant, "-5"), payment("?!", tenant, "5"), payment(code, tenant, "5000")]
    content = csv_bytes(PAYMENT_HEADINGS, *rows)
    found = await imported(shared, admin, "gp-payments", content, financial_year="2014/15")
    assert counts(found) == (3, 1, 0, 0, 2)
    address = f"/v1/imports/{found['id']}/errors"
    page = (await admin.get(address, params={"limit": 1})).json()
    assert page["data"] == [
        {
            "row": 2,
            "column": "registered",
            "code": "imports.negative_list",
            "detail": "A list cannot be smaller than nobody.",
        }
    ]
    rest = (await admin.get(address, params={"cursor": page["next_cursor"]})).json()
    assert [(row["row"], row["code"]) for row in rest["data"]] == [(3, "imports.bad_code")]
    for answer in (
        await admin.get(address, headers={"Accept": "text/csv"}),
        await admin.get(address, params={"format": "csv"}),
    ):
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.text.splitlines()[:2] == [
            "row,column,code,detail",
            "2,registered,imports.negative_list,A list cannot be smaller than nobody.",
        ]


async def test_a_dry_run_tells_and_keeps_nothing(shared: LivePlenary, admin: httpx.AsyncClient):
    tenant, code = await shared.fresh_tenant(), new_code()
    before = await register_number(shared)
    found = await imported(shared, admin, "ods-practices", csv_bytes(practice(code, tenant)), dry_run="true")
    assert (counts(found), found["dry_run"]) == ((1, 1, 0, 0, 0), True)
    assert await shared.fetch("SELECT code FROM register_practice WHERE code = $1", code) == []
    assert await register_number(shared) == before
    assert await events_of(shared, tenant) == []


async def test_the_published_zip_is_taken_as_it_is(shared: LivePlenary, admin: httpx.AsyncClient):
    tenant, code = await shared.fresh_tenant(), new_code()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("epraccur.csv", csv_bytes(practice(code, tenant)))
    assert counts(await imported(shared, admin, "ods-practices", packed.getvalue())) == (1, 1, 0, 0, 0)
    cut = await hand_in(admin, "ods-practices", packed.getvalue()[:-30])
    assert (cut.status_code, cut.json()["code"]) == (422, "imports.truncated_zip")


@pytest.mark.parametrize(
    ("kind", "content", "form", "code"),
    [
        ("ods-practices", b"<html>gone</html>", {}, "imports.wrong_kind"),
        ("ods-practices", b"\xff\xfeA\x00", {}, "imports.wrong_encoding"),
        ("ods-practices", b"", {}, "imports.empty"),
        ("gp-payments", b"Practice Code,Global Sum\nZZ1,1\n", {"financial_year": "2014/15"}, "imports.missing_columns"),
        ("gp-payments", csv_bytes(PAYMENT_HEADINGS, payment("ZZ0001", "ZZ1", "1")), {}, "imports.bad_option"),
        ("ods-practices", csv_bytes(practice_cells()), {"as_at": "2023-02-30"}, "imports.bad_option"),
        ("epraccur", csv_bytes(practice_cells()), {}, "imports.unknown_kind"),
        ("ods-practices", csv_bytes(practice_cells()), {"colour": "blue"}, "request.invalid"),
    ],
)
async def test_a_wrong_file_is_refused_before_its_first_row(
    admin: httpx.AsyncClient, kind: str, content: bytes, form: dict[str, str], code: str
):
    runs = len((await admin.get("/v1/imports")).json()["data"])
    answer = await hand_in(admin, kind, content, **form)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert len((await admin.get("/v1/imports")).json()["data"]) == runs


async def test_the_register_is_the_platforms_to_fill(shared: LivePlenary):
    client = await shared.as_role("commissioner_admin", tenant=await shared.fresh_tenant())
    answer = await hand_in(client, "ods-practices", csv_bytes(practice_cells()))
    assert (answer.status_code, answer.json()["code"]) == (403, "access.forbidden")


async def test_anothers_import_is_not_there(shared: LivePlenary, admin: httpx.AsyncClient):
    tenant = await shared.fresh_tenant()
    found = await imported(shared, admin, "ods-practices", csv_bytes(practice(new_code(), tenant)))
    client = await shared.as_role("commissioner_admin", tenant=tenant)
    for path in (f"/v1/imports/{found['id']}", f"/v1/imports/{found['id']}/errors"):
        assert (await client.get(path)).status_code == 404
    assert (await client.get("/v1/imports")).json()["data"] == []


async def test_an_import_that_broke_can_be_run_again(live: LivePlenary):
    await live.make_tenant("ZZ1")
    admin = await live.as_role("platform_admin", tenant="PLATFORM")
    await live.execute("ALTER TABLE register_practice RENAME TO register_practice_away")
    answer = await hand_in(admin, "ods-practices", csv_bytes(practice("ZZI9001", "ZZ1")))
    await live.work()
    operation = (await admin.get(answer.headers["location"])).json()
    assert (operation["status"], operation["problem"]["code"]) == ("failed", "imports.failed")
    assert "Nothing of the file was applied." in (await admin.get(operation["problem"]["type"])).json()["what_to_do"]
    broken = (await admin.get(f"/v1/imports/{operation['result']['import']}")).json()
    assert broken["finished_at"] == utc_text(live.clock.now())
    await live.execute("ALTER TABLE register_practice_away RENAME TO register_practice")
    parked = (await admin.get("/v1/jobs")).json()["data"]
    assert [job["kind"] for job in parked] == ["organisations.import_file"]
    assert (await admin.post(f"/v1/jobs/{parked[0]['id']}/redrive")).status_code == 200
    await live.work()
    found = (await admin.get(f"/v1/imports/{operation['result']['import']}")).json()
    assert (found["state"], found["result"]["created"]) == ("succeeded", 1)
