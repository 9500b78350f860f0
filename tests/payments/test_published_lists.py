"""The published lists of two years, paid at 2.00 per head: the engine, the worker and the ledger against plain arithmetic."""

import csv
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from app.core.clock import Period
from app.core.db import unit_of_work
from app.core.ids import PLATFORM_ID
from app.organisations import service as organisations
from app.organisations.adapters.command import ImportCommand, import_now
from app.organisations.values import CommissionerKind
from tests.factories.payments import Office
from tests.factories.service import LivePlenary
from tests.shared_data import shared as published

LIST = "Number of Registered Patients (Last Known Figure)"


async def put_in(live: LivePlenary, name: str, financial_year: str) -> None:
    command = ImportCommand.of(
        "gp-payments",
        published(name),
        options={"financial_year": financial_year},
        commissioner=None,
        dry_run=False,
    )
    await import_now(
        command,
        platform=live.tools.platform_engine,
        worker=live.tools.worker_engine,
        appliers={},
        clock=live.clock,
        report=lambda done, total: None,
    )


async def commissioner(live: LivePlenary, code: str, kind: CommissionerKind) -> None:
    async with unit_of_work(live.tools.platform_engine, PLATFORM_ID) as session:
        row = await organisations.create_commissioner(session, code=code, name=code, kind=kind, now=live.clock.now())
    live.tenants[code] = row.id


async def members(live: LivePlenary, code: str, on: date) -> list[str]:
    async with live.session(code) as session:
        return await organisations.list_member_codes(session, on=on)


@pytest.mark.slow
async def test_two_ccgs_of_2014_15_are_paid_to_the_penny(live: LivePlenary) -> None:
    year = Period(date(2014, 4, 1), date(2015, 4, 1))
    expected = {"08X": (43, "737840.00", "184460.00"), "01E": (34, "423912.00", "105978.00")}
    for code in expected:
        await commissioner(live, code, CommissionerKind.CCG)
    await put_in(live, "nhs_payments_gp_2014_15.csv", "2014/15")
    for code, (practices, for_the_year, for_a_quarter) in expected.items():
        codes = await members(live, code, year.valid_from)
        for scheme, period, total in (
            ("YEAR", year, for_the_year),
            ("QUARTERS", Period(year.valid_from, date(2014, 7, 1)), for_a_quarter),
        ):
            office = await Office.sign_up(
                live, code, codes, applies=year, financial_year="2014/15", historical=True, code=scheme
            )
            run = await office.run(await office.calculate(period))
            assert (run["practices"], run["total"]) == (practices, total)


@pytest.mark.slow
async def test_a_quarter_is_paid_as_plain_arithmetic_says(live: LivePlenary) -> None:
    """In every ninth place of England; `plenary storm payments --file` plays all 106, and breaks things meanwhile."""
    path = published("nhs_payments_gp_2022_23.csv")
    year, quarter = Period(date(2022, 4, 1), date(2023, 4, 1)), Period(date(2022, 4, 1), date(2022, 7, 1))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = set(sorted({row["CCG Code"] for row in rows})[::9])
    rows = [row for row in rows if row["CCG Code"] in chosen]
    due = {row["Practice Code"]: a_quarter_of_two_pounds(Decimal(row[LIST])) for row in rows}
    places: dict[str, set[str]] = {}
    for row in rows:
        places.setdefault(row["CCG Code"], set()).add(row["Practice Code"])
    for code in places:
        await commissioner(live, code, CommissionerKind.SUB_ICB_LOCATION)
    await put_in(live, path.name, "2022/23")

    offices: dict[str, tuple[Office, str]] = {}
    for code, practices in places.items():
        codes = await members(live, code, year.valid_from)
        assert set(codes) == practices
        office = await Office.sign_up(live, code, codes, applies=year, financial_year="2022/23", historical=True)
        offices[code] = office, (await office.request(quarter)).json()["result"]["payment_run"]
    await live.work()

    paid: dict[str, Decimal] = {}
    for code, (office, run_id) in offices.items():
        run = await office.run(run_id)
        assert (run["state"], run["practices"]) == ("calculated", len(places[code]))
        found = await every_statement(office, run_id)
        for statement in found:
            (line,) = statement["lines"]
            assert Decimal(line["amount"]) == Decimal(statement["total"])
            assert len(statement["payments"]) == (Decimal(statement["total"]) != 0)
            paid[statement["practice"]] = Decimal(line["amount"])
        assert Decimal(run["total"]) == sum(Decimal(each["total"]) for each in found)
    assert paid == due
    assert 0 in paid.values(), "a practice without a list is among them"


def a_quarter_of_two_pounds(size: Decimal) -> Decimal:
    return (size * 2 / 4).quantize(Decimal("0.01"), ROUND_HALF_UP)


async def every_statement(office: Office, run_id: str) -> list[dict]:
    found, cursor = [], None
    while True:
        params = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = (await office.manager.get(f"/v1/payment-runs/{run_id}/statements", params=params)).json()
        found += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
