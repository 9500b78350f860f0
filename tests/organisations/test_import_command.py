"""`plenary import`, against the same database as everything else."""

import asyncio
from pathlib import Path

import pytest

from app.organisations.adapters.command import ImportCommand, run_import
from app.organisations.values import FileKind
from tests.factories.commands import plenary, settings_of
from tests.factories.service import LivePlenary
from tests.organisations.adapters.register_texts import csv_bytes, practice_cells


async def test_a_file_is_imported_with_progress_and_its_counts(shared: LivePlenary, tmp_path: Path):
    tenant = await shared.fresh_tenant()
    file = tmp_path / "epraccur.csv"
    file.write_bytes(csv_bytes(practice_cells(c0="ZZC001", c14=tenant), practice_cells(c0="??", c14=tenant)))
    done = await plenary("import", "ods-practices", str(file), **settings_of(shared.settings))
    assert done.exit_code == 3, done.stderr
    assert done.stdout == "rows 2, created 1, updated 0, unchanged 0, rejected 1\n"
    assert "Importing epraccur.csv: 2 of 2" in done.stderr
    assert "row 2, code: An ODS code is three to eight letters and digits. (imports.bad_code)" in done.stderr
    client = await shared.as_role("intranet", tenant=tenant)
    assert (await client.get("/v1/practices/ZZC001")).status_code == 200
    admin = await shared.as_role("platform_admin", tenant="PLATFORM")
    run = (await admin.get("/v1/imports")).json()["data"][0]
    assert (run["file_name"], run["state"], run["result"]["created"]) == ("epraccur.csv", "succeeded", 1)


async def test_a_file_that_cannot_be_used_ends_in_words(shared: LivePlenary, tmp_path: Path):
    file = tmp_path / "page.csv"
    file.write_text("<html>gone</html>")
    done = await plenary("import", "ods-practices", str(file), **settings_of(shared.settings))
    assert done.exit_code == 1
    assert "web page" in done.stderr


async def test_a_commissioners_own_file_needs_the_commissioner(shared: LivePlenary, tmp_path: Path):
    file = tmp_path / "localities.csv"
    file.write_text("locality,practice_code,from,until\nNorth,ZZC002,2026-04-01,\n")
    done = await plenary("import", "localities", str(file), **settings_of(shared.settings))
    assert (done.exit_code, "--commissioner" in done.stderr) == (1, True)


async def test_a_commissioners_localities_are_imported_from_the_command_line(shared: LivePlenary, tmp_path: Path):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZU001", tenant)
    file = tmp_path / "localities.csv"
    file.write_text("locality,practice_code,from,until\nNorth,ZZU001,2026-04-01,\n")
    done = await plenary("import", "localities", str(file), "--commissioner", tenant, **settings_of(shared.settings))
    assert (done.exit_code, "created 1" in done.stdout) == (0, True), done.stderr
    client = await shared.as_role("intranet", tenant=tenant)
    assert (await client.get("/v1/practices/ZZU001")).json()["locality"]["name"] == "North"


async def test_many_refused_rows_are_counted_and_written_to_a_file_of_their_own(shared: LivePlenary, tmp_path: Path):
    tenant = await shared.fresh_tenant()
    file, errors = tmp_path / "localities.csv", tmp_path / "errors.csv"
    file.write_text("locality,practice_code,from,until\n" + "North,??,2026-04-01,\n" * 66)
    command = ("import", "localities", str(file), "--commissioner", tenant)
    done = await plenary(*command, **settings_of(shared.settings))
    assert done.exit_code == 3
    assert "and 46 more rows: `--errors FILE` writes all, GET /v1/imports/{id}/errors shows them." in done.stderr
    done = await plenary(*command, "--errors", errors, **settings_of(shared.settings))
    assert f"and 46 more rows: all are in {errors}." in done.stderr
    lines = errors.read_text().splitlines()
    assert (lines[0], len(lines), lines[1].startswith("2,practice_code,")) == ("row,column,code,detail", 67, True)


async def test_an_option_that_is_wrong_is_named_once(shared: LivePlenary, tmp_path: Path):
    file = tmp_path / "payments.csv"
    file.write_text("a\n1\n")
    done = await plenary("import", "gp-payments", str(file), **settings_of(shared.settings))
    assert done.exit_code == 1
    assert done.stderr == "--financial-year: It is required and written like 2014/15.\n"


async def test_an_import_that_is_stopped_keeps_nothing_and_says_so_to_whoever_looks(live: LivePlenary, tmp_path: Path):
    tenant = await live.fresh_tenant()
    await live.make_practice("ZZU002", tenant)
    file = tmp_path / "localities.csv"
    file.write_text("locality,practice_code,from,until\nNorth,ZZU002,2026-04-01,\n")

    async def stopped(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await run_import(
            live.settings,
            ImportCommand.of("localities", file, options={}, commissioner=tenant, dry_run=False),
            appliers={FileKind.LOCALITIES: stopped},  # pyright: ignore
            report=lambda done, total: None,
        )
    admin = await live.as_role("commissioner_admin", tenant=tenant)
    run = (await admin.get("/v1/imports")).json()["data"][0]
    assert run["state"] == "failed"
