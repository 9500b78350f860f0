"""Files of released runs over HTTP: layouts as data, suppliers, and how money is booked, frozen with the run."""

import asyncio
import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.core.clock import Period
from tests.factories import schemes
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

FIRST, SECOND = Period(date(2026, 4, 1), date(2026, 7, 1)), Period(date(2026, 7, 1), date(2026, 10, 1))
BOOKED: dict[str, Any] = {
    "language": 1,
    "measures": schemes.PER_HEAD["measures"] | schemes.SESSIONS["measures"],
    "pay": {
        "type": "sum",
        "of": [
            {**schemes.PER_HEAD["pay"], "booking": {"cost_centre": "C200", "subjective": "52121", "vat_code": "V0"}},
            {**schemes.SESSIONS["pay"], "booking": {"pay_code": "GP02", "pensionable": True}},
        ],
    },
}
COLUMNS = [
    {"field": "payment_reference", "heading": "Invoice"},
    {"field": "cost_centre", "heading": "Centre"},
    {"field": "amount", "heading": "Net"},
]


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def layout(office: Office, name: str, **body: Any) -> httpx.Response:
    return await office.releaser.put(f"/v1/file-layouts/{name}", json=body)


async def test_each_line_is_booked_as_its_component_says_and_else_as_the_scheme_is(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=BOOKED, lists=("5000",))
    await office.record(schemes.a_fact(office.practices[0], "f1", date(2026, 4, 8)))
    run_id = await office.pay()
    assert (await layout(office, "lines", columns=COLUMNS, rows="line")).status_code == 201
    file = await office.file(run_id, layout="lines")
    assert [(row["Centre"], row["Net"]) for row in read(file.text)] == [("C100", "300.00"), ("C200", "2500.00")]
    assert (file.headers["Plenary-Control-Count"], file.headers["Plenary-Control-Total"]) == ("1", "2800.00")
    (payment,) = (await office.file(run_id, format="json")).json()["payments"]
    assert [(line["pay_code"], line["pensionable"]) for line in payment["lines"]] == [("GP02", True), ("GP01", None)]


async def test_money_that_is_taken_back_of_a_component_that_is_gone_is_booked_as_it_was(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=BOOKED, lists=("5000",))
    await office.pay(FIRST)
    without = {**BOOKED, "pay": BOOKED["pay"]["of"][1]}
    async with shared.session(office.tenant) as session:
        await schemes.publish(session, office.scheme, without)
    for n, day in enumerate((date(2026, 4, 8), date(2026, 7, 8), date(2026, 8, 8))):
        await office.record(schemes.a_fact(office.practices[0], f"f{n}", day))
    run_id = await office.calculate(SECOND)
    rows = await shared.fetch(
        "SELECT component, period_from, cost_centre, subjective FROM payment_booking WHERE run_id = $1 ORDER BY 1, 2",
        run_id,
        tenant=shared.tenants[office.tenant],
    )
    assert [tuple(row) for row in rows] == [
        ("engagement", FIRST.valid_from, "C200", "52121"),
        ("lead-time", FIRST.valid_from, "C100", None),
        ("lead-time", SECOND.valid_from, "C100", None),
    ]


async def test_payment_after_a_recovery_is_booked_in_full_and_less_the_balance(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=schemes.SESSIONS, lists=("5000",))
    (code,) = office.practices
    await office.record(schemes.a_fact(code, "f1", date(2026, 4, 8)))
    await office.pay(FIRST)
    # The session did not take place after all; the next quarter has none either, and the one after has two.
    await office.record(schemes.a_fact(code, "f1", date(2026, 4, 8), "0"))
    await office.pay(SECOND)
    for n in (1, 2):
        await office.record(schemes.a_fact(code, f"g{n}", date(2026, 10, n)))
    run_id = await office.pay(Period(date(2026, 10, 1), date(2026, 11, 1)))
    (payment,) = (await office.file(run_id, format="json")).json()["payments"]
    assert payment["amount"] == "300.00"
    assert [(line["kind"], line["amount"]) for line in payment["lines"]] == [
        ("booked", "600.00"),
        ("balance", "-300.00"),
    ]
    await office.name_supplier(code)
    for form in ("csv", "json", "oracle-ap", "cqrs-local"):
        file = await office.file(run_id, format=form)
        assert file.headers["Plenary-Control-Total"] == "300.00"
        assert (await office.file(run_id, format=form)).content == file.content


async def test_invoices_need_a_supplier_of_every_payee_and_name_all_that_have_none(shared: LivePlenary) -> None:
    cover = {"type": "fixed", "id": "cover", "amount": "100.00", "payee": {"type": "organisation", "code": "NDA07"}}
    pay = {"type": "sum", "of": [schemes.PER_HEAD["pay"], cover]}
    office = await Office.open(shared, definition={**schemes.PER_HEAD, "pay": pay})
    # The register does not know it: as a supplier it can be paid.
    await office.name_supplier("NDA07", kind="organisation")
    run_id = await office.pay()
    url = f"/v1/payment-runs/{run_id}/file"
    await office.propose_supplier(office.practices[0])
    refused = await office.manager.get(url, params={"format": "oracle-ap"})
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.supplier_missing")
    assert all(code in refused.json()["detail"] for code in office.practices)
    assert "NDA07" not in refused.json()["detail"]
    for code in office.practices:
        await office.name_supplier(code)
    file = await office.file(run_id, format="oracle-ap")
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        invoices, lines = (list(csv.reader(io.StringIO(archive.read(name).decode()))) for name in archive.namelist())
    amounts = [Decimal(row[4]) for row in invoices]
    assert sorted(amounts) == [Decimal("100.00"), Decimal("100.00"), Decimal("2500.00"), Decimal("3000.00")]
    assert sum(amounts) == sum(Decimal(row[3]) for row in lines) == Decimal(file.headers["Plenary-Control-Total"])
    # A supplier that changes afterwards does not change what a file of this run says.
    await office.name_supplier("NDA07", kind="organisation", site="BRANCH")
    assert (await office.file(run_id, format="oracle-ap")).content == file.content


