"""The published files themselves: England's register of practices, its history, and the payments of two years."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app.core.db import unit_of_work
from app.core.ids import PLATFORM_ID
from app.organisations import service
from app.organisations.adapters.command import ImportCommand, import_now
from app.organisations.adapters.register_files import read_file
from app.organisations.ports import PracticeRow
from app.organisations.service.imports import ImportResult
from app.organisations.values import CommissionerKind
from tests.factories.service import LivePlenary
from tests.shared_data import shared as published

PRACTICES = """
SELECT count(*) AS all, count(*) FILTER (WHERE is_practice AND status = 'active') AS active,
       count(*) FILTER (WHERE is_practice AND status = 'active' AND EXISTS (
         SELECT FROM register_membership m JOIN register_organisation o ON o.code = m.commissioner
         WHERE m.practice = p.code AND m.superseded_at IS NULL AND m.valid_until IS NULL AND o.parent_code = 'Q99')
       ) AS welsh
FROM register_practice p"""
# What is known of each practice, without its history; the 2019 file must leave it as it is.
FACTS = (
    "SELECT md5(string_agg((to_jsonb(p) - 'updated_at')::text, '' ORDER BY code)) AS digest FROM register_practice p"
)


async def put_in(live: LivePlenary, kind: str, path: Path, **options: str) -> ImportResult:
    command = ImportCommand.of(kind, path, options=options, commissioner=None, dry_run=False)
    seen: list[int] = []
    result = await import_now(
        command,
        platform=live.tools.platform_engine,
        worker=live.tools.worker_engine,
        appliers={},
        clock=live.clock,
        report=lambda done, _: seen.append(done),
    )
    assert seen == sorted(seen)
    assert seen[-1] == result.rows
    return result


async def tenant(live: LivePlenary, code: str, kind: CommissionerKind) -> None:
    async with unit_of_work(live.tools.platform_engine, PLATFORM_ID) as session:
        row = await service.create_commissioner(session, code=code, name=code, kind=kind, now=live.clock.now())
    live.tenants[code] = row.id


async def members(live: LivePlenary, code: str, on: date) -> list[str]:
    async with unit_of_work(live.tools.worker_engine, live.tenants[code]) as session:
        return await service.list_member_codes(session, on=on)


async def numbers(live: LivePlenary) -> list[int]:
    rows = await live.fetch("SELECT number FROM published.register_number")
    for row in live.tenants.values():
        rows += await live.fetch(
            "SELECT number FROM published.change_number WHERE commissioner_id = $1", row, tenant=row
        )
    return [row["number"] for row in rows]


def held_by(rows: Sequence[PracticeRow], commissioner: str, on: date) -> list[str]:
    """The GP practices that a register file itself gives to the commissioner on that day."""
    return sorted(
        row.code
        for row in rows
        if row.prescribing_setting == "4" and row.commissioner == commissioner and row.joined_on is not None
        if row.joined_on <= on and (row.left_on is None or row.left_on > on)
    )


@pytest.mark.slow
async def test_england_goes_in_and_older_files_add_history_only(live: LivePlenary):
    newest, older = published("epraccur_2023_12.csv"), published("epraccur_2019_10.csv")
    history = published("epcmem_2019_10.csv")
    kinds = {"QWE": CommissionerKind.ICB, "36L": CommissionerKind.SUB_ICB_LOCATION, "08X": CommissionerKind.CCG}
    for code, kind in kinds.items():
        await tenant(live, code, kind)

    admin = await live.as_role("platform_admin", tenant="PLATFORM")
    with newest.open("rb") as file:
        answer = await admin.post("/v1/imports", data={"kind": "ods-practices"}, files={"file": file})
    await live.work()
    result = (await admin.get(answer.headers["location"])).json()["result"]
    assert (result["rows"], result["created"], result["rejected"]) == (15971, 15971, 0)
    assert tuple((await live.fetch(PRACTICES))[0]) == (15971, 6750, 402)
    before = await numbers(live)
    assert (await put_in(live, "ods-practices", newest)).unchanged == 15971
    assert await numbers(live) == before

    facts = await live.fetch(FACTS)
    assert (await put_in(live, "ods-practices", older)).created == 0
    assert (await put_in(live, "ods-memberships", history)).rows == 47822
    assert [row["digest"] for row in await live.fetch(FACTS)] == [row["digest"] for row in facts]

    june = date(2019, 6, 1)
    register = read_file("ods-practices", older, options={}).rows
    assert await members(live, "08X", june) == held_by(register, "08X", june)
    assert len(await members(live, "08X", june)) > 30
    assert await members(live, "36L", june) == []
    today = date(2023, 12, 4)
    assert len(await members(live, "36L", today)) >= 175
    assert await members(live, "QWE", today) == await members(live, "36L", today)


@pytest.mark.slow
async def test_the_payments_of_2014_15_give_each_ccg_its_practices_and_lists(live: LivePlenary):
    path = published("nhs_payments_gp_2014_15.csv")
    for code in ("08X", "01E"):
        await tenant(live, code, CommissionerKind.CCG)
    assert (await put_in(live, "gp-payments", path, financial_year="2014/15")).created == 7959
    for code, practices, patients in (("08X", 43, 368920), ("01E", 34, 211956)):
        async with unit_of_work(live.tools.worker_engine, live.tenants[code]) as session:
            codes = await service.list_member_codes(session, on=date(2014, 4, 1))
            lists = await service.list_sizes(session, codes)
        assert len(codes) == practices
        assert sum(size.registered or 0 for sizes in lists.values() for size in sizes) == Decimal(patients)
        assert {size.as_at for sizes in lists.values() for size in sizes} == {date(2014, 4, 1)}