async def test_csv_names_suppliers_where_its_layout_does(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.pay()
    await layout(office, "ap", columns=[*COLUMNS, {"field": "supplier_number", "heading": "Supplier"}])
    refused = await office.manager.get(f"/v1/payment-runs/{run_id}/file?layout=ap")
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.supplier_missing")
    await office.name_supplier(office.practices[0])
    (row,) = read((await office.file(run_id, layout="ap")).text)
    assert row["Supplier"] == f"10{office.practices[0]}"


async def test_account_that_a_booking_cannot_fill_is_refused_with_what_is_missing(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run_id = await office.pay()
    await office.name_supplier(office.practices[0])
    terms = {"business_unit": "NHS ZZ1", "source": "SCHEMES", "distribution": "Q71.{cost_centre}.{subjective}"}
    assert (await layout(office, "isfe", format="oracle-ap", invoice=terms)).status_code == 201
    url = f"/v1/payment-runs/{run_id}/file"
    refused = await office.manager.get(url, params={"format": "oracle-ap", "layout": "isfe"})
    (reference,) = await office.references(run_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.booking_incomplete")
    assert "`subjective`" in refused.json()["detail"]
    assert reference in refused.json()["detail"]
    for form in ("csv", "json", "cqrs-local"):
        wrong = await office.manager.get(url, params={"format": form, "layout": "isfe"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "payments.layout_not_fitting")
    unknown = await office.manager.get(url, params={"layout": "none"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "payments.layout_not_found")


async def test_layout_is_kept_changed_with_its_tag_and_its_tenants_own(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    early = await office.manager.put("/v1/file-layouts/isfe", json={"columns": COLUMNS}, headers={"If-Match": "*"})
    assert (early.status_code, early.json()["code"]) == (412, "request.not_there_yet")
    assert early.json()["detail"] == "Send the same request without If-Match to make it."
    made = await layout(office, "isfe", columns=COLUMNS, date_form="dd/mm/yyyy")
    assert (made.status_code, made.json()["columns"], made.json()["rows"]) == (201, COLUMNS, "payment")
    url = "/v1/file-layouts/isfe"
    read_back = await office.manager.get(url)
    assert read_back.json() == made.json()
    assert (await layout(office, "isfe", columns=COLUMNS)).status_code == 428
    tag = {"If-Match": read_back.headers["ETag"]}
    changed = await office.releaser.put(url, json={"columns": COLUMNS, "rows": "line"}, headers=tag)
    assert (changed.status_code, changed.json()["rows"]) == (200, "line")
    assert (await office.releaser.put(url, json={"columns": COLUMNS}, headers=tag)).status_code == 412
    stranger = await Office.open(shared, lists=("5000",))
    assert (await stranger.manager.get(url)).status_code == 404
    assert (await layout(stranger, "isfe", columns=COLUMNS)).status_code == 201
    assert [each["name"] for each in (await stranger.manager.get("/v1/file-layouts")).json()["data"]] == ["isfe"]


async def test_of_two_who_make_a_layout_at_once_one_is_told(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    answers = await asyncio.gather(*(layout(office, "race", columns=COLUMNS) for _ in range(6)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 201
    assert set(codes[1:]) <= {409, 428}


@pytest.fixture(scope="module")
async def office(shared: LivePlenary) -> Office:
    return await Office.open(shared, lists=("5000",))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"columns": []}, "/columns"),
        ({"columns": [*COLUMNS, {"field": "bank_account", "heading": "B"}]}, "/columns/3/field"),
        ({"columns": [{"field": "amount", "heading": "Net"}]}, ""),
        ({"columns": [*COLUMNS, {"field": "run", "heading": "Two\r\nlines"}]}, "/columns/3/heading"),
        ({"columns": COLUMNS, "separator": "x"}, "/separator"),
        ({"columns": COLUMNS, "date_form": "%d"}, "/date_form"),
        ({"columns": COLUMNS, "format": "oracle-ap"}, ""),
        ({"columns": COLUMNS, "colour": "red"}, "/colour"),
        (
            {"format": "oracle-ap", "invoice": {"business_unit": "B", "source": "S", "distribution": "{secret}"}},
            "/invoice/distribution",
        ),
    ],
)
async def test_what_is_no_layout_is_refused_at_its_member(office: Office, body: dict[str, Any], pointer: str) -> None:
    refused = await layout(office, "wrong", **body)
    assert (refused.status_code, [each["pointer"] for each in refused.json()["errors"]]) == (422, [pointer])


async def test_name_that_no_layout_can_have_is_not_there(office: Office) -> None:
    assert (await layout(office, "Not%20a%20name", columns=COLUMNS)).status_code == 404
